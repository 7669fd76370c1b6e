/*
 * core/seal: the mark, and sealing itself. The test program seals itself, in a child: it executes itself
 * again as "sealed", and its exit status says how it was sealed then, asked of the kernel anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/cli/cli.h"
#include "core/seal/early.h"
#include "core/seal/facts.h"
#include "core/seal/mark.h"
#include "core/seal/seal.h"
#include "core/seal/verdict.h"
#include "tests/core/failing_sys.h"

enum {
        REFUSED = 1,
        BROKEN = 2,
        KIND = 10,
        INHERITED = 10
}; /* exit statuses; KIND + enum seal_kind, + INHERITED for a memfd of that name */

#define SEALS_ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* --- the program that seals itself --- */

static int open_fds(void)
{
        int n = 0;

        for (int fd = 0; fd < 64; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static int kind_now(void)
{
        struct seal_facts facts;
        int proc = open("/proc", O_PATH | O_CLOEXEC);
        int r = seal_ask(sys_linux(), proc, "self/exe", &facts, NULL, NULL);

        close(proc);
        if (r < 0)
                return SEAL_KIND_NONE;
        return (int)seal_verdict(&facts, true) + (strstr(facts.link, "inherited") ? INHERITED : 0);
}

/* What seal_self leads to: its return in this process (then an error), or the exit status of what it
 * executed. */
static int seal_here(const struct sys *sys, enum seal_way way, char **argv, char **env)
{
        struct err err = ERR_INIT;
        int before = open_fds(), r = seal_self(sys, way, argv, env, &err);

        if (open_fds() != before || (r < 0 && (err.errnum != -r || !err.step[0])) || r > 0)
                return BROKEN;
        return r < 0 ? REFUSED : KIND + kind_now();
}

/* "sealed FDS [N ERRNO]": FDS open ones are expected, the N-th call fails. */
static int sealed_main(int argc, char **argv)
{
        struct failing_sys f;

        failing_sys_init(&f, argc > 3 ? atoi(argv[2]) : 0, argc > 3 ? atoi(argv[3]) : EIO);
        if (strcmp(argv[0], "any name") != 0 || open_fds() != atoi(argv[1]))
                return BROKEN;
        int status = seal_here(&f.sys, SEAL_AUTO, argv, environ);
        for (char **e = environ; *e; e++)
                if (strncmp(*e, "LABRUN_EXESEAL", 14) == 0)
                        return BROKEN;
        return status;
}

/* --- the tests' side --- */

struct attempt {
        enum seal_way way;
        int at, errnum;                /* the call that fails before execveat */
        const char *late, *late_errno; /* and after it; NULL: none */
        bool as_nobody;
        bool own_mark;
        void (*prepare)(void);
};

static struct failing_sys *failing; /* shared with the child */

static int attempt(const struct attempt *a)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                char fds[16], *argv[] = {"any name", fds, (char *)a->late, (char *)a->late_errno, NULL};
                char mark[64], *env[] = {"A=1", mark, "B=2", NULL};
                alarm(60);
                snprintf(mark, sizeof(mark), a->own_mark ? "LABRUN_EXESEAL=%d" : "LABRUN_EXESEAL=%d1",
                         (int)getpid());
                snprintf(fds, sizeof(fds), "%d", open_fds());
                if (a->prepare)
                        a->prepare();
                if (a->as_nobody && setresuid(65534, 65534, 65534) < 0)
                        _exit(BROKEN);
                failing_sys_init(failing, a->at, a->errnum);
                _exit(seal_here(&failing->sys, a->way, argv, env));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static bool privileged(void)
{
        int fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

static void seal_self__as_root__sealed_by_the_way_asked_for(void **state)
{
        (void)state;
        if (!privileged()) {
                print_message("skip: needs CAP_SYS_ADMIN to mount\n");
                skip();
        }
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_AUTO}), KIND + SEAL_KIND_DISSOLVED);
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_BIND}), KIND + SEAL_KIND_DISSOLVED);
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_OVERLAY}), KIND + SEAL_KIND_OVERLAY);
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_MEMFD}), KIND + SEAL_KIND_MEMFD);
}

