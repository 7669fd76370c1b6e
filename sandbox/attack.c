#include "sandbox/attack.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/bundle.h"
#include "sandbox/exe_attack.h"

#define PREYS 16
#define BUSY_MS 1000
#define QUIET_MS 100 /* without a new one: those that are there are all */
#define REFUSED_MS 500 /* one that can't be taken hold of may still become one that can */
#define SUPERVISOR "supervisor" /* the name of the process that is never attacked */

static bool telling;

void attack_tell(void)
{
        telling = true;
}

static void pause_ms(void)
{
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

/* In one write(2), so that several may write at a time. */
static void tell(const char *file, const char *who, const char *when, int64_t result)
{
        int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        char line[128];
        int n = snprintf(line, sizeof line, "%.40s %s %lld\n", who, when, (long long)result);

        if (fd < 0)
                return;
        fchmod(fd, 0666); /* whatever the umask: attackers have different users */
        if (write(fd, line, (size_t)n) != n)
                abort(); /* half a line would be another one's */
        close(fd);
}

/* ------------------------------------------------------------------ one prey */

struct prey {
        pid_t pid; /* in the procfs that was mounted */
        int proc;  /* its folder there: after a pivot_root(2) another procfs is mounted */
        int fd;    /* O_PATH, the executable */
        dev_t dev;
        ino_t ino;
};

static const char *proc(pid_t pid, const char *name)
{
        static char path[64];

        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
        return path;
}

static bool is_supervisor(pid_t pid)
{
        int fd = open(proc(pid, "comm"), O_RDONLY | O_CLOEXEC);
        char name[32] = "";

        if (fd < 0)
                return false;
        if (read(fd, name, sizeof name - 1) < 0)
                name[0] = '\0';
        close(fd);
        return strcmp(name, SUPERVISOR "\n") == 0;
}

/* The observer under each of its names, and what has no executable. */
static int is_harmless(pid_t pid)
{
        char link[256];
        const char *base;
        ssize_t n = readlink(proc(pid, "exe"), link, sizeof link - 1);

        if (n < 0)
                return -errno;
        link[n] = '\0';
        base = strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
        return strcmp(base, "observer") == 0 || strcmp(base, "hook") == 0 || is_supervisor(pid);
}

static int take(pid_t pid, struct prey *ret)
{
        int harmless = is_harmless(pid), folder, fd;
        struct stat st;

        if (harmless)
                return harmless < 0 ? harmless : -ESRCH;
        folder = open(proc(pid, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
                return -errno;
        fd = openat(folder, "exe", O_PATH | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0) {
                int rc = -errno;
                close(folder);
                return rc;
        }
        *ret = (struct prey){ pid, folder, fd, st.st_dev, st.st_ino };
        return 0;
}

static void let_go(struct prey *p)
{
        close(p->fd);
        close(p->proc);
}

/* Does it still run that program? */
static bool runs(const struct prey *p)
{
        struct stat st;

        return fstatat(p->proc, "exe", &st, 0) == 0 && st.st_dev == p->dev && st.st_ino == p->ino;
}

/* By another process, or a thread that is not yet gone. */
static bool busy(const struct prey *p)
{
        char path[40];
        int fd, is;

        snprintf(path, sizeof path, "/proc/self/fd/%d", p->fd);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        is = fd < 0 && errno == ETXTBSY;
        if (fd >= 0)
                close(fd);
        return is;
}

static void wait_for_end(const struct prey *p)
{
        for (int i = 0; i < ATTACK_BOUND_MS && runs(p); i++)
                pause_ms();
        for (int i = 0; i < BUSY_MS && busy(p); i++)
                pause_ms();
}

/* The bits of what succeeded, as ourselves and as root of a user namespace. */
static unsigned attack(const struct prey *p, const char *target, int may_destroy)
{
        close(open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        return exe_attack_in_userns(p->fd, target, may_destroy, NULL) | exe_attack(p->fd, target, may_destroy);
}

/* When it runs no more; again if somebody executes the same file just then, which nobody can write to for so long. */
static unsigned attack_later(const struct prey *p, const char *target, int may_destroy)
{
        unsigned done = 0;

        for (int i = 0; i < 20 && !done; i++) {
                wait_for_end(p);
                done = attack(p, target, may_destroy);
                if (!busy(p))
                        break;
        }
        return done;
}

/* getppid(2) tells of our own pid namespace, which may be another than that of the procfs. */
static pid_t parent(void)
{
        int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
        char text[1024] = "", *line;

        if (fd < 0)
                return 0;
        if (read(fd, text, sizeof text - 1) < 0)
                text[0] = '\0';
        close(fd);
        line = strstr(text, "\nPPid:");
        return line ? (pid_t)atoi(line + 6) : 0;
}

/* A file that is being executed can't be written to: so once while our parent lives, and once when it is dead. */
static int64_t attack_parent(void)
{
        static const char target[] = BUNDLE_ATTACKS ".target";
        struct prey p;
        unsigned done;
        int rc = take(parent(), &p);

        if (rc < 0)
                return rc;
        done = attack(&p, target, 0);
        kill(p.pid, SIGKILL);
        done |= attack_later(&p, target, !telling); /* what exec runs is not alone: the runtime is still needed */
        let_go(&p);
        return done;
}

/* ------------------------------------------------------------------ a hook's parent, which ends by itself */

static int64_t attack_behind(const char *words)
{
        char name[32], folder[160], target[48];
        const char *file = strchr(words, ':');
        struct prey p;
        int rc;

        if (!file || !strchr(file, '/') || sscanf(words, "%31[^:]", name) != 1)
                return -EINVAL;
        snprintf(folder, sizeof folder, "%s", file + 1);
        file = strrchr(folder, '/') + 1;
        folder[file - 1 - folder] = '\0';
        if (chdir(folder) < 0) /* which the pivot_root(2) of an init does not change */
                return -errno;
        snprintf(target, sizeof target, "target-%s", name); /* each its own: hooks overlap */
        rc = take(parent(), &p);
        tell(file, name, "now", rc < 0 ? rc : (int64_t)attack(&p, target, 0));
        if (rc < 0) {
                tell(file, name, "later", rc);
                return 0;
        }
        rc = fork();
        if (rc != 0)
                return rc < 0 ? -errno : 0;
        for (int i = 0; i < 256; i++) /* whoever started us reads to the end of what we have of him */
                if (i != p.fd && i != p.proc)
                        close(i);
        setsid();
        tell(file, name, "later", attack_later(&p, target, 0));
        _exit(0);
}

/* ------------------------------------------------------------------ whoever is there */

struct pack {
        struct prey prey[PREYS];
        size_t n;
        unsigned done;
        int refused; /* -errno of one that could not be taken hold of, 0: none */
};

static bool known(const struct pack *pack, const struct prey *p)
{
        for (size_t i = 0; i < pack->n; i++)
                if (pack->prey[i].pid == p->pid && pack->prey[i].dev == p->dev && pack->prey[i].ino == p->ino)
                        return true;
        return false;
}

/* It is stopped while it is attacked, so that it does not get away by execve(2). */
static bool try_one(struct pack *pack, pid_t pid)
{
        struct prey p;
        int rc = is_harmless(pid);

        if (rc > 0 || rc == -ENOENT || rc == -ESRCH) /* a kernel's or a dead process has no executable */
                return false;
        kill(pid, SIGSTOP);
        rc = take(pid, &p);
        if (rc < 0 || known(pack, &p) || pack->n == PREYS) {
                pack->refused = rc == -EACCES ? rc : pack->refused;
                if (rc == 0)
                        let_go(&p);
                kill(pid, SIGCONT);
                return false;
        }
        pack->prey[pack->n++] = p;
        pack->done |= attack(&p, BUNDLE_ATTACKS ".target", 0);
        kill(pid, SIGCONT);
        return true;
}

static bool scan(struct pack *pack)
{
        DIR *d = opendir("/proc");
        struct dirent *e;
        bool found = false;

        while (d && (e = readdir(d)))
                if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid())
                        found |= try_one(pack, atoi(e->d_name));
        if (d)
                closedir(d);
        return found;
}

static int64_t attack_all(bool held)
{
        static struct pack pack;
        int quiet = 0;
        bool over = false;

        if (held && attack_until(BUNDLE_HELD) < 0)
                return -ETIMEDOUT;
        for (int ms = 0; ms < ATTACK_BOUND_MS && !over && quiet < (pack.n ? QUIET_MS : REFUSED_MS); ms++) {
                over = pack.n == 0 && access(BUNDLE_GO, F_OK) == 0;
                quiet = scan(&pack) || (pack.n == 0 && !pack.refused) ? 0 : quiet + 1;
                pause_ms();
        }
        for (size_t i = 0; i < pack.n; i++)
                kill(pack.prey[i].pid, SIGKILL);
        attack_mark(BUNDLE_GO);
        for (size_t i = 0; i < pack.n; i++) {
                pack.done |= attack_later(&pack.prey[i], BUNDLE_ATTACKS ".target", 0);
                let_go(&pack.prey[i]);
        }
        return pack.n ? (int64_t)pack.done : pack.refused ? pack.refused : -ESRCH;
}

/* ------------------------------------------------------------------ */

int64_t attack_step(const char *whom)
{
        int64_t rc = -EINVAL;

        if (strncmp(whom, "behind:", 7) == 0)
                return attack_behind(whom + 7);
        if (strcmp(whom, "parent") == 0)
                rc = attack_parent();
        else if (strcmp(whom, "exec") == 0 || strcmp(whom, "create") == 0)
                rc = attack_all(whom[0] == 'c');
        if (telling)
                tell(BUNDLE_ATTACKS, "exec", "both", rc);
        return rc;
}

int64_t attack_until(const char *path)
{
        for (int i = 0; i < ATTACK_BOUND_MS; i++) {
                if (access(path, F_OK) == 0)
                        return 0;
                pause_ms();
        }
        return -ETIMEDOUT;
}

int64_t attack_mark(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

static int count_lines(const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC), n = 0;
        char text[2048];
        ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text);

        for (ssize_t i = 0; i < got; i++)
                n += text[i] == '\n';
        if (fd >= 0)
                close(fd);
        return n;
}

int64_t attack_await(int lines)
{
        for (int i = 0; i < ATTACK_BOUND_MS; i++) {
                if (count_lines(BUNDLE_ATTACKS) >= lines)
                        return 0;
                pause_ms();
        }
        return -ETIMEDOUT;
}
