/* What a model expects: its inputs in order, each with type, limits and the policies for values
 * that are missing, out of range or unknown. Const once the model is built.
 *
 * A row becomes `field_count` doubles: a number as it is, a word as its position in `words`, a free
 * text as its address (graph/text.h), a missing value as NaN, an unknown word that the policy lets
 * through as SCHEMA_UNKNOWN. */
#ifndef OMEN_GRAPH_SCHEMA_H
#define OMEN_GRAPH_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strmap.h"
#include "graph/text.h"

#define SCHEMA_UNKNOWN (-1.0)

enum field_type {
    FIELD_NUMBER,
    FIELD_CATEGORY, /* one of the words that are listed */
    FIELD_TEXT,     /* any text */
};

enum field_policy {
    POLICY_REJECT,  /* the request is refused */
    POLICY_NAN,     /* the value counts as missing: NaN goes into the graph */
    POLICY_ZERO,    /* a number becomes 0; a word becomes SCHEMA_UNKNOWN (all zeros when encoded) */
    POLICY_REPLACE, /* the field's replacement is used */
    POLICY_CLIP,    /* out of range only: the nearest bound */
    POLICY_ACCEPT,  /* out of range only: used as it is */
};

struct field {
    char *name;
    char *description; /* may be NULL */
    enum field_type type;
    bool required;           /* the key must be there (null is judged by on_missing) */
    bool integer;            /* a number must be whole */
    bool single;             /* is computed with as float32: what that cannot hold is refused */
    double minimum, maximum; /* -INFINITY / INFINITY: no bound */
    enum field_policy on_missing, on_unknown, on_out_of_range;
    double missing_replacement, unknown_replacement, range_replacement; /* encoded */
    struct text missing_text; /* a text's replacement; the bytes are the field's own */
    char **words; /* category: values in order; numbers are spelled as schema_normal_number does */
    bool *word_is_number; /* category: printed without quotes in examples and metadata */
    size_t word_count;
    struct strmap word_codes;
    bool number_words; /* set by schema_seal: some word is a number, so numbers may be words */
};

struct schema {
    struct field *fields;
    size_t field_count;
    struct strmap by_name;
};

#define SCHEMA_FIELDS_MAX 100000

/* Zeroed fields for the caller to fill (names and words are owned by the schema from then on);
 * defaults: number, required, no bounds, every policy REJECT. */
bool schema_init(struct schema *schema, size_t field_count, struct err *err);
/* Gives words that are numbers their normal spelling and builds the look-up tables; refuses
 * duplicate names, duplicate words, contradictory policies (not required, but missing is rejected;
 * clip without bounds), minimum > maximum. Again after a change of fields. */
bool schema_seal(struct schema *schema, struct err *err);
void schema_finish(struct schema *schema);

/* Column of a name, or STRMAP_NONE. */
uint32_t schema_find(const struct schema *schema, const char *name, size_t length);

/* The spelling that "8", 8 and 8.0 share: an integral number below 1e21 without point or exponent,
 * any other shortest round-trip ("0.1"); "" for what is not finite. size >= 32. Returns the
 * length. */
size_t schema_normal_number(double value, char *text, size_t size);

/* If text is a JSON-style number ("8", "8.0", "-1e3"), writes its normal spelling and returns the
 * length, else 0: then the word stands for itself. */
size_t schema_normal_text(const char *text, size_t length, char *out, size_t size);

#endif