static void seal_self__without_privilege__memfd_or_refused(void **state)
{
        bool root = geteuid() == 0;

        (void)state;
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_AUTO, .as_nobody = root}),
                         KIND + SEAL_KIND_MEMFD);
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_MEMFD, .as_nobody = root}),
                         KIND + SEAL_KIND_MEMFD);
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_BIND, .as_nobody = root}), REFUSED);
        assert_int_equal(attempt(&(struct attempt){.way = SEAL_OVERLAY, .as_nobody = root}), REFUSED);
}

static void seal_self__mark_forged__refused_never_unsealed(void **state)
{
        (void)state;
        assert_int_equal(attempt(&(struct attempt){.own_mark = true}), REFUSED);
}

static void seal_self__any_call_fails__sealed_or_refused(void **state)
{
        static const int errnos[] = {EIO, EINVAL};
        static const enum seal_way all[] = {SEAL_AUTO, SEAL_OVERLAY, SEAL_MEMFD};

        (void)state;
        for (size_t w = 0; w < sizeof(all) / sizeof(all[0]); w++)
                for (size_t e = 0; e < sizeof(errnos) / sizeof(errnos[0]); e++)
                        for (int n = 1;; n++) {
                                int status = attempt(
                                        &(struct attempt){.way = all[w], .at = n, .errnum = errnos[e]});
                                if (status != REFUSED && status <= KIND)
                                        print_message("way %d, call %d (%s) fails with %d: status %d\n",
                                                      all[w], n, failing->op ? failing->op : "none",
                                                      errnos[e], status);
                                assert_true(status == REFUSED || status > KIND);
                                if (failing->calls < n)
                                        break;
                        }
}

/* A page of the memfd that the kernel holds for a moment (EBUSY) is no reason to refuse; anything else there is. */
static void seal_self__memfd_busy_for_a_moment__sealed(void **state)
{
        bool met = false;

        (void)state;
        for (int n = 1; n < 100 && !met; n++) {
                int other = attempt(&(struct attempt){.way = SEAL_MEMFD, .at = n, .errnum = EIO});
                if (!failing->op || strcmp(failing->op, "fcntl") != 0)
                        continue;
                int busy = attempt(&(struct attempt){.way = SEAL_MEMFD, .at = n, .errnum = EBUSY});
                met = other == REFUSED && busy == KIND + SEAL_KIND_MEMFD;
        }
        assert_true(met);
}

static void seal_self__any_call_fails_after_execveat__sealed_or_refused(void **state)
{
        static const char *const errnos[] = {"5" /* EIO */, "22" /* EINVAL */};
        int refused = 0, sealed = 0;

        (void)state;
        for (int w = SEAL_AUTO; w < SEAL_WAY__COUNT; w++)
                for (int n = 1; n <= 16; n++) {
                        char at[16];
                        snprintf(at, sizeof(at), "%d", n);
                        int status = attempt(&(struct attempt){
                                .way = (enum seal_way)w, .late = at, .late_errno = errnos[n % 2]});
                        assert_true(status == REFUSED || status > KIND);
                        refused += status == REFUSED;
                        sealed += status > KIND;
                }
        assert_true(refused > 0 && sealed > 0);
}

static void hide_proc(void)
{
        if (syscall(SYS_unshare, 0x00020000 /* CLONE_NEWNS */) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/proc", "tmpfs", 0, NULL) < 0)
                _exit(BROKEN);
}

static void seal_self__without_proc__refused(void **state)
{
        (void)state;
        if (!privileged()) {
                print_message("skip: needs CAP_SYS_ADMIN to hide /proc\n");
                skip();
        }
        assert_int_equal(attempt(&(struct attempt){.prepare = hide_proc}), REFUSED);
}

static void close_stdio(void)
{
        close(0), close(1), close(2);
}

static void seal_self__stdio_closed__stays_closed(void **state)
{
        int fds = open_fds() - 3, status;
        pid_t pid = fork();

        (void)state;
        if (pid == 0) {
                char text[16], *argv[] = {"any name", text, NULL}, *env[] = {NULL};
                snprintf(text, sizeof(text), "%d", fds);
                close_stdio();
                _exit(seal_here(sys_linux(), SEAL_AUTO, argv, env));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) > KIND);
}

