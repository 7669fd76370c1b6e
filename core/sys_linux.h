/* The parts of sys_linux.c that have a file of their own. Private to these files. */
#pragma once

#include "core/sys.h"

int sys_linux_seccomp_compile(const struct sys *sys, const struct sys_seccomp *profile,
                              struct sock_filter **ret_code, size_t *ret_n,
                              struct sys_seccomp_refused *refused);
