// What every benchmark program does around its benchmarks: flags, the choice of ISAs and thread numbers, the FMA peaks
// that the figures are held against, and one clear sentence when something is wrong.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}
namespace benchmark {
class State;
}

namespace tandem::bench {

class Program {
 public:
  /// @param defaults  flags of Google Benchmark that stand before the user's, so that the user's win
  Program(const std::string& name, const std::string& description, std::vector<std::string> defaults);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Adds a flag of this program's own. Before parse().
  void add_flag(const std::string& name, bool& value, const std::string& help);
  /// Adds an option with a value.
  void add_option(const std::string& name, std::string& value, const std::string& help);
  /// Several values, with commas between them.
  void add_option(const std::string& name, std::vector<std::string>& values, const std::string& help);

  /// Reads Google Benchmark's flags, then our own; anything left is an error. Selects the ISAs, TANDEM_ISA's if no flag
  /// names one, and measures their peaks.
  /// @return whether to go on; if not, exit_code() says how to end
  [[nodiscard]] bool parse(int argc, char** argv);
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

  [[nodiscard]] const std::vector<std::string>& isas() const noexcept { return isas_; }
  /// Whether --isa chose them: only then does a whole network's name mention its ISA.
  [[nodiscard]] bool isa_flag_given() const noexcept { return !isa_flag_.empty(); }
  /// Ascending, each once; by default 1 and all cores.
  [[nodiscard]] const std::vector<int>& threads() const noexcept { return threads_; }
  /// FMA peak in flops per second, measured by parse().
  [[nodiscard]] double peak(const std::string& isa, int threads) const { return peaks_.at({isa, threads}); }

  /// Ends a benchmark that cannot run, and with it the program with an exit code other than 0.
  void skip(benchmark::State& state, const std::string& message);

  /// Runs what was registered.
  /// @return the program's exit code
  int run();

 private:
  bool fail(const std::string& message);
  bool select_isas();
  bool select_threads();
  void measure_peaks();

  std::string name_;
  std::vector<std::string> defaults_;
  std::unique_ptr<CLI::App> app_;
  std::vector<std::string> isa_flag_;
  std::vector<int> threads_;
  std::vector<std::string> isas_;
  std::map<std::pair<std::string, int>, double> peaks_;
  int exit_code_ = 0;
};

}  // namespace tandem::bench
