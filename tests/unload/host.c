/* Loads a plug-in, uses it and unloads it, twenty times; threads that the plug-in left behind must not miss it.
 *
 *   host <plug-in> [end]     end: the plug-in ends the workers before it goes */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void pause_ms(long ms) {
  const struct timespec pause = {0, ms * 1000000};
  nanosleep(&pause, NULL);
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int end_workers = argc > 2 && strcmp(argv[2], "end") == 0;
  for (int i = 0; i < 20; ++i) {
    void* const plug = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plug == NULL) {
      printf("FAIL: %s\n", dlerror());
      return 1;
    }
    int (*run)(int, int) = NULL;
    void* const address = dlsym(plug, "plug_run");
    memcpy(&run, &address, sizeof run);
    const int right = run(1 + i % 3, end_workers);
    dlclose(plug);
    if (!right) return 1;
    pause_ms(i % 4 == 0 ? 10 : 0); /* long enough for idle threads to fall asleep and to look for work again */
  }
  pause_ms(100);
  puts("loaded and unloaded");
  return 0;
}
