/* Whole bodies that are tables, CSV and the like, as rows: each reader fills zeroed rows; on
 * failure rows_answer_error has what there is to say. No more memory is taken for cells than eight
 * times the body, but where a format leaves cells out (libsvm, JSON lines by name): there the
 * arena's limit bounds it. */
#ifndef OMEN_PROTOCOLS_TABLE_H
#define OMEN_PROTOCOLS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "graph/schema.h"
#include "protocols/rows.h"

struct table {
    const struct schema *schema;
    const char *text; /* NUL-terminated besides */
    size_t length;
    size_t max_rows;
    struct arena *arena;
};

enum table_header {
    TABLE_HEADER_ABSENT,  /* the first line is a row, in the schema's order */
    TABLE_HEADER_PRESENT, /* it names the columns */
    TABLE_HEADER_GUESS,   /* it names them if it is not all numbers and every cell is a name */
};

/* *header says in the end whether there was one. */
bool table_read_csv(struct rows *rows, const struct table *table, enum table_header *header,
                    struct err *err);
/* first_index: that of the schema's first field, 0 or 1. What a line leaves out is missing. */
bool table_read_libsvm(struct rows *rows, const struct table *table, uint32_t first_index,
                       struct err *err);
bool table_read_npy(struct rows *rows, const struct table *table, struct err *err);
/* A JSON value to a line: an object by name, a list, a value where the model takes one, or
 * {"features":[...]}. */
bool table_read_jsonl(struct rows *rows, const struct table *table, struct err *err);

#endif
