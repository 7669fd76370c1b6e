/*
 * A complete `struct sys_ops` in which every operation answers -ENOSYS (alloc: NULL), as a kernel answers a system
 * call that it has not. Simulated kernels copy it and put their own operations in, so that what they lack is
 * refused and never a jump to NULL.
 */
#pragma once

#include "core/sys.h"

extern const struct sys_ops sim_enosys_ops;
