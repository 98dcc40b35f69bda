/* Rows as JSON to a frame: what every dialect that speaks of rows shares.
 *
 * A row is a list in the schema's order or an object by name. Its form is judged first: the first
 * row with a wrong length, missing or unexpected names ends the reading. The values' problems are
 * collected over all rows. */
#ifndef OMEN_PROTOCOLS_ROWS_H
#define OMEN_PROTOCOLS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/json.h"
#include "graph/frame.h"
#include "http/response.h"

#define ROWS_UNEXPECTED_MAX 10 /* names of a client's that are told back */
#define ROWS_MISSING_MAX 1000  /* names of the schema's; both are counted beyond */
#define ROWS_NAME_MAX 64       /* bytes of a client's name */

enum rows_fault {
    ROWS_FINE,
    ROWS_SHAPE,  /* no row where one must be, too many rows: the error says all */
    ROWS_LENGTH, /* expected, got */
    ROWS_NAMES,  /* object */
    ROWS_VALUES, /* the frame's problems */
};

struct rows {
    struct frame frame;
    bool single;  /* one row came by itself: its answer is no list */
    bool by_row;  /* set before reading: a bad row does not fail the others (row_faults.h) */
    bool tensors; /* cells are tensors: [x] is x, and {"b64":"..."} the text that it stands for */
    enum rows_fault fault;
    size_t expected, got;
    const struct json *object; /* borrowed: the tree lives as long as this */
    struct json *owned;        /* or is this */
    const char **faults;       /* by_row: the error objects of rows that are wrong as a whole */
};

void rows_finish(struct rows *rows);

/* value: one row or a list of rows, with its numbers in the tree or taken out of it
 * (codec/envelope.h; dimensions: 2). Allocates the frame in the arena. On failure rows->fault says
 * of what kind it is, for rows_answer_error. rows is zeroed first, but for by_row. */
bool rows_read(struct rows *rows, const struct schema *schema, const struct json *value,
               size_t max_rows, struct arena *arena, struct err *err);

/* The same in three steps, for who knows the rows by another rule: an empty frame of `count` rows,
 * each row or cell, and what all of them together amount to. */
bool rows_begin(struct rows *rows, const struct schema *schema, size_t count, size_t max_rows,
                struct arena *arena, struct err *err);
bool rows_read_row(struct rows *rows, size_t row, const struct json *value, struct err *err);
void rows_read_cell(struct rows *rows, size_t row, size_t column, const struct json *value);
bool rows_seal(struct rows *rows, struct err *err);

/* A row, or a column, of `got` values. */
bool rows_fault_length(struct rows *rows, struct err *err, size_t row, size_t got);
/* The object has a name that the model does not have, or lacks one that it has. It is that row, or
 * (ROWS_COLUMNS) has the columns of all. */
#define ROWS_COLUMNS SIZE_MAX
bool rows_fault_names(struct rows *rows, struct err *err, size_t row, const struct json *object);

/* Rows of plain numbers in the schema's order, which become the frame's matrix in place. Fills
 * zeroed rows (`single` may be set). */
bool rows_read_matrix(struct rows *rows, const struct schema *schema, const struct matrix *numbers,
                      size_t max_rows, struct arena *arena, struct err *err);

/* The error object by itself. */
void rows_write_fault(const struct rows *rows, const struct err *err, struct buf *out);
/* The whole error answer: "missing" and "unexpected", "expected" and "got", or "problems". */
void rows_answer_error(const struct rows *rows, const struct err *err,
                       struct http_response *response);

#endif
