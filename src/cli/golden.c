/* omen golden: rows with their answers, and what all of them looked like, into the document. */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/sample.h"
#include "cli/sidecar.h"
#include "cli/source.h"
#include "cli/statistics.h"
#include "registry/selftest.h"

struct golden_values {
    struct load_limits limits;
    int64_t rows;
    char *target;
    int input_format;
    bool baseline, ignore_extra;
};

static const char *const input_formats[] = {"auto", "csv", "jsonl", "npy", NULL};

#define VALUE(member) .offset = offsetof(struct golden_values, member)

static const struct config_option options[] = {
    {"rows", "rows", CONFIG_INTEGER, VALUE(rows), "20", .minimum = 0, .maximum = 10000,
     .help = "How many golden rows are taken from the file, spread over it and the same ones each "
             "time. 0: the document keeps those it has."},
    {"rows", "target", CONFIG_TEXT, VALUE(target), "",
     .help = "Columns with the answers that are expected, separated by commas: COLUMN for the "
             "default output, or OUTPUT=COLUMN; an output of several numbers takes the columns "
             "COLUMN_LABEL that omen predict writes. The model has to agree. Empty: the "
             "model's own answers, of every output."},
    {"rows", "baseline", CONFIG_BOOL, VALUE(baseline), "yes",
     .help = "Write the baseline: statistics of all rows and of their answers."},
    {"rows", "ignore-extra", CONFIG_BOOL, VALUE(ignore_extra), "no",
     .help = "Pass over columns and keys that the model does not know, instead of refusing them."},
    {"rows", "input-format", CONFIG_CHOICE, VALUE(input_format), "auto", .choices = input_formats,
     .help = "csv, jsonl (JSON lines: a list or an object on each) or npy. auto: by the first "
             "bytes."},
    LOAD_OPTIONS,
};

struct job {
    const struct golden_values *values;
    struct sidecar sidecar;
    struct artifact artifact;
    struct batch batch;
    struct sample sample;
    struct statistics statistics;
    bool loaded, opened_batch, opened_sample, opened_statistics;
};

/* --- two passes over the rows -------------------------------------------------------------- */

/* The rows of a batch, in the first pass to the sample, in both to the statistics. */
static bool take_batch(struct job *job, bool first, struct err *err)
{
    struct batch *batch = &job->batch;
    const struct graph *graph = batch->graph;
    uint32_t wanted = first ? job->sample.wanted : 0;
    wanted |= UINT32_C(1) << graph->default_output;
    bool ok = batch_run(batch, wanted, err);
    for (size_t i = 0; ok && i < batch->count; i++) {
        const double *cells = matrix_row(&batch->in, i);
        double answer =
            batch->good > 0 ? matrix_row(&batch->out[graph->default_output], i)[0] : NAN;
        if (job->values->baseline)
            statistics_add(&job->statistics, cells, answer);
        if (first)
            ok = sample_offer(&job->sample, &batch->slots[i].row, cells, batch->out, i, err);
    }
    batch_reset(batch);
    return ok;
}

static bool fault(const struct source *source, const struct source_row *row, struct err *err)
{
    err_prefix(err, "row %" PRIu64, row->number);
    return row->line > 0 ? err_prefix(err, "%s:%" PRIu64, source->input->name, row->line)
                         : err_prefix(err, "%s", source->input->name);
}

static bool pump(struct job *job, struct source *source, bool first, struct err *err)
{
    bool ok = true;
    while (ok) {
        struct source_row row;
        switch (source_next(source, batch_cells(&job->batch), &job->batch.texts, &row, err)) {
        case SOURCE_ROW:
            if (batch_add(&job->batch, &row, true))
                ok = take_batch(job, first, err);
            break;
        case SOURCE_MORE:
            ok = source_fill(source, err);
            break;
        case SOURCE_END:
            return take_batch(job, first, err);
        case SOURCE_BAD:
            return fault(source, &row, err);
        case SOURCE_FAILED:
            return err_prefix(err, "%s", source->input->name);
        }
    }
    return false;
}

static bool pass(struct job *job, const char *path, bool first, struct err *err)
{
    struct input input;
    struct source source = {.type = NULL};
    struct source_settings settings = {
        .delimiter = ',',
        .header = true,
        .ignore_extra = job->values->ignore_extra,
        .columns = "",
        .passed = job->sample.columns,
        .passed_count = job->sample.column_count,
    };
    bool ok = input_open(&input, path, err);
    if (ok && !input.seekable)
        ok = err_set(err, ERR_INVALID, "%s: is read twice, which takes a file", path);
    if (ok && !source_open(&source, (enum input_kind)job->values->input_format, &input,
                           &job->artifact.graph->schema, &settings, err))
        ok = err_prefix(err, "%s", path);
    ok = ok && pump(job, &source, first, err);
    source_close(&source);
    input_close(&input);
    return ok;
}

