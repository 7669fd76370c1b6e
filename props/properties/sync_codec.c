/*
 * decode(encode(m)) = m in any pieces; encode(decode(b)) = b for whatever bytes decode.
 *
 * Targets: sync_encode, sync_decoder_feed, sync_decoder_eof, sync_decoder_message, sync_finder_feed.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/sync/sync_codec.h"
#include "props/pt.h"

#define FRAME_MAX 8192u

static char *text(pt *t, size_t min, size_t max, bool printable)
{
        char *s = pt_cstr(t, printable ? "ax /\xc3\xa4" : "a/\n\x7f\xff", max);

        return s[0] || min == 0 ? s : strcpy(pt_alloc(t, 2), "m");
}

static void draw_message(pt *t, struct sync_msg *m)
{
        m->type = SYNC_CONFIG + (enum sync_type)pt_below(t, 8);
        if (m->type == SYNC_CONFIG) {
                struct sync_config *c = &m->config;
                uint8_t *bytes = pt_alloc(t, 600);
                char *bundle = pt_alloc(t, 302);

                bundle[0] = '/';
                strcpy(bundle + 1, text(t, 0, 300, false));
                c->flags = pt_bool(t);
                c->bundle = bundle;
                c->id = text(t, 1, 100, false);
                c->config_len = pt_bytes(t, bytes, 0, 600);
                c->config = (const char *)bytes;
                c->inventory.preserve = (unsigned)pt_below(t, LIMIT_PRESERVE_FDS + 1);
                c->listen = (unsigned)pt_below(t, c->inventory.preserve + 1);
                for (size_t i = 0; i < 3 + c->inventory.preserve; i += 1 + pt_below(t, 64))
                        c->inventory.open_at_entry[i] = true;
        } else if (m->type == SYNC_LOG) {
                m->log.level = (enum sync_log_level)pt_below(t, 4);
                m->log.text = text(t, 0, SYNC_LOG_TEXT_MAX, true);
        } else if (m->type == SYNC_ERROR) {
                m->error.errnum = 1 + (int)pt_below(t, SYNC_ERRNUM_MAX);
                strcpy(m->error.step, text(t, 1, ERR_STEP_MAX - 1, true));
                strcpy(m->error.place, text(t, 0, ERR_PLACE_MAX - 1, true));
                strcpy(m->error.msg, text(t, 0, ERR_MSG_MAX - 1, true));
                m->error.cls = (enum err_class)pt_below(t, ERR_CLASS__COUNT);
        } else if (m->type == SYNC_ASK) {
                m->ask.kind = (enum sync_ask_kind)pt_below(t, SYNC_ASK__COUNT);
                m->ask.sends_fd = m->ask.kind == SYNC_ASK_CONSOLE || (m->ask.kind == SYNC_ASK_LISTENER && pt_bool(t));
                if (m->ask.kind == SYNC_ASK_LISTENER && !m->ask.sends_fd)
                        m->ask.number = (uint32_t)pt_below(t, (uint64_t)INT_MAX + 1);
        } else if (m->type == SYNC_DONE) {
                m->done = (enum sync_ask_kind)pt_below(t, SYNC_ASK__COUNT);
        }
}

static void same(pt *t, const struct sync_msg *a, const struct sync_msg *b)
{
        PT_ASSERT(t, a->type == b->type);
        if (a->type == SYNC_ERROR) {
                PT_ASSERT(t, a->error.errnum == b->error.errnum && a->error.cls == b->error.cls);
                PT_ASSERT(t, strcmp(a->error.step, b->error.step) == 0);
                PT_ASSERT(t, strcmp(a->error.place, b->error.place) == 0 && strcmp(a->error.msg, b->error.msg) == 0);
        } else if (a->type == SYNC_LOG) {
                PT_ASSERT(t, a->log.level == b->log.level && strcmp(a->log.text, b->log.text) == 0);
        } else if (a->type == SYNC_ASK) {
                PT_ASSERT(t, a->ask.kind == b->ask.kind && a->ask.number == b->ask.number);
                PT_ASSERT(t, a->ask.sends_fd == b->ask.sends_fd);
        } else if (a->type == SYNC_DONE) {
                PT_ASSERT(t, a->done == b->done);
        } else if (a->type == SYNC_CONFIG) {
                const struct sync_config *x = &a->config, *y = &b->config;

                PT_ASSERT(t, x->flags == y->flags && x->listen == y->listen && x->config_len == y->config_len);
                PT_ASSERT(t, strcmp(x->bundle, y->bundle) == 0 && strcmp(x->id, y->id) == 0);
                PT_ASSERT(t, memcmp(x->config, y->config, x->config_len) == 0 && y->config[y->config_len] == '\0');
                PT_ASSERT(t, memcmp(&x->inventory, &y->inventory, sizeof(x->inventory)) == 0);
        }
}

/* Feeds n bytes in drawn pieces. The bytes used, or the error. */
static int decode(pt *t, const uint8_t *bytes, size_t n, struct sync_msg *ret)
{
        struct sync_decoder d;
        struct err err = ERR_INIT;
        size_t fed = 0, used = 0;
        int r = SYNC_MORE_BYTES;

        sync_decoder_begin(&d);
        while (fed < n && r != SYNC_WHOLE && r >= 0) {
                size_t piece = n - fed, wanted = sync_decoder_wanted(&d);

                piece -= pt_below(t, piece);
                r = sync_decoder_feed(&d, bytes + fed, piece, &used, &err);
                if (r < 0)
                        break;
                PT_ASSERT(t, used <= piece && used <= wanted);
                fed += used;
                if (r == SYNC_NEED_BUFFER) {
                        PT_ASSERT(t, d.length <= LIMIT_SYNC_PAYLOAD);
                        sync_decoder_give(&d, pt_alloc(t, d.length));
                }
        }
        if (r >= 0 && r != SYNC_WHOLE) {
                r = sync_decoder_eof(&d, &err);
                PT_ASSERT(t, n > 0 ? r == -EPROTO : r == 0);
                return r < 0 ? r : -ENODATA;
        }
        if (r >= 0)
                r = sync_decoder_message(&d, ret, &err);
        PT_ASSERT(t, r == 0 || r == -EPROTO || r == -EPROTONOSUPPORT || r == -EMSGSIZE);
        PT_ASSERT(t, r == 0 || (err.errnum == -r && err.place[0]));
        if (r < 0) { /* for good */
                PT_ASSERT(t, sync_decoder_feed(&d, bytes, n, &used, &err) == r && sync_decoder_wanted(&d) == 0);
                PT_ASSERT(t, sync_decoder_message(&d, ret, NULL) == r && sync_decoder_eof(&d, NULL) == r);
        }
        return r < 0 ? r : (int)fed;
}

