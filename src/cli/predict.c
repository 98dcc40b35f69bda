/* omen predict: a stream of rows in, a stream of answers out. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/batch.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/faults.h"
#include "cli/input.h"
#include "cli/load.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "cli/writer.h"

struct predict_values {
    struct load_limits limits;
    char *input, *output, *outputs, *id, *columns, *delimiter, *missing, *errors;
    int input_format, output_format, output_header, on_error;
    bool header, ignore_extra, progress;
};

/* The order of enum input_kind, where INPUT_EMPTY is auto. */
static const char *const input_formats[] = {"auto", "csv", "jsonl", "npy", NULL};
static const char *const output_formats[] = {"auto", "csv", "jsonl", NULL};
static const char *const output_headers[] = {"auto", "yes", "no", NULL};
static const char *const policies[] = {"stop", "skip", "null", NULL};

enum { AUTO, OUTPUT_CSV, OUTPUT_JSONL };
enum { HEADER_YES = 1 };

#define VALUE(member) .offset = offsetof(struct predict_values, member)

static const struct config_option options[] = {
    {"rows", "input", CONFIG_TEXT, VALUE(input), "-",
     .help = "The file of rows; - is standard input."},
    {"rows", "input-format", CONFIG_CHOICE, VALUE(input_format), "auto", .choices = input_formats,
     .help = "csv, jsonl (JSON lines: a list or an object on each) or npy. auto: by the first "
             "bytes."},
    {"rows", "header", CONFIG_BOOL, VALUE(header), "yes",
     .help = "CSV: the first record names the columns, in any order. With --no-header there is "
             "none: the columns are the model's inputs in its order, and none is written "
             "either."},
    {"rows", "columns", CONFIG_TEXT, VALUE(columns), "",
     .help = "CSV without header: the columns' names, separated by commas, in quotes where a name "
             "has one."},
    {"rows", "delimiter", CONFIG_TEXT, VALUE(delimiter), ",",
     .help = "CSV: the character between values, read and written; tab for a tabulator."},
    {"rows", "missing", CONFIG_TEXT, VALUE(missing), "",
     .help = "CSV: words that stand for a missing value besides an empty cell, separated by "
             "commas, such as NA,null."},
    {"rows", "ignore-extra", CONFIG_BOOL, VALUE(ignore_extra), "no",
     .help = "Pass over columns and keys that the model does not know, instead of refusing them."},
    {"answers", "output", CONFIG_TEXT, VALUE(output), "-",
     .help = "The file of answers; - is standard output."},
    {"answers", "output-format", CONFIG_CHOICE, VALUE(output_format), "auto",
     .choices = output_formats,
     .help = "csv or jsonl. auto: jsonl for rows that came so, else csv."},
    {"answers", "output-header", CONFIG_CHOICE, VALUE(output_header), "auto",
     .choices = output_headers,
     .help = "CSV: whether the answers have a header. auto: unless --no-header is given."},
    {"answers", "outputs", CONFIG_TEXT, VALUE(outputs), "",
     .help = "Names of the outputs that are wanted, separated by commas; all for every one. "
             "Empty: the default output, called prediction."},
    {"answers", "id", CONFIG_TEXT, VALUE(id), "",
     .help = "Names of columns, separated by commas, that go from each row to its answer "
             "unchanged."},
    {"errors", "on-error", CONFIG_CHOICE, VALUE(on_error), "stop", .choices = policies,
     .help = "What a bad row does. stop: it ends the program with status 1, after the answers of "
             "the rows before it. skip: it has no answer. null: its answer is empty."},
    {"errors", "errors", CONFIG_TEXT, VALUE(errors), "",
     .help =
         "A CSV file that lists the bad rows: row (from 0), line (from 1), field, reason; never "
         "a value."},
    {"errors", "progress", CONFIG_BOOL, VALUE(progress), "yes",
     .help = "Show on standard error how far it is, when that is a terminal."},
    LOAD_OPTIONS,
};

struct job {
    const struct predict_values *values;
    struct loaded loaded;
    struct name_record passed, words;
    struct choices choices;
    struct input input;
    struct source source;
    struct output output;
    struct faults faults;
    struct batch batch;
    struct writer writer;
    const struct writer_type *writer_type;
    struct progress progress;
    uint64_t answered;
    bool header_due; /* with the first answer, or the end: a bad table gets no header */
    bool usage;      /* what failed is the command line's fault */
    bool opened_input, opened_output, opened_faults, opened_batch;
};

