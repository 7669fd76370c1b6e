/* What init holds, where the payload is, what became of the host, what crashed: the runs that must be called wrong. */
#include "tests/sandbox/judged.h"

#include <signal.h>
#include <sys/sysmacros.h>

#include "sandbox/exe_attack.h"

static struct judged j;

static int fresh(void **state)
{
        (void)state;
        judged_good(&j);
        return 0;
}

static struct obs_held *hold(int fd, uint32_t mode, const char *name)
{
        struct obs_held *h = &j.o.held[j.o.n_held++];

        *h = (struct obs_held){ .fd = fd, .dev = 1, .ino = 2, .mode = mode };
        snprintf(h->name, sizeof h->name, "%s", name);
        return h;
}

/* ------------------------------------------------------------------ FD-HOST */

static void judge_held__host_files__fail(void **state)
{
        static const struct {
                uint32_t mode;
                const char *name, *word;
        } bad[] = { { S_IFREG, "/etc/passwd", "host file" },     { S_IFDIR, "/sys/fs/cgroup", "host directory" },
                    { S_IFBLK, "/dev/vda", "block device" },     { S_IFCHR, "/dev/mem", "host device" },
                    { S_IFLNK, "/etc/mtab", "symbolic link" },   { S_IFIFO, "/run/other", "host fifo" },
                    { S_IFREG, "/memfd-like", "host file" } };

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                judged_good(&j);
                hold(7, bad[i].mode, bad[i].name);
                judged_is(&j, true, INV_FD_HOST, VERDICT_FAIL, bad[i].word);
                judged_is(&j, false, INV_FD_HOST, VERDICT_DIFFERS, bad[i].name);
        }
}

static void judge_held__o_path__is_no_excuse(void **state)
{
        (void)state;
        hold(7, S_IFDIR, "/")->path = true;
        judged_is(&j, true, INV_FD_HOST, VERDICT_FAIL, "(O_PATH)");
}

static void judge_held__own_things__are_ok(void **state)
{
        (void)state;
        hold(3, S_IFREG, "/memfd:labrun (deleted)");
        hold(4, S_IFIFO, "/run/x/exec.fifo");
        hold(5, S_IFIFO, "/run/x/error.fifo");
        hold(6, S_IFSOCK, "socket:[4]");
        hold(7, 0600, "anon_inode:[eventpoll]");
        hold(8, S_IFCHR, "/dev/null")->rdev = makedev(1, 3);
        judged_is(&j, true, INV_FD_HOST, VERDICT_OK, "");
        hold(9, S_IFIFO, "/run/x/exec.fifo");
        judged_is(&j, true, INV_FD_HOST, VERDICT_FAIL, "3 fifos");
}

static void judge_held__preserved_file__only_if_it_is_that_one(void **state)
{
        struct obs_held *h;

        (void)state;
        j.s.client.preserve_fds = 1;
        j.s.world.fd[3] = KIND_FILE;
        j.o.made[3] = (struct obs_fd){ .fd = 3, .dev = 5, .ino = 6, .mode = S_IFREG };
        h = hold(3, S_IFREG, "/run/initlab/io/3");
        judged_is(&j, true, INV_FD_HOST, VERDICT_FAIL, "fd 3");
        h->dev = 5;
        h->ino = 6;
        judged_is(&j, true, INV_FD_HOST, VERDICT_OK, "");
        h->fd = 4;
        judged_is(&j, true, INV_FD_HOST, VERDICT_FAIL, "fd 4");
}

static void judge_held__not_looked__is_unseen(void **state)
{
        (void)state;
        j.o.init_pid = 0;
        judged_is(&j, true, INV_FD_HOST, VERDICT_UNSEEN, "");
}

/* ------------------------------------------------------------------ CWD-INSIDE */

static void judge_cwd__outside__fails(void **state)
{
        (void)state;
        j.report.cwd_inside = 0;
        judged_is(&j, false, INV_CWD_INSIDE, VERDICT_FAIL, "climbing");
        strcpy(j.report.cwd_raw, "(unreachable)/etc");
        judged_is(&j, false, INV_CWD_INSIDE, VERDICT_FAIL, "(unreachable)/etc");
        j.report.cwd_inside = -13;
        judged_is(&j, false, INV_CWD_INSIDE, VERDICT_FAIL, "(unreachable)/etc");
}

