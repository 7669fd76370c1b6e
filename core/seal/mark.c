#include "core/seal/mark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/sys.h"

bool seal_mark_take(char **envp, pid_t pid)
{
        char own[SEAL_MARK_BYTES];
        bool found = false;
        size_t kept = 0;

        snprintf(own, sizeof(own), SEAL_MARK_NAME "%d", (int)pid);
        for (size_t i = 0; envp[i]; i++) {
                if (strncmp(envp[i], SEAL_MARK_NAME, strlen(SEAL_MARK_NAME)) == 0)
                        found = found || strcmp(envp[i], own) == 0;
                else
                        envp[kept++] = envp[i];
        }
        envp[kept] = NULL;
        return found;
}

int seal_mark_put(const struct sys *sys, char *const envp[], pid_t pid, char mark[SEAL_MARK_BYTES],
                  char ***ret_envp, struct err *err)
{
        char **copy;
        size_t n = 0;

        while (envp[n])
                n++;
        copy = sys->op->alloc(sys, (n + 2) * sizeof(*copy));
        if (!copy)
                return err_set(err, ENOMEM, "seal", NULL, "the environment");
        memcpy(copy, envp, n * sizeof(*copy));
        snprintf(mark, SEAL_MARK_BYTES, SEAL_MARK_NAME "%d", (int)pid);
        copy[n] = mark;
        copy[n + 1] = NULL;
        *ret_envp = copy;
        return 0;
}
