/* The rows of one request, decoded by a schema: where client values meet the policies.
 *
 * A decoder calls one frame_set_* per cell (any order, each at most once per cell), then
 * frame_seal, which applies the policy to cells never set. The setters are cheap when nothing is
 * wrong; what is wrong is collected, not thrown, so that an answer can list it all. */
#ifndef OMEN_GRAPH_FRAME_H
#define OMEN_GRAPH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "graph/schema.h"
#include "math/matrix.h"

#define FRAME_PROBLEMS_MAX 32 /* kept with their text; the rest is only counted */

enum frame_reason {
    FRAME_MISSING,      /* null, NaN or no such key, and the policy rejects it */
    FRAME_UNKNOWN_WORD, /* a category that is not listed, and the policy rejects it */
    FRAME_OUT_OF_RANGE, /* and the policy rejects it */
    FRAME_WRONG_TYPE,   /* a word for a number, a number for a word that is none, true, [] ... */
    FRAME_SHAPE,        /* a row of the wrong length, or no row: seen and counted by the decoder */
    FRAME_REASONS
};

struct frame_problem {
    enum frame_reason reason;
    size_t row, column;
};

/* What is wrong with one row: the first problem, and how many there are. */
struct frame_row {
    enum frame_reason reason;
    uint32_t column;
    uint32_t count; /* 0: the row is fine */
};

struct frame {
    const struct schema *schema;
    struct arena *arena;  /* of the matrix and the texts */
    bool no_memory;       /* for a text: frame_seal says so */
    struct matrix matrix; /* rows x schema->field_count, in the arena */
    struct frame_problem problems[FRAME_PROBLEMS_MAX];
    size_t problem_count;           /* all of them, kept or not */
    struct frame_row *by_row;       /* one a row, if frame_judge_by_row was called */
    size_t counts[FRAME_REASONS];   /* by reason, cells */
    size_t replaced[FRAME_REASONS]; /* cells that a policy changed instead of rejecting */
};

/* All cells start as "not set". **Keeps** schema. ERR_MEMORY / ERR_LIMIT when it does not fit. */
bool frame_init(struct frame *frame, const struct schema *schema, size_t rows, struct arena *arena,
                struct err *err);

/* For a stream: the frame of one row whose cells, schema->field_count of them, are the caller's.
 * What was wrong with the row before is forgotten; counts and replacements go on. Zero the frame
 * before its first row. **Keeps** schema, cells and arena, where texts go. */
void frame_begin_row(struct frame *frame, const struct schema *schema, double *cells,
                     struct arena *arena);

void frame_set_number(struct frame *frame, size_t row, size_t column, double value);
/* Number fields refuse every word (FRAME_WRONG_TYPE); a category is looked up, numbers normalised;
 * a free text is copied. */
void frame_set_text(struct frame *frame, size_t row, size_t column, const char *text,
                    size_t length);
/* A category that has the word "true" or "false" takes it; every other field refuses. */
void frame_set_boolean(struct frame *frame, size_t row, size_t column, bool value);
void frame_set_missing(struct frame *frame, size_t row, size_t column);
/* The value has a type no field takes (a nested array ...). */
void frame_set_wrong(struct frame *frame, size_t row, size_t column);

/* A whole row of plain numbers in schema order was stored in matrix_row(row): judge them. */
void frame_check_row(struct frame *frame, size_t row);

/* Asks for each row's own verdict, before any cell is set: what is wrong with one row does not fail
 * the others. ERR_LIMIT when there is no room. */
bool frame_judge_by_row(struct frame *frame, struct err *err);
/* The decoder found something wrong with the row as a whole, and says it itself. */
void frame_reject_row(struct frame *frame, size_t row);
static inline bool frame_row_is_bad(const struct frame *frame, size_t row)
{
    return frame->by_row != NULL && frame->by_row[row].count > 0;
}

/* Cells never set become missing: a required field's absence is FRAME_MISSING, else on_missing
 * decides. True if there is no problem, or rows are judged one by one; else err describes the first
 * (code, row, field, and a sentence that names field, row and limit but no value). */
bool frame_seal(struct frame *frame, struct err *err);

/* The sentence of one problem, as frame_seal writes it. */
void frame_problem_describe(const struct frame *frame, const struct frame_problem *problem,
                            struct err *err);

const char *frame_reason_name(enum frame_reason reason); /* "missing", "unknown_category", ... */

#endif
