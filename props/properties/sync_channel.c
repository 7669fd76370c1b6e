/*
 * Parent, init and starter, the code that ships, talk through a channel that drops, repeats, reorders, cuts, corrupts
 * and forges, under calls that are interrupted, shortened and failed. Each side may conclude what the model
 * (props/models/sync_model.h) concludes from what was delivered, and nothing else.
 *
 * Targets: sync_parent_handshake, sync_init_*, sync_start, sync_send, sync_recv, sync_decoder_*, sync_fsm_step.
 * Each side reads what the one before it wrote, so they run one after the other; what a side writes after it has
 * read depends on nothing that comes later, but DONE: init is sent one for each ASK that it will make.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/sync/sync.h"
#include "props/models/sync_model.h"
#include "props/sim/sim_channel.h"

#define LOGS_MAX 3

/* One side's run. */
struct stage {
        const struct sim_stream *from; /* what the peer wrote */
        struct sim_stream *in;         /* what became of it */
        struct sim_stream *out;
        struct sim_channel channel;
        unsigned extra; /* drawn with it: what the side itself does */
};

/* ------------------------------ the channel's faults ------------------------------ */

static void end_frame(struct sim_stream *s)
{
        if (s->frames < SIM_STREAM_FRAMES && s->len > s->frame[s->frames])
                s->frame[++s->frames] = s->len;
}

/* Appends frame i of `from`, or a part of it, with its fds. */
static void copy_frame(struct sim_stream *to, const struct sim_stream *from, size_t i)
{
        size_t begin = from->frame[i], at = to->len;

        if (!sim_stream_put(to, from->byte + begin, from->frame[i + 1] - begin))
                return;
        for (size_t k = 0; k < from->marks; k++)
                if (from->mark[k].at >= begin && from->mark[k].at < from->frame[i + 1])
                        (void)sim_stream_mark(to, at + from->mark[k].at - begin, from->mark[k].fds);
        end_frame(to);
}

/* Which frames arrive, in which order. */
static void reorder(pt *t, struct sim_stream *to, const struct sim_stream *from)
{
        size_t order[2 * SIM_STREAM_FRAMES], n = 0;

        for (size_t i = 0; i < from->frames; i++)
                order[n++] = i;
        PT_REPEAT(t, 0, 4) {
                size_t what = pt_below(t, 3), k = pt_below(t, SIM_STREAM_FRAMES);

                if (n == 0)
                        continue;
                k %= n;
                if (what == 0) { /* drop */
                        memmove(order + k, order + k + 1, (n - k - 1) * sizeof(order[0]));
                        n--;
                } else if (what == 1) { /* repeat */
                        memmove(order + k + 1, order + k, (n - k) * sizeof(order[0]));
                        n++;
                } else { /* the last one overtakes */
                        size_t last = order[n - 1];
                        memmove(order + k + 1, order + k, (n - 1 - k) * sizeof(order[0]));
                        order[k] = last;
                }
        }
        for (size_t i = 0; i < n; i++)
                copy_frame(to, from, order[i]);
}

