/* TANDEM_API marks what the library offers; everything else in it is hidden.
 *
 * A static library ends up inside somebody's program or plug-in. There the functions keep their names, but no other
 * module can take their place ("protected"): two plug-ins in one process call each its own Tandem. */
#ifndef TANDEM_API_H
#define TANDEM_API_H

#if defined(TANDEM_SHARED)
#define TANDEM_API __attribute__((visibility("default")))
#elif defined(__ELF__)
#define TANDEM_API __attribute__((visibility("protected")))
#else
#define TANDEM_API __attribute__((visibility("default")))
#endif

#endif /* TANDEM_API_H */