static void judge_cwd__not_to_be_climbed__is_unseen(void **state)
{
        (void)state;
        j.report.cwd_inside = -13;
        judged_is(&j, true, INV_CWD_INSIDE, VERDICT_UNSEEN, "");
}

/* ------------------------------------------------------------------ EXE-SEALED */

static void judge_exe__changed_binary__fails(void **state)
{
        (void)state;
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_UNSEEN, "");
        j.o.exe_copied = true;
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_UNSEEN, ""); /* nobody attacked it */
        j.s.step[0].kind = STEP_ATTACK;
        j.report.step[0].result = -13;
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_UNSEEN, "");
        j.report.step[0].result = 0;
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_OK, "");
        j.report.step[0].result = 1 << EXE_ATTACK_OPEN | 1 << EXE_ATTACK_BIND;
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_FAIL, "by open, bind");
        judged_is(&j, false, INV_EXE_SEALED, VERDICT_DIFFERS, "by open, bind");
        j.report.step[0].result = 0;
        strcpy(j.o.exe_changed, "has another content");
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_FAIL, "another content");
        judged_is(&j, false, INV_EXE_SEALED, VERDICT_DIFFERS, "another content");
}

static void judge_exe__attack_of_others__fails(void **state)
{
        (void)state;
        j.o.exe_copied = true;
        obs_attacks_parse("prestart now -3\nexec both -13\n", &j.o);
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_UNSEEN, ""); /* who took hold of nothing attacked nothing */
        obs_attacks_parse("prestart now 0\nprestart later 0\n", &j.o);
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_OK, "");
        obs_attacks_parse("prestart now 0\nprestart later 3\n", &j.o);
        judged_is(&j, true, INV_EXE_SEALED, VERDICT_FAIL, "(prestart, later), by open, truncate");
        judged_is(&j, false, INV_EXE_SEALED, VERDICT_DIFFERS, "(prestart, later)");
}

/* ------------------------------------------------------------------ HOST-UNCHANGED */

static void judge_host__change__fails(void **state)
{
        (void)state;
        j.o.n_changed = 2;
        strcpy(j.o.changed[0], "/host/file is gone");
        strcpy(j.o.changed[1], "/host/x is new");
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "2 changes of the host: /host/file is gone; /host/x is new");
        j.o.host_looked = false;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_UNSEEN, "");
}

static void judge_host__owner__only_stdio_to_the_payload(void **state)
{
        struct obs_owner *w = &j.o.owner[1];

        (void)state;
        strcpy(j.s.config, "{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":7000,\"size\":10}]}}");
        *w = (struct obs_owner){ true, { 0, 7000 }, { 0, 0 }, { S_IFIFO | 0600, S_IFIFO | 0600 } };
        judged_is(&j, true, INV_HOST_UNCHANGED, VERDICT_OK, "");
        w->uid[1] = 7001;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "fd 1 (pipe) belongs to 7001:0");
        j.s.config[0] = '\0';
        j.s.process.uid = 1000;
        *w = (struct obs_owner){ true, { 0, 1000 }, { 0, 0 }, { S_IFIFO | 0600, S_IFIFO | 0600 } };
        judged_is(&j, true, INV_HOST_UNCHANGED, VERDICT_OK, "");
        w->uid[1] = 7;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "fd 1 (pipe) belongs to 7:0");
        w->uid[1] = 1000;
        w->gid[1] = 9;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "1000:9");
        w->gid[1] = 0;
        w->mode[0] = w->mode[1] = S_IFREG | 0644;
        judged_is(&j, true, INV_HOST_UNCHANGED, VERDICT_FAIL, "a file of the host");
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_DIFFERS, "a file of the host");
        w->mode[1] = S_IFREG | 0666;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "mode 666");
        *w = (struct obs_owner){ 0 };
        j.o.owner[5] = (struct obs_owner){ true, { 0, 1000 }, { 0, 0 }, { S_IFIFO, S_IFIFO } };
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "fd 5");
}

