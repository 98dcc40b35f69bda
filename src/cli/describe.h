/* A loaded model in words: for people, and as JSON for programs. */
#ifndef OMEN_CLI_DESCRIBE_H
#define OMEN_CLI_DESCRIBE_H

#include "base/buf.h"
#include "cli/load.h"
#include "graph/schema.h"

void describe_text(const char *path, const struct loaded *loaded, struct buf *out);
void describe_json(const char *path, const struct loaded *loaded, struct buf *out);

/* As documents have them: "number", "reject". */
const char *describe_type(const struct field *field);
const char *describe_policy(enum field_policy policy);

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

void describe_operators(const struct graph *graph, struct describe_operators *operators);

#endif
