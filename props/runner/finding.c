#include "props/runner/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int save_input(const struct finding *f, enum finding_file file)
{
        uint8_t *form = malloc(INPUT_MAX);
        char path[PATH_MAX];
        int rc = -ENOMEM;

        finding_path(f, file, path);
        if (f->trace->overflow && f->bytes) {
                rc = tool_write(path, f->bytes, f->len);
        } else if (form) {
                size_t len = pt_trace_bytes(f->trace, f->prop, form, INPUT_MAX, NULL);
                rc = len == SIZE_MAX ? -EFBIG : tool_write(path, form, len);
        }
        free(form);
        return rc;
}

int finding_save(const struct finding *f, enum finding_file file)
{
        char path[PATH_MAX];

        if (f->report && f->report[0])
                (void)tool_write(finding_path(f, FINDING_REPORT, path), f->report, strlen(f->report));
        int rc = save_input(f, file);
        return rc < 0 || file != FINDING_SHRUNK ? rc : save_input(f, FINDING_INPUT);
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
