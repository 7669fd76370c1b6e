/* FD-HOST, CWD-INSIDE, EXE-SEALED, HOST-UNCHANGED: what of the host is in the container's reach, and what became of it. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sandbox/exe_attack.h"
#include "sandbox/judge_private.h"

/* ------------------------------------------------------------------ FD-HOST */

/* An anonymous file is of no file system that a path leads to. */
static bool is_memfd(const struct obs_held *h)
{
        return strncmp(h->name, "/memfd:", 7) == 0;
}

/* The fifos that start opens to let init go, and hears from it: the runtime's own, once each. */
static bool is_runtimes_fifo(const struct obs_held *h)
{
        const char *base = strrchr(h->name, '/');

        return base && (strcmp(base, "/exec.fifo") == 0 || strcmp(base, "/error.fifo") == 0);
}

static bool is_handed(const struct run *r, const struct obs_held *h)
{
        return scenario_fd_expected(r->s, h->fd) && r->o->made[h->fd].dev == h->dev && r->o->made[h->fd].ino == h->ino;
}

static bool is_null_or_terminal(const struct obs_held *h)
{
        return h->rdev == makedev(1, 3) || (major(h->rdev) >= 136 && major(h->rdev) <= 143);
}

static const char *host_file(const struct obs_held *h)
{
        switch (h->mode & S_IFMT) {
        case S_IFREG:
                return is_memfd(h) ? NULL : "file";
        case S_IFDIR:
                return "directory";
        case S_IFLNK:
                return "symbolic link";
        case S_IFBLK:
                return "block device";
        case S_IFCHR:
                return is_null_or_terminal(h) ? NULL : "device";
        case S_IFIFO:
                return h->name[0] == '/' && !is_runtimes_fifo(h) ? "fifo" : NULL;
        default:
                return NULL;
        }
}

void judge_held(const struct run *r)
{
        struct verdict *v = &r->out[INV_FD_HOST];
        unsigned fifos = 0;

        if (r->o->init_pid == 0 || r->o->n_held == 0)
                return;
        for (size_t i = 0; i < r->o->n_held; i++) {
                const struct obs_held *h = &r->o->held[i];
                const char *what = host_file(h);

                if (is_handed(r, h))
                        continue;
                fifos += S_ISFIFO(h->mode) && h->name[0] == '/';
                if (what)
                        judge_say(v, judge_ours(r), "init waits with fd %d, a host %s%s: %.100s", h->fd, what,
                                  h->path ? " (O_PATH)" : "", h->name);
        }
        if (fifos > 2)
                judge_say(v, judge_ours(r), "init waits with %u fifos that have a name", fifos);
        judge_ok(v);
}

/* ------------------------------------------------------------------ CWD-INSIDE */

void judge_cwd(const struct run *r)
{
        struct verdict *v = &r->out[INV_CWD_INSIDE];
        static const char unreachable[] = "(unreachable)";

        if (!r->report->started)
                return;
        if (strncmp(r->report->cwd_raw, unreachable, sizeof unreachable - 1) == 0)
                judge_say(v, VERDICT_FAIL, "the payload's cwd is outside of its root: getcwd says \"%.100s\"",
                          r->report->cwd_raw);
        else if (r->report->cwd_inside == 0)
                judge_say(v, VERDICT_FAIL, "the payload's cwd is outside of its root: climbing ends elsewhere than at /");
        if (r->report->cwd_inside >= 0)
                judge_ok(v);
}

/* ------------------------------------------------------------------ EXE-SEALED */

/* The bits that the payload reports, in words. */
static const char *ways(int64_t bits, char *buf, size_t size)
{
        size_t n = 0;

        buf[0] = '\0';
        for (int way = 0; way < EXE_ATTACK__COUNT; way++)
                if ((bits & INT64_C(1) << way) && n < size)
                        n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "",
                                              exe_attack_name((enum exe_attack_way)way));
        return buf;
}

