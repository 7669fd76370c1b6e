#include "core/container/rlimits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/config/config.h"
#include "core/sys.h"

static const struct {
        const char *name;
        int number;
} known[] = {
        {"RLIMIT_AS", RLIMIT_AS},
        {"RLIMIT_CORE", RLIMIT_CORE},
        {"RLIMIT_CPU", RLIMIT_CPU},
        {"RLIMIT_DATA", RLIMIT_DATA},
        {"RLIMIT_FSIZE", RLIMIT_FSIZE},
        {"RLIMIT_LOCKS", RLIMIT_LOCKS},
        {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
        {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
        {"RLIMIT_NICE", RLIMIT_NICE},
        {"RLIMIT_NOFILE", RLIMIT_NOFILE},
        {"RLIMIT_NPROC", RLIMIT_NPROC},
        {"RLIMIT_RSS", RLIMIT_RSS},
        {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
        {"RLIMIT_RTTIME", RLIMIT_RTTIME},
        {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
        {"RLIMIT_STACK", RLIMIT_STACK},
};

int rlimits_number(const char *name)
{
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (strcmp(known[i].name, name) == 0)
                        return known[i].number;
        return -EINVAL;
}

int rlimits_apply(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct config_rlimit_list *list = &config->process.rlimits;

        for (size_t i = 0; i < list->n; i++) {
                const struct config_rlimit *l = &list->item[i];
                struct rlimit lim = {.rlim_cur = l->soft, .rlim_max = l->hard};
                char place[ERR_PLACE_MAX];
                int r = rlimits_number(l->type);

                snprintf(place, sizeof(place), "/process/rlimits/%zu", i);
                if (r < 0)
                        return err_set(err, EINVAL, "rlimit", place, "unknown rlimit %s", l->type);
                r = sys->op->prlimit64(sys, 0, r, &lim, NULL);
                if (r == -EPERM) /* to raise the hard limit, or beyond fs.nr_open */
                        snprintf(place, sizeof(place), "/process/rlimits/%zu/hard", i);
                if (r < 0)
                        return err_sys(err, r, "rlimit", place, "%s soft %llu hard %llu", l->type,
                                       (unsigned long long)l->soft, (unsigned long long)l->hard);
        }
        return 0;
}

void rlimits_raise(const struct sys *sys, const struct config *config, pid_t pid)
{
        const struct config_rlimit_list *list = &config->process.rlimits;

        for (size_t i = 0; i < list->n; i++) {
                int resource = rlimits_number(list->item[i].type);
                struct rlimit lim;

                if (resource < 0 || sys->op->prlimit64(sys, pid, resource, NULL, &lim) < 0 ||
                    lim.rlim_max >= list->item[i].hard)
                        continue;
                lim.rlim_max = list->item[i].hard;
                (void)sys->op->prlimit64(sys, pid, resource, &lim, NULL);
        }
}
