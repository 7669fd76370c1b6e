/*
 * core/container/init_steps.h against the kernel: what init is, before each of the system calls named there,
 * for create's and exec's init, as root, in a user namespace, and as an ordinary user.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <jansson.h>

#include "core/container/init_steps.h"
#include "tests/labrun/hold.h"
#include "tests/labrun/ordinary.h"
#include "tests/labrun/steps_seen.h"
#include "tests/labrun/terminal.h"

/* --- the tables --- */

#define S0(step, call, where, with) {#step, SYS_##call, #where, #with},
static const struct {
        const char *step;
        long call;
        const char *where, *with;
} steps[] = {INIT_STEPS(S0)};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

struct line {
        const char *step, *where, *with;
        const char *cell[SEEN_MAX];
};
#define LINE(step, where, with, ...) {#step, #where, #with, {__VA_ARGS__}},
#define W0(step, where, with, a, b, c, d, e, f, g) LINE(step, where, with, #a, #b, #c, #d, #e, #f, #g)
#define G0(step, where, with, a, b, c, d, e, f, g, h) LINE(step, where, with, #a, #b, #c, #d, #e, #f, #g, #h)
#define P0(step, where, with, a, b, c, d, e, f, g) LINE(step, where, with, #a, #b, #c, #d, #e, #f, #g)
static const struct line who[] = {INIT_WHO(W0)}, guards[] = {INIT_GUARDS(G0)}, places[] = {INIT_PLACES(P0)};

static const struct table {
        const struct line *line;
        size_t n;
        const struct seen_column *column; /* seen_none ends them */
} tables[] = {
        {who, sizeof(who) / sizeof(who[0]), seen_who},
        {guards, sizeof(guards) / sizeof(guards[0]), seen_guards},
        {places, sizeof(places) / sizeof(places[0]), seen_places},
};
#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

static bool is_for(const char *where, const char *with, const struct seen_mode *mode)
{
        return strchr(where, mode->letter) &&
               (strcmp(with, "any") == 0 || strcmp(with, mode->no_new_privs ? "nnp" : "priv") == 0);
}

static const char *expected[N_TABLES][SEEN_MAX];

static void take_lines(const char *step, const struct seen_mode *mode)
{
        for (size_t t = 0; t < N_TABLES; t++)
                for (size_t i = 0; i < tables[t].n; i++) {
                        const struct line *line = &tables[t].line[i];
                        if (strcmp(line->step, step) != 0 || !is_for(line->where, line->with, mode))
                                continue;
                        for (size_t k = 0; tables[t].column[k].name; k++)
                                if (strcmp(line->cell[k], ".") != 0)
                                        expected[t][k] = line->cell[k];
                }
}

/* How many cells differ from what is seen. */
static int compare(struct seen *s, const char *step)
{
        char got[SEEN_TEXT], wanted[SEEN_TEXT];
        int differ = 0;

        for (size_t t = 0; t < N_TABLES; t++)
                for (size_t k = 0; tables[t].column[k].name; k++) {
                        const struct seen_column *column = &tables[t].column[k];
                        if (!expected[t][k])
                                fail_msg("%c: the table doesn't say what %s is at first", s->mode->letter,
                                         column->name);
                        column->look(s, expected[t][k], got, wanted);
                        if (strcmp(got, wanted) == 0)
                                continue;
                        print_message("%c, no_new_privs %d, %s: %s is \"%s\", the table says %s: \"%s\"\n",
                                      s->mode->letter, s->mode->no_new_privs, step, column->name, got,
                                      expected[t][k], wanted);
                        differ++;
                }
        return differ;
}

/* --- an init for each letter --- */

static struct hold held = {.pid = -1};

