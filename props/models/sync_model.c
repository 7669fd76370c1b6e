#include "props/models/sync_model.h"

#include <string.h>

/* The numbers are written out again on purpose: a change of the wire format must be made twice. */
enum { CONFIG = 1, LOG, READY, ERROR, START, EXECUTING, ASK, DONE };

struct message {
        int type; /* 0: none is complete; -1: what is there is none */
        const uint8_t *payload;
        size_t len, size;
        unsigned announced; /* fds, by its header */
        unsigned fds; /* attached to its first byte */
        bool strays;  /* fds attached to another of its bytes */
};

static uint64_t number(const uint8_t *p, unsigned n)
{
        uint64_t v = 0;

        while (n-- > 0)
                v = v * 256 + p[n];
        return v;
}

/* The length of the text at *at, stepping over it; -1: there is none. */
static long text(const uint8_t *p, size_t len, size_t *at, size_t min, size_t max, bool printable, bool nul_ok)
{
        size_t n;

        if (*at + 5 > len)
                return -1;
        n = number(p + *at, 4);
        if (n < min || n > max || *at + 5 + n > len)
                return -1;
        p += *at + 4;
        *at += 5 + n;
        if (p[n] != 0)
                return -1;
        for (size_t i = 0; i < n; i++)
                if ((p[i] == 0 && !nul_ok) || (printable && (p[i] < ' ' || p[i] == 127)))
                        return -1;
        return (long)n;
}

static bool good_config(const uint8_t *p, size_t len)
{
        size_t preserve, at, bit;

        if (len < 13 || number(p, 4) > 1)
                return false;
        preserve = number(p + 4, 4);
        if (preserve > 1024 || number(p + 8, 4) > preserve)
                return false;
        at = 12 + (preserve + 10) / 8;
        if (at + 5 > len)
                return false;
        for (bit = preserve + 3; bit % 8; bit++)
                if (p[12 + bit / 8] & 1 << bit % 8)
                        return false;
        if (at + 5 > len || p[at + 4] != '/' || text(p, len, &at, 1, 4095, false, false) < 0)
                return false;
        return text(p, len, &at, 1, 1024, false, false) >= 0 && text(p, len, &at, 0, 4u << 20, false, true) >= 0 &&
               at == len;
}

static bool good_log(const uint8_t *p, size_t len)
{
        size_t at = 4;

        return len >= 4 && number(p, 4) <= 3 && text(p, len, &at, 0, 2047, true, false) >= 0 && at == len;
}

static bool good_error(const uint8_t *p, size_t len, struct err *e)
{
        size_t at = 8, step = 8, place, msg;

        if (len < 8 || number(p, 4) < 1 || number(p, 4) > 4095 || number(p + 4, 4) > 4)
                return false;
        if (text(p, len, &at, 1, 31, true, false) < 0)
                return false;
        place = at;
        if (text(p, len, &at, 0, 255, true, false) < 0)
                return false;
        msg = at;
        if (text(p, len, &at, 0, 511, true, false) < 0 || at != len)
                return false;
        *e = (struct err){.errnum = (int)number(p, 4), .cls = (enum err_class)number(p + 4, 4)};
        strcpy(e->step, (const char *)p + step + 4);
        strcpy(e->place, (const char *)p + place + 4);
        strcpy(e->msg, (const char *)p + msg + 4);
        return true;
}

/* MAP_IDS, HOOKS: nothing else. CONSOLE: an fd. LISTENER: an fd or a number. */
static bool good_ask(const struct message *m)
{
        uint64_t kind, n;

        if (m->len != 8)
                return false;
        kind = number(m->payload, 4);
        n = number(m->payload + 4, 4);
        if (kind == 3 && m->announced == 0)
                return n <= INT32_MAX;
        return n == 0 && (kind == 3 || (kind == 2 && m->announced == 1) || (kind < 2 && m->announced == 0));
}

static struct message next(const struct sim_stream *s, size_t at)
{
        static const size_t limit[] = {0, (4u << 20) + 65536, 4096, 0, 4096, 0, 0, 8, 4};
        const uint8_t *p = s->byte + at;
        size_t left = s->len - at;
        struct message m = {.type = 0};

