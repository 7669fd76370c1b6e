#include "tests/labrun/steps_seen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "tests/labrun/ordinary.h"

#define CAPS_SOME 0x0000000000000421 /* CAP_CHOWN, CAP_KILL, CAP_NET_BIND_SERVICE */
#define CAPS_TWO 0x0000000000000021
#define CAPS_ONE 0x0000000000000001
#define FIRST_CONSOLE 136 /* major number of ptys' slaves */

/* What AddressSanitizer handles in labrun: SIGBUS, SIGFPE, SIGSEGV. */
#ifdef __has_feature /* clang's */
#if __has_feature(address_sanitizer)
#define HANDLED 0x4c0
#endif
#endif
#ifndef HANDLED
#define HANDLED 0
#endif

#define LOOK(name) \
        static void name(struct seen *s, const char *token, char got[SEEN_TEXT], char wanted[SEEN_TEXT])

static bool is(const char *token, const char *name)
{
        return strcmp(token, name) == 0;
}

static void unknown(const char *column, const char *token)
{
        fail_msg("%s: the test has no idea what \"%s\" is", column, token);
}

static const char *proc(const struct seen *s, const char *file)
{
        static char path[96];

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)s->hold->pid, file);
        return path;
}

/* The value of a line "NAME:\tVALUE" of a status file. */
static void status_field(const char *status, const char *name, char *value, size_t size)
{
        char key[32];
        const char *at;

        snprintf(key, sizeof(key), "\n%s:\t", name);
        at = strstr(status, key);
        if (!at)
                fail_msg("no %s in status: %s", name, status);
        at += strlen(key);
        snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
        for (size_t n = strlen(value); n > 0 && value[n - 1] == ' '; n--)
                value[n - 1] = '\0';
}

static void init_field(const struct seen *s, const char *name, char got[SEEN_TEXT])
{
        status_field(lab_read(proc(s, "status")), name, got, SEEN_TEXT);
}

static void four(char *text, const char *who, unsigned id)
{
        sprintf(text + strlen(text), "%s%u\t%u\t%u\t%u", who, id, id, id, id);
}

/* --- who --- */

static bool is_ordinary(const struct seen *s)
{
        return s->mode->made == 'L' || s->mode->made == 'N';
}

/* The host's number of an id of the container. */
static unsigned host_id(const struct seen *s, unsigned id, unsigned own)
{
        switch (s->mode->made) {
        case 'R':
                return id;
        case 'U':
                return SEEN_ROOT_MAP + id;
        default:
                return id == 0 ? own : ORDINARY_SUBIDS + id - 1;
        }
}

LOOK(look_ids)
{
        bool one = s->mode->made == 'L';
        unsigned uid = is(token, "config") && !one ? SEEN_UID : 0,
                 gid = is(token, "config") && !one ? SEEN_GID : 0;
        char ids[SEEN_TEXT];

        init_field(s, "Uid", got);
        init_field(s, "Gid", ids);
        snprintf(got + strlen(got), SEEN_TEXT - strlen(got), "/%s", ids);
        wanted[0] = '\0';
        if (is(token, "labrun")) {
                four(wanted, "", is_ordinary(s) ? ordinary.user : 0);
                four(wanted, "/", is_ordinary(s) ? ordinary.group : 0);
        } else if (is(token, "root") || is(token, "config")) {
                four(wanted, "", host_id(s, uid, ordinary.user));
                four(wanted, "/", host_id(s, gid, ordinary.group));
        } else
                unknown("ids", token);
}

LOOK(look_groups)
{
        init_field(s, "Groups", got);
        wanted[0] = '\0';
        if (is(token, "labrun"))
                status_field(s->caller.status, "Groups", wanted, SEEN_TEXT);
        else if (is(token, "config"))
                sprintf(wanted, "%u", host_id(s, SEEN_GROUP, ordinary.group));
        else if (!is(token, "none"))
                unknown("groups", token);
}

static unsigned long long full(void)
{
        unsigned last = (unsigned)atoi(lab_read("/proc/sys/kernel/cap_last_cap"));

        return (2ULL << last) - 1;
}

