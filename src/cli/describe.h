/* A loaded model in words: one walk over what is to be said, and a printer for each form, for
 * people and as JSON for programs. */
#ifndef OMEN_CLI_DESCRIBE_H
#define OMEN_CLI_DESCRIBE_H

#include "base/buf.h"
#include "cli/load.h"
#include "graph/graph.h"

#define DESCRIBE_OPERATORS_MAX 200

/* Distinct operators in the order in which they come, those within others too. */
struct describe_operators {
    struct {
        const char *name;
        size_t count;
    } items[DESCRIBE_OPERATORS_MAX];
    size_t count;
    size_t total;
};

/* In the order in which they are called. Names are JSON's: words joined by '_'. */
struct describe_printer {
    void (*begin)(struct buf *out, const char *path);
    void (*text)(struct buf *out, const char *name, const char *value); /* NULL: is not said */
    /* What the trainer's file says of itself, under names of its own. */
    void (*facts)(struct buf *out, const struct fact *facts, size_t count);
    void (*files)(struct buf *out, size_t count, size_t bytes);
    void (*memory)(struct buf *out, size_t bytes);
    void (*count)(struct buf *out, const char *name, size_t value);
    void (*flag)(struct buf *out, const char *name, bool value);
    /* total elements of one of the kinds below follow, then the list ends */
    void (*list)(struct buf *out, const char *name, size_t total);
    void (*input)(struct buf *out, const struct field *field);
    void (*output)(struct buf *out, const struct graph *graph, size_t index);
    void (*label)(struct buf *out, const struct graph *graph, size_t index);
    void (*target)(struct buf *out, const struct graph *graph, size_t index);
    void (*list_end)(struct buf *out);
    void (*operators)(struct buf *out, const struct describe_operators *operators);
    void (*end)(struct buf *out);
};

extern const struct describe_printer describe_text;
extern const struct describe_printer describe_json;

/* path: as the person gave it. */
void describe(const char *path, const struct loaded *loaded, const struct describe_printer *printer,
              struct buf *out);

/* As documents have it: "number". */
const char *describe_type(const struct field *field);
/* What POLICY_REPLACE puts in a category's place; NULL: nothing, or no category. */
const char *describe_replacement(const struct field *field, double replacement);

#endif
