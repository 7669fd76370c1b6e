/* core/sync/sync_codec.h: SYNC-ROUNDTRIP on every sample, split, truncation and corrupted byte. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/sync/sync_codec.h"

#define BIG (SYNC_HEADER_SIZE + LIMIT_SYNC_PAYLOAD)

static struct sync_msg sample_config(unsigned preserve)
{
        struct sync_msg m = {.type = SYNC_CONFIG};

        m.config.flags = SYNC_FLAG_DEBUG;
        m.config.bundle = "/var/lib/b";
        m.config.id = "c1";
        m.config.config = "{\"ociVersion\":\"1.2.0\"}";
        m.config.config_len = strlen(m.config.config);
        m.config.inventory.preserve = preserve;
        m.config.listen = preserve / 2;
        for (size_t i = 0; i < 3 + preserve; i++)
                m.config.inventory.open_at_entry[i] = i % 3 != 1;
        return m;
}

static struct sync_msg sample_log(enum sync_log_level level, const char *text)
{
        return (struct sync_msg){.type = SYNC_LOG, .log = {level, text}};
}

static struct sync_msg sample_error(void)
{
        struct sync_msg m = {.type = SYNC_ERROR};

        err_set_class(&m.error, ENOENT, ERR_CLASS_NOT_FOUND, "execve", "/process/args/0", "no such \xc3\xa4");
        return m;
}

static struct sync_msg longest_error(void)
{
        struct sync_msg m = {.type = SYNC_ERROR, .error.errnum = SYNC_ERRNUM_MAX, .error.cls = ERR_CLASS_DIRECTORY};

        memset(m.error.step, 's', ERR_STEP_MAX - 1);
        memset(m.error.place, 'p', ERR_PLACE_MAX - 1);
        memset(m.error.msg, 'm', ERR_MSG_MAX - 1);
        return m;
}

#define SAMPLES 16
static void make_samples(struct sync_msg s[SAMPLES])
{
        static char longest[SYNC_LOG_TEXT_MAX + 1];
        struct sync_msg *p = s;

        memset(longest, 'x', SYNC_LOG_TEXT_MAX);
        *p++ = sample_config(0);
        *p++ = sample_config(5); /* 8 bits: no unused ones */
        *p++ = sample_config(6);
        *p++ = sample_config(LIMIT_PRESERVE_FDS);
        *p = sample_config(1);
        p->config.config_len = 0;
        p++->config.flags = 0;
        *p++ = sample_log(SYNC_LOG_DEBUG, "");
        *p++ = sample_log(SYNC_LOG_ERROR, longest);
        *p++ = sample_error();
        *p++ = longest_error();
        p++->type = SYNC_READY;
        p++->type = SYNC_START;
        p++->type = SYNC_EXECUTING;
        *p++ = (struct sync_msg){.type = SYNC_ASK, .ask = {SYNC_ASK_HOOKS, false, 0}};
        *p++ = (struct sync_msg){.type = SYNC_ASK, .ask = {SYNC_ASK_CONSOLE, true, 0}};
        *p++ = (struct sync_msg){.type = SYNC_ASK, .ask = {SYNC_ASK_LISTENER, false, INT_MAX}};
        *p++ = (struct sync_msg){.type = SYNC_DONE, .done = SYNC_ASK_LISTENER};
        assert_ptr_equal(p, s + SAMPLES);
}