/* "execve": of who is root, all of the bounding set; of others, the ambient ones. */
static void look_caps(struct seen *s, const char *field, unsigned long long config, const char *token,
                      char got[SEEN_TEXT], char wanted[SEEN_TEXT])
{
        bool root = s->mode->made == 'L';

        init_field(s, field, got);
        if (is(token, "labrun"))
                status_field(s->caller.status, field, wanted, SEEN_TEXT);
        else if (is(token, "full"))
                sprintf(wanted, "%016llx", full());
        else if (is(token, "none"))
                sprintf(wanted, "%016x", 0);
        else if (is(token, "config"))
                sprintf(wanted, "%016llx", root ? CAPS_SOME : config);
        else if (is(token, "execve"))
                sprintf(wanted, "%016x", root ? CAPS_SOME : CAPS_ONE);
        else
                unknown(field, token);
}

LOOK(look_permitted)
{
        look_caps(s, "CapPrm", CAPS_SOME, token, got, wanted);
}

LOOK(look_effective)
{
        look_caps(s, "CapEff", CAPS_TWO, token, got, wanted);
}

LOOK(look_inheritable)
{
        look_caps(s, "CapInh", CAPS_ONE, token, got, wanted);
}

LOOK(look_ambient)
{
        look_caps(s, "CapAmb", CAPS_ONE, token, got, wanted);
}

LOOK(look_bounding)
{
        look_caps(s, "CapBnd", CAPS_SOME, token, got, wanted);
}

const struct seen_column seen_who[] = {
        {"ids", look_ids},
        {"groups", look_groups},
        {"permitted", look_permitted},
        {"effective", look_effective},
        {"inheritable", look_inheritable},
        {"ambient", look_ambient},
        {"bounding", look_bounding},
        {NULL, NULL},
};

/* --- guards --- */

static void number(char *text, long n)
{
        sprintf(text, "%ld", n);
}

/* One of some words, as the number that the kernel says. */
static void word(const char *column, const char *token, const char *const *words, const long *numbers,
                 char wanted[SEEN_TEXT])
{
        for (size_t i = 0; words[i]; i++)
                if (is(token, words[i])) {
                        number(wanted, numbers[i]);
                        return;
                }
        unknown(column, token);
}

LOOK(look_dumpable)
{
        long is_now = hold_call(s->hold, SYS_prctl, PR_GET_DUMPABLE, 0, 0);

        number(got, is_now == 2 ? 0 : is_now); /* 2: a core dump that is root's, and as closed to others */
        word("dumpable", token, (const char *const[]){"no", "yes", NULL}, (const long[]){0, 1}, wanted);
}

LOOK(look_orphan)
{
        number(got, hold_call_int(s->hold, SYS_prctl, PR_GET_PDEATHSIG));
        word("orphan", token, (const char *const[]){"none", "KILL", NULL}, (const long[]){0, SIGKILL},
             wanted);
}

LOOK(look_no_new_privs)
{
        init_field(s, "NoNewPrivs", got);
        word("no_new_privs", token, (const char *const[]){"no", "config", NULL},
             (const long[]){0, s->mode->no_new_privs}, wanted);
}

LOOK(look_filter)
{
        init_field(s, "Seccomp", got);
        word("filter", token, (const char *const[]){"no", "yes", NULL}, (const long[]){0, 2}, wanted);
}

static void signals_of(const char *status, char *text)
{
        char one[64];

        text[0] = '\0';
        for (size_t i = 0; i < 3; i++) {
                status_field(status, (const char *const[]){"SigBlk", "SigIgn", "SigCgt"}[i], one,
                             sizeof(one));
                strcat(strcat(text, " "), one);
        }
}

LOOK(look_signals)
{
        signals_of(lab_read(proc(s, "status")), got);
        if (is(token, "caller")) {
                unsigned long long blocked, ignored;
                signals_of(s->caller.status, wanted);
                assert_int_equal(sscanf(wanted, "%llx %llx", &blocked, &ignored), 2);
                sprintf(wanted, " %016llx %016llx %016x", blocked, ignored | 1ULL << (SIGPIPE - 1), HANDLED);
        } else if (is(token, "clear"))
                sprintf(wanted, " %016x %016x %016x", 0, 0, 0);
        else
                unknown("signals", token);
}

