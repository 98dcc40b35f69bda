/* Rows from a stream: CSV, JSON lines or NumPy, judged by the model's schema as the worker judges a
 * request's. To add one: a file source_NAME.c that ends in its `const struct source_type`, and a
 * line in source.c. */
#ifndef OMEN_CLI_SOURCE_H
#define OMEN_CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/input.h"
#include "codec/csv.h"
#include "graph/frame.h"
#include "graph/schema.h"

#define SOURCE_RECORD_BYTES ((size_t)16 << 20) /* of one line */
#define SOURCE_COLUMNS_MAX ((size_t)200000)

/* A value that goes from a row of the input to its answer. */
struct passed {
    const char *text; /* NULL: missing */
    size_t length;
    bool literal; /* as JSON it stands without quotes: a number, true, false */
};

enum source_status {
    SOURCE_ROW,
    SOURCE_MORE, /* call source_fill, which may have to wait */
    SOURCE_END,
    SOURCE_BAD, /* this row is; err says why, frame.problems which values; the next call goes on */
    SOURCE_FAILED, /* nothing goes on */
};

struct source_row {
    uint64_t number;       /* from 0 */
    uint64_t line;         /* from 1; 0: the input has no lines */
    struct passed *passed; /* settings.passed_count of them, in the arena; NULL for a bad row whose
                              values could not be told */
};

struct source_settings {
    char delimiter;
    bool header;         /* CSV: the first record names the columns */
    bool ignore_extra;   /* columns and keys that the model does not know */
    const char *columns; /* CSV without header: their names, as a CSV record; "": the model's */
    const struct csv_field *words; /* CSV: what counts as missing besides an empty cell */
    size_t word_count;
    const struct csv_field *passed; /* names of the columns that go to the answer */
    size_t passed_count;
};

struct source {
    const struct source_type *type;
    struct input *input;
    const struct schema *schema;
    struct source_settings settings;
    struct frame frame; /* of the row at hand */
    uint64_t next_row;
    void *state; /* the type's own */
};

struct source_type {
    const char *name; /* "csv" */
    bool (*open)(struct source *source, struct err *err);
    void (*close)(struct source *source);
    bool (*fill)(struct source *source, struct err *err);
    enum source_status (*next)(struct source *source, double *cells, struct arena *arena,
                               struct source_row *row, struct err *err);
};

extern const struct source_type source_csv, source_jsonl, source_npy;

/* **Keeps** input, schema and what settings point to. Does not wait, but for the bytes that tell
 * the kind. kind INPUT_EMPTY: by what the input looks like; then an empty one has no rows. */
bool source_open(struct source *source, enum input_kind kind, struct input *input,
                 const struct schema *schema, const struct source_settings *settings,
                 struct err *err);
void source_close(struct source *source);
/* Takes what the input has, waiting for some. */
bool source_fill(struct source *source, struct err *err);
/* One row: schema->field_count cells; texts and what is passed go to the arena. */
enum source_status source_next(struct source *source, double *cells, struct arena *arena,
                               struct source_row *row, struct err *err);

#endif
