/* Reads "world" of a scenario file. */
#include "sandbox/scenario_private.h"

static const char *const share_words[] = { "pid", "network", "ipc", "uts" };

static int read_stdio(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        struct json_at list = { up, "stdio", 0 };
        json_t *array;
        int rc = json_read_array(world, "stdio", 3, &array, up, err);

        if (rc < 0 || !array)
                return rc;
        if (json_array_size(array) != 3)
                return json_bad(&list, err, "must have three items: the kinds of 0, 1 and 2");
        for (size_t i = 0; i < 3; i++) {
                struct json_at at = { &list, NULL, i };
                int kind;
                rc = json_value_enum(json_array_get(array, i), &at, scenario_kind_words, COUNT(scenario_kind_words), &kind, err);
                if (rc < 0)
                        return rc;
                if (kind == KIND_DIRECTORY)
                        return json_bad(&at, err, "a directory is no stdio: of \"fds\" only");
                s->world.fd[i] = (enum scenario_kind)kind;
        }
        for (size_t i = 1; i < 3; i++)
                if ((s->world.fd[i] == KIND_PTY) != (s->world.fd[0] == KIND_PTY))
                        return json_bad(&list, err, "a terminal is all three or none");
        return 0;
}

static int read_fds(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        static const char *const known[] = { "fd", "kind" };
        struct json_at list = { up, "fds", 0 };
        json_t *array;
        int rc = json_read_array(world, "fds", SCENARIO_FD_MAX, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                const json_t *item = json_array_get(array, i);
                int64_t fd = 0;
                int kind = 0;

                rc = json_check_object(item, &at, known, COUNT(known), err);
                if (rc == 0)
                        rc = json_read_int(item, "fd", true, 3, SCENARIO_FD_MAX - 1, &fd, &at, err);
                if (rc == 0) /* "closed" and "pty" are kinds of stdio only */
                        rc = json_read_enum(item, "kind", true, scenario_kind_words, KIND_CLOSED, &kind, &at, err);
                if (rc < 0)
                        return rc;
                if (s->world.fd[fd] != KIND_CLOSED)
                        return json_bad(&at, err, "fd %d is there twice", (int)fd);
                s->world.fd[fd] = (enum scenario_kind)kind;
        }
        return rc;
}

static int read_signals(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        struct json_at list = { up, "ignored_signals", 0 };
        json_t *array;
        int rc = json_read_array(world, "ignored_signals", SCENARIO_LIST, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                int64_t sig = 0;
                rc = json_value_int(json_array_get(array, i), &at, 1, 64, &sig, err);
                if (rc == 0 && (sig == 9 || sig == 19))
                        rc = json_bad(&at, err, "signal %d can't be ignored", (int)sig);
                s->world.ignored_signals[i] = (int)sig;
                s->world.n_ignored = i + 1;
        }
        return rc;
}

static int read_share(const json_t *world, struct scenario *s, const struct json_at *up, struct err *err)
{
        struct json_at list = { up, "share", 0 };
        json_t *array;
        int rc = json_read_array(world, "share", SHARE__COUNT, &array, up, err);

        for (size_t i = 0; rc == 0 && array && i < json_array_size(array); i++) {
                struct json_at at = { &list, NULL, i };
                int which = 0;
                rc = json_value_enum(json_array_get(array, i), &at, share_words, COUNT(share_words), &which, err);
                s->world.share[which] |= rc == 0;
        }
        return rc;
}

int scenario_read_world(const json_t *root, struct scenario *s, struct err *err)
{
        static const char *const known[] = { "stdio", "stdin_bytes", "fds", "ignored_signals", "share",
                                             "shared_mounts", "exe_owner", "notify" };
        struct json_at at = { NULL, "world", 0 };
        const json_t *world = json_object_get(root, "world");
        int64_t bytes = 0, owner = 0;
        int rc;

        for (int i = 0; i < SCENARIO_FD_MAX; i++)
                s->world.fd[i] = KIND_CLOSED;
        s->world.fd[0] = KIND_DEVNULL;
        s->world.fd[1] = s->world.fd[2] = KIND_PIPE;
        if (!world)
                return 0;
        rc = json_check_object(world, &at, known, COUNT(known), err);
        if (rc == 0)
                rc = read_stdio(world, s, &at, err);
        if (rc == 0)
                rc = json_read_int(world, "stdin_bytes", false, 0, SCENARIO_BYTES_MAX, &bytes, &at, err);
        s->world.stdin_bytes = (uint32_t)bytes;
        if (rc == 0)
                rc = read_fds(world, s, &at, err);
        if (rc == 0)
                rc = read_signals(world, s, &at, err);
        if (rc == 0)
                rc = read_share(world, s, &at, err);
        if (rc == 0)
                rc = json_read_bool(world, "shared_mounts", &s->world.shared_mounts, &at, err);
        if (rc == 0)
                rc = json_read_bool(world, "notify", &s->world.notify, &at, err);
        if (rc == 0)
                rc = json_read_int(world, "exe_owner", false, 0, UINT32_MAX - 1, &owner, &at, err);
        s->world.exe_owner = (uint32_t)owner;
        if (rc == 0 && bytes && (s->world.fd[0] == KIND_DEVNULL || s->world.fd[0] == KIND_CLOSED)) {
                struct json_at here = { &at, "stdin_bytes", 0 };
                rc = json_bad(&here, err, "nothing can be read from a stdin of kind %s",
                              scenario_kind_word(s->world.fd[0]));
        }
        return rc;
}
