/* Rows in the shape that TensorFlow Serving, KServe v1 and Vertex AI share: {"instances":[row,...]}
 * or, by columns, {"inputs":{"name":[value,...],...}}.
 *
 * A row is an object by name, a list in the schema's order or, where the model takes one value,
 * that value; all rows of a request are of one kind. A cell may be a list of one, as a tensor of
 * shape [1] is written, and a text {"b64":"..."}. Sentences are TensorFlow Serving's where it has
 * one, but for the values, which it would quote. */
#ifndef OMEN_PROTOCOLS_INSTANCES_H
#define OMEN_PROTOCOLS_INSTANCES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/json.h"
#include "graph/schema.h"
#include "protocols/rows.h"

/* Each fills zeroed rows, of a tree with its numbers in it or taken out (codec/envelope.h); on
 * failure rows_answer_error has the rest of what there is to say. */

/* value: the list; member: its name, for the sentences. */
bool instances_read(struct rows *rows, const struct schema *schema, const struct json *value,
                    const char *member, size_t max_rows, struct arena *arena, struct err *err);
/* One row by itself; the kinds may be mixed. {"features":[...]} is the list, where no field has
 * that name. */
bool instances_read_one(struct rows *rows, size_t row, const struct json *value, struct err *err);
/* An object of columns. */
bool instances_read_columns(struct rows *rows, const struct schema *schema,
                            const struct json *value, size_t max_rows, struct arena *arena,
                            struct err *err);
/* classify and regress: objects, with `context` (or NULL) for what all of them share. */
bool instances_read_examples(struct rows *rows, const struct schema *schema,
                             const struct json *value, const struct json *context, size_t max_rows,
                             struct arena *arena, struct err *err);

#endif