/* Feeds pieces of at most `piece` bytes and ends the stream. 0 and the message (in *ret_payload's memory), or the error. */
static int decode(const uint8_t *bytes, size_t n, size_t piece, struct sync_msg *ret, void **ret_payload)
{
        struct sync_decoder d;
        struct err err = ERR_INIT;
        size_t fed = 0;
        int r = SYNC_MORE_BYTES;

        *ret_payload = NULL;
        sync_decoder_begin(&d);
        while (fed < n && r != SYNC_WHOLE) {
                size_t used, part = n - fed < piece ? n - fed : piece;

                r = sync_decoder_feed(&d, bytes + fed, part, &used, &err);
                if (r == SYNC_NEED_BUFFER) {
                        *ret_payload = malloc(d.length); /* exactly: the sanitizer sees a byte too many */
                        assert_non_null(*ret_payload);
                        sync_decoder_give(&d, *ret_payload);
                        r = SYNC_MORE_BYTES;
                }
                if (r < 0)
                        break;
                fed += used;
        }
        if (r == SYNC_WHOLE && fed < n)
                r = -E2BIG; /* this file's own code: another frame may follow here */
        if (r == SYNC_MORE_BYTES)
                r = sync_decoder_eof(&d, &err) < 0 ? -EPROTO : -ENODATA;
        if (r == SYNC_WHOLE)
                r = sync_decoder_message(&d, ret, &err);
        if (r < 0 && r != -E2BIG && r != -ENODATA) {
                assert_int_equal(err.errnum, -r);
                assert_string_equal(err.step, "sync");
                assert_int_not_equal(err.place[0], 0);
                /* It stays failed, whatever comes. */
                size_t used = 77;
                assert_true(sync_decoder_feed(&d, bytes, n, &used, &err) < 0);
                assert_int_equal(used, 77);
                assert_true(sync_decoder_eof(&d, &err) < 0);
                assert_true(sync_decoder_message(&d, ret, &err) < 0);
                assert_int_equal(sync_decoder_wanted(&d), 0);
        }
        return r;
}

static size_t encode(const struct sync_msg *m, uint8_t *buf, size_t size)
{
        struct err err = ERR_INIT;
        size_t len;

        assert_int_equal(sync_encode(m, buf, size, &len, &err), 0);
        return len;
}

/* Decodes; a message must encode to the same bytes. Returns the decoder's result. */
static int canonical(const uint8_t *bytes, size_t n, size_t piece)
{
        struct sync_msg m;
        void *payload;
        int r = decode(bytes, n, piece, &m, &payload);

        if (r == 0) {
                uint8_t *again = malloc(n);

                assert_int_equal(encode(&m, again, n), n);
                assert_memory_equal(again, bytes, n);
                free(again);
        }
        free(payload);
        return r;
}

static void sync_codec__every_split__same_message(void **state)
{
        struct sync_msg s[SAMPLES];
        uint8_t buf[SYNC_SMALL_FRAME];

        (void)state;
        make_samples(s);
        for (size_t i = 0; i < SAMPLES; i++) {
                size_t n = encode(&s[i], buf, sizeof(buf));

                for (size_t piece = 1; piece <= n; piece++)
                        assert_int_equal(canonical(buf, n, piece), 0);
        }
}

static void sync_codec__config__all_fields_kept(void **state)
{
        struct sync_msg m = sample_config(6), got;
        uint8_t buf[SYNC_SMALL_FRAME];
        void *payload;
        size_t n;

        (void)state;
        m.config.inventory.open_at_entry[50] = true; /* beyond 3+preserve: not sent */
        n = encode(&m, buf, sizeof(buf));
        assert_int_equal(decode(buf, n, n, &got, &payload), 0);
        assert_int_equal(got.type, SYNC_CONFIG);
        assert_int_equal(got.config.flags, SYNC_FLAG_DEBUG);
        assert_string_equal(got.config.bundle, "/var/lib/b");
        assert_string_equal(got.config.id, "c1");
        assert_int_equal(got.config.config_len, m.config.config_len);
        assert_string_equal(got.config.config, m.config.config);
        assert_int_equal(got.config.listen, 3);
        m.config.inventory.open_at_entry[50] = false;
        assert_memory_equal(&got.config.inventory, &m.config.inventory, sizeof(m.config.inventory));
        free(payload);
}

static void sync_codec__error__whole_struct_kept(void **state)
{
        struct sync_msg m = longest_error(), got;
        uint8_t buf[SYNC_SMALL_FRAME];
        void *payload;
        size_t n = encode(&m, buf, sizeof(buf));

        (void)state;
        assert_int_equal(decode(buf, n, 1, &got, &payload), 0);
        assert_memory_equal(&got.error, &m.error, sizeof(m.error));
        free(payload);
}