static void add_capabilities(json_t *process, bool root)
{
        static const char *const sets[] = {"bounding", "permitted", "effective", "inheritable", "ambient"};
        static const char *const names[] = {"CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
        json_t *caps = json_object();

        /* less and less; who stays root gets all that is in the bounding set back */
        for (int set = 0; set < 5; set++) {
                json_t *list = json_array();
                int n = set < 2 || root ? 3 : set == 2 ? 2 : 1;
                for (int i = 0; i < n; i++)
                        json_array_append_new(list, json_string(names[i]));
                json_object_set_new(caps, sets[set], list);
        }
        json_object_set_new(process, "capabilities", caps);
}

static json_t *map(unsigned first, unsigned more)
{
        json_t *list = json_pack("[{s:i,s:I,s:i}]", "containerID", 0, "hostID", (json_int_t)first, "size",
                                 more ? 1 : 1000);

        if (more)
                json_array_append_new(list, json_pack("{s:i,s:I,s:i}", "containerID", 1, "hostID",
                                                      (json_int_t)more, "size", 1000));
        return list;
}

static void add_namespaces(json_t *o, char letter)
{
        static const char *const types[] = {"mount", "pid",    "network", "ipc",
                                            "uts",   "cgroup", "time",    "user"};
        json_t *list = json_array(), *linux_ = json_object_get(o, "linux");

        for (int i = 0; i < (letter == 'R' ? 7 : 8); i++)
                json_array_append_new(list, json_pack("{s:s}", "type", types[i]));
        json_object_set_new(linux_, "namespaces", list);
        if (letter == 'U' || letter == 'N') {
                unsigned user = letter == 'U' ? SEEN_ROOT_MAP : ordinary.user,
                         more = letter == 'U' ? 0 : ORDINARY_SUBIDS;
                json_object_set_new(linux_, "uidMappings", map(user, more));
                json_object_set_new(linux_, "gidMappings", map(letter == 'U' ? user : ordinary.group, more));
        }
}

static void configure(struct lab *lab, const struct seen_mode *mode)
{
        bool root = mode->made == 'L'; /* has no other id */
        json_t *o = json_pack(
                "{s:{s:b,s:b,s:[ss],s:s,s:i,s:{s:i,s:i,s:i},s:[{s:s,s:i,s:i}]},s:{s:{s:s,s:[{s:[s],s:s}]}}}",
                "process", "terminal", mode->terminal, "noNewPrivileges", mode->no_new_privs, "args",
                "/bin/sleep", "1000", "cwd", SEEN_CWD, "oomScoreAdj", SEEN_OOM, "user", "uid",
                root ? 0 : SEEN_UID, "gid", root ? 0 : SEEN_GID, "umask", SEEN_UMASK, "rlimits", "type",
                "RLIMIT_NOFILE", "soft", SEEN_LIMIT, "hard", SEEN_LIMIT, "linux", "seccomp", "defaultAction",
                "SCMP_ACT_ALLOW", "syscalls", "names", "swapon", "action", "SCMP_ACT_ERRNO");
        json_t *process = json_object_get(o, "process");

        assert_non_null(o);
        if (!root)
                json_object_set_new(json_object_get(process, "user"), "additionalGids",
                                    json_pack("[i]", SEEN_GROUP));
        add_capabilities(process, root);
        add_namespaces(o, mode->made);
        char *text = json_dumps(o, 0);
        (strchr("LN", mode->made) ? ordinary_config : lab_config)(lab, text);
        free(text);
        json_decref(o);
}

/* One to inherit, and at once, where it may have any. */
static void inherit_capability(void)
{
        struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2];

        if (syscall(SYS_capget, &head, data) < 0)
                _exit(98);
        data[0].inheritable = 1u << CAP_KILL;
        if (syscall(SYS_capset, &head, data) < 0 ||
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) < 0)
                _exit(98);
}

/* Has something of everything that the payload must not have. */
static void be_the_caller(void *arg)
{
        const struct seen_mode *mode = arg;
        struct rlimit limit = {SEEN_LIMIT + 1000, SEEN_LIMIT + 1000};
        gid_t group = SEEN_GROUP + 1;
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGUSR2, SIG_IGN);
        umask(027);
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EPERM)
                _exit(98);
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || setgroups(1, &group) < 0 || chdir("/tmp") < 0)
                _exit(98);
        if (open("/dev/null", O_RDONLY) != 3) /* to preserve; 4 is not open */
                _exit(98);
        if (strchr("LN", mode->made)) {
                if (setresgid(ordinary.group, ordinary.group, ordinary.group) < 0 ||
                    setresuid(ordinary.user, ordinary.user, ordinary.user) < 0)
                        _exit(98);
                ordinary_become(NULL);
        } else
                inherit_capability();
        hold_wait();
}

