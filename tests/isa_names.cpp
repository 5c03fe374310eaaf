// Prints the names of the ISAs to test, one a line: TANDEM_ISA if set, else every one that this CPU has. A TANDEM_ISA
// that cannot run is an error. For scripts that run other programs on each.
#include <cstdio>
#include <cstdlib>

#include "tandem/isa.hpp"

int main() {
  const tandem::Result<const char*> selected = tandem::select_isa();
  if (!selected.ok()) {
    std::fprintf(stderr, "%s\n", selected.status().message());
    return 2;
  }
  const char* wanted = std::getenv("TANDEM_ISA");
  if (wanted != nullptr && *wanted != '\0') {
    std::puts(*selected);
    return 0;
  }
  for (const tandem::IsaInfo& isa : tandem::isas()) {
    if (isa.available) std::puts(isa.name);
  }
  return 0;
}