static void sync_codec__largest_config__round_trip(void **state)
{
        struct sync_msg m = sample_config(LIMIT_PRESERVE_FDS), got;
        char *text = malloc(LIMIT_CONFIG_BYTES), path[SYNC_BUNDLE_MAX + 1], id[LIMIT_ID_BYTES + 1];
        uint8_t *buf = malloc(BIG);
        void *payload;
        size_t n;

        (void)state;
        memset(path, '/', sizeof(path));
        path[SYNC_BUNDLE_MAX] = '\0';
        memset(id, 'i', sizeof(id));
        id[LIMIT_ID_BYTES] = '\0';
        for (size_t i = 0; i < LIMIT_CONFIG_BYTES; i++)
                text[i] = (char)i; /* NULs too */
        m.config.bundle = path;
        m.config.id = id;
        m.config.config = text;
        m.config.config_len = LIMIT_CONFIG_BYTES;
        n = encode(&m, buf, BIG);
        assert_int_equal(decode(buf, n, 65537, &got, &payload), 0);
        assert_int_equal(got.config.config_len, LIMIT_CONFIG_BYTES);
        assert_memory_equal(got.config.config, text, LIMIT_CONFIG_BYTES);
        assert_string_equal(got.config.bundle, path);
        assert_string_equal(got.config.id, id);
        free(payload);
        free(buf);
        free(text);
}

static void sync_codec__every_truncation__clean_error(void **state)
{
        struct sync_msg s[SAMPLES];
        uint8_t buf[SYNC_SMALL_FRAME];

        (void)state;
        make_samples(s);
        for (size_t i = 0; i < SAMPLES; i++) {
                size_t n = encode(&s[i], buf, sizeof(buf));

                assert_int_equal(canonical(buf, 0, 1), -ENODATA);
                for (size_t cut = 1; cut < n; cut++)
                        assert_int_equal(canonical(buf, cut, cut), -EPROTO);
        }
}

static void sync_codec__every_corrupted_byte__error_or_canonical(void **state)
{
        struct sync_msg s[SAMPLES];
        uint8_t buf[SYNC_SMALL_FRAME];
        size_t accepted = 0, refused = 0;

        (void)state;
        make_samples(s);
        for (size_t i = 0; i < SAMPLES; i++) {
                size_t n = encode(&s[i], buf, sizeof(buf));

                for (size_t at = 0; at < n && at < 300; at++) {
                        uint8_t was = buf[at];

                        for (unsigned flip = 1; flip < 256; flip++) {
                                int r;

                                buf[at] = was ^ (uint8_t)flip;
                                r = canonical(buf, n, n);
                                accepted += r == 0;
                                refused += r < 0;
                                assert_true(r == 0 || r == -EPROTO || r == -EPROTONOSUPPORT || r == -EMSGSIZE ||
                                            r == -E2BIG);
                                if (at < 4)
                                        assert_true(r == -EPROTO || r == -EPROTONOSUPPORT);
                        }
                        buf[at] = was;
                }
        }
        assert_true(accepted > 1000 && refused > 1000); /* both happen: the test sees something */
}

static void sync_decoder_feed__bytes_of_next_frame__left_alone(void **state)
{
        struct sync_msg a = {.type = SYNC_READY}, b = {.type = SYNC_EXECUTING};
        uint8_t buf[2 * SYNC_HEADER_SIZE];
        struct sync_decoder d;
        size_t used;

        (void)state;
        encode(&a, buf, sizeof(buf));
        encode(&b, buf + SYNC_HEADER_SIZE, SYNC_HEADER_SIZE);
        sync_decoder_begin(&d);
        assert_int_equal(sync_decoder_wanted(&d), SYNC_HEADER_SIZE);
        assert_int_equal(sync_decoder_feed(&d, buf, sizeof(buf), &used, NULL), SYNC_WHOLE);
        assert_int_equal(used, SYNC_HEADER_SIZE);
        assert_int_equal(sync_decoder_eof(&d, NULL), 0);
}

/* ------------------------------ frames that are none ------------------------------ */

struct bad {
        const char *what;
        unsigned sample, at; /* of make_samples; the byte to overwrite */
        uint8_t bytes[4];
        unsigned n;
        int rc;
};