LOOK(look_umask)
{
        init_field(s, "Umask", got);
        if (is(token, "caller"))
                status_field(s->caller.status, "Umask", wanted, SEEN_TEXT);
        else if (is(token, "0") || is(token, "config"))
                sprintf(wanted, "%04o", is(token, "0") ? 0 : SEEN_UMASK);
        else
                unknown("umask", token);
}

static unsigned open_files(const char *limits)
{
        const char *at = strstr(limits, "Max open files");

        assert_non_null(at);
        return (unsigned)strtoul(at + strlen("Max open files"), NULL, 10);
}

LOOK(look_limits)
{
        number(got, open_files(lab_read(proc(s, "limits"))));
        word("limits", token, (const char *const[]){"caller", "config", NULL},
             (const long[]){open_files(s->caller.limits), SEEN_LIMIT}, wanted);
}

LOOK(look_oom)
{
        number(got, atol(lab_read(proc(s, "oom_score_adj"))));
        if (is(token, "either"))
                token = atol(got) == SEEN_OOM ? "config" : "caller";
        word("oom", token, (const char *const[]){"caller", "config", NULL},
             (const long[]){atol(s->caller.oom), SEEN_OOM}, wanted);
}

const struct seen_column seen_guards[] = {
        {"dumpable", look_dumpable}, {"orphan", look_orphan},   {"no_new_privs", look_no_new_privs},
        {"filter", look_filter},     {"signals", look_signals}, {"umask", look_umask},
        {"limits", look_limits},     {"oom", look_oom},         {NULL, NULL},
};

/* --- places --- */

static bool same_namespace(const struct seen *s, const char *name)
{
        char path[64], own[64];
        struct stat a, b;

        snprintf(path, sizeof(path), "ns/%s", name);
        assert_int_equal(stat(proc(s, path), &a), 0);
        snprintf(own, sizeof(own), "/proc/self/ns/%s", name);
        assert_int_equal(stat(own, &b), 0);
        return a.st_ino == b.st_ino;
}

/* "0 800000 1000;" for each line. */
static void squeeze(const char *text, char *to)
{
        unsigned a, b, c;
        int n;

        for (; sscanf(text, "%u %u %u%n", &a, &b, &c, &n) == 3; text += n)
                to += sprintf(to, "%u %u %u;", a, b, c);
        *to = '\0';
}

static void wanted_map(const struct seen *s, unsigned own, char *text)
{
        if (s->mode->made == 'U')
                sprintf(text, "0 %u 1000;", SEEN_ROOT_MAP);
        else
                sprintf(text, "0 %u 1;", own);
        if (s->mode->made == 'N')
                sprintf(text + strlen(text), "1 %u 1000;", ORDINARY_SUBIDS);
}

LOOK(look_maps)
{
        char gids[SEEN_TEXT / 2];

        if (same_namespace(s, "user"))
                strcpy(got, "host");
        else {
                squeeze(lab_read(proc(s, "uid_map")), got);
                squeeze(lab_read(proc(s, "gid_map")), gids);
                strcat(strcat(got, "/"), gids);
        }
        if (is(token, "host"))
                strcpy(wanted, "host");
        else if (is(token, "none"))
                strcpy(wanted, "/");
        else if (is(token, "config")) {
                wanted_map(s, ordinary.user, wanted);
                strcat(wanted, "/");
                wanted_map(s, ordinary.group, wanted + strlen(wanted));
        } else
                unknown("maps", token);
}

/* Words of a cell, "a|b|c". */
static bool has_word(const char *token, const char *name)
{
        size_t n = strlen(name);

        for (const char *at = token; (at = strstr(at, name)); at += n)
                if ((at == token || at[-1] == '|') && (at[n] == '|' || at[n] == '\0'))
                        return true;
        return false;
}

