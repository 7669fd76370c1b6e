#include "core/sync/sync_codec.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/sync/sync_payload.h"

static const uint8_t magic[3] = {'I', 'L', 'S'};

/* An ERROR, the longest thing that travels through a fifo, must fit into one atomic write. */
_Static_assert(SYNC_HEADER_SIZE + 8 + 3 * 5 + ERR_STEP_MAX + ERR_PLACE_MAX + ERR_MSG_MAX <= PIPE_BUF,
               "a frame for a fifo is larger than PIPE_BUF");
_Static_assert(SYNC_LOG_TEXT_MAX + 9 <= LIMIT_SYNC_SMALL, "LOG's limits");

static const char *const type_names[] = {
        [SYNC_CONFIG] = "CONFIG", [SYNC_LOG] = "LOG",     [SYNC_READY] = "READY",
        [SYNC_ERROR] = "ERROR",   [SYNC_START] = "START", [SYNC_EXECUTING] = "EXECUTING",
        [SYNC_ASK] = "ASK",       [SYNC_DONE] = "DONE",
};

static const char *const ask_names[SYNC_ASK__COUNT] = {
        [SYNC_ASK_MAP_IDS] = "MAP_IDS",
        [SYNC_ASK_HOOKS] = "HOOKS",
        [SYNC_ASK_CONSOLE] = "CONSOLE",
        [SYNC_ASK_LISTENER] = "LISTENER",
};

static bool known_type(unsigned type)
{
        return type >= SYNC_CONFIG && type <= SYNC_DONE;
}

const char *sync_type_name(unsigned type)
{
        return known_type(type) ? type_names[type] : "?";
}

const char *sync_ask_name(unsigned kind)
{
        return kind < SYNC_ASK__COUNT ? ask_names[kind] : "?";
}

size_t sync_type_fds(unsigned type)
{
        return type == SYNC_CONFIG ? SYNC_CONFIG_FDS : type == SYNC_ASK ? 1 : 0;
}

size_t sync_msg_fds(const struct sync_msg *msg)
{
        return msg->type == SYNC_ASK && !msg->ask.sends_fd ? 0 : sync_type_fds(msg->type);
}

int sync_encoded_size(const struct sync_msg *msg, size_t *ret_size, struct err *err)
{
        size_t payload;
        int r = sync_payload_size(msg, &payload, err);

        if (r < 0)
                return r;
        *ret_size = SYNC_HEADER_SIZE + payload;
        return 0;
}

int sync_encode(const struct sync_msg *msg, void *buf, size_t size, size_t *ret_len, struct err *err)
{
        uint8_t *p = buf, *end;
        size_t need;
        int r = sync_encoded_size(msg, &need, err);

        if (r < 0)
                return r;
        if (size < need)
                return err_set(err, ENOBUFS, "sync", sync_type_name(msg->type), "needs %zu bytes, has %zu", need,
                               size);
        memcpy(p, magic, sizeof(magic));
        p[3] = SYNC_VERSION;
        sync_put_u16(p + 4, (uint16_t)msg->type);
        sync_put_u16(p + 6, (uint16_t)sync_msg_fds(msg));
        sync_put_u32(p + 8, (uint32_t)(need - SYNC_HEADER_SIZE));
        end = sync_payload_put(msg, p + SYNC_HEADER_SIZE);
        assert(end == p + need); /* measuring and writing agree */
        *ret_len = need;
        return 0;
}

/* ---------------------------------------------- decoding ---------------------------------------------- */

void sync_decoder_begin(struct sync_decoder *d)
{
        *d = (struct sync_decoder){.state = SYNC_MORE_BYTES};
}

static bool header_complete(const struct sync_decoder *d)
{
        return d->type != 0;
}

size_t sync_decoder_wanted(const struct sync_decoder *d)
{
        if (d->state != SYNC_MORE_BYTES)
                return 0;
        return (header_complete(d) ? d->length : SYNC_HEADER_SIZE) - d->have;
}

void *sync_decoder_space(struct sync_decoder *d)
{
        return (header_complete(d) ? d->payload : d->header) + d->have;
}

static int fail(struct sync_decoder *d, int rc)
{
        d->state = rc;
        return rc;
}

/* Later calls say again that it failed, without the first one's details. */
static int failed_before(const struct sync_decoder *d, struct err *err)
{
        return err_set(err, -d->state, "sync", "frame", "the channel has failed before");
}

