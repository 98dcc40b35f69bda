/* From a model's files to a graph. To add a format: a file here that ends in its
 * `const struct format`, and a line in format.c. Everything read is hostile: sizes are checked
 * before allocating, and every refusal says where in the file and what would be right. */
#ifndef OMEN_FORMATS_FORMAT_H
#define OMEN_FORMATS_FORMAT_H

#include <math.h>
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
    bool mapped; /* base/mapping.h: what is read twice may differ */
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
    struct arena texts; /* what cells of free text in `in` point to */
    double rtol, atol;  /* PMML's rule: |exp| <= atol ? |got| <= atol : |got / exp - 1| <= rtol */
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
        *trainer;       /* as the document or the trainer's file says, or NULL */
    const char *format; /* "omen/1", or what the trainer's file is: "xgboost" ... */
    struct fact *facts; /* what else the trainer's file says of itself, for people */
    size_t fact_count;
};

struct fact {
    char *name, *value; /* "objective", "binary:logistic" */
};

void artifact_finish(struct artifact *artifact);

enum format_iterations {
    FORMAT_ITERATIONS_BEST, /* as many as early stopping found best, where the file says it */
    FORMAT_ITERATIONS_ALL,
    FORMAT_ITERATIONS_FIRST,
};

/* What a document says about the trainer's file that it names. */
struct format_settings {
    double missing; /* counts as missing besides NaN; NaN: nothing else does */
    enum format_iterations iterations;
    size_t iteration_count; /* of FORMAT_ITERATIONS_FIRST, at least 1 */
    const char *link;       /* from margin to answer, by its name; NULL: as the file says */
};
#define FORMAT_SETTINGS_INIT                                 \
    {                                                        \
        .missing = NAN, .iterations = FORMAT_ITERATIONS_BEST \
    }

/* A trainer's file as a model: what it expects, and the operator that answers. */
struct trained {
    struct schema schema;       /* sealed; a field for each of the operator's inputs, in order */
    struct op *op;              /* an estimator: its outputs are the answers */
    struct graph_label *labels; /* op->classes of them as the trainer had them; NULL: 0, 1, 2 ... */
    char **output_names; /* op->output_count, NULL for the standard name; NULL: all of them */
    char **targets;      /* names of OUTPUT_VALUE's columns; NULL: none */
    size_t target_count;
    char *trainer; /* "XGBoost 3.1.2", or NULL */
    char *task;    /* "classification", "regression", "ranking" ..., or NULL */
    struct fact *facts;
    size_t fact_count;
};

void trained_finish(struct trained *trained);
/* Adds a fact with a formatted value. */
bool trained_add_fact(struct trained *trained, struct err *err, const char *name,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

struct format {
    const char *name;
    /* `read` bears bytes that change under it. Other formats are given a copy of a mapped file. */
    bool reads_mapped;
    /* Looks at the content: true if this is the format. Cheap, never fails. */
    bool (*detect)(const struct format_file *file);
    /* A model document, which may name another of the files. NULL for a trainer's format. */
    bool (*load)(const struct format_file *files, size_t count, size_t which,
                 struct artifact *artifact, struct err *err);
    /* A trainer's file. Settings that make no sense for the format are refused. `trained` is zeroed
     * before, and finished by the caller afterwards, whatever is returned. */
    bool (*read)(const struct format_file *file, const struct format_settings *settings,
                 struct trained *trained, struct err *err);
};

/* The format of a trainer's file, or NULL: by content, or by name. */
const struct format *format_detect_trained(const struct format_file *file);
const struct format *format_find_trained(const char *name);

/* Finds the one file whose content a format knows and loads it; a model document may stand beside a
 * trainer's file that it names. Refuses, saying what was seen, when there is none or more than one;
 * pickles and the like are refused with the way out. */
bool format_load(const struct format_file *files, size_t count, struct artifact *artifact,
                 struct err *err);

#endif
