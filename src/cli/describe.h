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

/* An operator's name and how many of it the model has. */
struct describe_operator {
    const char *name;
    size_t count;
};

/* Distinct operators in their order; returns how many, at most `most`. */
size_t describe_operators(const struct graph *graph, struct describe_operator *list, size_t most);

#endif
