#include "core/container/exec_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/sys.h"

const char *exec_path_getenv(char *const env[], const char *name)
{
        size_t n = strlen(name);

        for (size_t i = 0; env[i]; i++)
                if (strncmp(env[i], name, n) == 0 && env[i][n] == '=')
                        return env[i] + n + 1;
        return NULL;
}

int exec_path_error(int rc, const char *path, struct err *err)
{
        switch (rc) {
        case -ENOENT:
        case -ENOTDIR:
                return err_set_class(err, -rc, ERR_CLASS_NOT_FOUND, "exec", path, "no such file or directory");
        case -EACCES:
        case -EPERM:
                return err_set_class(err, -rc, ERR_CLASS_PERMISSION, "exec", path, "permission denied");
        case -EISDIR: /* Docker and Podman know "permission denied" only */
                return err_set_class(err, -rc, ERR_CLASS_DIRECTORY, "exec", path,
                                     "is a directory: permission denied");
        case -ENOEXEC:
        case -ELIBBAD:
                return err_set_class(err, -rc, ERR_CLASS_FORMAT, "exec", path, "exec format error");
        default:
                return err_sys(err, rc, "exec", path, "%s", "");
        }
}

/* 0 if the calling process could execute the file. execve(2) answers EACCES for what is no regular file: so do we,
 * but that it is a directory is worth a word. */
static int check(const struct sys *sys, const char *path)
{
        struct stat st;
        int r = sys->op->fstatat(sys, AT_FDCWD, path, &st, 0);

        if (r < 0)
                return r;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -EACCES;
        return sys->op->faccessat2(sys, AT_FDCWD, path, X_OK, AT_EACCESS);
}

static int search(const struct sys *sys, const char *name, const char *dirs, char *ret_path, size_t size,
                  struct err *err)
{
        int denied = 0;

        for (const char *d = dirs, *end; d; d = *end ? end + 1 : NULL) {
                char path[4096];
                end = strchrnul(d, ':');
                int len = (int)(end - d);
                /* an empty item is the working directory, as for execvp(3) */
                int n = len == 0 ? snprintf(path, sizeof(path), "./%s", name)
                                 : snprintf(path, sizeof(path), "%.*s/%s", len, d, name);
                if (n < 0 || (size_t)n >= sizeof(path) || (size_t)n >= size)
                        continue;
                int r = check(sys, path);
                if (r == 0) {
                        memcpy(ret_path, path, (size_t)n + 1);
                        return 0;
                }
                if (denied == 0 && (r == -EACCES || r == -EPERM || r == -EISDIR))
                        denied = r;
        }
        if (denied < 0)
                return exec_path_error(denied, name, err);
        return err_set_class(err, ENOENT, ERR_CLASS_NOT_FOUND, "exec", name,
                             "executable file not found in $PATH");
}

int exec_path_find(const struct sys *sys, const char *name, char *const env[], char *ret_path, size_t size,
                   struct err *err)
{
        const char *path = exec_path_getenv(env, "PATH");

        if (!strchr(name, '/')) {
                if (!path || !*path || !*name)
                        return err_set_class(err, ENOENT, ERR_CLASS_NOT_FOUND, "exec", name,
                                             path && *path ? "executable file not found in $PATH"
                                                           : "executable file not found in $PATH (which is empty)");
                return search(sys, name, path, ret_path, size, err);
        }
        if (strlen(name) >= size)
                return err_set(err, ENAMETOOLONG, "exec", name, "%s", "");
        int r = check(sys, name);
        if (r < 0)
                return exec_path_error(r, name, err);
        memcpy(ret_path, name, strlen(name) + 1);
        return 0;
}
