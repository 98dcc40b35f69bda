/* What the served document says of one model: the parts that its schema and golden rows fill in. */
#ifndef OMEN_PROTOCOLS_OPENAPI_MODEL_H
#define OMEN_PROTOCOLS_OPENAPI_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "registry/registry.h"

/* Of all models of a document together: what goes beyond is described without its details, so that
 * no directory of models makes a document of gigabytes. */
struct openapi_budget {
    size_t fields, words;
};
#define OPENAPI_BUDGET_INIT                                      \
    {                                                            \
        .fields = OPENAPI_FIELDS_MAX, .words = OPENAPI_WORDS_MAX \
    }
#define OPENAPI_FIELDS_MAX 20000
#define OPENAPI_WORDS_MAX 50000
#define OPENAPI_MODEL_FIELDS_MAX 2000
#define OPENAPI_MODEL_WORDS_MAX 10000

struct openapi_model {
    const struct model *model;
    const struct golden_row *golden; /* the row of the example, or NULL: it is made up */
    bool has_fields;                 /* each field is described */
    bool has_words;                  /* and the words of each category */
};

/* **Keeps** model. Takes its share of the budget. */
void openapi_model_init(struct openapi_model *about, const struct model *model,
                        struct openapi_budget *budget);

/* Whether there is such a part: "row" and "list" (a row's schemas), "fields", "answer" and
 * "answers" (of the default output, one row's and any), "outputs" (their names), "example.row",
 * "example.list", "example.answer", "example.tensors", "about". */
bool openapi_model_has(const struct openapi_model *about, const char *part);
void openapi_model_write(struct buf *out, const struct openapi_model *about, const char *part);

#endif