/* --- answers ------------------------------------------------------------------------------- */

static void put_header(struct job *job)
{
    if (job->header_due)
        job->writer_type->header(&job->writer);
    job->header_due = false;
}

static bool answer(struct job *job, const struct source_row *row, bool is_good, size_t at,
                   struct err *err)
{
    put_header(job);
    job->writer_type->row(&job->writer, row->passed, is_good ? job->batch.out : NULL, at);
    job->answered += is_good;
    return output_settle(&job->output, err);
}

/* The model refuses a row for what its values come to: each by itself then, to tell which. */
static bool answer_one_by_one(struct job *job, struct err *err)
{
    size_t at = 0;
    for (size_t i = 0; i < job->batch.count; i++) {
        struct batch_slot *slot = &job->batch.slots[i];
        struct err own = ERR_INIT;
        bool ran = slot->is_good && batch_run_one(&job->batch, at, job->choices.wanted, &own);
        if (slot->is_good && !ran) {
            if (own.code == ERR_MEMORY || !faults_take(&job->faults, &slot->row, NULL, &own)) {
                *err = own;
                return false;
            }
            if (job->faults.policy == FAULTS_SKIP) {
                at++;
                continue;
            }
        }
        at += slot->is_good;
        if (!answer(job, &slot->row, ran, 0, err))
            return false;
    }
    return true;
}

static bool answer_batch(struct job *job, struct err *err)
{
    struct batch *batch = &job->batch;
    struct err own = ERR_INIT;
    size_t at = 0;
    bool ok = true;
    if (!batch_run(batch, job->choices.wanted, &own)) {
        ok = answer_one_by_one(job, err);
        batch_reset(batch);
        return ok;
    }
    for (size_t i = 0; ok && i < batch->count; i++) {
        const struct batch_slot *slot = &batch->slots[i];
        ok = answer(job, &slot->row, slot->is_good, at, err);
        at += slot->is_good;
    }
    batch_reset(batch);
    return ok;
}

static bool take_bad(struct job *job, const struct source_row *row, struct err *err)
{
    if (job->faults.policy == FAULTS_STOP) {
        struct err own = ERR_INIT;
        if (!answer_batch(job, &own)) {
            *err = own;
            return false;
        }
    }
    if (!faults_take(&job->faults, row, &job->source.frame, err))
        return false;
    if (job->faults.policy == FAULTS_SKIP)
        return true;
    return !batch_add(&job->batch, row, false) || answer_batch(job, err);
}

/* Waiting for rows is the time to hand out what there is. */
static bool fill(struct job *job, struct err *err)
{
    if (!input_is_ready(&job->input)) {
        /* Who has seen an answer can rely on the list of the rows before it. */
        if (!answer_batch(job, err) ||
            (job->faults.file.fd >= 0 && !output_flush(&job->faults.file, err)) ||
            !output_flush(&job->output, err))
            return false;
    }
    progress_tell(&job->progress, job->source.next_row, job->input.consumed, job->input.size);
    return source_fill(&job->source, err);
}

static bool pump(struct job *job, struct err *err)
{
    bool ok = true;
    while (ok) {
        struct source_row row;
        switch (source_next(&job->source, batch_cells(&job->batch), &job->batch.texts, &row, err)) {
        case SOURCE_ROW:
            if (batch_add(&job->batch, &row, true))
                ok = answer_batch(job, err);
            break;
        case SOURCE_BAD:
            ok = take_bad(job, &row, err);
            break;
        case SOURCE_MORE:
            ok = fill(job, err);
            break;
        case SOURCE_END:
            ok = answer_batch(job, err);
            put_header(job);
            return ok && output_flush(&job->output, err);
        case SOURCE_FAILED:
            return err_prefix(err, "%s", job->input.name);
        }
    }
    return false;
}

/* --- beginning and end --------------------------------------------------------------------- */

static bool read_delimiter(const char *text, char *delimiter, struct err *err)
{
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    *delimiter = text[0];
    bool fits = text[0] != '\0' && text[1] == '\0' && (unsigned char)text[0] < 128 &&
                strchr("\"\r\n", text[0]) == NULL;
    return fits || err_set(err, ERR_INVALID,
                           "--delimiter takes one character, not a quote, or the word tab");
}

static bool read_settings(struct job *job, struct err *err)
{
    return read_delimiter(job->values->delimiter, &job->writer.delimiter, err) &&
           names_parse(job->values->id, &job->passed, err) &&
           names_parse(job->values->missing, &job->words, err);
}