static const struct bad bads[] = {
        {"magic", 9, 0, "ils", 3, -EPROTO},
        {"version 0", 9, 3, {0}, 1, -EPROTONOSUPPORT},
        {"version 2", 9, 3, {2}, 1, -EPROTONOSUPPORT},
        {"type 0", 9, 4, {0}, 1, -EPROTO},
        {"type 9", 9, 4, {9}, 1, -EPROTO},
        {"type with a high byte", 9, 5, {1}, 1, -EPROTO},
        {"a fd with READY", 9, 6, {1}, 1, -EPROTO},
        {"three fds with CONFIG", 0, 6, {3}, 1, -EPROTO},
        {"no fd with CONFIG", 0, 6, {0}, 1, -EPROTO},
        {"too many fds", 0, 6, {LIMIT_SYNC_FDS + 1}, 1, -EMSGSIZE},
        {"payload of READY", 9, 8, {1}, 1, -EMSGSIZE},
        {"payload of LOG beyond the limit", 5, 8, {1, 0x10}, 2, -EMSGSIZE},
        {"payload of CONFIG beyond the limit", 0, 8, {1, 0, 0x41}, 3, -EMSGSIZE},
        {"length of 4 GiB", 0, 8, {0xff, 0xff, 0xff, 0xff}, 4, -EMSGSIZE},
        {"unknown flag", 0, 12, {2}, 1, -EPROTO},
        {"preserve beyond the limit", 0, 16, {1, 4}, 2, -EPROTO},
        {"preserve of 4 GiB", 0, 16, {0xff, 0xff, 0xff, 0xff}, 4, -EPROTO},
        {"listen beyond preserve", 0, 20, {1}, 1, -EPROTO},
        {"bit beyond the last fd", 0, 24, {0x0d}, 1, -EPROTO},
        {"bundle not absolute", 0, 29, "v", 1, -EPROTO},
        {"bundle with NUL", 0, 30, {0}, 1, -EPROTO},
        {"bundle empty", 0, 25, {0}, 1, -EPROTO},
        {"bundle without its NUL", 0, 39, "x", 1, -EPROTO},
        {"bundle beyond the frame", 0, 25, {0xff, 0x0f}, 2, -EPROTO},
        {"id empty", 0, 40, {0}, 1, -EPROTO},
        {"level 4", 5, 12, {4}, 1, -EPROTO},
        {"escape sequence in LOG", 6, 20, "\x1b", 1, -EPROTO},
        {"newline in ERROR", 7, 24, "\n", 1, -EPROTO},
        {"DEL in ERROR", 7, 24, "\x7f", 1, -EPROTO},
        {"errnum 0", 7, 12, {0}, 1, -EPROTO},
        {"errnum 4096", 7, 12, {0, 0x10}, 2, -EPROTO},
        {"negative errnum", 7, 12, {0xff, 0xff, 0xff, 0xff}, 4, -EPROTO},
        {"unknown kind", 12, 12, {4}, 1, -EPROTO},
        {"HOOKS with an fd", 12, 6, {1}, 1, -EPROTO},
        {"HOOKS with a number", 12, 16, {1}, 1, -EPROTO},
        {"two fds with ASK", 13, 6, {2}, 1, -EPROTO},
        {"CONSOLE without its fd", 13, 6, {0}, 1, -EPROTO},
        {"LISTENER with an fd and a number", 14, 6, {1}, 1, -EPROTO},
        {"LISTENER with a negative number", 14, 19, {0x80}, 1, -EPROTO},
        {"ASK too long", 12, 8, {9}, 1, -EMSGSIZE},
        {"unknown kind of DONE", 15, 12, {4}, 1, -EPROTO},
        {"fd with DONE", 15, 6, {1}, 1, -EPROTO},
        {"class 5", 7, 16, {ERR_CLASS__COUNT}, 1, -EPROTO},
        {"class of 4 GiB", 7, 16, {0xff, 0xff, 0xff, 0xff}, 4, -EPROTO},
        {"step empty", 7, 20, {0}, 1, -EPROTO},
        {"step too long", 7, 20, {ERR_STEP_MAX}, 1, -EPROTO},
};

static void sync_codec__bad_frames__each_its_error(void **state)
{
        struct sync_msg s[SAMPLES];
        uint8_t buf[SYNC_SMALL_FRAME];

        (void)state;
        make_samples(s);
        for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
                size_t n = encode(&s[bads[i].sample], buf, sizeof(buf));
                int r;

                memcpy(buf + bads[i].at, bads[i].bytes, bads[i].n);
                r = canonical(buf, n, n);
                if (r != bads[i].rc)
                        fail_msg("%s: %d, expected %d", bads[i].what, r, bads[i].rc);
        }
}

static void sync_codec__trailing_bytes__refused(void **state)
{
        struct sync_msg s[SAMPLES];
        uint8_t buf[SYNC_SMALL_FRAME + 1];

        (void)state;
        make_samples(s);
        for (size_t i = 0; i < 9; i++) {
                size_t n = encode(&s[i], buf, SYNC_SMALL_FRAME);
                uint32_t length = (uint32_t)(n + 1 - SYNC_HEADER_SIZE);

                buf[n] = 0;
                memcpy(buf + 8, &length, 4); /* tests run on little-endian machines, as the frame is */
                assert_int_equal(canonical(buf, n + 1, 7), -EPROTO);
        }
}