LOOK(look_namespaces)
{
        static const char *const names[] = {
                "mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time", "time_for_children"};

        got[0] = wanted[0] = '\0';
        for (size_t i = 0; i < 9; i++) {
                bool is_new = i < 6 && (i != 2 || s->mode->made != 'R')
                                      ? has_word(token, "clone3")
                                      : has_word(token, i < 8 ? names[i] : "next_time");
                if (!same_namespace(s, names[i]))
                        strcat(strcat(got, names[i]), " ");
                if (is_new && (i != 5 || s->mode->made != 'R'))
                        strcat(strcat(wanted, names[i]), " ");
        }
}

LOOK(look_cgroup)
{
        char id[80];

        snprintf(id, sizeof(id), "/%s", s->lab->id);
        strcpy(got, strstr(lab_read(proc(s, "cgroup")), id) ? "container" : "labrun");
        strcpy(wanted, is(token, "either") ? got : token);
}

/* Which of the directories that the tables know. */
static void name_directory(const struct seen *s, const char *path, char *text)
{
        char cwd[256];
        struct stat st, host, root, config;

        snprintf(cwd, sizeof(cwd), "%s" SEEN_CWD, s->lab->rootfs);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(stat("/", &host), 0);
        assert_int_equal(stat(s->lab->rootfs, &root), 0);
        assert_int_equal(stat(cwd, &config), 0);
        if (st.st_dev == host.st_dev && st.st_ino == host.st_ino)
                strcpy(text, "host");
        else if (st.st_dev == root.st_dev && st.st_ino == root.st_ino)
                strcpy(text, "container");
        else if (st.st_dev == config.st_dev && st.st_ino == config.st_ino)
                strcpy(text, "config");
        else if (st.st_dev == s->caller.cwd_dev && st.st_ino == s->caller.cwd_ino)
                strcpy(text, "caller");
        else
                sprintf(text, "another directory, %u of %u:%u", (unsigned)st.st_ino, major(st.st_dev),
                        minor(st.st_dev));
}

LOOK(look_root)
{
        name_directory(s, proc(s, "root/."), got);
        strcpy(wanted, token);
}

LOOK(look_cwd)
{
        name_directory(s, proc(s, "cwd/."), got);
        strcpy(wanted, is(token, "old") ? "host" : token);
}

/* Session and the terminal's device number, of a stat file. */
static void session_of(const char *stat, char *text)
{
        const char *at = strrchr(stat, ')');
        long session, tty;

        assert_non_null(at);
        assert_int_equal(sscanf(at + 2, "%*c %*d %*d %ld %ld", &session, &tty), 2);
        sprintf(text, "%ld %lx", session, (unsigned long)tty);
}

/* What is 0, 1 and 2 if all are the same pty. */
static unsigned long pty_of(const struct seen *s)
{
        unsigned long device = 0;

        for (int fd = 0; fd < 3; fd++) {
                char name[16];
                struct stat st;
                snprintf(name, sizeof(name), "fd/%d", fd);
                if (stat(proc(s, name), &st) < 0 || !S_ISCHR(st.st_mode) ||
                    major(st.st_rdev) != FIRST_CONSOLE || (fd > 0 && st.st_rdev != device))
                        return 0;
                device = st.st_rdev;
        }
        return device;
}