#define DETACHED "-d", "--preserve-fds", SEEN_PRESERVE
#define CONSOLE "--console-socket", path

static pid_t spawn(struct lab *lab, const struct seen_mode *mode, const char *path)
{
        bool exec = mode->letter != mode->made, tty = mode->terminal;

        lab_before_exec(be_the_caller, (void *)mode);
        if (!exec && !tty)
                return lab_spawn(lab, "run", DETACHED, "-b", lab->bundle, lab->id, NULL);
        if (!exec)
                return lab_spawn(lab, "run", DETACHED, CONSOLE, "-b", lab->bundle, lab->id, NULL);
        if (!tty)
                return lab_spawn(lab, "exec", DETACHED, lab->id, "/bin/sleep", "1000", NULL);
        return lab_spawn(lab, "exec", DETACHED, "-t", CONSOLE, lab->id, "/bin/sleep", "1000", NULL);
}

/* The container that exec's init gets into. */
static void begin_container(struct lab *lab, const struct seen_mode *mode, const char *path)
{
        if (strchr("LN", mode->made))
                lab_before_exec(ordinary_become, NULL);
        struct result *r = mode->terminal
                                   ? lab_run(lab, "run", "-d", CONSOLE, "-b", lab->bundle, lab->id, NULL)
                                   : lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL);
        if (r->code)
                print_message("%s\n", r->err);
        assert_int_equal(r->code, 0);
}

static int walk(struct seen *s)
{
        int differ = 0;

        memset(expected, 0, sizeof(expected));
        for (size_t i = 0; i < N_STEPS && differ == 0; i++) { /* what follows would be waited for */
                if (!is_for(steps[i].where, steps[i].with, s->mode))
                        continue;
                if (!hold_until(s->hold, steps[i].call))
                        fail_msg("%c never came to the step %s", s->mode->letter, steps[i].step);
                take_lines(steps[i].step, s->mode);
                differ += compare(s, steps[i].step);
        }
        return differ;
}

/* Its processes are our orphans: delete would wait for whoever else reaps them, which may take its time. */
static void end_container(struct lab *lab, const struct seen_mode *mode)
{
        if (strchr("LN", mode->made))
                lab_before_exec(ordinary_become, NULL);
        assert_int_equal(lab_run(lab, "kill", lab->id, "KILL", NULL)->code, 0);
        alarm(LAB_BOUND_MS / 1000);
        while (waitpid(-1, NULL, 0) > 0)
                continue;
        alarm(0);
        if (strchr("LN", mode->made))
                lab_before_exec(ordinary_become, NULL);
        assert_int_equal(lab_run(lab, "delete", lab->id, NULL)->code, 0);
        assert_true(lab_clean(lab));
}

static void check(struct lab *lab, const struct seen_mode *mode)
{
        struct seen s = {.mode = mode, .lab = lab, .hold = &held};
        char path[TERM_SOCKET];
        int listener = term_listen(lab, path); /* what is sent there waits in the kernel */

        configure(lab, mode);
        if (mode->letter != mode->made)
                begin_container(lab, mode, path);
        pid_t pid = spawn(lab, mode, path);
        held.labrun = pid;
        hold_stopped(pid);
        seen_take_caller(&s);
        hold_begin(&held, pid, mode->letter == 'R',
                   mode->letter == mode->made ? 1 : 2); /* the maker of netns.h */
        assert_int_equal(walk(&s), 0);
        hold_end(&held);
        assert_int_equal(lab_wait(pid), 0);
        close(listener);
        end_container(lab, mode);
}