/* ------------------------------ messages that have no frame ------------------------------ */

static int encode_rc(const struct sync_msg *m, const char *place)
{
        uint8_t buf[SYNC_SMALL_FRAME];
        struct err err = ERR_INIT;
        size_t len = 99;
        int r = sync_encode(m, buf, sizeof(buf), &len, &err);

        if (r < 0) {
                assert_int_equal(len, 99);
                assert_int_equal(err.errnum, -r);
                assert_string_equal(err.place, place);
        }
        return r;
}

static void sync_encode__config_out_of_domain__refused(void **state)
{
        static char big[8192];
        struct sync_msg m;

        (void)state;
        memset(big, '/', sizeof(big) - 1);
        m = sample_config(0);
        m.config.flags = 2;
        assert_int_equal(encode_rc(&m, "CONFIG.flags"), -EINVAL);
        m = sample_config(0);
        m.config.listen = 1;
        assert_int_equal(encode_rc(&m, "CONFIG.listen"), -EINVAL);
        m = sample_config(0);
        m.config.inventory.preserve = LIMIT_PRESERVE_FDS + 1;
        assert_int_equal(encode_rc(&m, "CONFIG.preserve"), -EMSGSIZE);
        m = sample_config(0);
        m.config.bundle = "";
        assert_int_equal(encode_rc(&m, "CONFIG.bundle"), -EINVAL);
        m.config.bundle = "relative";
        assert_int_equal(encode_rc(&m, "CONFIG.bundle"), -EINVAL);
        m.config.bundle = NULL;
        assert_int_equal(encode_rc(&m, "CONFIG.bundle"), -EINVAL);
        m.config.bundle = big;
        assert_int_equal(encode_rc(&m, "CONFIG.bundle"), -EMSGSIZE);
        m = sample_config(0);
        m.config.id = big;
        assert_int_equal(encode_rc(&m, "CONFIG.id"), -EMSGSIZE);
        m = sample_config(0);
        m.config.config = NULL;
        assert_int_equal(encode_rc(&m, "CONFIG.config"), -EINVAL);
        m = sample_config(0);
        m.config.config_len = LIMIT_CONFIG_BYTES + 1;
        assert_int_equal(encode_rc(&m, "CONFIG.config"), -EMSGSIZE);
}

static void sync_encode__text_or_type_out_of_domain__refused(void **state)
{
        static char big[SYNC_LOG_TEXT_MAX + 2];
        struct sync_msg m;

        (void)state;
        memset(big, 'x', sizeof(big) - 1);
        m = sample_log((enum sync_log_level)4, "");
        assert_int_equal(encode_rc(&m, "LOG.level"), -EINVAL);
        m = sample_log(SYNC_LOG_INFO, "two\nlines");
        assert_int_equal(encode_rc(&m, "LOG.text"), -EINVAL);
        m = sample_log(SYNC_LOG_INFO, big);
        assert_int_equal(encode_rc(&m, "LOG.text"), -EMSGSIZE);
        m = sample_error();
        m.error.errnum = 0;
        assert_int_equal(encode_rc(&m, "ERROR.errnum"), -EINVAL);
        m.error.errnum = SYNC_ERRNUM_MAX + 1;
        assert_int_equal(encode_rc(&m, "ERROR.errnum"), -EINVAL);
        m = sample_error();
        m.error.cls = ERR_CLASS__COUNT;
        assert_int_equal(encode_rc(&m, "ERROR.class"), -EINVAL);
        m = sample_error();
        m.error.step[0] = '\0';
        assert_int_equal(encode_rc(&m, "ERROR.step"), -EINVAL);
        m = sample_error();
        m.error.place[0] = '\t';
        assert_int_equal(encode_rc(&m, "ERROR.place"), -EINVAL);
        m = longest_error();
        m.error.msg[ERR_MSG_MAX - 1] = 'x'; /* no NUL anywhere: must not be read beyond */
        assert_int_equal(encode_rc(&m, "ERROR.msg"), -EMSGSIZE);
        m.type = (enum sync_type)0;
        assert_int_equal(encode_rc(&m, "header"), -EINVAL);
        m.type = (enum sync_type)9;
        assert_int_equal(encode_rc(&m, "header"), -EINVAL);
}