/* The header alone of a frame whose payload would be as long as its type allows, and one byte longer. */
static void limits(pt *t, enum sync_type type, const uint8_t *frame)
{
        uint32_t limit = type == SYNC_CONFIG ? LIMIT_SYNC_PAYLOAD :
                         type == SYNC_LOG || type == SYNC_ERROR ? LIMIT_SYNC_SMALL :
                         type == SYNC_ASK ? 8 : type == SYNC_DONE ? 4 : 0;

        for (uint32_t length = limit; length <= limit + 1; length++) {
                uint8_t header[SYNC_HEADER_SIZE];
                struct sync_decoder d;
                size_t used;
                int r;

                memcpy(header, frame, sizeof(header));
                for (int i = 0; i < 4; i++)
                        header[8 + i] = (uint8_t)(length >> 8 * i);
                sync_decoder_begin(&d);
                r = sync_decoder_feed(&d, header, sizeof(header), &used, NULL);
                PT_ASSERT(t, r == (length > limit ? -EMSGSIZE : limit > 0 ? SYNC_NEED_BUFFER : SYNC_WHOLE));
        }
}

PT_PROPERTY(sync_codec, .invariant = "SYNC-ROUNDTRIP", .about = "frames of the sync protocol and back, in any pieces")
{
        struct sync_msg *m = pt_alloc(t, sizeof(*m)), *got = pt_alloc(t, sizeof(*got));
        uint8_t *buf = pt_alloc(t, FRAME_MAX), *again = pt_alloc(t, FRAME_MAX);
        struct sync_finder finder = SYNC_FINDER_INIT;
        size_t len, n, size;
        int r;

        draw_message(t, m);
        PT_ASSERT(t, sync_encode(m, buf, FRAME_MAX, &len, NULL) == 0);
        PT_ASSERT(t, sync_encode(m, again, len - 1, &n, NULL) == -ENOBUFS);
        PT_ASSERT(t, sync_finder_feed(&finder, buf, len) == (m->type == SYNC_START));
        PT_ASSERT(t, decode(t, buf, len, got) == (int)len);
        same(t, m, got);
        limits(t, m->type, buf);

        PT_REPEAT(t, 0, 4) {
                size_t at = pt_below(t, len);

                buf[at] = pt_bool(t) ? 0 : (uint8_t)pt_below(t, 256); /* a NUL is what a text must not hold */
        }
        size = pt_bool(t) ? len : len - pt_below(t, len + 1);
        r = decode(t, buf, size, got);
        PT_SOMETIMES(t, r > 0, "still a message");
        PT_SOMETIMES(t, r == -EMSGSIZE, "beyond a limit");
        PT_SOMETIMES(t, r == -EPROTONOSUPPORT, "another version");
        if (r < 0)
                return;
        PT_ASSERT(t, sync_encode(got, again, FRAME_MAX, &n, NULL) == 0);
        PT_ASSERT(t, n == (size_t)r && memcmp(again, buf, n) == 0);
}
