/* Loads a plug-in, uses it and unloads it, twenty times; threads that the plug-in left behind must not miss it.
 *
 *   host <plug-in> <workers> <may stay> <end>
 *
 * workers: that a plan has on a machine of several CPUs. may stay: 1 if dlclose() need not take the plug-in out of memory.
 * end: 1 if the plug-in ends the workers before it goes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void pause_ms(long ms) {
  const struct timespec pause = {0, ms * 1000000};
  nanosleep(&pause, NULL);
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int workers = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? atoi(argv[2]) : 1;
  const int may_stay = atoi(argv[3]);
  const int end_workers = atoi(argv[4]);
  for (int i = 0; i < 20; ++i) {
    void* const plug = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plug == NULL) {
      printf("FAIL: %s\n", dlerror());
      return 1;
    }
    int (*run)(int, int, int) = NULL;
    void* const address = dlsym(plug, "plug_run");
    memcpy(&run, &address, sizeof run);
    const int right = run(1 + i % 3, workers, end_workers);
    dlclose(plug);
    if (!right) return 1;
    if (!may_stay && dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL) {
      puts("FAIL: the plug-in is still in memory");
      return 1;
    }
    pause_ms(i % 4 == 0 ? 10 : 0); /* long enough for idle threads to fall asleep and to look for work again */
  }
  pause_ms(100);
  puts("loaded and unloaded");
  return 0;
}
