/*
 * measure PROPERTY SECONDS [FILE...]: the smallest input that makes the property of this program fail, a program with a
 * fault planted. The files are inputs to begin with. Prints the lines Minimal:, Case: and Measured: of a patch's head.
 * Exit status: 0 found, 1 nothing fails, 2 bad usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props/case.h"
#include "props/tool/tool.h"
#include "tests/faults/measuring/search.h"

static struct search search;
static const struct tool tool = {"measure", "PROPERTY SECONDS [FILE...]", "", NULL, 0};

static void begin_with_file(const char *path)
{
        static struct trial_input input;
        struct tool_data data;

        if (tool_read(path, TRIAL_TEXT_MAX, &data) < 0)
                return;
        if (trial_bytes_fail(data.p, data.len, &input))
                search_offer(&search, &input);
        free(data.p);
}

/* Where a reduction ends depends on where it begins: each file that fails is reduced. */
static void search_documents(char **files, int n)
{
        static struct search best;
        double seconds = search.seconds, until = search_now() + seconds;

        for (int i = 0; i < n && search_now() < until; i++) {
                search = (struct search){.seconds = until - search_now()};
                begin_with_file(files[i]);
                if (!search.found)
                        continue;
                if (best.found && search.seconds > seconds / 8)
                        search.seconds = seconds / 8;
                search_document(&search);
                if (!best.found || search.best.text_len + search.best.n < best.best.text_len + best.best.n)
                        best = search;
        }
        search = best;
}

/* As printf's %b reads it. */
static void print_escaped(const uint8_t *p, size_t len)
{
        for (size_t i = 0; i < len; i++)
                printf(p[i] > ' ' && p[i] < 0x7f && p[i] != '\\' ? "%c" : "\\0%03o", p[i]);
        printf("\n");
}

static void print_found(const pt_prop *prop)
{
        static uint8_t form[TRIAL_TEXT_MAX + 9 * TRIAL_CHOICES_MAX + 1];
        const struct trial_input *best = &search.best;
        bool text = prop->flags & PT_TEXT;
        size_t len = 0;

        if (text) {
                memcpy(form, best->text, best->text_len);
                len = best->text_len;
                if (best->n > 0 || memchr(best->text, 0, best->text_len))
                        form[len++] = 0; /* knobs come after it, or would seem to */
        }
        for (size_t i = 0; i < best->n; i++)
                len += pt_digits(form + len, best->value[i], search.draws.max[i], text);
        if (text)
                printf("Minimal: %zu bytes\n", len);
        else
                printf("Minimal: %zu choice%s\n", best->n, best->n == 1 ? "" : "s");
        printf("Case: %s%s", prop->name, len > 0 ? " " : "");
        print_escaped(form, len);
        printf("Measured: %s\n", search.how);
}

int main(int argc, char **argv)
{
        const pt_prop *prop = argc >= 3 ? pt_prop_find(argv[1]) : NULL;

        if (!prop)
                tool_die(&tool, "wants PROPERTY SECONDS [FILE...]");
        search.seconds = (double)tool_number(&tool, "SECONDS", argv[2], 1, 100000);
        pt_setup();
        trial_begin(prop);
        if (prop->flags & PT_TEXT) {
                search_documents(argv + 3, argc - 3);
        } else {
                for (int i = 3; i < argc; i++)
                        begin_with_file(argv[i]);
                search_choices(&search);
        }
        if (!search.found) {
                fprintf(stderr, "measure: nothing makes %s fail (%llu cases)\n", prop->name,
                        (unsigned long long)trial_count);
                return 1;
        }
        print_found(prop);
        fprintf(stderr, "measure: %llu cases\n", (unsigned long long)trial_count);
        return 0;
}