static bool read_rows(struct job *job, const char *path, struct err *err)
{
    const struct graph *graph = job->artifact.graph;
    job->opened_batch = job->opened_sample = job->opened_statistics = true;
    if (!batch_init(&job->batch, graph, err) ||
        !sample_init(&job->sample, graph, (size_t)job->values->rows, job->values->target, err) ||
        !statistics_init(&job->statistics, graph, err) || !pass(job, path, true, err))
        return false;
    if (!job->values->baseline)
        return true;
    return (statistics_begin_counting(&job->statistics, err) || err_prefix(err, "%s", path)) &&
           pass(job, path, false, err);
}

/* --- the document -------------------------------------------------------------------------- */

static bool make_document(struct job *job, struct buf *text, struct err *err)
{
    struct buf golden = BUF_INIT, baseline = BUF_INIT;
    bool has_rows = job->sample.count > 0;
    if (has_rows)
        sample_write(&job->sample, job->artifact.golden.rtol > 0 ? &job->artifact.golden : NULL,
                     &golden);
    if (job->values->baseline)
        statistics_write(&job->statistics, &baseline);
    bool ok = (!golden.failed && !baseline.failed) ||
              err_set(err, ERR_MEMORY, "no memory for the document");
    ok = ok &&
         sidecar_splice(job->sidecar.text, job->sidecar.size, has_rows ? buf_text(&golden) : NULL,
                        job->values->baseline ? buf_text(&baseline) : NULL, text, err);
    buf_finish(&golden);
    buf_finish(&baseline);
    return ok;
}

/* What is written is what a worker will read: it is loaded and tried before. */
static bool try_document(const struct job *job, const struct buf *text, struct err *err)
{
    struct artifact artifact;
    if (!sidecar_load(&job->sidecar, text->data, text->length, &artifact, err))
        return err_prefix(err, "the new document");
    bool ok = selftest_run(&artifact, err);
    artifact_finish(&artifact);
    return ok || err_prefix(err, "the model does not give the answers that are expected");
}

static bool work(struct job *job, char *const *paths, struct err *err)
{
    struct buf text = BUF_INIT;
    if (!sidecar_find(paths[0], &job->values->limits, &job->sidecar, err) ||
        !sidecar_load(&job->sidecar, NULL, 0, &job->artifact, err))
        return err_prefix(err, "%s", paths[0]);
    job->loaded = true;
    bool ok = read_rows(job, paths[1], err) && make_document(job, &text, err) &&
              try_document(job, &text, err) &&
              sidecar_write(&job->sidecar, text.data, text.length, err);
    buf_finish(&text);
    if (ok)
        printf("%s/%s: %zu golden rows%s\n", job->sidecar.directory, job->sidecar.name,
               job->sample.count, job->values->baseline ? ", baseline" : "");
    return ok;
}

static int run(const void *values, char *const *paths, int count)
{
    (void)count;
    struct job job = {.values = values};
    struct err err = ERR_INIT;
    bool ok = work(&job, paths, &err);
    if (job.opened_batch)
        batch_finish(&job.batch);
    if (job.opened_sample)
        sample_finish(&job.sample);
    if (job.opened_statistics)
        statistics_finish(&job.statistics);
    if (job.loaded)
        artifact_finish(&job.artifact);
    sidecar_finish(&job.sidecar);
    if (!ok)
        command_complain("golden", "%s", err.text);
    return ok ? COMMAND_GOOD : err.code == ERR_NOT_FOUND ? COMMAND_USAGE : COMMAND_BAD;
}

const struct command command_golden = {
    .name = "golden",
    .usage = "FILE|DIR ROWS [--rows N] [--target ...] ...",
    .summary = "Writes golden rows and a baseline into a model's document.",
    .details = "ROWS is a file of rows with a header, as for omen predict. The document is the one "
               "that FILE is or DIR has; beside a trainer's file that has none, a model.json is "
               "made. Everything else in it stays as it is, and the new one takes its place at "
               "once, after it was loaded and its golden rows were run.",
    .table = {options, sizeof options / sizeof options[0], sizeof(struct golden_values), NULL},
    .paths_least = 2,
    .paths_most = 2,
    .run = run,
};
