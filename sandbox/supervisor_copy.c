/* A copy of the runtime, for payloads that attack it: the machine's own is never in their reach. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/bundle.h"
#include "sandbox/supervisor_private.h"
#include "sandbox/text.h"

/* FNV-1a, 64 bits, of the file's bytes. */
static int hash_file(const char *path, uint64_t *ret)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        uint64_t h = UINT64_C(0xcbf29ce484222325);
        unsigned char buf[16384];
        ssize_t n = -1;

        while (fd >= 0 && (n = read(fd, buf, sizeof buf)) > 0)
                for (ssize_t i = 0; i < n; i++)
                        h = (h ^ buf[i]) * UINT64_C(0x100000001b3);
        if (fd < 0 || n < 0)
                n = -errno;
        if (fd >= 0)
                close(fd);
        *ret = h;
        return (int)n;
}

static int copy_file(const char *from, const char *to)
{
        int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
        char buf[65536];
        ssize_t n = in < 0 || out < 0 ? -1 : 1;

        while (n > 0) {
                n = read(in, buf, sizeof buf);
                if (n > 0 && write(out, buf, (size_t)n) != n)
                        n = -1;
        }
        n = n < 0 ? -(errno ? errno : EIO) : 0;
        if (in >= 0)
                close(in);
        if (out >= 0)
                close(out);
        return (int)n;
}

int super_choose_runtime(struct super *su)
{
        const char *path = su->job->runtime->path, *base = strrchr(path, '/');
        int rc;

        snprintf(su->runtime, sizeof su->runtime, "%s", path);
        if (!scenario_attacks(su->job->s))
                return 0;
        if (snprintf(su->runtime, sizeof su->runtime, "%s%s", SURROUNDINGS_COPY, base) >= (int)sizeof su->runtime)
                return -ENAMETOOLONG;
        if (mkdir(SURROUNDINGS_COPY, 0755) < 0)
                return -errno;
        rc = copy_file(path, su->runtime);
        if (rc == 0)
                rc = hash_file(su->runtime, &su->copy_hash);
        if (rc == 0 && chown(su->runtime, su->job->s->world.exe_owner, su->job->s->world.exe_owner) < 0)
                rc = -errno;
        if (rc == 0 && stat(su->runtime, &su->copied) < 0)
                rc = -errno;
        su->o->exe_copied = rc == 0;
        return rc;
}

void super_look_at_copy(struct super *su)
{
        struct observation *o = su->o;
        const char *how = "";
        uint64_t hash;
        struct stat st;
        char attacks[2048];

        if (!o->exe_copied)
                return;
        if (text_read(SURROUNDINGS_BUNDLE "/rootfs" BUNDLE_ATTACKS, attacks, sizeof attacks) == 0)
                obs_attacks_parse(attacks, o);
        if (stat(su->runtime, &st) < 0 || hash_file(su->runtime, &hash) < 0)
                how = "is gone";
        else if (st.st_dev != su->copied.st_dev || st.st_ino != su->copied.st_ino)
                how = "is another file";
        else if (hash != su->copy_hash || st.st_size != su->copied.st_size)
                how = "has another content";
        else if (st.st_mode != su->copied.st_mode || st.st_uid != su->copied.st_uid)
                how = "has another mode or owner";
        else if (st.st_mtim.tv_sec != su->copied.st_mtim.tv_sec || st.st_mtim.tv_nsec != su->copied.st_mtim.tv_nsec)
                how = "was written to";
        snprintf(o->exe_changed, sizeof o->exe_changed, "%s", how);
}
