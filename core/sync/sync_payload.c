#include "core/sync/sync_payload.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

uint16_t sync_get_u16(const uint8_t *p)
{
        return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t sync_get_u32(const uint8_t *p)
{
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void sync_put_u16(uint8_t *p, uint16_t v)
{
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)(v >> 8);
}

void sync_put_u32(uint8_t *p, uint32_t v)
{
        sync_put_u16(p, (uint16_t)v);
        sync_put_u16(p + 2, (uint16_t)(v >> 16));
}

size_t sync_payload_limit(enum sync_type type)
{
        switch (type) {
        case SYNC_CONFIG:
                return LIMIT_SYNC_PAYLOAD;
        case SYNC_LOG:
        case SYNC_ERROR:
                return LIMIT_SYNC_SMALL;
        case SYNC_ASK:
                return 8;
        case SYNC_DONE:
                return 4;
        default:
                return 0;
        }
}

/*
 * The rules for texts. One table entry serves the encoder and the decoder: what one refuses the other must too, or
 * a message could be sent that nobody can receive.
 */
struct text_rule {
        const char *place;
        size_t min, max; /* bytes, without the NUL */
        bool absolute;   /* a path that begins with '/' */
        bool printable;  /* goes to a terminal or a log: no control characters */
};

static const struct text_rule rule_bundle = {"CONFIG.bundle", 1, SYNC_BUNDLE_MAX, .absolute = true};
static const struct text_rule rule_id = {"CONFIG.id", 1, LIMIT_ID_BYTES};
static const struct text_rule rule_text = {"LOG.text", 0, SYNC_LOG_TEXT_MAX, .printable = true};
static const struct text_rule rule_step = {"ERROR.step", 1, ERR_STEP_MAX - 1, .printable = true};
static const struct text_rule rule_place = {"ERROR.place", 0, ERR_PLACE_MAX - 1, .printable = true};
static const struct text_rule rule_msg = {"ERROR.msg", 0, ERR_MSG_MAX - 1, .printable = true};

static bool printable(const char *s, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
                        return false;
        return true;
}

/* NULL, or what is wrong with n bytes of s (which has no NUL among them). */
static const char *text_fault(const struct text_rule *rule, const char *s, size_t n)
{
        if (n < rule->min)
                return "is empty";
        if (n > rule->max)
                return "is too long";
        if (rule->absolute && s[0] != '/')
                return "is not an absolute path";
        if (rule->printable && !printable(s, n))
                return "has control characters";
        return NULL;
}

/* NULL, or what is wrong with it. Both directions, as the rules for texts. */
static const char *ask_fault(const struct sync_ask *a)
{
        bool listener = a->kind == SYNC_ASK_LISTENER;

        if ((unsigned)a->kind >= SYNC_ASK__COUNT)
                return "is unknown";
        if (!listener && a->sends_fd != (a->kind == SYNC_ASK_CONSOLE))
                return a->sends_fd ? "comes with an fd" : "comes without its fd";
        if (a->number > (listener && !a->sends_fd ? INT_MAX : 0))
                return "has a number that means nothing";
        return NULL;
}

static size_t bitmap_bytes(uint32_t preserve)
{
        return (3 + (size_t)preserve + 7) / 8;
}

/* ---------------------------------------------- encoding ---------------------------------------------- */

static int measure_text(const struct text_rule *rule, const char *s, size_t *size, struct err *err)
{
        size_t n;
        const char *fault;

        if (!s)
                return err_set(err, EINVAL, "sync", rule->place, "is missing");
        n = strnlen(s, rule->max + 1);
        fault = text_fault(rule, s, n);
        if (fault)
                return err_set(err, n > rule->max ? EMSGSIZE : EINVAL, "sync", rule->place, "%s", fault);
        *size += 4 + n + 1;
        return 0;
}

static int measure_config(const struct sync_config *c, size_t *size, struct err *err)
{
        int r;

        if (c->flags & ~SYNC_FLAGS_KNOWN)
                return err_set(err, EINVAL, "sync", "CONFIG.flags", "unknown flags %#x", c->flags);
        if (c->inventory.preserve > LIMIT_PRESERVE_FDS)
                return err_set(err, EMSGSIZE, "sync", "CONFIG.preserve", "%u fds, the limit is %u",
                               c->inventory.preserve, LIMIT_PRESERVE_FDS);
        if (c->listen > c->inventory.preserve)
                return err_set(err, EINVAL, "sync", "CONFIG.listen", "%u of %u preserved fds", c->listen,
                               c->inventory.preserve);
        *size += 12 + bitmap_bytes(c->inventory.preserve);
        r = measure_text(&rule_bundle, c->bundle, size, err);
        if (r == 0)
                r = measure_text(&rule_id, c->id, size, err);
        if (r < 0)
                return r;
        if (!c->config && c->config_len > 0)
                return err_set(err, EINVAL, "sync", "CONFIG.config", "is missing");
        if (c->config_len > LIMIT_CONFIG_BYTES)
                return err_set(err, EMSGSIZE, "sync", "CONFIG.config", "%zu bytes, the limit is %u",
                               c->config_len, LIMIT_CONFIG_BYTES);
        *size += 4 + c->config_len + 1;
        return 0;
}

static int measure_log(const struct sync_log *l, size_t *size, struct err *err)
{
        if ((unsigned)l->level > SYNC_LOG_ERROR)
                return err_set(err, EINVAL, "sync", "LOG.level", "unknown level %u", (unsigned)l->level);
        *size += 4;
        return measure_text(&rule_text, l->text, size, err);
}

static int measure_error(const struct err *e, size_t *size, struct err *err)
{
        int r;

        if (e->errnum < 1 || e->errnum > SYNC_ERRNUM_MAX)
                return err_set(err, EINVAL, "sync", "ERROR.errnum", "%d is no errno", e->errnum);
        if ((unsigned)e->cls >= ERR_CLASS__COUNT)
                return err_set(err, EINVAL, "sync", "ERROR.class", "unknown class %u", (unsigned)e->cls);
        *size += 8;
        r = measure_text(&rule_step, e->step, size, err);
        if (r == 0)
                r = measure_text(&rule_place, e->place, size, err);
        if (r == 0)
                r = measure_text(&rule_msg, e->msg, size, err);
        return r;
}

static int measure_ask(const struct sync_ask *a, size_t *size, struct err *err)
{
        const char *fault = ask_fault(a);

        if (fault)
                return err_set(err, EINVAL, "sync", "ASK.kind", "%s %s", sync_ask_name(a->kind), fault);
        *size += 8;
        return 0;
}

static int measure_done(enum sync_ask_kind kind, size_t *size, struct err *err)
{
        if ((unsigned)kind >= SYNC_ASK__COUNT)
                return err_set(err, EINVAL, "sync", "DONE.kind", "unknown kind %u", (unsigned)kind);
        *size += 4;
        return 0;
}

int sync_payload_size(const struct sync_msg *msg, size_t *ret_size, struct err *err)
{
        size_t size = 0;
        int r = 0;

        switch (msg->type) {
        case SYNC_CONFIG:
                r = measure_config(&msg->config, &size, err);
                break;
        case SYNC_LOG:
                r = measure_log(&msg->log, &size, err);
                break;
        case SYNC_ERROR:
                r = measure_error(&msg->error, &size, err);
                break;
        case SYNC_ASK:
                r = measure_ask(&msg->ask, &size, err);
                break;
        case SYNC_DONE:
                r = measure_done(msg->done, &size, err);
                break;
        case SYNC_READY:
        case SYNC_START:
        case SYNC_EXECUTING:
                break;
        default:
                return err_set(err, EINVAL, "sync", "header", "unknown type %u", (unsigned)msg->type);
        }
        if (r < 0)
                return r;
        assert(size <= sync_payload_limit(msg->type)); /* the fields' limits add up to less */
        *ret_size = size;
        return 0;
}

static uint8_t *put_u32(uint8_t *p, uint32_t v)
{
        sync_put_u32(p, v);
        return p + 4;
}

static uint8_t *put_bytes(uint8_t *p, const char *s, size_t n)
{
        p = put_u32(p, (uint32_t)n);
        if (n > 0)
                memcpy(p, s, n);
        p[n] = '\0';
        return p + n + 1;
}

static uint8_t *put_text(uint8_t *p, const char *s)
{
        return put_bytes(p, s, strlen(s));
}

static uint8_t *put_config(uint8_t *p, const struct sync_config *c)
{
        uint32_t preserve = c->inventory.preserve;

        p = put_u32(p, c->flags);
        p = put_u32(p, preserve);
        p = put_u32(p, c->listen);
        memset(p, 0, bitmap_bytes(preserve));
        for (size_t i = 0; i < 3 + (size_t)preserve; i++)
                if (c->inventory.open_at_entry[i])
                        p[i / 8] |= (uint8_t)(1u << (i % 8));
        p += bitmap_bytes(preserve);
        p = put_text(p, c->bundle);
        p = put_text(p, c->id);
        return put_bytes(p, c->config, c->config_len);
}

uint8_t *sync_payload_put(const struct sync_msg *msg, uint8_t *p)
{
        switch (msg->type) {
        case SYNC_CONFIG:
                return put_config(p, &msg->config);
        case SYNC_LOG:
                return put_text(put_u32(p, (uint32_t)msg->log.level), msg->log.text);
        case SYNC_ERROR:
                p = put_u32(p, (uint32_t)msg->error.errnum);
                p = put_u32(p, (uint32_t)msg->error.cls);
                p = put_text(p, msg->error.step);
                p = put_text(p, msg->error.place);
                return put_text(p, msg->error.msg);
        case SYNC_ASK:
                p = put_u32(p, (uint32_t)msg->ask.kind);
                return put_u32(p, msg->ask.number);
        case SYNC_DONE:
                return put_u32(p, (uint32_t)msg->done);
        default:
                return p;
        }
}

/* ---------------------------------------------- decoding ---------------------------------------------- */

/* A bounded cursor: no read past its end, and the first fault stays. */
struct cursor {
        const uint8_t *p;
        size_t left;
        struct err *err;
        int rc;
};

static void fault(struct cursor *c, const char *place, const char *what)
{
        if (c->rc == 0)
                c->rc = err_set(c->err, EPROTO, "sync", place, "%s", what);
}

static const uint8_t *take(struct cursor *c, size_t n, const char *place)
{
        const uint8_t *p = c->p;

        if (c->rc == 0 && n > c->left)
                fault(c, place, "goes beyond the frame's end");
        if (c->rc < 0)
                return NULL;
        c->p += n;
        c->left -= n;
        return p;
}

static uint32_t take_u32(struct cursor *c, const char *place)
{
        const uint8_t *p = take(c, 4, place);

        return p ? sync_get_u32(p) : 0;
}

/* n bytes and the NUL. */
static const char *take_bytes(struct cursor *c, size_t max, const char *place, size_t *ret_n)
{
        uint32_t n = take_u32(c, place);
        const uint8_t *p;

        if (c->rc == 0 && n > max)
                fault(c, place, "is too long");
        p = take(c, (size_t)n + 1, place);
        if (p && p[n] != '\0') {
                fault(c, place, "lacks the NUL at its end");
                return NULL;
        }
        *ret_n = n;
        return (const char *)p;
}

static const char *take_text(struct cursor *c, const struct text_rule *rule)
{
        size_t n = 0;
        const char *s = take_bytes(c, rule->max, rule->place, &n);
        const char *wrong;

        if (!s)
                return NULL;
        wrong = memchr(s, '\0', n) ? "has a NUL inside" : text_fault(rule, s, n);
        if (wrong) {
                fault(c, rule->place, wrong);
                return NULL;
        }
        return s;
}

static void get_inventory(struct cursor *c, uint32_t preserve, struct fds_inventory *inv)
{
        size_t bits = 3 + (size_t)preserve, bytes = bitmap_bytes(preserve);
        const uint8_t *map = take(c, bytes, "CONFIG.bitmap");

        memset(inv, 0, sizeof(*inv));
        if (!map)
                return;
        inv->preserve = preserve;
        for (size_t i = 0; i < bits; i++)
                inv->open_at_entry[i] = map[i / 8] >> (i % 8) & 1;
        if (bits % 8 && map[bytes - 1] >> (bits % 8))
                fault(c, "CONFIG.bitmap", "has bits beyond the last fd");
}

static void get_config(struct cursor *c, struct sync_config *m)
{
        uint32_t preserve;

        m->flags = take_u32(c, "CONFIG.flags");
        if (m->flags & ~SYNC_FLAGS_KNOWN)
                fault(c, "CONFIG.flags", "has unknown flags");
        preserve = take_u32(c, "CONFIG.preserve");
        if (preserve > LIMIT_PRESERVE_FDS)
                fault(c, "CONFIG.preserve", "is beyond the limit");
        m->listen = take_u32(c, "CONFIG.listen");
        if (m->listen > preserve)
                fault(c, "CONFIG.listen", "is more than the preserved fds");
        get_inventory(c, preserve, &m->inventory);
        m->bundle = take_text(c, &rule_bundle);
        m->id = take_text(c, &rule_id);
        m->config = take_bytes(c, LIMIT_CONFIG_BYTES, "CONFIG.config", &m->config_len);
}

static void get_log(struct cursor *c, struct sync_log *m)
{
        uint32_t level = take_u32(c, "LOG.level");

        if (level > SYNC_LOG_ERROR)
                fault(c, "LOG.level", "is unknown");
        m->level = (enum sync_log_level)level;
        m->text = take_text(c, &rule_text);
}

static void copy_text(struct cursor *c, const struct text_rule *rule, char *dst)
{
        const char *s = take_text(c, rule);

        if (s)
                memcpy(dst, s, strlen(s) + 1); /* <= rule->max, which is dst's size - 1 */
}

static void get_error(struct cursor *c, struct err *m)
{
        uint32_t errnum = take_u32(c, "ERROR.errnum"), cls;

        if (errnum < 1 || errnum > SYNC_ERRNUM_MAX)
                fault(c, "ERROR.errnum", "is no errno");
        cls = take_u32(c, "ERROR.class");
        if (cls >= ERR_CLASS__COUNT)
                fault(c, "ERROR.class", "is unknown");
        memset(m, 0, sizeof(*m));
        m->errnum = (int)errnum;
        m->cls = (enum err_class)cls;
        copy_text(c, &rule_step, m->step);
        copy_text(c, &rule_place, m->place);
        copy_text(c, &rule_msg, m->msg);
}

static void get_ask(struct cursor *c, uint32_t nfds, struct sync_ask *m)
{
        const char *wrong;

        m->kind = (enum sync_ask_kind)take_u32(c, "ASK.kind");
        m->number = take_u32(c, "ASK.number");
        m->sends_fd = nfds > 0;
        wrong = ask_fault(m);
        if (wrong)
                fault(c, "ASK.kind", wrong);
}

static void get_done(struct cursor *c, enum sync_ask_kind *m)
{
        *m = (enum sync_ask_kind)take_u32(c, "DONE.kind");
        if ((unsigned)*m >= SYNC_ASK__COUNT)
                fault(c, "DONE.kind", "is unknown");
}

int sync_payload_get(enum sync_type type, uint32_t nfds, const uint8_t *payload, size_t len,
                     struct sync_msg *ret_msg, struct err *err)
{
        struct cursor c = {payload, len, err, 0};
        struct sync_msg msg = {.type = type};

        if (type == SYNC_CONFIG)
                get_config(&c, &msg.config);
        else if (type == SYNC_LOG)
                get_log(&c, &msg.log);
        else if (type == SYNC_ERROR)
                get_error(&c, &msg.error);
        else if (type == SYNC_ASK)
                get_ask(&c, nfds, &msg.ask);
        else if (type == SYNC_DONE)
                get_done(&c, &msg.done);
        if (c.left > 0)
                fault(&c, sync_type_name(type), "has bytes after its last field");
        if (c.rc < 0)
                return c.rc;
        *ret_msg = msg;
        return 0;
}