/* A frame of any type from a hostile peer: whole, so that only its place is wrong, if anything. */
static void forge(pt *t, struct sim_stream *s)
{
        static const enum sync_type types[] = {SYNC_CONFIG, SYNC_LOG, SYNC_READY, SYNC_ERROR, SYNC_START, SYNC_EXECUTING,
                                               SYNC_ASK, SYNC_ASK, SYNC_ASK, SYNC_ASK, SYNC_ASK,
                                               SYNC_DONE, SYNC_DONE, SYNC_DONE, SYNC_DONE};
        size_t which = pt_below(t, sizeof(types) / sizeof(types[0]));
        struct sync_msg m = {.type = types[which]};
        uint8_t buf[SYNC_SMALL_FRAME];
        size_t len;

        if (m.type == SYNC_CONFIG)
                m.config = (struct sync_config){.bundle = "/", .id = "x", .config = "{}", .config_len = 2};
        if (m.type == SYNC_LOG)
                m.log = (struct sync_log){SYNC_LOG_INFO, "forged"};
        if (m.type == SYNC_ERROR)
                err_set(&m.error, EPERM, "forged", "", "%s", "");
        if (m.type == SYNC_ASK) /* the fifth one: LISTENER by its number */
                m.ask = (struct sync_ask){which > 9 ? SYNC_ASK_LISTENER : (enum sync_ask_kind)(which - 6),
                                          which == 8 || which == 9, which > 9 ? 7 : 0};
        if (m.type == SYNC_DONE)
                m.done = (enum sync_ask_kind)(which - 11);
        PT_ASSERT(t, sync_encode(&m, buf, SYNC_HEADER_SIZE - 1, &len, NULL) == -ENOBUFS);
        PT_ASSERT(t, sync_encode(&m, buf, sizeof(buf), &len, NULL) == 0);
        if (sim_stream_put(s, buf, len) && sync_msg_fds(&m) > 0)
                (void)sim_stream_mark(s, s->len - len, (unsigned)sync_msg_fds(&m));
        end_frame(s);
}

static void damage(pt *t, struct sim_stream *s)
{
        size_t what = pt_below(t, 6), at = pt_below(t, 4096);
        uint8_t bytes[64];
        size_t n;

        at = s->len ? at % s->len : 0;
        switch (what) {
        case 0: /* one byte differs */
                if (s->len > 0)
                        s->byte[at] ^= (uint8_t)(1 + pt_below(t, 255));
                break;
        case 1: /* the rest is lost */
                s->len = at;
                break;
        case 2: /* bytes that are no frame */
                n = pt_bytes(t, bytes, 0, sizeof(bytes));
                (void)sim_stream_put(s, bytes, n);
                end_frame(s);
                break;
        case 3: /* fds that nobody announced */
                (void)sim_stream_mark(s, at, 1 + (unsigned)pt_below(t, 20));
                break;
        case 4: /* fds that are lost */
                if (s->marks > 0)
                        s->mark[at % s->marks].fds = (unsigned)pt_below(t, 3);
                break;
        default:
                forge(t, s);
                break;
        }
        while (s->marks > 0 && s->mark[s->marks - 1].at >= s->len)
                s->marks--;
}

/* What becomes of `from` on its way. */
static void deliver(pt *t, struct sim_stream *to, const struct sim_stream *from)
{
        pt_begin(t, "channel");
        *to = (struct sim_stream){.len = 0};
        reorder(t, to, from);
        PT_REPEAT(t, 0, 4)
                damage(t, to);
        pt_end(t);
}

/* ------------------------------ one side ------------------------------ */

static void begin_side(pt *t, struct stage *s, const char *name, bool waits_for_ever)
{
        unsigned extra;

        pt_begin(t, name);
        sim_channel_init(&s->channel, t, s->in, s->out);
        s->channel.end = (enum sim_end)pt_below(t, waits_for_ever ? 1 : SIM_END_COUNT);
        s->channel.dead = !waits_for_ever && pt_below(t, 8) == 1;
        s->channel.noisy = pt_bool(t);
        s->channel.fail_call = (unsigned)pt_below(t, 64);
        extra = (unsigned)pt_below(t, 32);
        s->channel.late = extra & 1;
        s->extra = extra >> 1;
}

static void end_side(pt *t, struct stage *s)
{
        struct sim_channel *c = &s->channel;

        if (c->violation)
                PT_FAIL(t, "%s", c->violation);
        PT_ASSERT(t, c->blocks == 0);
        /* Each byte costs at most a look at the clock, a wait and a transfer; noise as much again. */
        PT_ASSERT(t, c->calls <= 4 * (c->in->len + s->out->len + c->noise + 32));
        PT_SOMETIMES(t, c->fired, "a call failed");
        pt_end(t);
}