static void check_each(void **state, char letter)
{
        struct lab *lab = *state;
        char made = (char)(letter & ~0x20);

        lab_need_root();
        if (!hold_can()) {
                print_message("skip: the test knows the registers of x86-64 only\n");
                skip();
        }
        if (atoi(lab_read("/proc/sys/fs/suid_dumpable")) == 1) {
                print_message("skip: fs.suid_dumpable is 1: who changes its ids can be looked at here\n");
                skip();
        }
        if (made == 'N' && !ordinary.helpers) {
                print_message("skip: newuidmap and newgidmap may not be used\n");
                skip();
        }
        for (int i = 0; i < 4; i++) {
                struct seen_mode mode = {
                        .letter = letter, .made = made, .no_new_privs = i & 1, .terminal = i & 2};
                check(lab, &mode);
        }
}

static void create__as_root__is_what_the_table_says(void **state)
{
        check_each(state, 'R');
}

static void create__in_a_user_namespace__is_what_the_table_says(void **state)
{
        check_each(state, 'U');
}

static void create__of_an_ordinary_user__is_what_the_table_says(void **state)
{
        check_each(state, 'L');
}

static void create__mapped_by_the_helpers__is_what_the_table_says(void **state)
{
        check_each(state, 'N');
}

static void exec__as_root__is_what_the_table_says(void **state)
{
        check_each(state, 'r');
}

static void exec__in_a_user_namespace__is_what_the_table_says(void **state)
{
        check_each(state, 'u');
}

static void exec__of_an_ordinary_user__is_what_the_table_says(void **state)
{
        check_each(state, 'l');
}

static void exec__mapped_by_the_helpers__is_what_the_table_says(void **state)
{
        check_each(state, 'n');
}

/* --- the tables themselves --- */

/* A line that no init ever reads would say nothing. */
static void lines__each__are_of_a_step_that_its_inits_have(void **state)
{
        (void)state;
        for (size_t t = 0; t < N_TABLES; t++)
                for (size_t i = 0; i < tables[t].n; i++) {
                        const struct line *line = &tables[t].line[i];
                        size_t k = 0;
                        while (k < N_STEPS && strcmp(steps[k].step, line->step) != 0)
                                k++;
                        if (k == N_STEPS)
                                fail_msg("no step is called %s", line->step);
                        if (strspn(line->where, steps[k].where) != strlen(line->where) ||
                            (strcmp(steps[k].with, "any") != 0 && strcmp(steps[k].with, line->with) != 0))
                                fail_msg("%s: a line for %s %s, whom it isn't a step of", line->step,
                                         line->where, line->with);
                }
}

static int setup(void **state)
{
        static const char *const dirs[] = {"proc", "sys", "dev"};
        int r = lab_setup(state);

        /* root of a user namespace can make nothing in a rootfs that is not his: the mount points are there
         */
        for (size_t i = 0; r == 0 && i < 3; i++) {
                const struct lab *lab = *state;
                char path[256];
                snprintf(path, sizeof(path), "%s/%s", lab->rootfs, dirs[i]);
                r = mkdir(path, 0755);
        }
        return r;
}

/* A failed comparison leaves an init held: nobody else can reap what is traced. */
static int teardown(void **state)
{
        struct lab *lab = *state;

        if (held.pid > 0) {
                kill(held.pid, SIGKILL);
                waitpid(held.pid, NULL, __WALL);
        }
        held.pid = -1;
        RUN(lab, "delete", "--force", lab->id, NULL);
        return lab_teardown(state);
}

static int setup_ordinary(void **state)
{
        return ordinary_setup(state);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define O(name) cmocka_unit_test_setup_teardown(name, setup_ordinary, teardown)
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lines__each__are_of_a_step_that_its_inits_have),
                T(create__as_root__is_what_the_table_says),
                T(exec__as_root__is_what_the_table_says),
                T(create__in_a_user_namespace__is_what_the_table_says),
                T(exec__in_a_user_namespace__is_what_the_table_says),
                O(create__of_an_ordinary_user__is_what_the_table_says),
                O(exec__of_an_ordinary_user__is_what_the_table_says),
                O(create__mapped_by_the_helpers__is_what_the_table_says),
                O(exec__mapped_by_the_helpers__is_what_the_table_says),
        };

        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || ordinary_begin() < 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
