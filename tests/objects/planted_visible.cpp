// A faulty part of the library: a function that others can see, and that no public header declares. The test of visible
// names must see it, and what is wrong with the header planted_visible.hpp.
namespace tandem {
__attribute__((visibility("default"))) int planted_leak();
int planted_leak() { return 1; }
}  // namespace tandem
