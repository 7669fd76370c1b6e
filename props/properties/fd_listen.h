/* The check of socket activation's count, shared by the properties fd_listen and fd_close. */
#pragma once

#include "props/pt.h"

/*
 * Draws an environment, compares fds_listen_count with the model and returns what both say: the count, or
 * -errno. The drawn values, NULL when absent, live until the end of the case.
 */
int fd_listen_check(pt *t, const char **ret_fds, const char **ret_pid);
