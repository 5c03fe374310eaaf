#include "bench/common/command.hpp"

#include <algorithm>
#include <cstdio>

namespace tandem::bench {

int fail(const char* program, const std::string& message) {
  std::fprintf(stderr, "%s: %s\n", program, message.c_str());
  return 1;
}

Result<std::vector<std::string>> choose_isas(const std::vector<std::string>& names) {
  const Result<const char*> environment = select_isa();
  if (!environment) return environment.status();
  if (names.empty()) return std::vector<std::string>{*environment};
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    if (name != "all") {
      wanted.push_back(name);
      continue;
    }
    for (const IsaInfo& isa : isas()) {
      if (isa.available) wanted.emplace_back(isa.name);
    }
  }
  std::vector<std::string> chosen;
  for (const std::string& name : wanted) {
    const Result<const char*> isa = select_isa(name.c_str());
    if (!isa) return isa.status();
    if (std::find(chosen.begin(), chosen.end(), *isa) == chosen.end()) chosen.emplace_back(*isa);
  }
  return chosen;
}

}  // namespace tandem::bench
