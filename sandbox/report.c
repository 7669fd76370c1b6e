#include "sandbox/report.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"

static const char *const verdict_words[] = { "unseen", "ok", "differs", "refused", "known", "fail" };

static unsigned count(const struct report *r, size_t runtime, enum invariant_id id, enum verdict_kind kind)
{
        unsigned n = 0;

        for (size_t i = 0; i < r->n_runs; i++)
                n += r->run[i].done && r->run[i].runtime == runtime && r->run[i].verdict[id].kind == kind;
        return n;
}

void report_cell(const struct report *r, size_t runtime, enum invariant_id id, char *buf, size_t size)
{
        static const struct {
                enum verdict_kind kind;
                const char *word;
        } order[] = { { VERDICT_FAIL, "FAIL" }, { VERDICT_KNOWN, "known" } };

        if (!r->runtime[runtime].rt.present) {
                snprintf(buf, size, "skip");
                return;
        }
        for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
                unsigned n = count(r, runtime, id, order[i].kind);
                if (n) {
                        snprintf(buf, size, "%s %u", order[i].word, n);
                        return;
                }
        }
        if (count(r, runtime, id, VERDICT_DIFFERS))
                snprintf(buf, size, "differs %u", count(r, runtime, id, VERDICT_DIFFERS));
        else if (count(r, runtime, id, VERDICT_OK))
                snprintf(buf, size, "ok");
        else if (count(r, runtime, id, VERDICT_REFUSED))
                snprintf(buf, size, "refused %u", count(r, runtime, id, VERDICT_REFUSED));
        else
                snprintf(buf, size, "-");
}

bool report_violates(const struct report *r, const struct verdict *v)
{
        return v->kind == VERDICT_FAIL || (r->strict && v->kind == VERDICT_KNOWN);
}

int report_status(const struct report *r)
{
        int status = 0;

        for (size_t i = 0; i < r->n_runs; i++) {
                if (r->run[i].trouble[0])
                        return 2;
                for (int id = 0; r->run[i].done && id < INV__COUNT; id++)
                        if (report_violates(r, &r->run[i].verdict[id]))
                                status = 1;
        }
        return status;
}

static void print_table(const struct report *r, FILE *out)
{
        char cell[64];

        fprintf(out, "%-14s", "");
        for (size_t i = 0; i < r->n_runtimes; i++) {
                snprintf(cell, sizeof cell, "%s %.20s", r->runtime[i].label, r->runtime[i].rt.version);
                fprintf(out, "  %-18s", cell);
        }
        fprintf(out, "\n");
        for (int id = 0; id < INV__COUNT; id++) {
                if (!invariant_get((enum invariant_id)id)->executor)
                        continue;
                fprintf(out, "%-14s", invariant_get((enum invariant_id)id)->id);
                for (size_t i = 0; i < r->n_runtimes; i++) {
                        report_cell(r, i, (enum invariant_id)id, cell, sizeof cell);
                        fprintf(out, "  %-18s", cell);
                }
                fprintf(out, "\n");
        }
}

static void print_verdict(const struct report *r, const struct report_run *run, int id, FILE *out)
{
        const struct report_runtime *rt = &r->runtime[run->runtime];

        fprintf(out, "%s: %s %s: %s: %s: %s\n    %s check --scenario %s --runtime %s\n",
                run->verdict[id].kind == VERDICT_FAIL ? "FAIL" : verdict_words[run->verdict[id].kind], rt->label,
                rt->rt.version, invariant_get((enum invariant_id)id)->id, run->s->name, run->verdict[id].evidence,
                r->initlab ? r->initlab : "initlab", run->scenario, rt->rt.path);
}

static void print_all(const struct report *r, enum verdict_kind kind, const char *head, FILE *out)
{
        bool any = false;

        for (size_t i = 0; i < r->n_runs; i++)
                for (int id = 0; r->run[i].done && id < INV__COUNT; id++) {
                        if (r->run[i].verdict[id].kind != kind)
                                continue;
                        if (!any)
                                fprintf(out, "\n%s\n", head);
                        any = true;
                        print_verdict(r, &r->run[i], id, out);
                }
}

static bool same(const struct report_run *a, const struct report_run *b, int id)
{
        return a->runtime == b->runtime && a->verdict[id].kind == b->verdict[id].kind &&
               strcmp(a->verdict[id].evidence, b->verdict[id].evidence) == 0;
}

/* Differences come in crowds: each once, with the number of further scenarios that show the same. */
static void print_differences(const struct report *r, FILE *out)
{
        bool any = false;

        for (size_t i = 0; i < r->n_runs; i++)
                for (int id = 0; r->run[i].done && id < INV__COUNT; id++) {
                        size_t earlier = 0, more = 0;

                        if (r->run[i].verdict[id].kind != VERDICT_DIFFERS)
                                continue;
                        while (!same(&r->run[earlier], &r->run[i], id))
                                earlier++;
                        if (earlier < i)
                                continue;
                        for (size_t k = i + 1; k < r->n_runs; k++)
                                more += same(&r->run[k], &r->run[i], id);
                        fprintf(out, "%s", any ? "" : "\ndifferent from our own rule (no violation):\n");
                        any = true;
                        print_verdict(r, &r->run[i], id, out);
                        if (more)
                                fprintf(out, "    and %zu more scenarios\n", more);
                }
}

