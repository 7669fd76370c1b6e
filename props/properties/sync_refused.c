/*
 * What has no encoding is refused at its field, with nothing written; what is at the edge of that has one.
 *
 * Targets: sync_encoded_size, sync_encode. Whatever the encoder let through here, the decoder at the other side would
 * refuse: an error that is told to nobody. sync_codec draws right messages and wrong bytes; this draws wrong messages.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/sync/sync_codec.h"
#include "props/pt.h"

/* A right message of each type, and what a wrong value of it has to be told as. */
struct attempt {
        struct sync_msg msg;
        const char *place; /* NULL: it is right */
        int errnum;
        size_t payload; /* of a right one */
};

static void wrong(struct attempt *a, const char *place, int errnum)
{
        a->place = place;
        a->errnum = errnum;
}

/* n bytes of c, the first one `first`. */
static char *long_text(pt *t, size_t n, char first, char c)
{
        char *s = pt_alloc(t, n + 1);

        memset(s, c, n);
        if (n > 0)
                s[0] = first;
        return s;
}

/* A text of min..max bytes at an edge, or one that is missing, too short, too long, or (kind) not as it should be. */
static const char *draw_text(pt *t, struct attempt *a, const char *place, size_t min, size_t max, bool path, bool line)
{
        switch (pt_below(t, 7)) {
        case 0:
                return long_text(t, min, '/', 'x');
        case 1:
                return long_text(t, max, '/', 'x');
        case 2:
                wrong(a, place, EMSGSIZE);
                return long_text(t, max + 1 + pt_below(t, 3), '/', 'x');
        case 3:
                wrong(a, place, EINVAL);
                return NULL;
        case 4:
                if (min > 0)
                        wrong(a, place, EINVAL);
                return "";
        case 5:
                if (path)
                        wrong(a, place, EINVAL);
                return "x/";
        default:
                if (line)
                        wrong(a, place, EINVAL);
                return path ? "/\x1f" : pt_bool(t) ? "x\x7f" : "\nx";
        }
}

static void draw_config(pt *t, struct attempt *a)
{
        struct sync_config *c = &a->msg.config;

        *c = (struct sync_config){.bundle = "/", .id = "i", .config = ""};
        switch (pt_below(t, 7)) {
        case 0:
                c->flags = SYNC_FLAGS_KNOWN;
                break;
        case 1:
                c->flags = 1u << (1 + pt_below(t, 31));
                wrong(a, "CONFIG.flags", EINVAL);
                break;
        case 2:
                c->inventory.preserve = LIMIT_PRESERVE_FDS + (unsigned)pt_below(t, 3);
                c->listen = LIMIT_PRESERVE_FDS;
                if (c->inventory.preserve > LIMIT_PRESERVE_FDS)
                        wrong(a, "CONFIG.preserve", EMSGSIZE);
                break;
        case 3:
                c->inventory.preserve = (unsigned)pt_below(t, 4);
                c->listen = c->inventory.preserve + 1 + (unsigned)pt_below(t, 2);
                wrong(a, "CONFIG.listen", EINVAL);
                break;
        case 4:
                c->bundle = draw_text(t, a, "CONFIG.bundle", 1, SYNC_BUNDLE_MAX, true, false);
                break;
        case 5:
                c->id = draw_text(t, a, "CONFIG.id", 1, LIMIT_ID_BYTES, false, false);
                break;
        default:
                c->config_len = LIMIT_CONFIG_BYTES + pt_below(t, 2); /* nobody looks at the bytes: only sizes are asked for */
                if (c->config_len > LIMIT_CONFIG_BYTES)
                        wrong(a, "CONFIG.config", EMSGSIZE);
                if (pt_bool(t)) {
                        c->config = NULL;
                        wrong(a, "CONFIG.config", EINVAL);
                }
        }
        if (!a->place)
                a->payload = 12 + (3 + c->inventory.preserve + 7) / 8 + 3 * 5 + strlen(c->bundle) + strlen(c->id) +
                             c->config_len;
}

/* A field of struct err: it can't be missing, but may be full without an end. */
static void draw_field(pt *t, struct attempt *a, const char *place, char *field, size_t size, size_t min)
{
        const char *s = draw_text(t, a, place, min, size - 1, false, true);

        if (!s && min == 0)
                a->place = NULL; /* empty, which is right */
        memset(field, 0, size);
        memcpy(field, s ? s : "", s ? strnlen(s, size) : 0);
}

