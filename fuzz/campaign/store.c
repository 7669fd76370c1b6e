/* What engines found, from their work folders into the live corpora. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

#define INPUT_MAX (16u << 20)

void store_dir(const struct campaign *c, const char *target, int i, char ret_path[PATH_MAX])
{
        if (i < 2)
                tool_path(ret_path, "%s/%s/%s", c->corpus[0] ? c->corpus : "/nonexistent",
                          i == 0 ? "seeds" : "regressions", target);
        else
                tool_path(ret_path, "%s/corpus/%s/%s", tool_home(), target, engine_names[i - 2]);
}

static bool fails(const struct campaign *c, const char *path)
{
        for (size_t i = 0; i < c->ncrashes; i++)
                if (strcmp(c->crashes[i].path, path) == 0)
                        return true;
        return false;
}

static void copy(const char *from, const char *to)
{
        struct tool_data data;

        if (tool_read(from, INPUT_MAX, &data) < 0)
                return;
        int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        /* A short copy is a seed too: no harm. */
        if (fd >= 0 && write(fd, data.p, data.len) < 0)
                unlink(to);
        if (fd >= 0)
                close(fd);
        free(data.p);
}

void store_inputs(const struct campaign *c, const char *target, const char *work)
{
        char dir[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
        struct tool_names names;
        bool any = false;

        for (int i = 0; i < STORE_DIRS; i++) {
                store_dir(c, target, i, dir);
                tool_list(dir, &names);
                for (size_t k = 0; k < names.n; k++) {
                        tool_path(from, "%s/%s", dir, names.item[k]);
                        if (fails(c, from) || access(from, R_OK) < 0) /* the replay has said so */
                                continue;
                        tool_path(to, "%s/in/%d-%s", work, i, names.item[k]);
                        if (linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) < 0 && errno != EEXIST)
                                copy(from, to); /* another file system */
                        any = true;
                }
                tool_names_free(&names);
        }
        if (!any) /* AFL++ does not begin with nothing */
                tool_write(tool_path(to, "%s/in/zero", work), "0", 1);
}

