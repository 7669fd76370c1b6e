/* What follows from a scenario; scenario_parse.c and its neighbours read it. */
#include "sandbox/scenario.h"

#include <string.h>

#include "sandbox/pattern.h"
#include "sandbox/scenario_private.h"

const char *const scenario_kind_words[7] = { "pipe", "file", "socket", "devnull", "directory", "closed", "pty" };
const char *const scenario_flow_words[4] = { "run", "create+start", "run --detach", "operations" };
const char *const scenario_bad_words[7] = { "none",      "missing", "not-executable", "missing-interpreter",
                                            "directory", "enoexec", "config" };
const char *const scenario_step_words[16] = { "write",    "echo",      "sleep",  "fork",  "wait", "masked",  "empty",
                                              "readonly", "overwrite", "attack", "await", "raw",  "resized", "flood",
                                              "exit",     "signal" };
const char *const scenario_attack_words[3] = { "parent", "exec", "create" };
const char *const scenario_operation_words[OPERATION__COUNT] = { "create",      "start",     "kill",   "wait",
                                                                 "pause",       "resume",    "exec",   "exec tty",
                                                                 "exec parent", "exec self", "second", "delete",
                                                                 "delete --force" };

const char *scenario_flow_word(enum scenario_flow flow)
{
        return scenario_flow_words[flow];
}

const char *scenario_bad_word(enum scenario_bad bad)
{
        return scenario_bad_words[bad];
}

const char *scenario_step_word(enum scenario_step_kind kind)
{
        return scenario_step_words[kind];
}

const char *scenario_operation_word(enum scenario_operation_kind kind)
{
        return scenario_operation_words[kind];
}

const char *scenario_kind_word(enum scenario_kind kind)
{
        return scenario_kind_words[kind];
}

const char *scenario_attack_word(enum scenario_attack attack)
{
        return scenario_attack_words[attack];
}

bool scenario_terminal(const struct scenario *s)
{
        return s->world.fd[0] == KIND_PTY;
}

bool scenario_relayed_terminal(const struct scenario *s)
{
        return scenario_terminal(s) && s->client.flow == FLOW_RUN;
}

bool scenario_has_step(const struct scenario *s, enum scenario_step_kind kind)
{
        for (size_t i = 0; i < s->n_steps; i++)
                if (s->step[i].kind == kind)
                        return true;
        return false;
}

bool scenario_has_operation(const struct scenario *s, enum scenario_operation_kind kind)
{
        for (size_t i = 0; i < s->client.n_operations; i++)
                if (s->client.operation[i].kind == kind)
                        return true;
        return false;
}

bool scenario_fd_expected(const struct scenario *s, int fd)
{
        int preserved = s->client.preserve_fds > 0 ? s->client.preserve_fds : 0;

        return fd >= 0 && fd < SCENARIO_FD_MAX && s->world.fd[fd] != KIND_CLOSED && fd < 3 + preserved;
}

/* A step's part of what goes out on fd: the pattern of `from`, so many bytes. */
static uint32_t part(const struct scenario *s, const struct scenario_step *step, int fd, int *ret_from)
{
        *ret_from = fd;
        if ((step->kind == STEP_WRITE || step->kind == STEP_FORK) && step->fd == fd)
                return step->bytes;
        if (step->kind == STEP_ECHO && fd == 1) {
                *ret_from = 0;
                return s->world.stdin_bytes;
        }
        return 0;
}

uint64_t scenario_expected_bytes(const struct scenario *s, int fd)
{
        uint64_t sum = 0;
        int from;

        if (fd == 0)
                return scenario_has_operation(s, OPERATION_EXEC_TTY) ? SCENARIO_EXEC_BYTES : 0;
        for (size_t i = 0; i < s->n_steps; i++)
                sum += part(s, &s->step[i], fd, &from);
        return sum;
}

void scenario_expected_fill(const struct scenario *s, int fd, unsigned char *buf)
{
        uint64_t written[2] = { 0 }; /* [0] echoed from 0, [1] of fd's own pattern */

        if (fd == 0) {
                pattern_fill(1, 0, buf, (size_t)scenario_expected_bytes(s, 0));
                return;
        }
        for (size_t i = 0; i < s->n_steps; i++) {
                int from;
                uint32_t n = part(s, &s->step[i], fd, &from);
                pattern_fill(from, written[from != 0], buf, n);
                written[from != 0] += n;
                buf += n;
        }
}

int scenario_expected_status(const struct scenario *s)
{
        const struct scenario_step *last = s->n_steps ? &s->step[s->n_steps - 1] : NULL;

        if (last && last->kind == STEP_EXIT)
                return last->code;
        if (last && last->kind == STEP_SIGNAL)
                return 128 + last->code;
        return 0;
}

bool scenario_attacks(const struct scenario *s)
{
        return scenario_has_step(s, STEP_ATTACK) || scenario_has_operation(s, OPERATION_EXEC_PARENT) ||
               strstr(s->config, "\"attack:"); /* a hook */
}

bool scenario_fails_late(const struct scenario *s)
{
        return s->bad == BAD_INTERPRETER || s->bad == BAD_ENOEXEC;
}