static void check_err(pt *t, int r, const struct err *err)
{
        PT_ASSERT(t, (r < 0) == (err->errnum > 0));
        PT_ASSERT(t, r == 0 || r == -err->errnum);
        PT_ASSERT(t, r == 0 || (err->step[0] && memchr(err->msg, 0, ERR_MSG_MAX)));
}

static void judge(pt *t, const struct stage *s, const struct sync_model_result *model, int r, const struct err *err)
{
        const struct sim_channel *c = &s->channel;

        check_err(t, r, err);
        pt_note(t, "model %d, side %d (%s: %s: %s), call %u of %u failed", model->verdict, r, err->step, err->place,
                err->msg, c->fired ? c->fail_call : 0, c->calls);
        if (r == 0)
                PT_ASSERT(t, model->verdict == SYNC_MODEL_SUCCESS);
        if (c->fired)
                return; /* a failed call may make of anything a failure */
        PT_ASSERT(t, (r == 0) == (model->verdict == SYNC_MODEL_SUCCESS));
        if (model->verdict == SYNC_MODEL_PEER_ERROR)
                PT_ASSERT(t, memcmp(err, &model->error, sizeof(*err)) == 0);
        if (model->ran_out && r < 0 && !c->dead)
                PT_ASSERT(t, -r == (c->end == SIM_END_SILENCE ? ETIMEDOUT : ECONNRESET));
        PT_SOMETIMES(t, r == 0 && c->noise > 20, "success through noise");
        PT_SOMETIMES(t, model->verdict == SYNC_MODEL_PEER_ERROR, "an error arrived whole");
}

static void count_log(void *ctx, enum sync_log_level level, const char *text)
{
        size_t *n = ctx;

        *n += text != NULL && level <= SYNC_LOG_ERROR;
}

/* One frame by the pure decoder, in pieces: the event that it is for the state machine. */
static enum sync_event next_event(pt *t, const struct sim_stream *in, size_t *at, size_t piece, struct err *err)
{
        struct sync_decoder d;
        struct sync_msg *m = pt_alloc(t, sizeof(*m));
        int r = SYNC_MORE_BYTES;
        size_t used;

        sync_decoder_begin(&d);
        while (r == SYNC_MORE_BYTES && *at < in->len) {
                r = sync_decoder_feed(&d, in->byte + *at, piece < in->len - *at ? piece : in->len - *at, &used, err);
                if (r < 0)
                        break;
                *at += used;
                if (r == SYNC_NEED_BUFFER) {
                        sync_decoder_give(&d, pt_alloc(t, d.length));
                        r = SYNC_MORE_BYTES;
                }
        }
        if (r == SYNC_MORE_BYTES)
                return sync_decoder_eof(&d, err) == 0 ? SYNC_EV_EOF : SYNC_EV_BAD;
        if (r == SYNC_WHOLE && sync_decoder_message(&d, m, err) == 0) /* bytes only: fds that should be there are not */
                return sync_msg_fds(m) > 0 ? SYNC_EV_BAD : sync_fsm_event(m);
        /* Failed for good. */
        PT_ASSERT(t, sync_decoder_feed(&d, in->byte, in->len, &used, NULL) < 0 && sync_decoder_wanted(&d) == 0);
        PT_ASSERT(t, sync_decoder_eof(&d, NULL) < 0 && sync_decoder_message(&d, m, NULL) < 0);
        return SYNC_EV_BAD;
}

