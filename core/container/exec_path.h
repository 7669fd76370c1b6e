/*
 * Which file an execve of process.args[0] will run: looked up in the container, as the payload's user, before
 * *ready* is said, so that `create` and not `start` tells about the usual mistakes.
 */
#pragma once

#include <stddef.h>

struct err;
struct sys;

/*
 * A name with a slash stands for itself; another is searched in the PATH of env (a NULL-terminated list). The
 * search goes on after a file that may not be executed, and remembers it: then the answer is EACCES. Errors:
 * -ENOENT ("executable file not found in $PATH", for engines look for these words), -EACCES (also for a
 * directory), -ENAMETOOLONG, others of stat(2).
 */
int exec_path_find(const struct sys *sys, const char *name, char *const env[], char *ret_path, size_t size,
                   struct err *err);

/* The value of NAME in env, NULL when absent; the first one counts, as getenv(3) sees it. */
const char *exec_path_getenv(char *const env[], const char *name);