/* A refusal stands at five invariants: one line is enough. */
static void print_refusals(const struct report *r, FILE *out)
{
        bool any = false;

        for (size_t i = 0; i < r->n_runs; i++) {
                const struct verdict *v = &r->run[i].verdict[INV_FD_EXACT];
                if (!r->run[i].done || v->kind != VERDICT_REFUSED)
                        continue;
                if (!any)
                        fprintf(out, "\nrefused cleanly (no violation):\n");
                any = true;
                fprintf(out, "refused: %s: %s: %s\n", r->runtime[r->run[i].runtime].label, r->run[i].s->name,
                        v->evidence);
        }
}

void report_print(const struct report *r, FILE *out)
{
        print_table(r, out);
        print_all(r, VERDICT_FAIL, "violations:", out);
        print_all(r, VERDICT_KNOWN, "known findings (corpus/scenarios/known.json; fail under --strict):", out);
        print_differences(r, out);
        print_refusals(r, out);
        for (size_t i = 0; i < r->n_runs; i++)
                if (r->run[i].trouble[0])
                        fprintf(out, "trouble: %s: %s: %s\n", r->runtime[r->run[i].runtime].label, r->run[i].s->name,
                                r->run[i].trouble);
        for (size_t i = 0; i < r->n_skips; i++)
                fprintf(out, "%sskip: %s: %s\n", i ? "" : "\n", r->skip[i].what, r->skip[i].reason);
}

/* ------------------------------------------------------------------ JSON */

/* Evidence may quote any bytes: those beyond ASCII become '?'. */
static json_t *text(const char *s)
{
        char buf[1024];
        size_t n = 0;

        if (!s[0])
                return json_null();
        for (; *s && n < sizeof buf - 1; s++)
                buf[n++] = (unsigned char)*s >= 0x80 ? '?' : *s;
        buf[n] = '\0';
        return json_string(buf);
}

static json_t *runtimes_json(const struct report *r)
{
        json_t *array = json_array();

        for (size_t i = 0; i < r->n_runtimes; i++) {
                const struct report_runtime *rt = &r->runtime[i];
                json_array_append_new(array, json_pack("{s:s, s:o, s:o, s:b, s:o}", "name", rt->label, "version",
                                                       text(rt->rt.version), "path", text(rt->rt.path), "present",
                                                       rt->rt.present, "skip", text(rt->skip)));
        }
        return array;
}

static json_t *table_json(const struct report *r)
{
        json_t *table = json_object();

        for (int id = 0; id < INV__COUNT; id++) {
                const struct invariant *inv = invariant_get((enum invariant_id)id);
                json_t *row;

                if (!inv->executor)
                        continue;
                row = json_object();
                for (size_t i = 0; i < r->n_runtimes; i++) {
                        char cell[64];
                        report_cell(r, i, inv->number, cell, sizeof cell);
                        json_object_set_new(row, r->runtime[i].label, json_string(cell));
                }
                json_object_set_new(table, inv->id, row);
        }
        return table;
}

static json_t *run_json(const struct report *r, const struct report_run *run)
{
        json_t *verdicts = json_object();

        for (int id = 0; id < INV__COUNT; id++) {
                const struct invariant *inv = invariant_get((enum invariant_id)id);
                if (inv->executor)
                        json_object_set_new(verdicts, inv->id,
                                            json_pack("{s:s, s:o}", "verdict", verdict_words[run->verdict[id].kind],
                                                      "evidence", text(run->verdict[id].evidence)));
        }
        return json_pack("{s:s, s:s, s:I, s:o, s:o}", "scenario", run->s->name, "runtime",
                         r->runtime[run->runtime].label, "ms", (json_int_t)run->ms, "trouble", text(run->trouble),
                         "verdicts", verdicts);
}

int report_write_json(const struct report *r, int status, const char *path, struct err *err)
{
        json_t *runs = json_array(), *skips = json_array(), *root;
        int rc = 0;

        for (size_t i = 0; i < r->n_runs; i++)
                if (r->run[i].done)
                        json_array_append_new(runs, run_json(r, &r->run[i]));
        for (size_t i = 0; i < r->n_skips; i++)
                json_array_append_new(skips, json_pack("{s:o, s:o}", "what", text(r->skip[i].what), "reason",
                                                       text(r->skip[i].reason)));
        root = json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:i}", "version", REPORT_VERSION, "program",
                         "initlab check", "program_version", INITLAB_VERSION, "runtimes", runtimes_json(r), "table",
                         table_json(r), "runs", runs, "skips", skips, "exit", status);
        errno = 0;
        if (!root)
                rc = err_sys(err, -ENOMEM, "json", path, "no memory");
        else if (json_dump_file(root, path, JSON_INDENT(1)) < 0)
                rc = err_sys(err, errno ? -errno : -EIO, "json", path, "cannot be written");
        json_decref(root);
        return rc;
}
