/* TANDEM_API marks the public functions of the library; everything else is hidden.
 *
 * A static library ends up inside a program or a plug-in. Its functions are "protected" there: other modules of the
 * process can see them, but cannot replace them. Two plug-ins in one process each call their own Tandem.
 *
 * To build Tandem as a shared library, define TANDEM_SHARED both for the library and for every program that includes
 * these headers. Without it the linker says "protected symbol ... isn't defined". */
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