/* The parent again without IO: decoder and state machine, event by event. */
static void step_parent(pt *t, const struct sim_stream *in)
{
        struct sync_model_result model = sync_model_parent(in, false, 0);
        enum sync_action action = SYNC_DO_RECEIVE;
        struct sync_fsm fsm;
        struct err err = ERR_INIT;
        size_t at = 0, steps = 0;

        if (in->marks > 0)
                return; /* bytes only */
        sync_fsm_begin(&fsm, SYNC_PARENT);
        for (int i = 0; i < 3; i++)
                (void)sync_fsm_step(&fsm, SYNC_EV_DONE, &err);
        while (!sync_fsm_ended(&fsm)) {
                bool own = action == SYNC_DO_STEP || action == SYNC_DO_SEND; /* does what was asked for; says so */
                enum sync_event event = own ? SYNC_EV_DONE : next_event(t, in, &at, 1 + in->len % 13, &err);

                action = sync_fsm_step(&fsm, event, &err);
                pt_note(t, "parent: %s, %s", sync_event_name(event), sync_state_name(fsm.state));
                PT_ASSERT(t, ++steps <= model.logs + 3 * model.asks + 1);
        }
        PT_ASSERT(t, sync_fsm_succeeded(&fsm) == (model.verdict == SYNC_MODEL_SUCCESS));
        PT_ASSERT(t, sync_fsm_succeeded(&fsm) || err.errnum > 0);
}

struct asked {
        pt *t;
        const struct sim_channel *channel;
        unsigned seen, kinds, refuse;
        bool takes; /* the fds that come */
        int taken[SYNC_ASK__COUNT];
};

static int do_ask(void *ctx, const struct sync_ask *ask, int *fd, struct err *err)
{
        struct asked *a = ctx;

        PT_ASSERT(a->t, (unsigned)ask->kind < SYNC_ASK__COUNT && a->kinds >> ask->kind == 0); /* ascending */
        PT_ASSERT(a->t, ask->sends_fd == (*fd >= 0));
        PT_ASSERT(a->t, a->channel->live == (unsigned)ask->sends_fd + (unsigned)a->taken[0]);
        a->kinds |= 1u << ask->kind;
        if (a->takes && *fd >= 0) {
                a->taken[++a->taken[0]] = *fd;
                *fd = -1;
        }
        return ++a->seen == a->refuse ? err_set(err, ENXIO, "ask", "/hooks", "refused") : 0;
}

/* What the parent sent: CONFIG, and DONE for each ASK. */
static void check_dones(pt *t, const struct stage *s, const struct asked *asked)
{
        size_t at = sync_model_init(s->out).used;
        bool ran_out;

        for (unsigned k = 0; k < SYNC_ASK__COUNT; k++)
                if (asked->kinds >> k & 1)
                        PT_ASSERT(t, sync_model_done(s->out, at, k, &at, &ran_out));
        PT_ASSERT(t, at == s->out->len);
}

static void run_parent(pt *t, struct stage *s, const struct sync_config *config)
{
        struct timespec deadline = SIM_CHANNEL_DEADLINE;
        struct err err = ERR_INIT;
        size_t logs = 0;
        struct asked asked;
        struct sync_parent parent = {.socket = SIM_CHANNEL_FD, .pidfd = SIM_CHANNEL_PIDFD, .config = config,
                                     .exec_fifo = 3, .error_fifo = 4, .log = count_log, .log_ctx = &logs, .ask = do_ask};
        struct sync_model_result model;
        int r;

        step_parent(t, s->in);
        begin_side(t, s, "parent", false);
        asked = (struct asked){.t = t, .channel = &s->channel, .refuse = s->extra >> 1, .takes = s->extra & 1};
        parent.ask_ctx = &asked;
        model = sync_model_parent(s->in, s->channel.dead, asked.refuse);
        r = sync_parent_handshake(&s->channel.sys, &parent, &deadline, &err);
        judge(t, s, &model, r, &err);
        PT_ASSERT(t, logs <= model.logs && (logs == model.logs || s->channel.fired));
        PT_ASSERT(t, r < 0 || s->channel.at == model.used); /* not one byte too many */
        PT_ASSERT(t, asked.seen <= model.asks && (asked.seen == model.asks || s->channel.fired));
        if (r == 0)
                check_dones(t, s, &asked);
        if (asked.seen > 0 && asked.seen == asked.refuse && !s->channel.fired)
                PT_ASSERT(t, r == -ENXIO && strcmp(err.place, "/hooks") == 0);
        for (int i = 1; i <= asked.taken[0]; i++)
                (void)s->channel.sys.op->close(&s->channel.sys, asked.taken[i]);
        PT_ASSERT(t, s->channel.live == 0);
        PT_SOMETIMES(t, r == 0 && asked.seen > 1, "ready after two things were asked for");
        PT_SOMETIMES(t, r == 0 && logs > 0, "ready after logs");
        end_side(t, s);
}