static int check_header(struct sync_decoder *d, struct err *err)
{
        unsigned type = sync_get_u16(d->header + 4), nfds = sync_get_u16(d->header + 6);
        uint32_t length = sync_get_u32(d->header + 8);

        if (memcmp(d->header, magic, sizeof(magic)) != 0)
                return err_set(err, EPROTO, "sync", "header", "not a frame of this protocol");
        if (d->header[3] != SYNC_VERSION)
                return err_set(err, EPROTONOSUPPORT, "sync", "header", "protocol version %u, expected %u",
                               d->header[3], SYNC_VERSION);
        if (!known_type(type))
                return err_set(err, EPROTO, "sync", "header", "unknown type %u", type);
        if (nfds > LIMIT_SYNC_FDS)
                return err_set(err, EMSGSIZE, "sync", sync_type_name(type), "%u fds, the limit is %u", nfds,
                               LIMIT_SYNC_FDS);
        if (nfds != sync_type_fds(type) && !(type == SYNC_ASK && nfds == 0))
                return err_set(err, EPROTO, "sync", sync_type_name(type), "%u fds, expected %zu", nfds,
                               sync_type_fds(type));
        if (length > sync_payload_limit((enum sync_type)type))
                return err_set(err, EMSGSIZE, "sync", sync_type_name(type), "%u bytes, the limit is %zu", length,
                               sync_payload_limit((enum sync_type)type));
        d->type = type;
        d->nfds = nfds;
        d->length = length;
        d->have = 0;
        return length > 0 ? SYNC_NEED_BUFFER : SYNC_WHOLE;
}

int sync_decoder_advance(struct sync_decoder *d, size_t n, struct err *err)
{
        int r;

        if (d->state < 0)
                return failed_before(d, err);
        assert(n <= sync_decoder_wanted(d));
        d->have += n;
        if (n == 0 || sync_decoder_wanted(d) > 0)
                return d->state;
        if (header_complete(d)) {
                d->state = SYNC_WHOLE;
                return d->state;
        }
        r = check_header(d, err);
        return r < 0 ? fail(d, r) : (d->state = r);
}

int sync_decoder_feed(struct sync_decoder *d, const void *buf, size_t n, size_t *ret_used, struct err *err)
{
        const uint8_t *p = buf;
        size_t used = 0;
        int r;

        if (d->state < 0)
                return failed_before(d, err);
        while (used < n && sync_decoder_wanted(d) > 0) {
                size_t part = sync_decoder_wanted(d);
                if (part > n - used)
                        part = n - used;
                memcpy(sync_decoder_space(d), p + used, part);
                used += part;
                r = sync_decoder_advance(d, part, err);
                if (r < 0)
                        return r;
        }
        *ret_used = used;
        return d->state;
}

void sync_decoder_give(struct sync_decoder *d, void *buf)
{
        assert(d->state == SYNC_NEED_BUFFER);
        assert(buf);
        d->payload = buf;
        d->state = SYNC_MORE_BYTES;
}

int sync_decoder_eof(struct sync_decoder *d, struct err *err)
{
        if (d->state < 0)
                return failed_before(d, err);
        if (d->state == SYNC_WHOLE || (d->have == 0 && !header_complete(d))) {
                d->state = -EPIPE; /* nothing can follow */
                return 0;
        }
        if (!header_complete(d))
                return fail(d, err_set(err, EPROTO, "sync", "header", "the stream ended inside a frame"));
        return fail(d, err_set(err, EPROTO, "sync", sync_type_name(d->type),
                               "the stream ended inside a frame"));
}

int sync_decoder_message(struct sync_decoder *d, struct sync_msg *ret_msg, struct err *err)
{
        int r;

        if (d->state < 0)
                return failed_before(d, err);
        assert(d->state == SYNC_WHOLE);
        r = sync_payload_get((enum sync_type)d->type, d->nfds, d->payload, d->length, ret_msg, err);
        return r < 0 ? fail(d, r) : 0;
}

bool sync_finder_feed(struct sync_finder *f, const void *buf, size_t n)
{
        static const uint8_t start[SYNC_HEADER_SIZE] = {'I', 'L', 'S', SYNC_VERSION, SYNC_START};
        const uint8_t *p = buf;

        for (size_t i = 0; i < n; i++) {
                memmove(f->last, f->last + 1, sizeof(f->last) - 1);
                f->last[sizeof(f->last) - 1] = p[i];
                if (memcmp(f->last, start, sizeof(start)) == 0)
                        return true;
        }
        return false;
}
