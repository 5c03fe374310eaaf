/* What caller.c offers to the test. */
#ifndef TANDEM_TESTS_FROZEN_C_CALLER_H
#define TANDEM_TESTS_FROZEN_C_CALLER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The lines of layout.inc with the headers of version 0.2: the offset of a member or the value of an enumerator. */
extern const size_t frozen_layout[];
extern const size_t frozen_layout_count;

/* What a program does: separable and inverted residual blocks, a pool of threads, a machine model, a sequence, a report. Null
 * when all was right, else what was not. */
const char* frozen_caller(void);

#ifdef __cplusplus
}
#endif

#endif
