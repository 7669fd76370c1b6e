#include "props/runner/finding.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "props/runner/finding_text.h"

#define INPUT_MAX (1u << 20)

char *finding_path(const struct finding *f, enum finding_file file, char buf[PATH_MAX])
{
        static const char *const names[] = {"", "/raw", "/shrunk", "/input", "/report"};

        return tool_path(buf, "%s/findings/%s/%s%s", tool_home(), f->prop->name, f->signature->name,
                         names[file]);
}

bool finding_exists(const struct finding *f)
{
        char path[PATH_MAX];

        return access(finding_path(f, FINDING_DIR, path), F_OK) == 0;
}

/* Larger than a trace, it is kept as it was read. */
static int save_text(const struct finding *f, const char *path)
{
        size_t len;

        if (f->trace->overflow)
                return f->bytes ? tool_write(path, f->bytes, f->len) : -EFBIG;
        char *text = finding_print(f, &len);
        int rc = text ? tool_write(path, text, len) : -ENOMEM;
        free(text);
        return rc;
}

static int save_input(const struct finding *f, const char *path)
{
        if (f->trace->overflow)
                return f->bytes ? tool_write(path, f->bytes, f->len) : -EFBIG;
        uint8_t *form = malloc(INPUT_MAX);
        if (!form)
                return -ENOMEM;
        size_t len = pt_trace_bytes(f->trace, f->prop, form, INPUT_MAX, NULL);
        int rc = len == SIZE_MAX ? -EFBIG : tool_write(path, form, len);
        free(form);
        return rc;
}

int finding_save(const struct finding *f, enum finding_file file)
{
        char path[PATH_MAX];

        if (f->report && f->report[0])
                (void)tool_write(finding_path(f, FINDING_REPORT, path), f->report, strlen(f->report));
        int rc = save_text(f, finding_path(f, file, path));
        return rc < 0 || file != FINDING_SHRUNK ? rc : save_input(f, finding_path(f, FINDING_INPUT, path));
}

/* --- what was saved --- */

#define FILE_MAX (16u << 20)

static const char *why(int rc)
{
        return rc == -EBADMSG           ? "torn: its last line is not there or does not fit"
               : rc == -EPROTONOSUPPORT ? "of another version of initlab"
               : rc == -EINVAL          ? "a line of it makes no sense"
               : rc == -EPROTO          ? "no finding"
                                        : strerror(-rc);
}

int saved_parse(const uint8_t *p, size_t len, struct saved *ret, const char **ret_why)
{
        int rc = finding_parse((const char *)p, len, ret);

        if (rc < 0)
                *ret_why = len == 0 ? "empty" : why(rc);
        return rc;
}

static int load(const char *path, struct saved *ret, const char **ret_why)
{
        struct tool_data data;
        int rc = tool_read(path, FILE_MAX, &data);

        if (rc < 0) {
                *ret_why = strerror(-rc);
                return rc;
        }
        rc = saved_parse(data.p, data.len, ret, ret_why);
        free(data.p);
        return rc;
}

int saved_load_finding(const char *dir, struct saved *ret, char ret_path[PATH_MAX], const char **ret_why)
{
        const char *why_not;
        int rc = load(tool_path(ret_path, "%s/shrunk", dir), ret, ret_why);

        if (rc < 0) { /* as it failed first, then: a run was killed, or the disk was full, while shrinking */
                char path[PATH_MAX];
                if (load(tool_path(path, "%s/raw", dir), ret, &why_not) == 0) {
                        tool_path(ret_path, "%s", path);
                        return 0;
                }
        }
        return rc;
}

int findings_list(const char *property, struct tool_names *ret)
{
        char dir[PATH_MAX], path[PATH_MAX];
        struct dirent *e;
        struct stat st;

        *ret = (struct tool_names){0};
        DIR *d = opendir(tool_path(dir, "%s/findings/%s", tool_home(), property));
        if (!d)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        while ((e = readdir(d)))
                if (e->d_name[0] != '.' && stat(tool_path(path, "%s/%s", dir, e->d_name), &st) == 0 &&
                    S_ISDIR(st.st_mode))
                        tool_names_add(ret, path);
        closedir(d);
        tool_names_sort(ret);
        return 0;
}

size_t finding_choices(const pt_prop *prop, const struct pt_trace *trace)
{
        uint8_t *form = malloc(INPUT_MAX);
        size_t choices = 0;

        if (form)
                (void)pt_trace_bytes(trace, prop, form, INPUT_MAX, &choices);
        free(form);
        return choices;
}
