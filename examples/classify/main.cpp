// classify: names the objects on photographs, with a trained network that runs on Tandem.
//
//   model file -> Network        picture -> preprocess -> Network -> best labels
//
// With --int8 also in 8 bits, side by side.
// Exit codes: 0; 1 if something could not be read or run; 2 for wrong usage. Errors print a sentence on stderr.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "classify/comparison.hpp"
#include "classify/error.hpp"
#include "classify/image.hpp"
#include "classify/labels.hpp"
#include "classify/latency.hpp"
#include "classify/model.hpp"
#include "classify/preprocess.hpp"
#include "tandem/tandem.hpp"

namespace classify {
namespace {

constexpr int kFailure = 1;
constexpr int kUsageError = 2;

struct Options {
  std::string model, labels, isa;
  int top = 5;
  int threads = 0;
  int benchmark_runs = 50;
  bool int8 = false;
  std::vector<std::string> images;
};

void complain(const std::string& sentence) { std::fprintf(stderr, "classify: %s\n", sentence.c_str()); }

/// The ISA of --isa, else of TANDEM_ISA, else the fastest. A wrong TANDEM_ISA is an error even beside --isa.
const char* select_isa(const std::string& flag) {
  tandem::Result<const char*> isa = tandem::select_isa();
  if (isa && !flag.empty()) isa = tandem::select_isa(flag.c_str());
  if (!isa) throw Error(isa.status().message());
  return *isa;
}

void list_isas(const char* selected) {
  for (const tandem::IsaInfo& isa : tandem::isas()) {
    std::printf("%-8s %s%s\n", isa.name, isa.available ? "available" : "not on this machine",
                std::string(isa.name) == selected ? ", selected" : "");
  }
}

/// @return the network's input, to run it again
std::vector<float> name_picture(const std::string& path, const Model& model, const std::vector<std::string>& labels,
                                int top, network::Network& network) {
  const Image image = read_image(path);
  std::vector<float> input = preprocess(image, model.preprocess);
  std::vector<float> logits(model.classes);
  const tandem::Status status = network.run(input.data(), logits.data());
  if (!status.ok()) throw Error(status.message());

  std::printf("\n%s (%d x %d)\n", path.c_str(), image.width, image.height);
  for (const Guess& guess : best_guesses(logits, static_cast<std::size_t>(top))) {
    std::printf("  %5.1f %%  %s\n", 100.0 * guess.probability, labels[guess.class_index].c_str());
  }
  return input;
}

void print_latency(const Model& model, const Options& options, const char* isa, network::Network& all_threads,
                   const std::vector<float>& input) {
  std::printf("\nlatency of one picture, %d runs\n  threads  min ms  median ms  GFLOP/s\n", options.benchmark_runs);
  const auto print_row = [&](network::Network& network) {
    const Latency latency = measure_latency(network, input, options.benchmark_runs);
    std::printf("  %7d  %6.2f  %9.2f  %7.1f\n", threads_of(network), latency.min_seconds * 1e3,
                latency.median_seconds * 1e3, 2e-9 * static_cast<double>(network.op_count()) / latency.min_seconds);
  };
  if (threads_of(all_threads) > 1) {
    network::Network one_thread = create_network(model, 1, isa);
    print_row(one_thread);
  }
  print_row(all_threads);
}

int name_pictures(const Model& model, const std::vector<std::string>& labels, const Options& options, const char* isa,
                  network::Network& network) {
  int exit_code = 0;
  std::vector<float> input;
  for (const std::string& path : options.images) {
    try {
      input = name_picture(path, model, labels, options.top, network);
    } catch (const Error& error) {  // the other pictures can still be named
      complain(error.what());
      exit_code = kFailure;
    }
    std::fflush(stdout);
  }
  if (options.benchmark_runs > 0 && !input.empty()) print_latency(model, options, isa, network, input);
  return exit_code;
}

/// Calibrates the quantised network on the pictures that it names then.
void compare_int8(const Model& model, const std::vector<std::string>& labels, const Options& options, int threads,
                  const char* isa, network::Network& network) {
  std::vector<std::vector<float>> inputs;
  inputs.reserve(options.images.size());
  for (const std::string& path : options.images) inputs.push_back(preprocess(read_image(path), model.preprocess));
  network::Network quantised = create_quantised_network(model, inputs, threads, isa);
  std::printf("weights %.1f MB in fp32, %.1f MB in int8; %d threads\n\n",
              1e-6 * static_cast<double>(network.packed_bytes()), 1e-6 * static_cast<double>(quantised.packed_bytes()),
              threads_of(network));
  const int runs = std::max(options.benchmark_runs, 1);
  std::vector<ComparedPicture> pictures;
  pictures.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    pictures.push_back({std::filesystem::path(options.images[i]).filename().string(),
                        judge(network, inputs[i], labels, runs), judge(quantised, inputs[i], labels, runs)});
  }
  std::fputs(comparison_table(pictures).c_str(), stdout);
}

int run(const Options& options) {
  const char* isa = select_isa(options.isa);
  const Model model = load_model(options.model);
  const std::vector<std::string> labels = read_labels(options.labels, model.classes);
  const int threads =
      options.threads > 0 ? options.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  network::Network network = create_network(model, threads, isa);
  std::printf("%s (%s): %zu layers, %.2f billion multiply-adds, kernels for %s\n", model.name.c_str(),
              model.source.c_str(), model.layers.size(), 1e-9 * static_cast<double>(network.op_count()), isa);
  if (!options.int8) return name_pictures(model, labels, options, isa, network);
  compare_int8(model, labels, options, threads, isa, network);
  return 0;
}

int main(int argc, char** argv) {
  Options options;
  bool only_list_isas = false;
  CLI::App app("Names what is on photographs, with a trained network that runs on Tandem.", "classify");
  app.add_option("--model", options.model, "Network and weights: a safetensors file as the demo's exporter writes it");
  app.add_option("--labels", options.labels, "Names of the classes, one a line");
  app.add_option("--top", options.top, "How many labels to print")->capture_default_str()->check(CLI::Range(1, 1000));
  app.add_option("--isa", options.isa, "Instruction set of the kernels (default: TANDEM_ISA, else the fastest)");
  app.add_option("--threads", options.threads, "Threads to use (default: as many as the machine runs)")
      ->check(CLI::Range(1, 1024));
  app.add_option("--benchmark-runs", options.benchmark_runs, "Runs to measure the latency with; 0: do not")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000'000));
  app.add_flag(
      "--int8", options.int8,
      "Quantise the network, calibrated on these pictures, and print a table of the best label in fp32 and int8");
  app.add_flag("--list-isas", only_list_isas, "Print the instruction sets and which is selected, and exit");
  app.add_option("IMAGE", options.images, "JPEG or PNG files");
  try {
    app.parse(argc, argv);
    if (!only_list_isas) {
      for (const char* name : {"--model", "--labels", "IMAGE"}) {
        if (app.count(name) == 0) throw CLI::RequiredError(name);
      }
    }
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    complain(error.what());
    return kUsageError;
  }

  try {
    if (!only_list_isas) return run(options);
    list_isas(select_isa(options.isa));
    return 0;
  } catch (const std::bad_alloc&) {
    complain("there is not enough memory");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return kFailure;
}

}  // namespace
}  // namespace classify

int main(int argc, char** argv) { return classify::main(argc, argv); }