int store_begin(const struct row *row, char ret_work[PATH_MAX])
{
        static unsigned count;
        char path[PATH_MAX];

        tool_path(ret_work, "%s/work/%s.%s.%d.%u", tool_home(), row->target, engine_names[row->engine],
                  getpid(), count++);
        if (tool_mkdirs(tool_path(path, "%s/out", ret_work)) < 0 ||
            tool_mkdirs(tool_path(path, "%s/in", ret_work)) < 0)
                return -1;
        int fd = open(tool_path(path, "%s/lock", ret_work), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        /* The engine inherits it: the folder is locked for as long as anybody writes to it. */
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

/* Moves new files of dir into the live corpus under the name of their content. False: some are still there.
 */
static bool take_corpus(const char *dir, const char *target, enum engine engine, uint64_t *ret_fresh)
{
        char from[PATH_MAX], to[PATH_MAX], digest[33];
        struct tool_names names;
        struct tool_data data;
        bool all = true;

        *ret_fresh = 0;
        tool_list(dir, &names);
        if (names.n)
                tool_mkdirs(tool_path(to, "%s/corpus/%s/%s", tool_home(), target, engine_names[engine]));
        for (size_t i = 0; i < names.n; i++) {
                /* Of AFL++'s queue only what it found: the rest are our own inputs. */
                if (strstr(names.item[i], ",orig:"))
                        continue;
                if (tool_read(tool_path(from, "%s/%s", dir, names.item[i]), INPUT_MAX, &data) < 0) {
                        all = false;
                        continue;
                }
                tool_digest(data.p, data.len, digest);
                free(data.p);
                tool_path(to, "%s/corpus/%s/%s/%s", tool_home(), target, engine_names[engine], digest);
                if (access(to, F_OK) == 0)
                        unlink(from);
                else if (rename(from, to) == 0)
                        ++*ret_fresh;
                else
                        all = false;
        }
        tool_names_free(&names);
        return all;
}

/* False: some are still there. */
static bool take_crashes(struct campaign *c, struct row *row, const char *target, const char *dir, bool hangs)
{
        char path[PATH_MAX];
        struct tool_names names;
        bool all = true;

        tool_list(dir, &names);
        for (size_t i = 0; i < names.n; i++) {
                const char *name = names.item[i];
                bool hang = hangs || strncmp(name, "timeout-", 8) == 0;
                if (strcmp(name, "README.txt") == 0 || strncmp(name, "slow-unit-", 10) == 0)
                        continue;
                if (row)
                        row->taken++;
                crash_take(c, row, target, tool_path(path, "%s/%s", dir, name), hang);
                all = all && access(path, F_OK) < 0;
        }
        tool_names_free(&names);
        return all;
}

void store_take(struct campaign *c, struct row *row, const char *target, enum engine engine, const char *work)
{
        char dir[PATH_MAX];
        const char *queue = engine == ENGINE_AFL ? "out/default/queue" : "out/corpus";
        const char *crashes = engine == ENGINE_AFL ? "out/default/crashes" : "out/artifacts";

        uint64_t fresh;

        bool all = take_corpus(tool_path(dir, "%s/%s", work, queue), target, engine, &fresh);
        if (row)
                row->fresh += fresh;
        if (!all) {
                fprintf(stderr, "initlab fuzz: not all of %s could be taken in; it stays there\n", dir);
                c->failed = true;
        }
        all &= take_crashes(c, row, target, tool_path(dir, "%s/%s", work, crashes), false);
        if (engine == ENGINE_AFL)
                all &= take_crashes(c, row, target, tool_path(dir, "%s/out/default/hangs", work), true);
        if (all)
                tool_remove_tree(work);
}

/* TARGET.ENGINE.PID.N; false: not a work folder. */
static bool parse_name(const char *name, char target[64], enum engine *ret_engine)
{
        const char *dot = strchr(name, '.');

        if (!dot || dot - name >= 64)
                return false;
        memcpy(target, name, (size_t)(dot - name));
        target[dot - name] = '\0';
        for (int e = 0; e < ENGINE_COUNT; e++) {
                size_t n = strlen(engine_names[e]);
                if (strncmp(dot + 1, engine_names[e], n) == 0 && dot[1 + n] == '.') {
                        *ret_engine = (enum engine)e;
                        return true;
                }
        }
        return false;
}

/* True once nobody writes to the folder any more: an engine whose campaign was killed needs a moment to end.
 */
static bool is_abandoned(const char *work)
{
        char path[PATH_MAX];
        int fd = open(tool_path(path, "%s/lock", work), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        bool got = false;

        for (int i = 0; fd >= 0 && !got && i < 30 && !tool_interrupted; i++) {
                got = flock(fd, LOCK_EX | LOCK_NB) == 0;
                if (!got)
                        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        }
        if (fd >= 0)
                close(fd);
        return got;
}

void store_recover(struct campaign *c)
{
        char dir[PATH_MAX], work[PATH_MAX], target[64], judge[PATH_MAX];
        enum engine engine;
        struct dirent *e;

        DIR *d = opendir(tool_path(dir, "%s/work", tool_home()));
        while (d && (e = readdir(d))) {
                if (e->d_name[0] == '.' || !parse_name(e->d_name, target, &engine))
                        continue;
                tool_path(work, "%s/%s", dir, e->d_name);
                if (!place_judge(c->engines, target, judge))
                        continue; /* nothing here could say how its crashes fail: kept for who can */
                if (!is_abandoned(work)) {
                        printf("%s: in use by another campaign\n", work);
                        continue;
                }
                printf("taking in %s, left by a campaign that was killed\n", work);
                store_take(c, NULL, target, engine, work);
        }
        if (d)
                closedir(d);
}
