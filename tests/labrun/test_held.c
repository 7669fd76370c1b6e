/* What core/container/init_steps.h says beside its tables: of an init that a stage makes, and of mounts with
 * mapped ids. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/labrun/hold.h"

#define need_registers()                                                                      \
        do {                                                                                  \
                if (!hold_can()) {                                                            \
                        print_message("skip: the test knows the registers of x86-64 only\n"); \
                        skip();                                                               \
                }                                                                             \
        } while (0)

static struct hold held = {.pid = -1};
static char second[80]; /* a container beside the lab's; "": none */

static void wait_to_be_held(void *unused)
{
        (void)unused;
        hold_wait();
}

static pid_t hold_run(struct lab *lab, const char *id, int helpers, int nth)
{
        lab_before_exec(wait_to_be_held, NULL);
        pid_t pid = lab_spawn(lab, "run", "-d", "-b", lab->bundle, id, NULL);
        held.labrun = pid;
        hold_stopped(pid);
        hold_begin(&held, pid, helpers, nth);
        return pid;
}

static void assert_guarded(int dumpable, int orphan)
{
        assert_int_equal(hold_call(&held, SYS_prctl, PR_GET_DUMPABLE, 0, 0), dumpable);
        assert_int_equal(hold_call_int(&held, SYS_prctl, PR_GET_PDEATHSIG), orphan);
}

#define NAMESPACES "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"}"
#define SLEEP "\"process\":{\"args\":[\"/bin/sleep\",\"1000\"]}"

/* The others of that namespace are there before it is: it is born as nobody's to look at. */
static void create__into_a_pid_namespace__never_dumpable_before_the_payload(void **state)
{
        struct lab *lab = *state;
        char merge[512];

        lab_need_root();
        need_registers();
        lab_config(lab, "{" SLEEP "}");
        assert_int_equal(lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL)->code, 0);
        snprintf(merge, sizeof(merge),
                 "{" SLEEP ",\"linux\":{" NAMESPACES ",{\"type\":\"pid\",\"path\":\"/proc/%s/ns/pid\"}]}}",
                 lab_state(lab, "pid"));
        lab_config(lab, merge);
        snprintf(second, sizeof(second), "%s-b", lab->id);
        pid_t pid = hold_run(lab, second, 0, 2); /* after the stage */
        assert_true(hold_until(&held, SYS_close_range));
        assert_guarded(0, 0);
        assert_true(hold_until(&held, SYS_recvmsg));
        assert_guarded(0, SIGKILL);
        assert_true(hold_until(&held, SYS_pivot_root));
        assert_guarded(0, SIGKILL);
        assert_true(hold_until(&held, SYS_execve));
        assert_guarded(0, 0);
        assert_true(hold_until(&held, SYS_execve));
        assert_guarded(1, 0);
        hold_end(&held);
        assert_int_equal(lab_wait(pid), 0);
}

/* How many of init's fds are that directory. */
static int held_fds_of(const char *directory)
{
        char path[64], name[320];
        struct stat a, b;
        int n = 0;

        assert_int_equal(stat(directory, &a), 0);
        snprintf(path, sizeof(path), "/proc/%d/fd", (int)held.pid);
        DIR *d = opendir(path);
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));) {
                snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
                n += e->d_name[0] != '.' && stat(name, &b) == 0 && a.st_dev == b.st_dev &&
                     a.st_ino == b.st_ino;
        }
        closedir(d);
        return n;
}

/* The parent of init makes such a mount, which nobody else can; it is a host's directory, and gone before the
 * pivot. */
static void create__with_a_mount_of_mapped_ids__has_it_until_it_is_attached(void **state)
{
        struct lab *lab = *state;
        char merge[768], shared[128];

        lab_need_root();
        need_registers();
        snprintf(shared, sizeof(shared), "%s/shared", lab->dir);
        assert_int_equal(mkdir(shared, 0755), 0);
        snprintf(merge, sizeof(merge),
                 "{" SLEEP ",\"linux\":{" NAMESPACES
                 ",{\"type\":\"pid\"}]},\"mounts\":[{\"destination\":\"/tmp\","
                 "\"type\":\"bind\",\"source\":\"%s\",\"options\":[\"bind\"],"
                 "\"uidMappings\":[{\"containerID\":0,\"hostID\":800000,\"size\":10}],"
                 "\"gidMappings\":[{\"containerID\":0,\"hostID\":800000,\"size\":10}]}]}",
                 shared);
        lab_config(lab, merge);
        struct result *r = lab_run(lab, "run", "-d", "-b", lab->bundle, lab->id, NULL);
        if (strstr(r->err, "/mounts/0") && strstr(r->err, "Invalid argument")) {
                print_message("skip: the file system here has no mapped mounts: %s\n", r->err);
                skip();
        }
        assert_string_equal(r->err, "");
        assert_int_equal(lab_run(lab, "delete", "--force", lab->id, NULL)->code, 0);
        pid_t pid =
                hold_run(lab, lab->id, 1, 1); /* after the process that holds the mount's user namespace */
        assert_true(hold_until(&held, SYS_recvmsg));
        assert_int_equal(held_fds_of(shared), 1);
        assert_true(hold_until(&held, SYS_pivot_root));
        assert_int_equal(held_fds_of(shared), 0);
        assert_guarded(0, SIGKILL);
        hold_end(&held);
        assert_int_equal(lab_wait(pid), 0);
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
        if (second[0] && geteuid() == 0)
                lab_run(lab, "delete", "--force", second, NULL);
        second[0] = '\0';
        return lab_teardown(state);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, lab_setup, teardown)
        const struct CMUnitTest tests[] = {
                T(create__into_a_pid_namespace__never_dumpable_before_the_payload),
                T(create__with_a_mount_of_mapped_ids__has_it_until_it_is_attached),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
