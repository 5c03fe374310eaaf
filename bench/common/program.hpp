// The frame of every benchmark program: flags, the choice of ISAs and thread numbers, the FMA peaks that the figures
// are compared with, and one clear sentence if something is wrong.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/fma_peak.hpp"

namespace CLI {
class App;
}
namespace benchmark {
class State;
}

namespace tandem::bench {

class Program {
 public:
  /// @param defaults  flags of Google Benchmark, put before the user's, so that the user's win
  Program(const std::string& name, const std::string& description, std::vector<std::string> defaults);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Adds a flag of this program. Call before parse().
  void add_flag(const std::string& name, bool& value, const std::string& help);
  /// Adds an option with a value.
  void add_option(const std::string& name, std::string& value, const std::string& help);
  /// Adds an option with several values, separated by commas.
  void add_option(const std::string& name, std::vector<std::string>& values, const std::string& help);

  /// Reads Google Benchmark's flags, then the program's own; any other is an error. Selects the ISAs by the flag, else
  /// by TANDEM_ISA, and measures their peaks.
  /// @return true to go on; else exit_code() is the exit code
  [[nodiscard]] bool parse(int argc, char** argv);
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

  [[nodiscard]] const std::vector<std::string>& isas() const noexcept { return isas_; }
  /// True if --isa chose the ISAs; only then a whole network's name mentions its ISA.
  [[nodiscard]] bool isa_flag_given() const noexcept { return !isa_flag_.empty(); }
  /// Numbers of threads, ascending, each once; by default 1 and all cores.
  [[nodiscard]] const std::vector<int>& threads() const noexcept { return threads_; }
  /// FMA peak in flops per second, measured by parse().
  [[nodiscard]] double peak(const std::string& isa, int threads) const { return peaks_.at({isa, threads}); }
  /// Measures the peaks of products of 8 bits, for a program that will ask for them. Call after parse().
  void measure_dot_peaks() { measure_peaks("dot_peak", "GOP/s", measure_dot_peak, dot_peaks_); }
  /// In operations per second, two for each multiply-add.
  [[nodiscard]] double dot_peak(const std::string& isa, int threads) const { return dot_peaks_.at({isa, threads}); }

  /// Ends a benchmark that cannot run; the program will return an exit code other than 0.
  void skip(benchmark::State& state, const std::string& message);

  /// Runs the registered benchmarks.
  /// @return the program's exit code
  int run();

 private:
  bool fail(const std::string& message);
  bool select_isas();
  bool select_threads();
  using Peaks = std::map<std::pair<std::string, int>, double>;
  void measure_peaks(const char* name, const char* unit, double (*measure)(const std::string&, int), Peaks& peaks);

  std::string name_;
  std::vector<std::string> defaults_;
  std::unique_ptr<CLI::App> app_;
  std::vector<std::string> isa_flag_;
  std::vector<int> threads_;
  std::vector<std::string> isas_;
  Peaks peaks_;
  Peaks dot_peaks_;
  int exit_code_ = 0;
};

}  // namespace tandem::bench
