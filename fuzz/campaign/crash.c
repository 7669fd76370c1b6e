/* How an input fails: a kind and a place that are the same for all inputs that fail in the same way. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.h"

#define JUDGE_MS 30000
#define REPORT_MAX (16u << 20)

static void set(char *dst, size_t size, const char *src, size_t len)
{
        if (len >= size)
                len = size - 1;
        memcpy(dst, src, len);
        dst[len] = '\0';
}

/* The rest of the line after the mark, up to any of stop; NULL: the report has no such line. */
static const char *after(const char *report, const char *mark, const char *stop, size_t *ret_len)
{
        const char *p = strstr(report, mark);

        if (!p)
                return NULL;
        p += strlen(mark);
        *ret_len = strcspn(p, stop);
        return p;
}

/* "FILE:LINE" without folders. */
static void short_place(const char *p, size_t len, char *dst, size_t size)
{
        const char *slash = memrchr(p, '/', len);

        if (slash) {
                len -= (size_t)(slash + 1 - p);
                p = slash + 1;
        }
        set(dst, size, p, len);
}

/* The innermost function of ours in a stack trace: "#3 0x... in FUNCTION FILE:LINE:COLUMN". */
static bool stack_site(const char *report, char *dst, size_t size)
{
        char function[96], place[96];

        for (const char *p = report; (p = strstr(p, " in ")); p++) {
                const char *line = p;
                while (line > report && line[-1] != '\n')
                        line--;
                line += strspn(line, " ");
                if (*line != '#')
                        continue;
                size_t name = strcspn(p + 4, " \n");
                const char *file = p + 4 + name;
                size_t len = strcspn(file, "\n");
                char text[1024];
                set(text, sizeof(text), file, len);
                if (!strstr(text, "/core/") && !strstr(text, "/props/") && !strstr(text, "/tests/"))
                        continue;
                /* Not the engine's own frames, which every failure passes. */
                if (strstr(text, "/props/case.c") || strstr(text, "/props/draw.c"))
                        continue;
                set(function, sizeof(function), p + 4, name);
                short_place(text, strcspn(text + 1, ":") + 1, place, sizeof(place));
                snprintf(dst, size, "%s in %s", function, place);
                return true;
        }
        return false;
}

static void name_it(struct judgement *j)
{
        char digest[33], text[512];

        for (char *c = j->kind; *c; c++)
                if (!isalnum((unsigned char)*c))
                        *c = '-';
        snprintf(text, sizeof(text), "%s %s", j->kind, j->site);
        tool_digest(text, strlen(text), digest);
        snprintf(j->name, sizeof(j->name), "%s-%.12s", j->kind, digest);
}

/* Reads kind and site from the words of properties, asserts, sanitizers and libFuzzer. */
static void read_report(const char *report, const char *target, int status, struct judgement *j)
{
        const char *p;
        size_t n;

        snprintf(j->site, sizeof(j->site), "%s", target);
        if ((p = after(report, "initlab: property ", "\n", &n))) {
                const char *at = strstr(p, " failed at ");
                snprintf(j->kind, sizeof(j->kind), "property");
                if (at && at < p + n) {
                        at += strlen(" failed at ");
                        const char *colon = strchr(at, ':');
                        size_t len = colon ? (size_t)(colon + 1 - at) + strcspn(colon + 1, ":\n") : 0;
                        short_place(at, len, j->site, sizeof(j->site));
                }
        } else if (strstr(report, "Assertion `") && (p = after(report, "Assertion `", "\n", &n))) {
                snprintf(j->kind, sizeof(j->kind), "assert");
                set(j->site, sizeof(j->site), p, n);
        } else if ((p = after(report, ": runtime error: ", "\n", &n))) {
                const char *line = p;
                while (line > report && line[-1] != '\n')
                        line--;
                snprintf(j->kind, sizeof(j->kind), "undefined");
                short_place(line, strcspn(line, " "), j->site, sizeof(j->site));
        } else if ((p = after(report, "ERROR: libFuzzer: timeout", "\n", &n))) {
                snprintf(j->kind, sizeof(j->kind), "timeout");
        } else if ((p = after(report, "ERROR: libFuzzer: out-of-memory", "\n", &n))) {
                snprintf(j->kind, sizeof(j->kind), "memory");
        } else if ((p = after(report, "ERROR: AddressSanitizer: ", " \n", &n)) ||
                   (p = after(report, "ERROR: LeakSanitizer: ", " \n", &n))) {
                set(j->kind, sizeof(j->kind), p, n);
                stack_site(p, j->site, sizeof(j->site));
        } else if (WIFSIGNALED(status)) {
                snprintf(j->kind, sizeof(j->kind), "signal-%d", WTERMSIG(status));
        } else {
                snprintf(j->kind, sizeof(j->kind), "exit-%d", WEXITSTATUS(status));
                stack_site(report, j->site, sizeof(j->site));
        }
}