/* Seals made by somebody else: this program from a memfd, with the seals given. */
static int inherited_memfd(int seals)
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fds = open_fds() - 1;
                int fd = memfd_create("inherited", MFD_CLOEXEC | MFD_ALLOW_SEALING);
                char text[16], path[40], *argv[] = {"any name", text, NULL}, *env[] = {"INHERITED=1", NULL},
                                         buf[65536];
                ssize_t n;
                while ((n = read(in, buf, sizeof(buf))) > 0)
                        if (write(fd, buf, (size_t)n) != n)
                                _exit(BROKEN);
                if (seals && fcntl(fd, F_ADD_SEALS, seals) < 0)
                        _exit(BROKEN);
                snprintf(text, sizeof(text), "%d", fds);
                snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
                int exe = open(path, O_RDONLY | O_CLOEXEC);
                close(fd);
                syscall(SYS_execveat, exe, "", argv, env, AT_EMPTY_PATH);
                _exit(BROKEN);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void seal_self__inherited_memfd__trusted_only_with_all_seals(void **state)
{
        (void)state;
        assert_int_equal(inherited_memfd(SEALS_ALL), KIND + SEAL_KIND_MEMFD + INHERITED);
        assert_int_equal(inherited_memfd(0), KIND + SEAL_KIND_MEMFD);
        assert_int_equal(inherited_memfd(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), KIND + SEAL_KIND_MEMFD);
}

/* --- the mark --- */

static void seal_mark__put_and_taken__only_by_its_process(void **state)
{
        char *env[] = {"A=1", "LABRUN_EXESEAL=7", "B=2", NULL}, mark[SEAL_MARK_BYTES], **marked = NULL;

        (void)state;
        assert_false(seal_mark_take(env, 8));
        assert_string_equal(env[0], "A=1");
        assert_string_equal(env[1], "B=2");
        assert_null(env[2]);
        assert_int_equal(seal_mark_put(sys_linux(), env, 4194304, mark, &marked, NULL), 0);
        assert_string_equal(marked[2], "LABRUN_EXESEAL=4194304");
        assert_null(marked[3]);
        assert_true(seal_mark_take(marked, 4194304));
        assert_null(marked[2]);
        assert_false(seal_mark_take(marked, 4194304));
        free(marked);
}

static void seal_mark_take__near_misses__not_own(void **state)
{
        static const char *const near[] = {"LABRUN_EXESEAL=07", "LABRUN_EXESEAL=7 ", "LABRUN_EXESEAL=+7",
                                           "LABRUN_EXESEAL=77", "LABRUN_EXESEAL=",   "LABRUN_EXESEA=7",
                                           "LABRUN_EXESEALS=7", "LABRUN_EXESEAL"};

        (void)state;
        for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
                char *env[] = {(char *)near[i], NULL};
                assert_false(seal_mark_take(env, 7));
        }
}

/* --- the verdict --- */

static const struct seal_facts memfd = {.mode = S_IFREG | 0777,
                                        .fs_type = TMPFS_MAGIC,
                                        .link = "/memfd:x (deleted)",
                                        .seals = SEALS_ALL,
                                        .rdonly_again = SEAL_NOT_ASKED,
                                        .write_open = SEAL_NOT_ASKED};
static const struct seal_facts bound = {.mode = S_IFREG | 0755,
                                        .fs_type = EXT4_SUPER_MAGIC,
                                        .read_only = true,
                                        .link = "/",
                                        .seals = SEAL_NOT_ASKED,
                                        .rdonly_again = -EINVAL,
                                        .write_open = -ETXTBSY};
static const struct seal_facts overlay = {.mode = S_IFREG | 0755,
                                          .fs_type = OVERLAYFS_SUPER_MAGIC,
                                          .read_only = true,
                                          .link = "/labrun",
                                          .seals = SEAL_NOT_ASKED,
                                          .rdonly_again = SEAL_NOT_ASKED,
                                          .write_open = -EROFS};

#define VERDICT(base, ...) (f = base, __VA_ARGS__, seal_verdict(&f, true))

static void seal_verdict__good_seals__told_apart(void **state)
{
        (void)state;
        assert_int_equal(seal_verdict(&memfd, false), SEAL_KIND_MEMFD);
        assert_int_equal(seal_verdict(&bound, false), SEAL_KIND_DISSOLVED);
        assert_int_equal(seal_verdict(&overlay, true), SEAL_KIND_OVERLAY);
        assert_int_equal(seal_verdict(&overlay, false), SEAL_KIND_NONE);
}