static void run_starter(pt *t, struct stage *s)
{
        struct timespec deadline = SIM_CHANNEL_DEADLINE;
        struct err err = ERR_INIT;
        struct sync_starter starter = {SIM_CHANNEL_FD, SIM_CHANNEL_FD, SIM_CHANNEL_PIDFD};
        struct sync_model_result model;
        int r;

        s->in->marks = 0; /* a fifo carries none */
        begin_side(t, s, "starter", false);
        /* An init that is dead has closed: nothing more is EOF. */
        model = sync_model_starter(s->in, s->channel.dead ? SIM_END_EOF : s->channel.end);
        r = sync_start(&s->channel.sys, &starter, &deadline, &err);
        judge(t, s, &model, r, &err);
        PT_SOMETIMES(t, r == 0, "executed");
        end_side(t, s);
}

static void same_config(pt *t, const struct sync_config *a, const struct sync_config *b)
{
        PT_ASSERT(t, a->flags == b->flags && a->listen == b->listen && a->config_len == b->config_len);
        PT_ASSERT(t, memcmp(a->config, b->config, a->config_len) == 0);
        PT_ASSERT(t, strcmp(a->bundle, b->bundle) == 0 && strcmp(a->id, b->id) == 0);
        PT_ASSERT(t, memcmp(&a->inventory, &b->inventory, sizeof(a->inventory)) == 0);
}

static void init_fails(pt *t, struct stage *s, struct sync_init *init, const struct timespec *deadline)
{
        static const char *const steps[] = {"mount", "execve", "caps", ""}; /* the last one has no encoding */
        struct err failure = ERR_INIT;
        size_t was = s->out->len, now;
        int errnum = 1 + (int)pt_below(t, 133); /* one draw a statement: C leaves the order of arguments open */
        const char *words = pt_cstr(t, "ab \x1b\xc3", 40);

        err_set(&failure, errnum, "init", "/process/args/0", "%s", words);
        strcpy(failure.step, steps[pt_below(t, 4)]);
        (void)sync_init_report_error(init, &failure, deadline, NULL);
        end_frame(s->out);
        was = s->out->len - was;
        now = s->out->len;
        (void)sync_init_report_error(init, &failure, deadline, NULL); /* never twice */
        PT_ASSERT(t, s->out->len == now);
        PT_SOMETIMES(t, was > 0, "init reported an error");
}

/* Init asks for the kinds in the mask, LISTENER by its number if bit SYNC_ASK__COUNT is set. False: it has failed. */
static bool run_asks(pt *t, struct stage *s, struct sync_init *init, size_t at, unsigned kinds)
{
        struct timespec deadline = SIM_CHANNEL_DEADLINE;

        for (unsigned k = 0; k < SYNC_ASK__COUNT; k++) {
                bool number = k == SYNC_ASK_LISTENER && kinds >> SYNC_ASK__COUNT & 1;
                bool fd = k == SYNC_ASK_CONSOLE || (k == SYNC_ASK_LISTENER && !number), ran_out, done;
                struct sync_ask ask = {(enum sync_ask_kind)k, fd, number ? INT_MAX : 0};
                struct err err = ERR_INIT;
                int r;

                if (!(kinds >> k & 1))
                        continue;
                done = sync_model_done(s->in, at, k, &at, &ran_out);
                r = sync_init_ask(init, &ask, fd ? 3 : -1, &deadline, &err);
                check_err(t, r, &err);
                end_frame(s->out);
                PT_ASSERT(t, r == 0 ? done : !done || s->channel.fired);
                if (r < 0 && ran_out && !s->channel.fired)
                        PT_ASSERT(t, -r == (s->channel.end == SIM_END_SILENCE ? ETIMEDOUT : ECONNRESET));
                PT_ASSERT(t, s->channel.live == 2); /* the fifos */
                if (r < 0)
                        return false;
        }
        return true;
}

