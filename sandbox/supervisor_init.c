/* What init is and holds while it waits; and the changing places of two paths while it is made. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/bundle.h"
#include "sandbox/supervisor_private.h"
#include "sandbox/text.h"

#define PF_EXITING 0x4 /* include/linux/sched.h; proc_pid_stat(5), flags */

static char state_of(pid_t pid)
{
        char path[64], text[512], *p;

        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        if (text_read(path, text, sizeof text) < 0)
                return '\0';
        p = strrchr(text, ')'); /* the name before it may hold anything */
        return p && p[1] == ' ' ? p[2] : '\0';
}

bool super_is_ending(pid_t pid)
{
        char path[64], text[512], state = '\0', *p;
        unsigned flags = 0;

        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        if (text_read(path, text, sizeof text) < 0)
                return true;
        p = strrchr(text, ')');
        if (!p || sscanf(p + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
                return false;
        return state == 'Z' || state == 'X' || (flags & PF_EXITING);
}

static bool is_o_path(pid_t pid, int fd)
{
        char path[64], text[512], *p;

        snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)pid, fd);
        p = text_read(path, text, sizeof text) < 0 ? NULL : strstr(text, "flags:");
        return p && (strtoul(p + strlen("flags:"), NULL, 8) & O_PATH);
}

static void note_fd(pid_t pid, int fd, struct observation *o)
{
        struct obs_held *h = &o->held[o->n_held];
        struct stat st;
        char path[64];
        ssize_t n;

        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
        if (o->n_held == OBS_HELD || stat(path, &st) < 0)
                return;
        *h = (struct obs_held){ .fd = fd, .dev = st.st_dev, .ino = st.st_ino, .rdev = st.st_rdev, .mode = st.st_mode,
                                .path = is_o_path(pid, fd) };
        n = readlink(path, h->name, sizeof h->name - 1);
        h->name[n < 0 ? 0 : n] = '\0';
        o->n_held++;
}

void super_look_at_init(struct super *su)
{
        struct observation *o = su->o;
        struct dirent *e;
        struct stat st;
        char path[64];
        DIR *d;

        super_read_pid(su);
        o->init_pid = su->payload;
        if (!su->payload)
                return;
        o->init_state = state_of(su->payload);
        o->init_early = stat(REPORT_PATH, &st) == 0 && st.st_size > 0;
        o->n_held = 0;
        snprintf(path, sizeof path, "/proc/%d/fd", (int)su->payload);
        d = opendir(path);
        while (d && (e = readdir(d)))
                if (e->d_name[0] != '.')
                        note_fd(su->payload, atoi(e->d_name), o);
        if (d)
                closedir(d);
}

/* ------------------------------------------------------------------ two paths that change places */

void super_swap_begin(struct super *su)
{
        const struct scenario *s = su->job->s;
        char path[2][SCENARIO_PATH + 64];

        if (!s->swap[0][0])
                return;
        for (int i = 0; i < 2; i++)
                snprintf(path[i], sizeof path[i], "%s/rootfs%s", SURROUNDINGS_BUNDLE, s->swap[i]);
        su->swapper = fork();
        if (su->swapper == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
                while (renameat2(AT_FDCWD, path[0], AT_FDCWD, path[1], RENAME_EXCHANGE) == 0)
                        ;
                _exit(1);
        }
        if (su->swapper < 0)
                super_trouble(su, "no process to change %s and %s", s->swap[0], s->swap[1]);
}

void super_swap_end(struct super *su)
{
        const struct reaped *r = NULL;

        if (su->swapper <= 0)
                return;
        super_reap(su);
        r = super_reaped(su, su->swapper);
        kill(su->swapper, SIGKILL);
        if (r)
                super_trouble(su, "the two paths of \"swap\" cannot change places");
        while (!r) {
                super_turn(su, NULL, 5);
                r = super_reaped(su, su->swapper);
        }
        su->swapper = 0;
}
