/* The same in C. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common_macros.h"
/* After the macros. */
#define Status int
#include "tandem/tandem.h"

extern int tandem_header_check;
