/* Which of a model's outputs a request asks for. */
#ifndef OMEN_PROTOCOLS_CHOICE_H
#define OMEN_PROTOCOLS_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/json.h"
#include "graph/graph.h"
#include "http/response.h"

#define CHOICES_MAX (OP_OUTPUTS_MAX + 1) /* every output, and "prediction" besides */

/* An output and the name by which it was asked for. */
struct choice {
    const char *name; /* borrowed from the request or static */
    size_t length;
    size_t output;
};

struct choices {
    struct choice list[CHOICES_MAX];
    size_t count;
    uint32_t wanted; /* a bit per output */
};

/* value: the name of an output, a list of names, or null for the default one, as "prediction".
 * Zero choices first. False when the answer is an error, which is written: it lists what there is.
 */
bool choices_read(struct choices *choices, const struct graph *graph, const struct json *value,
                  struct http_response *response);
/* The same of names in a text, between commas; "": the default one. */
bool choices_read_text(struct choices *choices, const struct graph *graph, const char *text,
                       struct http_response *response);

/* The output itself, by its own name. */
void choices_set(struct choices *choices, const struct graph *graph, size_t output);

#endif