/* Waits for CONFIG, asks, prepares, says READY or what failed. True: init now waits for START. */
static bool run_init_create(pt *t, struct stage *s, struct sync_init *init, const struct sync_config *sent,
                            unsigned kinds)
{
        struct timespec deadline = SIM_CHANNEL_DEADLINE;
        struct sync_received got = SYNC_RECEIVED_INIT;
        struct err err = ERR_INIT;
        struct sync_model_result model;
        bool asked;
        int r;

        begin_side(t, s, "init create", false);
        s->channel.dead = false; /* init has no pidfd of its parent */
        if (s->channel.end == SIM_END_DEATH)
                s->channel.end = SIM_END_EOF;
        model = sync_model_init(s->in);
        sync_init_begin(init, &s->channel.sys, SIM_CHANNEL_FD);
        r = sync_init_receive_config(init, &deadline, &got, &err);
        judge(t, s, &model, r, &err);
        end_frame(s->out);
        if (r == 0) {
                if (memcmp(s->in->byte, s->from->byte, model.used) == 0)
                        same_config(t, &got.msg.config, sent);
                PT_ASSERT(t, s->channel.live == 2 && got.fds[0] == -1 && got.fds[1] == -1);
                PT_ASSERT(t, init->exec_fifo != init->error_fifo);
                PT_REPEAT(t, 0, LOGS_MAX) {
                        enum sync_log_level level = (enum sync_log_level)pt_below(t, 4);
                        const char *words = pt_cstr(t, "a\n\x1b", 2100);

                        sync_init_log(init, level, "%s", words);
                        end_frame(s->out);
                }
                asked = run_asks(t, s, init, model.used, kinds);
                if (!asked)
                        PT_ASSERT(t, sync_fsm_ended(&init->fsm));
                else if (pt_bool(t))
                        init_fails(t, s, init, &deadline);
                else
                        r = sync_init_report_ready(init, &deadline, NULL);
                end_frame(s->out);
                (void)s->channel.sys.op->close(&s->channel.sys, init->exec_fifo);
                (void)s->channel.sys.op->close(&s->channel.sys, init->error_fifo);
        }
        sync_received_free(&s->channel.sys, &got);
        sync_received_free(&s->channel.sys, &got);
        PT_ASSERT(t, s->channel.live == 0);
        PT_ASSERT(t, !sync_fsm_ended(&init->fsm) || !sync_fsm_succeeded(&init->fsm));
        end_side(t, s);
        return init->fsm.state == SYNC_I_IDLE;
}

/* From the wait for START to execve's answer. */
static void run_init_start(pt *t, struct stage *s, struct sync_init *init)
{
        struct timespec deadline = SIM_CHANNEL_DEADLINE;
        struct err err = ERR_INIT;
        int r;

        s->in->marks = 0;
        begin_side(t, s, "init start", true);
        init->sys = &s->channel.sys;
        init->exec_fifo = init->error_fifo = SIM_CHANNEL_FD;
        r = sync_init_wait_start(init, &err);
        check_err(t, r, &err);
        PT_ASSERT(t, r < 0 || sync_model_start_in(s->in));
        PT_ASSERT(t, r == 0 || s->channel.fired || !sync_model_start_in(s->in));
        if (r == 0 && pt_bool(t)) {
                init_fails(t, s, init, &deadline); /* closing failed */
        } else if (r == 0) {
                r = sync_init_report_executing(init, &deadline, &err);
                check_err(t, r, &err);
                end_frame(s->out);
                if (pt_bool(t))
                        init_fails(t, s, init, &deadline); /* execve answered */
        }
        end_frame(s->out);
        end_side(t, s);
}