void judge_exe(const struct run *r)
{
        struct verdict *v = &r->out[INV_EXE_SEALED];
        bool attacked = false;
        char buf[128];

        if (!r->o->exe_copied || r->o->timed_out)
                return;
        for (size_t i = 0; i < r->s->n_steps && i < r->report->n_steps; i++) {
                int64_t result = r->report->step[i].result;
                if (r->s->step[i].kind != STEP_ATTACK)
                        continue;
                attacked |= result >= 0; /* else the payload could not even take hold of it */
                if (result > 0)
                        judge_say(v, judge_ours(r), "the payload could write to the runtime's binary, by %s",
                                  ways(result, buf, sizeof buf));
        }
        for (size_t i = 0; i < r->o->n_attacks; i++) {
                const struct obs_attack *a = &r->o->attack[i];
                attacked |= a->result >= 0;
                if (a->result > 0)
                        judge_say(v, judge_ours(r), "the runtime's binary could be written to (%s, %s), by %s", a->who,
                                  a->when, ways(a->result, buf, sizeof buf));
        }
        if (r->o->exe_changed[0])
                judge_say(v, judge_ours(r), "the runtime's binary on the host %s", r->o->exe_changed);
        if (attacked)
                judge_ok(v);
}

/* ------------------------------------------------------------------ HOST-UNCHANGED */

/* An id of the container as the host knows it. */
static uint32_t host_id(const struct scenario *s, const char *maps, uint32_t id)
{
        json_t *config = s->config[0] ? json_loads(s->config, 0, NULL) : NULL;
        const json_t *map;
        size_t i;

        json_array_foreach(json_object_get(json_object_get(config, "linux"), maps), i, map)
        {
                int64_t inside = json_integer_value(json_object_get(map, "containerID"));
                int64_t size = json_integer_value(json_object_get(map, "size"));
                if (id >= inside && id < inside + size) {
                        id = (uint32_t)(json_integer_value(json_object_get(map, "hostID")) + id - inside);
                        break;
                }
        }
        json_decref(config);
        return id;
}

/* Stdio may be given to the payload's user; a file of the host not, by our rule. */
static void judge_owner(const struct run *r, int fd, const struct obs_owner *w)
{
        struct verdict *v = &r->out[INV_HOST_UNCHANGED];
        bool file = S_ISREG(w->mode[0]) || S_ISDIR(w->mode[0]);
        uint32_t uid = host_id(r->s, "uidMappings", r->s->process.uid), gid = host_id(r->s, "gidMappings", r->s->process.gid);

        if (w->mode[0] != w->mode[1])
                judge_say(v, VERDICT_FAIL, "fd %d (%s) has mode %o, had %o", fd,
                          scenario_kind_word(r->s->world.fd[fd]), w->mode[1] & 07777, w->mode[0] & 07777);
        if (w->uid[0] == w->uid[1] && w->gid[0] == w->gid[1])
                return;
        if (fd <= 2 && w->uid[1] == uid && (w->gid[1] == w->gid[0] || w->gid[1] == gid)) {
                if (file)
                        judge_say(v, judge_ours(r), "fd %d, a file of the host, was given to %u:%u", fd, w->uid[1],
                                  w->gid[1]);
                return;
        }
        judge_say(v, VERDICT_FAIL, "fd %d (%s) belongs to %u:%u, belonged to %u:%u", fd,
                  scenario_kind_word(r->s->world.fd[fd]), w->uid[1], w->gid[1], w->uid[0], w->gid[0]);
}

static void judge_paths(const struct run *r)
{
        struct verdict *v = &r->out[INV_HOST_UNCHANGED];

        for (size_t i = 0; i < r->s->n_steps && i < r->report->n_steps; i++) {
                if (r->report->step[i].result <= 0)
                        continue;
                if (r->s->step[i].kind == STEP_MASKED)
                        judge_say(v, VERDICT_FAIL, "the masked path %s can be read", r->s->step[i].path);
                if (r->s->step[i].kind == STEP_READONLY)
                        judge_say(v, VERDICT_FAIL, "%s can be opened for writing", r->s->step[i].path);
                if (r->s->step[i].kind == STEP_EMPTY)
                        judge_say(v, VERDICT_FAIL, "what was meant for procfs was written to %s", r->s->step[i].path);
        }
}

void judge_host(const struct run *r)
{
        struct verdict *v = &r->out[INV_HOST_UNCHANGED];

        if (!r->o->host_looked)
                return;
        if (r->o->n_changed)
                judge_say(v, VERDICT_FAIL, "%zu changes of the host: %s%s%s", r->o->n_changed, r->o->changed[0],
                          r->o->n_changed > 1 ? "; " : "", r->o->n_changed > 1 ? r->o->changed[1] : "");
        for (int fd = 0; fd < SCENARIO_FD_MAX; fd++)
                if (r->o->owner[fd].there)
                        judge_owner(r, fd, &r->o->owner[fd]);
        judge_paths(r);
        judge_ok(v);
}