static void draw_error(pt *t, struct attempt *a)
{
        struct err *e = &a->msg.error;

        *e = (struct err){.errnum = 1, .step = "s"};
        switch (pt_below(t, 5)) {
        case 0:
                e->errnum = (int)pt_below(t, 2) * SYNC_ERRNUM_MAX;
                if (e->errnum == 0)
                        wrong(a, "ERROR.errnum", EINVAL);
                break;
        case 1:
                e->errnum = pt_bool(t) ? -1 - (int)pt_below(t, INT_MAX) : SYNC_ERRNUM_MAX + 1 + (int)pt_below(t, 3);
                wrong(a, "ERROR.errnum", EINVAL);
                break;
        case 2:
                e->cls = (enum err_class)(ERR_CLASS__COUNT - 1 + (int)pt_below(t, 3));
                if (e->cls >= ERR_CLASS__COUNT)
                        wrong(a, "ERROR.class", EINVAL);
                break;
        case 3:
                draw_field(t, a, "ERROR.step", e->step, sizeof(e->step), 1);
                break;
        default:
                if (pt_bool(t))
                        draw_field(t, a, "ERROR.place", e->place, sizeof(e->place), 0);
                else
                        draw_field(t, a, "ERROR.msg", e->msg, sizeof(e->msg), 0);
        }
        if (!a->place)
                a->payload = 8 + 3 * 5 + strlen(e->step) + strlen(e->place) + strlen(e->msg);
}

static void draw_log(pt *t, struct attempt *a)
{
        a->msg.log.level = (enum sync_log_level)pt_below(t, SYNC_LOG_ERROR + 3);
        if (a->msg.log.level > SYNC_LOG_ERROR) {
                a->msg.log.text = "";
                wrong(a, "LOG.level", EINVAL);
        } else {
                a->msg.log.text = draw_text(t, a, "LOG.text", 0, SYNC_LOG_TEXT_MAX, false, true);
        }
        if (!a->place)
                a->payload = 4 + 5 + strlen(a->msg.log.text);
}

/* By the table of sync_codec.h: who sends an fd, who a number. */
static void draw_ask(pt *t, struct attempt *a)
{
        struct sync_ask *k = &a->msg.ask;
        bool right;

        k->kind = (enum sync_ask_kind)pt_below(t, SYNC_ASK__COUNT + 2);
        k->sends_fd = pt_bool(t);
        k->number = pt_bool(t) ? 1 + (uint32_t)pt_below(t, UINT32_MAX) : 0;
        if (k->kind == SYNC_ASK_LISTENER)
                right = k->sends_fd ? k->number == 0 : k->number <= INT_MAX;
        else
                right = k->kind < SYNC_ASK__COUNT && k->number == 0 && k->sends_fd == (k->kind == SYNC_ASK_CONSOLE);
        a->payload = 8;
        if (!right)
                wrong(a, "ASK.kind", EINVAL);
}

static void draw_done(pt *t, struct attempt *a)
{
        a->msg.done = (enum sync_ask_kind)pt_below(t, SYNC_ASK__COUNT + 2);
        a->payload = 4;
        if (a->msg.done >= SYNC_ASK__COUNT)
                wrong(a, "DONE.kind", EINVAL);
}

static void draw(pt *t, struct attempt *a)
{
        static const enum sync_type types[] = {SYNC_CONFIG, SYNC_LOG, SYNC_ERROR, SYNC_ASK, SYNC_DONE, SYNC_READY, SYNC_START,
                                               SYNC_EXECUTING};
        size_t i = pt_below(t, 9);

        a->msg.type = i < 8 ? types[i] : (enum sync_type)(9 * pt_below(t, 2)); /* 0 and 9 are none */
        if (i == 0)
                draw_config(t, a);
        else if (i == 1)
                draw_log(t, a);
        else if (i == 2)
                draw_error(t, a);
        else if (i == 3)
                draw_ask(t, a);
        else if (i == 4)
                draw_done(t, a);
        else if (i == 8)
                wrong(a, "header", EINVAL);
}

PT_PROPERTY(sync_refused, .invariant = "SYNC-ROUNDTRIP", .cases = 4000,
            .about = "a message that has no encoding is refused at its field, one at the edge has one")
{
        struct attempt *a = pt_alloc(t, sizeof(*a));
        uint8_t buf[64], untouched[64];
        struct err err = ERR_INIT;
        size_t size = 12345, len = 12345;

        draw(t, a);
        int r = sync_encoded_size(&a->msg, &size, &err);
        pt_note(t, "%s: %s: %d, %s", sync_type_name(a->msg.type), a->place ? a->place : "right", r, err.place);
        if (!a->place) {
                PT_ASSERT(t, r == 0 && size == SYNC_HEADER_SIZE + a->payload && err.errnum == 0);
                PT_SOMETIMES(t, size > LIMIT_CONFIG_BYTES, "a config as long as can be");
                return;
        }
        PT_ASSERT(t, r == -a->errnum && size == 12345);
        PT_ASSERT(t, err.errnum == a->errnum && strcmp(err.place, a->place) == 0 && err.msg[0]);
        memset(untouched, 0xa5, sizeof(untouched));
        memset(buf, 0xa5, sizeof(buf));
        PT_ASSERT(t, sync_encode(&a->msg, buf, sizeof(buf), &len, NULL) == r && len == 12345);
        PT_ASSERT(t, memcmp(buf, untouched, sizeof(buf)) == 0);
        PT_SOMETIMES(t, a->errnum == EMSGSIZE, "beyond a limit");
        PT_SOMETIMES(t, a->errnum == EINVAL, "no message");
}