LOOK(look_session)
{
        long key = hold_call(s->hold, SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
        unsigned long tty = s->mode->terminal ? pty_of(s) : 0;

        session_of(lab_read(proc(s, "stat")), got);
        if (is(token, "labrun")) {
                if (!s->caller.known_keyring)
                        s->caller.keyring = key;
                s->caller.known_keyring = true;
                sprintf(wanted, "%s keyring %ld", s->caller.session, s->caller.keyring);
        } else if (is(token, "own"))
                sprintf(wanted, "%d %lx keyring %ld", (int)s->hold->pid,
                        tty                 ? tty
                        : s->mode->terminal ? ~0UL
                                            : 0,
                        key > 0 && key == s->caller.keyring ? -1 : key);
        else
                unknown("session", token);
        sprintf(got + strlen(got), " keyring %ld", key);
}

/* The word for an fd; it is one of a set. */
static void name_fd(const struct seen *s, int fd, char *text, size_t size)
{
        char name[32], to[SEEN_TEXT], directory[SEEN_TEXT];
        struct stat st;

        snprintf(name, sizeof(name), "fd/%d", fd);
        ssize_t n = readlink(proc(s, name), to, sizeof(to) - 1);
        assert_true(n >= 0);
        to[n] = '\0';
        assert_int_equal(stat(proc(s, name), &st), 0);
        if (S_ISDIR(st.st_mode)) {
                name_directory(s, proc(s, name), directory);
                snprintf(text, size, "%s", is(directory, "container") ? "root" : directory);
        } else if (strncmp(to, "socket:", 7) == 0)
                snprintf(text, size, "socket");
        else if (S_ISFIFO(st.st_mode)) /* of exec they are pipes; the error's is open for writing only */
                snprintf(text, size, "%s",
                         strstr(to, "exec.fifo")    ? "exec"
                         : strstr(to, "error.fifo") ? "error"
                                                    : "pipe");
        else
                snprintf(text, size, "%s", to);
}

static bool is_write_only(const struct seen *s, int fd)
{
        char name[32];
        const char *flags;

        snprintf(name, sizeof(name), "fdinfo/%d", fd);
        flags = strstr(lab_read(proc(s, name)), "flags:\t");
        assert_non_null(flags);
        return (strtoul(flags + 7, NULL, 8) & O_ACCMODE) == O_WRONLY;
}

/* Sorted by the order of words, each as often as there are such fds. */
static void list_fds(const struct seen *s, char got[SEEN_TEXT])
{
        static const char *const words[] = {"plug", "socket", "exec", "error", "root", "host"};
        unsigned count[6] = {0};
        DIR *d = opendir(proc(s, "fd"));
        char word_[SEEN_TEXT], others[SEEN_TEXT] = "";

        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));) {
                int fd = atoi(e->d_name);
                size_t i = 0;
                if (e->d_name[0] == '.' || fd <= 3) /* 0 to 2 and the one that is preserved */
                        continue;
                name_fd(s, fd, word_, sizeof(word_));
                if (fd == 4)
                        strcpy(word_, "plug");
                else if (is(word_, "pipe"))
                        strcpy(word_, is_write_only(s, fd) ? "error" : "exec");
                while (i < 6 && !is(word_, words[i]))
                        i++;
                if (i < 6)
                        count[i]++;
                else if (strlen(others) + strlen(word_) + 4 < sizeof(others))
                        strcat(strcat(others, " "), word_);
        }
        closedir(d);
        got[0] = '\0';
        for (size_t i = 0; i < 6; i++)
                for (unsigned n = 0; n < count[i]; n++)
                        strcat(strcat(got, got[0] ? "|" : ""), words[i]);
        snprintf(got + strlen(got), SEEN_TEXT - strlen(got), "%s", others);
}

LOOK(look_fds)
{
        const char *channel = strstr(token, "channel");

        list_fds(s, got);
        if (is(token, "inherited"))
                strcpy(wanted, got);
        else if (is(token, "none"))
                wanted[0] = '\0';
        else if (channel)
                sprintf(wanted, "%.*sexec|error%s", (int)(channel - token), token,
                        channel + strlen("channel"));
        else
                strcpy(wanted, token);
}

const struct seen_column seen_places[] = {
        {"maps", look_maps}, {"namespaces", look_namespaces}, {"cgroup", look_cgroup}, {"root", look_root},
        {"cwd", look_cwd},   {"session", look_session},       {"fds", look_fds},       {NULL, NULL},
};

void seen_take_caller(struct seen *s)
{
        char path[64];
        struct stat st;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)s->hold->labrun);
        snprintf(s->caller.status, sizeof(s->caller.status), "%s", lab_read(path));
        snprintf(path, sizeof(path), "/proc/%d/limits", (int)s->hold->labrun);
        snprintf(s->caller.limits, sizeof(s->caller.limits), "%s", lab_read(path));
        snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)s->hold->labrun);
        snprintf(s->caller.oom, sizeof(s->caller.oom), "%s", lab_read(path));
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)s->hold->labrun);
        session_of(lab_read(path), s->caller.session);
        snprintf(path, sizeof(path), "/proc/%d/cwd", (int)s->hold->labrun);
        assert_int_equal(stat(path, &st), 0);
        s->caller.cwd_dev = st.st_dev;
        s->caller.cwd_ino = st.st_ino;
}