static void sync_encode__short_buffer__refused_and_untouched(void **state)
{
        struct sync_msg m = sample_error();
        uint8_t buf[SYNC_SMALL_FRAME], was[SYNC_SMALL_FRAME];
        size_t n = encode(&m, buf, sizeof(buf)), len = 99;

        (void)state;
        memset(buf, 0xa5, sizeof(buf));
        memcpy(was, buf, sizeof(buf));
        for (size_t size = 0; size < n; size++)
                assert_int_equal(sync_encode(&m, buf, size, &len, NULL), -ENOBUFS);
        assert_memory_equal(buf, was, sizeof(buf));
        assert_int_equal(len, 99);
}

/* ------------------------------ START in a stream of anything ------------------------------ */

static void sync_finder_feed__start_behind_garbage__found_at_any_split(void **state)
{
        static const char *const before[] = {"", "x", "ILS", "ILSILS\x01\x05", "\0\0\0\0\0\0\0\0\0\0\0\0\0", "ILS\x01"};
        struct sync_msg m = {.type = SYNC_START};
        uint8_t buf[64];

        (void)state;
        for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
                size_t n = i == 4 ? 13 : strlen(before[i]);

                memcpy(buf, before[i], n);
                n += encode(&m, buf + n, sizeof(buf) - n);
                for (size_t cut = 0; cut <= n; cut++) {
                        struct sync_finder f = SYNC_FINDER_INIT;

                        assert_int_equal(sync_finder_feed(&f, buf, cut), cut == n);
                        if (cut < n)
                                assert_true(sync_finder_feed(&f, buf + cut, n - cut));
                }
        }
}

static void sync_finder_feed__any_other_frame__not_found(void **state)
{
        struct sync_msg s[SAMPLES];
        uint8_t buf[SYNC_SMALL_FRAME];

        (void)state;
        make_samples(s);
        for (size_t i = 0; i < SAMPLES; i++) {
                struct sync_finder f = SYNC_FINDER_INIT;

                assert_int_equal(sync_finder_feed(&f, buf, encode(&s[i], buf, sizeof(buf))),
                                 s[i].type == SYNC_START);
        }
}

static void sync_type_name__all__known_or_question_mark(void **state)
{
        (void)state;
        assert_string_equal(sync_type_name(SYNC_CONFIG), "CONFIG");
        assert_string_equal(sync_type_name(SYNC_EXECUTING), "EXECUTING");
        assert_string_equal(sync_type_name(0), "?");
        assert_string_equal(sync_type_name(SYNC_DONE), "DONE");
        assert_string_equal(sync_type_name(9), "?");
        assert_string_equal(sync_ask_name(SYNC_ASK_LISTENER), "LISTENER");
        assert_string_equal(sync_ask_name(SYNC_ASK__COUNT), "?");
        assert_int_equal(sync_type_fds(SYNC_CONFIG), 2);
        assert_int_equal(sync_type_fds(SYNC_READY), 0);
        assert_int_equal(sync_type_fds(99), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sync_codec__every_split__same_message),
                cmocka_unit_test(sync_codec__config__all_fields_kept),
                cmocka_unit_test(sync_codec__error__whole_struct_kept),
                cmocka_unit_test(sync_codec__largest_config__round_trip),
                cmocka_unit_test(sync_codec__every_truncation__clean_error),
                cmocka_unit_test(sync_codec__every_corrupted_byte__error_or_canonical),
                cmocka_unit_test(sync_decoder_feed__bytes_of_next_frame__left_alone),
                cmocka_unit_test(sync_codec__bad_frames__each_its_error),
                cmocka_unit_test(sync_codec__trailing_bytes__refused),
                cmocka_unit_test(sync_encode__config_out_of_domain__refused),
                cmocka_unit_test(sync_encode__text_or_type_out_of_domain__refused),
                cmocka_unit_test(sync_encode__short_buffer__refused_and_untouched),
                cmocka_unit_test(sync_finder_feed__start_behind_garbage__found_at_any_split),
                cmocka_unit_test(sync_finder_feed__any_other_frame__not_found),
                cmocka_unit_test(sync_type_name__all__known_or_question_mark),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
