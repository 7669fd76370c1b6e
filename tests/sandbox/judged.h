/* A run in which all is well, made by hand; each test spoils one thing of it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sandbox/bundle.h"
#include "sandbox/judge.h"

struct judged {
        struct scenario s;
        struct observation o;
        struct obs_report report;
        struct verdict v[INV__COUNT];
};

static inline struct obs_command *judged_command(struct judged *j, const char *name, int code)
{
        struct obs_command *c = &j->o.command[j->o.n_commands++];

        snprintf(c->name, sizeof c->name, "%s", name);
        c->end = END_EXITED;
        c->code = code;
        return c;
}

static inline void judged_fd(struct judged *j, int fd)
{
        struct obs_fd f = { .fd = fd, .dev = 13, .ino = 100u + (unsigned)fd, .mode = S_IFIFO | 0600,
                            .flags = O_RDWR, .mark = 35 + fd, .offset = -1 };

        j->o.made[fd] = f;
        j->report.fd[j->report.n_fds++] = f;
}

/* create+start of a payload that writes 5 bytes to 1 and exits with 3. */
static inline void judged_good(struct judged *j)
{
        static const char text[] =
                "{\"version\":1,\"about\":\"x\",\"client\":{\"flow\":\"create+start\"},\"world\":{\"stdio\":[\"pipe\","
                "\"pipe\",\"pipe\"]},\"process\":{\"env\":[\"A=1\",\"B=2\"],\"capabilities\":[\"CAP_KILL\"],\"user\":"
                "{\"umask\":18,\"additionalGids\":[7]},\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":50,"
                "\"hard\":60}]},\"payload\":{\"steps\":[{\"write\":{\"fd\":1,\"bytes\":5}},{\"exit\":3}]}}";
        struct bundle_argv argv;

        memset(j, 0, sizeof *j);
        assert_int_equal(scenario_parse(text, sizeof text - 1, "test", &j->s, NULL), 0);
        for (int fd = 0; fd < SCENARIO_FD_MAX; fd++)
                j->o.made[fd].fd = -1;
        judged_command(j, "create", 0);
        judged_command(j, "start", 0);
        judged_command(j, "delete", 0);
        for (int fd = 0; fd < 3; fd++)
                judged_fd(j, fd);
        j->o.stream[1] = (struct obs_stream){ true, 5, 5, -1, true, 20, "" };
        j->o.stream[2] = (struct obs_stream){ true, 0, 0, -1, true, 20, "" };
        j->o.payload_end = END_EXITED;
        j->o.payload_code = 3;
        j->o.payload_end_ms = 20;
        j->o.init_pid = 12;
        j->o.init_state = 'S';
        for (int fd = 0; fd < 3; fd++)
                j->o.held[fd] = (struct obs_held){ .fd = fd, .dev = 13, .ino = 100u + (unsigned)fd,
                                                   .mode = S_IFIFO | 0600, .name = "pipe:[7]" };
        j->o.n_held = 3;
        j->o.host_looked = true;
        j->report.started = true;
        j->report.cwd_inside = 1;
        strcpy(j->report.cwd_raw, "/");
        bundle_argv(&j->s, &argv);
        j->report.argc = argv.n;
        memcpy(j->report.argv, argv.item, sizeof argv.item);
        j->report.n_env = 2;
        strcpy(j->report.env[0], "A=1");
        strcpy(j->report.env[1], "B=2");
        strcpy(j->report.cwd, "/");
        j->report.umask = 18;
        j->report.group[0] = 7;
        j->report.n_groups = 1;
        j->report.cap[1] = j->report.cap[2] = j->report.cap[3] = 1u << 5;
        j->report.rlimit[7][0] = 50;
        j->report.rlimit[7][1] = 60;
        j->report.step[0].result = 5;
        j->report.n_steps = 1;
}

/* The verdict on one invariant; when it is not the wanted one the test says what was. */
static inline void judged_is(struct judged *j, bool ours, enum invariant_id id, enum verdict_kind kind,
                             const char *evidence)
{
        judge_run(&j->s, &j->o, &j->report, ours, j->v);
        if (j->v[id].kind != kind || !strstr(j->v[id].evidence, evidence))
                fail_msg("%s: verdict %d \"%s\", wanted %d \"%s\"", invariant_get(id)->id, j->v[id].kind,
                         j->v[id].evidence, kind, evidence);
}