static void judge_host__readable_mask__fails(void **state)
{
        (void)state;
        j.s.step[0] = (struct scenario_step){ .kind = STEP_MASKED, .path = "/secret" };
        j.report.step[0].result = 0;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_OK, "");
        j.report.step[0].result = 1;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "/secret");
        j.s.step[0] = (struct scenario_step){ .kind = STEP_EMPTY, .path = "/fake" };
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "meant for procfs was written to /fake");
        j.s.step[0].kind = STEP_READONLY;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_FAIL, "/fake can be opened for writing");
        j.report.step[0].result = -2;
        judged_is(&j, false, INV_HOST_UNCHANGED, VERDICT_OK, "");
}

/* ------------------------------------------------------------------ NO-CRASH */

static void judge_crash__words__fail(void **state)
{
        static const char *const words[] = { "panic: runtime error: index out of range", "goroutine 1 [running]:",
                                             "==1==ERROR: AddressSanitizer: heap-use-after-free",
                                             "x.c:1:2: runtime error: signed integer overflow",
                                             "labrun: x.c:7: f: Assertion `x' failed.", "Segmentation fault" };

        (void)state;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
                judged_good(&j);
                strcpy(j.o.command[1].err, words[i]);
                judged_is(&j, false, INV_NO_CRASH, VERDICT_FAIL, words[i]);
                j.o.command[1].err[0] = '\0';
                strcpy(j.o.stream[2].text, words[i]); /* the payload's own words are its own matter */
                judged_is(&j, false, INV_NO_CRASH, VERDICT_OK, "");
                j.report.started = false;
                judged_is(&j, false, INV_NO_CRASH, VERDICT_FAIL, "the container's stderr");
        }
}

static void judge_crash__signal__fails_unless_we_sent_it(void **state)
{
        (void)state;
        j.o.command[0].end = END_SIGNALED;
        j.o.command[0].code = SIGSEGV;
        judged_is(&j, false, INV_NO_CRASH, VERDICT_FAIL, "create dies of signal 11");
        j.o.command[0].code = SIGKILL;
        judged_is(&j, false, INV_NO_CRASH, VERDICT_OK, "");
}

static void judge_crash__init__fails_before_the_payload(void **state)
{
        (void)state;
        j.o.payload_end = END_SIGNALED;
        j.o.payload_code = SIGABRT;
        judged_is(&j, false, INV_NO_CRASH, VERDICT_OK, "");
        j.report.started = false;
        judged_is(&j, false, INV_NO_CRASH, VERDICT_FAIL, "init dies of signal 6");
}

/* ------------------------------------------------------------------ ERR-STATE */

static void judge_state__no_init_after_create__fails(void **state)
{
        (void)state;
        j.o.init_state = 'Z';
        judged_is(&j, false, INV_ERR_STATE, VERDICT_FAIL, "is dead");
        j.o.init_state = '\0';
        judged_is(&j, false, INV_ERR_STATE, VERDICT_FAIL, "not there");
}

static void judge_state__payload_before_start__fails(void **state)
{
        (void)state;
        j.o.init_early = true;
        judged_is(&j, false, INV_ERR_STATE, VERDICT_FAIL, "before start");
}

#define CASE(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(judge_held__host_files__fail),
                CASE(judge_held__o_path__is_no_excuse),
                CASE(judge_held__own_things__are_ok),
                CASE(judge_held__preserved_file__only_if_it_is_that_one),
                CASE(judge_held__not_looked__is_unseen),
                CASE(judge_cwd__outside__fails),
                CASE(judge_cwd__not_to_be_climbed__is_unseen),
                CASE(judge_exe__changed_binary__fails),
                CASE(judge_exe__attack_of_others__fails),
                CASE(judge_host__change__fails),
                CASE(judge_host__owner__only_stdio_to_the_payload),
                CASE(judge_host__readable_mask__fails),
                CASE(judge_crash__words__fail),
                CASE(judge_crash__signal__fails_unless_we_sent_it),
                CASE(judge_crash__init__fails_before_the_payload),
                CASE(judge_state__no_init_after_create__fails),
                CASE(judge_state__payload_before_start__fails),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