static struct stage *new_stage(pt *t, struct sim_stream *in)
{
        struct stage *s = pt_alloc(t, sizeof(*s));

        s->in = in;
        s->out = pt_alloc(t, sizeof(*s->out));
        return s;
}

/* The stream `from` after its way through the channel, as the input of a new stage. */
static struct stage *next_stage(pt *t, const struct sim_stream *from)
{
        struct stage *s = new_stage(t, pt_alloc(t, sizeof(*s->in)));

        s->from = from;
        deliver(t, s->in, from);
        return s;
}

/* Also what init will ask for: see run_asks. One draw. */
static struct sync_config draw_config(pt *t, unsigned *ret_kinds)
{
        unsigned v = (unsigned)pt_below(t, 64);
        struct sync_config c = {.flags = v & 1 ? 0 : SYNC_FLAG_DEBUG, .bundle = "/b", .id = "c"};

        *ret_kinds = v >> 1;

        c.config = pt_cstr(t, "{}", 300);
        c.config_len = strlen(c.config);
        c.inventory.preserve = (unsigned)pt_below(t, 20);
        c.listen = (unsigned)pt_below(t, c.inventory.preserve + 1);
        for (size_t i = 0; i < 3 + c.inventory.preserve; i++)
                c.inventory.open_at_entry[i] = pt_bool(t);
        return c;
}

/* Puts one message into a stream by sync_send, without faults: what the channel then spoils. */
static struct sim_stream *sent(pt *t, const struct sync_msg *m, bool fifo)
{
        struct stage *s = new_stage(t, pt_alloc(t, sizeof(*s->in)));
        struct sync_channel ch = {.fd = SIM_CHANNEL_FD, .fifo = fifo, .pidfd = -1};
        int fds[SYNC_CONFIG_FDS] = {3, 4};

        pt_begin(t, "send");
        sim_channel_init(&s->channel, t, s->in, s->out);
        s->channel.noisy = pt_bool(t);
        PT_ASSERT(t, sync_send(&s->channel.sys, &ch, m, fds, sync_msg_fds(m), NULL, NULL) == 0);
        end_frame(s->out);
        end_side(t, s);
        return s->out;
}

/* A DONE for each ASK that init will make. */
static void add_dones(pt *t, struct sim_stream *s, unsigned kinds)
{
        for (unsigned k = 0; k < SYNC_ASK__COUNT; k++) {
                struct sync_msg m = {.type = SYNC_DONE, .done = (enum sync_ask_kind)k};
                uint8_t buf[SYNC_SMALL_FRAME];
                size_t len;

                if (!(kinds >> k & 1))
                        continue;
                PT_ASSERT(t, sync_encode(&m, buf, sizeof(buf), &len, NULL) == 0 && sim_stream_put(s, buf, len));
                end_frame(s);
        }
}

PT_PROPERTY(sync_channel, .invariant = "SYNC-ORDER",
            .about = "parent, init and starter conclude only what was delivered to them")
{
        unsigned kinds;
        struct sync_msg config = {.type = SYNC_CONFIG, .config = draw_config(t, &kinds)};
        struct sync_msg start = {.type = SYNC_START};
        struct sync_init *init = pt_alloc(t, sizeof(*init));
        struct sim_stream *to_init;
        struct stage *create, *run, *s;
        bool waits;

        to_init = sent(t, &config, false);
        add_dones(t, to_init, kinds);
        create = next_stage(t, to_init);
        waits = run_init_create(t, create, init, &config.config, kinds);
        s = next_stage(t, create->out);
        run_parent(t, s, &config.config);
        if (!waits)
                return;
        run = next_stage(t, sent(t, &start, true));
        run_init_start(t, run, init);
        s = next_stage(t, run->out);
        run_starter(t, s);
}
