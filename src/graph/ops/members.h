/* Estimators within an operator: what ensembles, calibrators and stacks are made of. Each member is
 * a list of steps of which the last makes an answer; all of them see the operator's own columns. */
#ifndef OMEN_GRAPH_OPS_MEMBERS_H
#define OMEN_GRAPH_OPS_MEMBERS_H

#include "graph/ops/ops.h"
#include "graph/pipeline.h"

struct member {
    struct pipeline pipeline;
    size_t *classes; /* places of its classes among the operator's; NULL: the same ones */
};

struct members {
    struct member *items;
    size_t count;
};

#define MEMBER_NO_OUTPUT ((uint32_t)-1)

/* One member: params' list "steps". Counts its bytes and widens op->scratch_width. */
bool member_read(struct member *member, struct op *op, struct params *params,
                 const struct columns *in, struct err *err);
void member_finish(struct member *member);

/* The objects of params' list "estimators", at least one. */
bool members_read(struct members *members, struct op *op, struct params *params,
                  const struct columns *in, struct err *err);
/* The same of classifiers, each with an optional list "classes". Sets op->classes to params'
 * "classes" or, without that, to the first member's. */
bool members_read_classifiers(struct members *members, struct op *op, struct params *params,
                              const struct columns *in, struct err *err);
void members_finish(struct members *members);

/* The operator that makes a member's answer. */
const struct op *member_last(const struct member *member);
/* The output of a kind, MEMBER_NO_OUTPUT if it has none. */
uint32_t member_output(const struct member *member, enum output_kind kind);
size_t member_columns(const struct member *member, uint32_t output);

/* One of its outputs; `answer` has the rows of `in` and that output's columns. */
bool member_run(const struct member *member, const struct matrix *in, uint32_t output,
                struct matrix *answer, struct arena *scratch, struct err *err);
/* The same into a new block of scratch. */
bool member_answer(const struct member *member, const struct matrix *in, uint32_t output,
                   struct matrix *answer, struct arena *scratch, struct err *err);

/* Fails unless every member has an output of that kind with so many columns (PARAMS_ANY: any). */
bool members_need(const struct members *members, struct params *params, enum output_kind kind,
                  size_t cols, struct err *err);

/* What tells classes apart is the decision function where there is one, else the probabilities. A
 * binary member's is one number: its score, or the probability of its second class. */
struct member_response {
    uint32_t output;
    size_t first, count; /* columns of that output */
};

/* Params' "response", "score" or "probability"; by default the former where there is one. */
bool member_response_read(const struct member *member, struct params *params,
                          struct member_response *response, struct err *err);
/* A new block of scratch, rows x response->count. */
bool member_respond(const struct member *member, const struct matrix *in,
                    const struct member_response *response, struct matrix *answer,
                    struct arena *scratch, struct err *err);

#endif
