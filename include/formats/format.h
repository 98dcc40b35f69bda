/* From a model's files to a graph. To add a format: a file here that ends in its
 * `const struct format`, and a line in format.c. Everything read is hostile: sizes are checked
 * before allocating, and every refusal says where in the file and what would be right. */
#ifndef OMEN_FORMATS_FORMAT_H
#define OMEN_FORMATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "graph/graph.h"

/* One file of a bundle, in memory. */
struct format_file {
    const char *name;
    const char *data; /* NUL-terminated besides */
    size_t size;
};

/* Rows with the answers the trainer gave, run before a version goes live. */
struct golden_value {
    int output;     /* index in graph->outputs */
    double *values; /* outputs[output].cols of them; a label is its class index */
};

struct golden_row {
    double *in; /* encoded, schema.field_count */
    struct golden_value *expected;
    size_t expected_count;
};

struct golden {
    struct golden_row *rows;
    size_t row_count;
    double rtol, atol; /* PMML's rule: |exp| <= atol ? |got| <= atol : |got / exp - 1| <= rtol */
};

/* Statistics of the training data, kept for drift. */
struct baseline_feature {
    char *name;
    double count, missing, mean, std, minimum, maximum; /* NaN where not given */
    double *edges; /* numbers: edge_count ascending bin edges, counts has edge_count - 1 */
    size_t edge_count;
    double *counts; /* words: by category code, word_count of the field */
    size_t count_count;
};

struct baseline {
    double rows;
    struct baseline_feature *features; /* one per schema field, in its order; name NULL: none */
    size_t feature_count;
    struct baseline_feature prediction; /* of the default output; name NULL: none */
};

/* What a format makes of a bundle. */
struct artifact {
    struct graph *graph;
    struct golden golden;
    struct baseline baseline;
    char *name, *version, *description, *created, *task,
        *trainer;       /* as the document says, or NULL */
    const char *format; /* "omen/1" */
};

void artifact_finish(struct artifact *artifact);

struct format {
    const char *name;
    /* Looks at the first bytes: true if this is the format. Cheap, never fails. */
    bool (*detect)(const struct format_file *file);
    bool (*load)(const struct format_file *files, size_t count, size_t which,
                 struct artifact *artifact, struct err *err);
};

/* Finds the one file whose content a format knows and loads it. Refuses, saying what was seen, when
 * there is none or more than one; pickles and the like are refused with the way out. */
bool format_load(const struct format_file *files, size_t count, struct artifact *artifact,
                 struct err *err);

#endif