static void seal_verdict__one_fact_missing__not_sealed(void **state)
{
        static const int seals[] = {F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE};
        struct seal_facts f;

        (void)state;
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(VERDICT(memfd, f.seals &= ~seals[i]), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(memfd, f.seals = -EINVAL), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(memfd, f.seals = -1), SEAL_KIND_NONE); /* all bits, as an errno */
        assert_int_equal(VERDICT(memfd, f.fs_type = EXT4_SUPER_MAGIC), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(memfd, f.mode = S_IFIFO | 0777), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(bound, f.read_only = false), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(bound, f.rdonly_again = 0), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(bound, f.rdonly_again = -EPERM), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(bound, f.rdonly_again = -ENOSYS), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(bound, strcpy(f.link, "/usr/bin/labrun")), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(bound, strcpy(f.link, "")), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(bound, f.write_open = -EROFS), SEAL_KIND_DISSOLVED);
        assert_int_equal(seal_verdict(&f, false), SEAL_KIND_NONE); /* the superblock's flag, perhaps */
        assert_int_equal(VERDICT(bound, f.mode = S_IFDIR | 0755), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(overlay, f.write_open = -ETXTBSY), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(overlay, f.write_open = 0), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(overlay, strcpy(f.link, "/usr/labrun")), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(overlay, f.fs_type = EXT4_SUPER_MAGIC), SEAL_KIND_NONE);
        assert_int_equal(VERDICT(overlay, f.read_only = false), SEAL_KIND_NONE);
}

static void seal_early__commands__those_that_seal(void **state)
{
        static const char *const early[] = {SEAL_EARLY_COMMANDS};
        size_t n, seals = 0;
        const struct cli_command *const *c = cli_commands(&n);

        (void)state;
        for (size_t i = 0; i < n; i++) {
                bool found = false;
                for (size_t k = 0; k < sizeof(early) / sizeof(early[0]); k++)
                        found = found || strcmp(c[i]->name, early[k]) == 0;
                assert_int_equal(found, c[i]->seals);
                seals += c[i]->seals;
        }
        assert_int_equal(seals, sizeof(early) / sizeof(early[0]));
}

static void seal_way_parse__words__only_ways_that_seal(void **state)
{
        static const char *const bad[] = {"", "none", "no", "false", "off", "Bind", "bind ", "auto,memfd"};
        enum seal_way way = SEAL_AUTO;
        struct err err = ERR_INIT;

        (void)state;
        assert_int_equal(seal_way_parse("memfd", &way, &err), 0);
        assert_int_equal(way, SEAL_MEMFD);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_int_equal(seal_way_parse(bad[i], &way, &err), -EINVAL);
                assert_int_equal(way, SEAL_MEMFD);
        }
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(seal_verdict__good_seals__told_apart),
                cmocka_unit_test(seal_verdict__one_fact_missing__not_sealed),
                cmocka_unit_test(seal_early__commands__those_that_seal),
                cmocka_unit_test(seal_way_parse__words__only_ways_that_seal),
                cmocka_unit_test(seal_mark__put_and_taken__only_by_its_process),
                cmocka_unit_test(seal_mark_take__near_misses__not_own),
                cmocka_unit_test(seal_self__as_root__sealed_by_the_way_asked_for),
                cmocka_unit_test(seal_self__without_privilege__memfd_or_refused),
                cmocka_unit_test(seal_self__mark_forged__refused_never_unsealed),
                cmocka_unit_test(seal_self__any_call_fails__sealed_or_refused),
                cmocka_unit_test(seal_self__memfd_busy_for_a_moment__sealed),
                cmocka_unit_test(seal_self__any_call_fails_after_execveat__sealed_or_refused),
                cmocka_unit_test(seal_self__without_proc__refused),
                cmocka_unit_test(seal_self__stdio_closed__stays_closed),
                cmocka_unit_test(seal_self__inherited_memfd__trusted_only_with_all_seals),
        };

        if (argc > 1)
                return sealed_main(argc, argv);
        failing = mmap(NULL, sizeof(*failing), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (failing == MAP_FAILED)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