        if (left < 12)
                return m;
        m.type = (int)number(p + 4, 2);
        m.len = number(p + 8, 4);
        m.size = 12 + m.len;
        m.announced = (unsigned)number(p + 6, 2);
        if (memcmp(p, "ILS\1", 4) != 0 || m.type < CONFIG || m.type > DONE || m.len > limit[m.type] ||
            m.announced > (m.type == CONFIG ? 2u : m.type == ASK ? 1u : 0u) ||
            (m.type == CONFIG && m.announced < 2)) {
                m.type = -1;
                return m;
        }
        if (left < m.size) {
                m.type = 0;
                return m;
        }
        m.payload = p + 12;
        m.fds = sim_stream_fds_at(s, at);
        for (size_t i = 0; i < s->marks; i++)
                m.strays |= s->mark[i].fds > 0 && s->mark[i].at > at && s->mark[i].at < at + m.size;
        return m;
}

static bool good(const struct message *m, struct err *e, bool fds_travel)
{
        if (fds_travel && (m->strays || m->fds != m->announced))
                return false;
        switch (m->type) {
        case CONFIG:
                return good_config(m->payload, m->len);
        case LOG:
                return good_log(m->payload, m->len);
        case ERROR:
                return good_error(m->payload, m->len, e);
        case ASK:
                return good_ask(m);
        case DONE:
                return m->len == 4 && number(m->payload, 4) < 4;
        default:
                return m->type > 0;
        }
}

struct sync_model_result sync_model_parent(const struct sim_stream *s, bool dead, unsigned refuse)
{
        struct sync_model_result r = {.verdict = SYNC_MODEL_FAILURE};
        unsigned past = 0;

        for (;;) {
                struct message m = next(s, r.used);

                if (!good(&m, &r.error, true)) {
                        r.ran_out = r.used == s->len;
                        return r;
                }
                r.used += m.size;
                if (m.type == LOG) {
                        r.logs++;
                        continue;
                }
                if (m.type == ASK && !dead && number(m.payload, 4) >= past) {
                        past = (unsigned)number(m.payload, 4) + 1;
                        r.asks++;
                        if (r.asks == refuse)
                                return r;
                        continue;
                }
                if (m.type == ERROR)
                        r.verdict = SYNC_MODEL_PEER_ERROR;
                else if (m.type == READY && !dead)
                        r.verdict = SYNC_MODEL_SUCCESS;
                return r;
        }
}

struct sync_model_result sync_model_init(const struct sim_stream *s)
{
        struct message m = next(s, 0);
        struct sync_model_result r = {.verdict = SYNC_MODEL_FAILURE, .ran_out = s->len == 0};

        if (m.type == CONFIG && good(&m, &r.error, true)) {
                r.verdict = SYNC_MODEL_SUCCESS;
                r.used = m.size;
        }
        return r;
}

bool sync_model_done(const struct sim_stream *s, size_t at, unsigned kind, size_t *ret_next, bool *ret_ran_out)
{
        struct message m = next(s, at);
        struct err e;

        *ret_ran_out = at == s->len;
        *ret_next = at + m.size;
        return m.type == DONE && good(&m, &e, true) && number(m.payload, 4) == kind;
}

struct sync_model_result sync_model_starter(const struct sim_stream *s, enum sim_end end)
{
        struct sync_model_result r = {.verdict = SYNC_MODEL_FAILURE};
        bool executing = false;

        for (;;) {
                struct message m = next(s, r.used);

                if (!good(&m, &r.error, false)) {
                        r.ran_out = r.used == s->len;
                        if (r.ran_out && executing && end != SIM_END_SILENCE)
                                r.verdict = SYNC_MODEL_SUCCESS;
                        return r;
                }
                r.used += m.size;
                if (m.type == EXECUTING && !executing) {
                        executing = true;
                        continue;
                }
                if (m.type == ERROR)
                        r.verdict = SYNC_MODEL_PEER_ERROR;
                return r;
        }
}

bool sync_model_start_in(const struct sim_stream *s)
{
        return memmem(s->byte, s->len, "ILS\1\5\0\0\0\0\0\0\0", 12) != NULL;
}
