// Loads two plug-ins and uses them in turn: each must find the Tandem in itself, and that must work.
//
//   host local|global <plug-in> <its version> <plug-in> <its version>
#include <dlfcn.h>

#include <cstdio>
#include <cstring>

namespace {

const char* module_of(const void* address) {
  Dl_info info = {};
  return dladdr(address, &info) != 0 ? info.dli_fname : "no module";
}

template <class Result>
Result call(void* plug, const char* function) {
  Result (*pointer)() = nullptr;
  void* const address = dlsym(plug, function);
  std::memcpy(&pointer, &address, sizeof pointer);
  return pointer();
}

bool check_version(void* plug, const char* path, const char* function, const char* version) {
  const char* const said = call<const char*>(plug, function);
  if (std::strcmp(said, version) == 0 && std::strcmp(module_of(said), path) == 0) return true;
  std::printf("FAIL: %s of %s says %s, which lies in %s\n", function, path, said, module_of(said));
  return false;
}

bool check(void* plug, const char* path, const char* version) {
  if (!check_version(plug, path, "plug_version", version)) return false;
  if (!check_version(plug, path, "plug_c_version", version)) return false;
  const char* const wrong = call<const char*>(plug, "plug_run");
  if (wrong != nullptr) std::printf("FAIL: %s: %s\n", path, wrong);
  return wrong == nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int mode = RTLD_NOW | (std::strcmp(argv[1], "global") == 0 ? RTLD_GLOBAL : RTLD_LOCAL);
  void* plugs[2] = {};
  for (int i = 0; i < 2; ++i) {
    plugs[i] = dlopen(argv[2 + 2 * i], mode);
    if (plugs[i] == nullptr) {
      std::printf("FAIL: %s\n", dlerror());
      return 1;
    }
  }
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 2; ++i) {
      if (!check(plugs[i], argv[2 + 2 * i], argv[3 + 2 * i])) return 1;
    }
  }
  std::printf("%s and %s side by side\n", argv[3], argv[5]);
  return 0;
}
