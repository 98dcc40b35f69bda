/* "baseline": statistics of the training data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats/native.h"

static const char *const number_members[] = {"count", "missing", "mean",   "std", "min",
                                             "max",   "edges",   "counts", NULL};
static const char *const word_members[] = {"count", "missing", "counts", NULL};

static bool no_memory(const struct node *node, struct err *err)
{
    err_set(err, ERR_MEMORY, "no memory for the baseline");
    node_prefix(node, err);
    return false;
}

static bool check_counts(const struct node *counts, const double *values, size_t count,
                         struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct node item = node_element(counts, i);
        if (!(values[i] >= 0 && isfinite(values[i])))
            return node_fail(&item, err, "expected a count");
    }
    return true;
}

static bool read_bins(const struct node *node, struct baseline_feature *feature, struct err *err)
{
    struct node edges, counts;
    struct params_vector vector;
    bool has_edges = node_member(node, "edges", &edges);
    bool has_counts = node_member(node, "counts", &counts);
    if (!has_edges && !has_counts)
        return true;
    if (!has_edges || !has_counts)
        return node_fail(node, err, "\"edges\" and \"counts\" go together");
    if (!node_vector(&edges, &vector, err))
        return false;
    feature->edges = vector.values;
    feature->edge_count = vector.count;
    for (size_t i = 0; i < vector.count; i++) {
        struct node edge = node_element(&edges, i);
        if (!isfinite(vector.values[i]) || (i > 0 && !(vector.values[i - 1] < vector.values[i])))
            return node_fail(&edge, err, "the edges have to ascend");
    }
    if (!node_vector(&counts, &vector, err))
        return false;
    feature->counts = vector.values;
    feature->count_count = vector.count;
    if (feature->edge_count < 2 || feature->count_count != feature->edge_count - 1)
        return node_fail(&counts, err, "has %zu counts for %zu edges", feature->count_count,
                         feature->edge_count);
    return check_counts(&counts, feature->counts, feature->count_count, err);
}

/* Finds the position of a key in an object of counts. */
typedef bool position_find(const void *of, const char *key, size_t *index);

static bool read_counts(const struct node *node, struct baseline_feature *feature, size_t count,
                        position_find *find, const void *of, struct err *err)
{
    struct node counts;
    if (!node_member(node, "counts", &counts))
        return true;
    if (!node_expect(&counts, JSON_OBJECT, err))
        return false;
    feature->counts = mem_array(count, sizeof *feature->counts);
    if (feature->counts == NULL)
        return no_memory(&counts, err);
    feature->count_count = count;
    for (struct json_iterator it = json_begin(counts.value); json_next(&it);) {
        struct node item;
        size_t index;
        double number = 0;
        node_member(&counts, it.key, &item);
        if (!find(of, it.key, &index))
            return node_fail(&item, err, "is none of the values");
        if (!node_finite(&item, &number, err))
            return false;
        if (number < 0)
            return node_fail(&item, err, "expected a count");
        feature->counts[index] += number; /* "8" and "8.0" may both be there */
    }
    return true;
}

static bool word_find(const void *of, const char *key, size_t *index)
{
    const struct field *field = of;
    char normal[32];
    size_t length = schema_normal_text(key, strlen(key), normal, sizeof normal);
    uint32_t code = length > 0 ? strmap_get(&field->word_codes, normal, length)
                               : strmap_get(&field->word_codes, key, strlen(key));
    *index = code;
    return code != STRMAP_NONE;
}

static bool class_find(const void *of, const char *key, size_t *index)
{
    return native_class_find_key(of, key, index);
}

static bool read_summary(const struct node *node, struct baseline_feature *feature, struct err *err)
{
    return node_finite_or(node, "count", &feature->count, err) &&
           node_finite_or(node, "missing", &feature->missing, err) &&
           node_finite_or(node, "mean", &feature->mean, err) &&
           node_finite_or(node, "std", &feature->std, err) &&
           node_finite_or(node, "min", &feature->minimum, err) &&
           node_finite_or(node, "max", &feature->maximum, err);
}

static bool name_feature(const struct node *node, const char *name,
                         struct baseline_feature *feature, struct err *err)
{
    feature->name = mem_copy_text(name, strlen(name));
    return feature->name != NULL || no_memory(node, err);
}

static bool read_feature(const struct node *node, const struct field *field,
                         struct baseline_feature *feature, struct err *err)
{
    bool number = field->type == FIELD_NUMBER;
    if (!node_expect(node, JSON_OBJECT, err) ||
        !node_only(node, number ? number_members : word_members, err) ||
        !name_feature(node, field->name, feature, err) || !read_summary(node, feature, err))
        return false;
    return number ? read_bins(node, feature, err)
                  : read_counts(node, feature, field->word_count, word_find, field, err);
}

static bool read_features(const struct node *features, const struct graph *graph,
                          struct baseline *baseline, struct err *err)
{
    if (!node_expect(features, JSON_OBJECT, err))
        return false;
    for (struct json_iterator it = json_begin(features->value); json_next(&it);) {
        struct node node;
        node_member(features, it.key, &node);
        uint32_t column = schema_find(&graph->schema, it.key, it.key_length);
        if (column == STRMAP_NONE)
            return node_fail(&node, err, "is none of the inputs");
        if (!read_feature(&node, &graph->schema.fields[column], &baseline->features[column], err))
            return false;
    }
    return true;
}

static bool read_prediction(const struct node *node, const struct graph *graph,
                            struct baseline_feature *feature, struct err *err)
{
    const struct graph_output *output = &graph->outputs[graph->default_output];
    bool label = output->kind == OUTPUT_LABEL;
    if (!node_expect(node, JSON_OBJECT, err) ||
        !node_only(node, label ? word_members : number_members, err) ||
        !name_feature(node, output->name, feature, err) || !read_summary(node, feature, err))
        return false;
    return label ? read_counts(node, feature, graph->class_count, class_find, graph, err)
                 : read_bins(node, feature, err);
}

bool native_baseline_read(const struct node *node, const struct graph *graph,
                          struct baseline *baseline, struct err *err)
{
    static const char *const members[] = {"rows", "features", "prediction", NULL};
    const struct baseline_feature nothing = {
        .count = NAN, .missing = NAN, .mean = NAN, .std = NAN, .minimum = NAN, .maximum = NAN};
    struct node member;
    if (!node_expect(node, JSON_OBJECT, err) || !node_only(node, members, err))
        return false;
    baseline->rows = NAN;
    baseline->prediction = nothing;
    baseline->features = mem_array(graph->schema.field_count, sizeof *baseline->features);
    if (baseline->features == NULL)
        return no_memory(node, err);
    baseline->feature_count = graph->schema.field_count;
    for (size_t i = 0; i < baseline->feature_count; i++)
        baseline->features[i] = nothing;
    if (!node_finite_or(node, "rows", &baseline->rows, err) ||
        (node_member(node, "features", &member) && !read_features(&member, graph, baseline, err)))
        return false;
    return !node_member(node, "prediction", &member) ||
           read_prediction(&member, graph, &baseline->prediction, err);
}
