/* Choosing columns by name, at load and at run. The columns themselves are declared in graph/op.h.
 */
#ifndef OMEN_GRAPH_COLUMNS_H
#define OMEN_GRAPH_COLUMNS_H

#include "graph/op.h"
#include "math/matrix.h"

/* Of all the columns and words that are made while one model is read, copies included: every step
 * holds what it knows of its columns, and a short document can ask for many steps over many columns
 * of many words. Columns of a thread count until it calls columns_limit_begin. */
#define COLUMNS_MADE_MAX ((size_t)8 << 20)
void columns_limit_begin(void);

/* Positions in `in` of the names that params' list `key` holds, in its order; the caller frees
 * them. Refuses an empty list, a name that is not there (saying which are), one that two columns
 * share, and one that is listed twice. */
bool columns_resolve(struct params *params, const char *key, const struct columns *in,
                     size_t **indices, size_t *count, struct err *err);

bool columns_copy(struct columns *to, const struct columns *from, struct err *err);

/* Copies of those columns; the caller finishes them. */
bool columns_select(struct columns *to, const struct columns *from, const size_t *indices,
                    size_t count, struct err *err);

/* out: in->rows x count. */
void columns_gather(const struct matrix *in, const size_t *indices, size_t count,
                    struct matrix *out);

#endif
