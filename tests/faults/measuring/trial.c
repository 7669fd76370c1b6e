#include "tests/faults/measuring/trial.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

uint64_t trial_count;

static const pt_prop *property;
static sigjmp_buf dead;
static volatile sig_atomic_t running;
static uint64_t seen_running; /* the case that ran at the last tick of the clock */

struct source {
        struct pt_source source; /* first */
        struct pt_source *other; /* answers; NULL: the input does */
        const struct trial_input *input;
        struct trial_draws *draws;
        bool fresh; /* nothing was said since the last draw */
};

static uint64_t draw(struct pt_source *source, uint64_t max, enum pt_kind kind)
{
        struct source *s = (struct source *)source;
        struct trial_draws *d = s->draws;
        size_t i = d->n;
        uint64_t v;

        s->fresh = false;
        if (max == 0)
                return s->other ? s->other->draw(s->other, max, kind) : 0;
        if (s->other)
                v = s->other->draw(s->other, max, kind);
        else
                v = i < s->input->n ? s->input->value[i] : 0;
        if (max != UINT64_MAX)
                v %= max + 1;
        if (i < TRIAL_CHOICES_MAX) {
                d->value[i] = v;
                d->max[i] = max;
                d->class[i] = 0;
                d->n++;
        }
        s->fresh = true;
        return v;
}

/* The engine says what a draw came to right after it, before anything else is said. */
static void say(void *ctx, unsigned depth, const char *line)
{
        struct source *s = ctx;

        (void)depth;
        if (s->fresh && s->draws->n > 0 && strncmp(line, "choice ", 7) == 0)
                s->draws->class[s->draws->n - 1] = (uint32_t)strtoul(line + 7, NULL, 10) + 1;
        s->fresh = false;
}

static void on_death(int signal)
{
        if (!running) {
                struct sigaction action = {.sa_handler = SIG_DFL};
                sigaction(signal, &action, NULL);
                raise(signal);
                return;
        }
        siglongjmp(dead, 1);
}

static void on_tick(int signal)
{
        (void)signal;
        if (running && seen_running == trial_count)
                siglongjmp(dead, 1);
        seen_running = trial_count;
}

void trial_begin(const pt_prop *prop)
{
        static const int deaths[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        struct sigaction action = {.sa_handler = on_death, .sa_flags = SA_NODEFER};
        struct itimerval second = {.it_interval.tv_sec = 2, .it_value.tv_sec = 2};

        property = prop;
        for (size_t i = 0; i < sizeof(deaths) / sizeof(*deaths); i++)
                sigaction(deaths[i], &action, NULL);
        action.sa_handler = on_tick;
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &second, NULL);
}

static bool fails(struct source *s)
{
        struct pt_exec exec = {.prop = property, .source = &s->source, .say = say, .say_ctx = s};
        struct pt_result result;
        bool failed = true;

        s->draws->n = 0;
        trial_count++;
        if (sigsetjmp(dead, 1) == 0) {
                running = 1;
                failed = pt_execute(&exec, &result) == PT_VERDICT_FAIL;
        }
        running = 0;
        return failed;
}

static struct trial_draws scratch;

bool trial_fails(const struct trial_input *input, struct trial_draws *ret_draws)
{
        static struct source s;

        s = (struct source){.source = {.draw = draw, .text = input->text, .text_len = input->text_len},
                            .input = input,
                            .draws = ret_draws ? ret_draws : &scratch};
        return fails(&s);
}

bool trial_random_fails(uint64_t number, struct trial_draws *ret_draws)
{
        static struct source s;
        static struct pt_source_prng prng;

        pt_source_prng_init(&prng, property, 1, number);
        s = (struct source){.source.draw = draw, .other = &prng.source, .draws = ret_draws};
        return fails(&s);
}

bool trial_bytes_fail(const uint8_t *data, size_t len, struct trial_input *ret_input)
{
        static struct source s;
        static struct pt_source_bytes bytes;

        pt_source_bytes_init(&bytes, property, data, len);
        s = (struct source){.source = bytes.source, .other = &bytes.source, .draws = &scratch};
        s.source.draw = draw;
        bool failed = fails(&s);
        ret_input->n = scratch.n;
        memcpy(ret_input->value, scratch.value, scratch.n * sizeof(*scratch.value));
        ret_input->text_len = s.source.text_len;
        if (ret_input->text_len > 0)
                memcpy(ret_input->text, s.source.text, ret_input->text_len);
        return failed;
}
