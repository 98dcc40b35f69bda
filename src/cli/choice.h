/* Which of a model's outputs are wanted, and what their columns are called. */
#ifndef OMEN_CLI_CHOICE_H
#define OMEN_CLI_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "graph/graph.h"

#define CHOICES_MAX (OP_OUTPUTS_MAX + 1)

struct choice {
    char *name; /* as it was asked for */
    size_t output;
};

struct choices {
    struct choice items[CHOICES_MAX];
    size_t count;
    uint32_t wanted; /* a bit per output, for graph_run */
};

/* list: names separated by commas; "all": every output; "": the default one, called "prediction" as
 * in the worker's answers. The caller finishes it, after a failure too. */
bool choices_read(const struct graph *graph, const char *list, struct choices *choices,
                  struct err *err);
void choices_finish(struct choices *choices);

/* Appends the name of a column: the choice's, and which class, target or bound it is. */
void choice_put_column(const struct graph *graph, const struct choice *choice, size_t column,
                       struct buf *out);
/* The text of a class's label. */
void choice_put_label(const struct graph *graph, size_t index, struct buf *out);

#endif
