/* Answers as CSV or as JSON lines. To add a form: a file writer_NAME.c that ends in its `const
 * struct writer_type`, and a line in predict.c. */
#ifndef OMEN_CLI_WRITER_H
#define OMEN_CLI_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/choice.h"
#include "cli/source.h"
#include "codec/csv.h"
#include "graph/graph.h"

struct writer {
    const struct graph *graph;
    const struct choices *choices;
    const struct csv_field *passed_names;
    size_t passed_count;
    char delimiter;
    struct buf *out;
};

struct writer_type {
    void (*header)(const struct writer *writer); /* NULL: the form has none */
    /* results: of each output that is wanted, of which `row` is written; NULL: a row without
     * answer. passed: NULL when the row has none. */
    void (*row)(const struct writer *writer, const struct passed *passed,
                const struct matrix *results, size_t row);
};

extern const struct writer_type writer_csv, writer_jsonl;

#endif