static bool open_source(struct job *job, struct err *err)
{
    const struct predict_values *values = job->values;
    struct source_settings settings = {
        .delimiter = job->writer.delimiter,
        .header = values->header && values->columns[0] == '\0',
        .ignore_extra = values->ignore_extra,
        .columns = values->columns,
        .passed = job->passed.fields,
        .passed_count = job->passed.count,
        .words = job->words.fields,
        .word_count = job->words.count,
    };
    return source_open(&job->source, (enum input_kind)values->input_format, &job->input,
                       &job->loaded.artifact.graph->schema, &settings, err) ||
           err_prefix(err, "%s", job->input.name);
}

static void open_writer(struct job *job)
{
    const struct predict_values *values = job->values;
    bool jsonl = values->output_format == OUTPUT_JSONL ||
                 (values->output_format == AUTO && job->source.type == &source_jsonl);
    bool header =
        values->output_header == AUTO ? values->header : values->output_header == HEADER_YES;
    job->writer_type = jsonl ? &writer_jsonl : &writer_csv;
    job->writer.graph = job->loaded.artifact.graph;
    job->writer.choices = &job->choices;
    job->writer.passed_names = job->passed.fields;
    job->writer.passed_count = job->passed.count;
    job->writer.out = &job->output.buf;
    bool empty = job->input.head_size == 0;
    job->header_due = header && !empty && job->writer_type->header != NULL;
}

static bool open_all(struct job *job, struct err *err)
{
    const struct predict_values *values = job->values;
    job->usage = true;
    if (!choices_read(job->loaded.artifact.graph, values->outputs, &job->choices, err))
        return false;
    job->opened_input = true;
    if (!input_open(&job->input, values->input, err))
        return false;
    job->opened_faults = true;
    if (!faults_open(&job->faults, (enum faults_policy)values->on_error, values->errors,
                     job->input.name, job->input.fd, err))
        return false;
    job->opened_output = true;
    if (!output_open(&job->output, values->output, job->input.fd, err) || !read_settings(job, err))
        return false;
    job->usage = false;
    if (!open_source(job, err))
        return false;
    open_writer(job);
    job->opened_batch = true;
    return batch_init(&job->batch, job->loaded.artifact.graph, err);
}

static bool close_all(struct job *job, struct err *err)
{
    bool ok = true;
    progress_finish(&job->progress);
    source_close(&job->source);
    if (job->opened_input)
        input_close(&job->input);
    if (job->opened_output)
        ok = output_close(&job->output, err);
    if (job->opened_faults)
        ok = faults_close(&job->faults, ok ? err : NULL) && ok;
    if (job->opened_batch)
        batch_finish(&job->batch);
    choices_finish(&job->choices);
    names_finish(&job->passed);
    names_finish(&job->words);
    loaded_finish(&job->loaded);
    return ok;
}

static int run(const void *values, char *const *paths, int count)
{
    (void)count;
    struct err err = ERR_INIT;
    struct err late = ERR_INIT;
    struct job job = {.values = values};
    bool loaded = load_model(paths[0], &job.values->limits, &job.loaded, &err);
    bool opened = loaded && open_all(&job, &err);
    progress_init(&job.progress, job.values->progress);
    bool ok = opened && pump(&job, &err);
    bool gone = job.output.gone;
    uint64_t bad = job.faults.count;
    if (!close_all(&job, &late) && ok) {
        err = late;
        ok = false;
    }
    if (!loaded)
        command_complain("predict", "%s: %s", paths[0], err.text);
    else if (!ok && !gone)
        command_complain("predict", "%s", err.text);
    else if (bad > 0 && !gone)
        command_complain("predict", "%" PRIu64 " bad rows", bad);
    bool usage = job.usage || (!loaded && err.code == ERR_NOT_FOUND);
    return ok ? COMMAND_GOOD : usage ? COMMAND_USAGE : COMMAND_BAD;
}

const struct command command_predict = {
    .name = "predict",
    .usage = "FILE|DIR [--input FILE] [--output FILE] ...",
    .summary = "Answers rows of CSV, JSON lines or NumPy.",
    .details = "Reads rows, judges them by the model's inputs as the worker does, and writes an "
               "answer for each in their order. Takes little memory, however many rows there are. "
               "As a filter it answers what it has read before it waits for more.",
    .table = {options, sizeof options / sizeof options[0], sizeof(struct predict_values), NULL},
    .paths_least = 1,
    .paths_most = 1,
    .run = run,
};
