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
 * search goes on after a file that may not be executed, and remembers it: if there is no better one, that is the
 * error. Errors: those of exec_path_error, with the class; not found in PATH reads "executable file not found in
 * $PATH", for engines look for these words; -ENAMETOOLONG, others of stat(2).
 */
int exec_path_find(const struct sys *sys, const char *name, char *const env[], char *ret_path, size_t size,
                   struct err *err);

/*
 * The error for what execve(2), or the look-up before it, answered about path (rc < 0). With its class and the words that
 * Docker and Podman make 126 and 127 of: ENOENT and ENOTDIR (also of an interpreter that is missing), EACCES and
 * EPERM, EISDIR (check's, execve says EACCES), ENOEXEC and ELIBBAD. Others are told by their errno. Returns rc.
 */
int exec_path_error(int rc, const char *path, struct err *err);

/* The value of NAME in env, NULL when absent; the first one counts, as getenv(3) sees it. */
const char *exec_path_getenv(char *const env[], const char *name);