bool judge_input(const char *engines, const char *flavour, const char *target, const char *path,
                 const char *report, struct judgement *ret_judgement)
{
        char program[PATH_MAX], own_report[PATH_MAX];
        struct tool_data data = {0};

        *ret_judgement = (struct judgement){0};
        if (flavour && !place_program(engines, flavour, target, program))
                return false;
        if (!flavour && !(flavour = place_judge(engines, target, program)))
                return false;
        bool libfuzzer = strcmp(flavour, "libfuzzer") == 0;
        if (!report) {
                tool_path(own_report, "%s/report.%d", tool_home(), getpid());
                report = own_report;
        }
        if (tool_mkdirs(tool_home()) < 0)
                return false;
        unlink(report);
        char *argv[] = {program, NULL, NULL, NULL, NULL};
        int n = 1;
        if (libfuzzer) {
                argv[n++] = (char *)"-timeout=10";
                argv[n++] = (char *)"-rss_limit_mb=2048";
        }
        argv[n++] = (char *)path;
        pid_t pid = process_start(argv, report, -1);
        int status = pid < 0 ? -1 : process_wait(pid, JUDGE_MS);
        if (pid < 0 || tool_interrupted)
                return false;
        char *text = NULL;
        if (tool_read(report, REPORT_MAX, &data) == 0) {
                text = realloc(data.p, data.len + 1);
                if (text)
                        text[data.len] = '\0';
        }
        ret_judgement->fails = status != 0;
        if (status == -1) {
                snprintf(ret_judgement->kind, sizeof(ret_judgement->kind), "timeout");
                snprintf(ret_judgement->site, sizeof(ret_judgement->site), "%s", target);
        } else if (status != 0) {
                read_report(text ? text : "", target, status, ret_judgement);
        }
        if (ret_judgement->fails)
                name_it(ret_judgement);
        free(text);
        if (report == own_report)
                unlink(report);
        return true;
}

static struct crash *add(struct campaign *c, const char *target, const char *site, const char *path)
{
        for (size_t i = 0; i < c->ncrashes; i++)
                if (strcmp(c->crashes[i].path, path) == 0)
                        return NULL;
        struct crash *more = realloc(c->crashes, (c->ncrashes + 1) * sizeof(*more));
        if (!more)
                tool_die(c->tool, "out of memory");
        c->crashes = more;
        struct crash *crash = &more[c->ncrashes++];
        snprintf(crash->target, sizeof(crash->target), "%s", target);
        snprintf(crash->site, sizeof(crash->site), "%s", site);
        tool_path(crash->path, "%s", path);
        crash->known = false;
        return crash;
}

void crash_note(struct campaign *c, const char *target, const char *path, const struct judgement *j)
{
        char text[320];

        snprintf(text, sizeof(text), "%s: %s", j->kind, j->site);
        add(c, target, text, path);
}

/* The afl build is another compilation without sanitizers: what fails in it need not fail elsewhere. */
static void ask_afl(const struct campaign *c, const char *target, const char *path, struct judgement *j)
{
        char name[sizeof(j->name)];
        struct judgement afl;

        if (!judge_input(c->engines, "afl", target, path, NULL, &afl) || !afl.fails)
                return;
        *j = afl;
        snprintf(j->site, sizeof(j->site), "%.200s (in the afl build only)", afl.site);
        snprintf(name, sizeof(name), "afl-%.59s", afl.name);
        memcpy(j->name, name, sizeof(name));
}

void crash_take(struct campaign *c, struct row *row, const char *target, const char *path, bool hang)
{
        char to[PATH_MAX], digest[33], text[320];
        struct tool_data data, old = {0};
        struct judgement j;

        int rc = tool_read(path, REPORT_MAX, &data);
        if (rc < 0) {
                fprintf(stderr, "initlab fuzz: %s: %s\n", path, strerror(-rc));
                c->failed = true;
                return;
        }
        if (!judge_input(c->engines, NULL, target, path, NULL, &j)) {
                /* It stays in work/: the next campaign takes it. */
                fprintf(stderr, "initlab fuzz: %s: an input that failed, not judged yet\n", path);
                c->failed = true;
                free(data.p);
                return;
        }
        if (!j.fails)
                ask_afl(c, target, path, &j);
        if (!j.fails && hang) {
                unlink(path); /* the machine was slow, not the target */
                free(data.p);
                return;
        }
        if (!j.fails) { /* it did once: keep each one */
                tool_digest(data.p, data.len, digest);
                snprintf(j.kind, sizeof(j.kind), "unstable");
                snprintf(j.site, sizeof(j.site), "did not fail again");
                snprintf(j.name, sizeof(j.name), "unstable-%.12s", digest);
        }
        tool_path(to, "%s/crashes/%s/%s", tool_home(), target, j.name);
        bool known = tool_read(to, REPORT_MAX, &old) == 0;
        rc = known && old.len <= data.len ? 0 : tool_write(to, data.p, data.len);
        if (rc < 0) {
                fprintf(stderr, "initlab fuzz: %s: %s; the input stays in %s\n", to, strerror(-rc), path);
                c->failed = true;
        } else {
                unlink(path);
        }
        if (row)
                row->crashes++;
        snprintf(text, sizeof(text), "%s: %s", j.kind, j.site);
        struct crash *crash = add(c, target, text, rc < 0 ? path : to);
        if (crash)
                crash->known = known;
        free(data.p);
        free(old.p);
}
