/* TreeEnsembleRegressor and TreeEnsembleClassifier, versions 1 and 3. */
#include <string.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/ml_trees.h"

static bool create_regressor(struct node *node, const struct attributes *attributes,
                             struct arena *arena, struct err *err)
{
    static const struct ml_tree_names names = {"target_treeids", "target_nodeids", "target_ids",
                                               "target_weights", "target_weights_as_tensor"};
    static const char *const aggregates[] = {"AVERAGE", "SUM", "MIN", "MAX", NULL};
    struct ml_trees *trees = node->state;
    int64_t targets = 1;
    int aggregate = ML_SUM;
    if (!attributes_int(attributes, "n_targets", &targets, err) ||
        !attributes_choice(attributes, "aggregate_function", aggregates, &aggregate, err))
        return false;
    if (targets < 1 || targets > INT32_MAX)
        return err_set(err, ERR_INVALID, "n_targets is %lld", (long long)targets);
    trees->outputs = (size_t)targets;
    trees->aggregate = (enum ml_aggregate)aggregate;
    return ml_trees_read(trees, attributes, &names, arena, err);
}

static bool infer_regressor(const struct call *call, struct err *err)
{
    const struct ml_trees *trees = call->node->state;
    int64_t rows;
    return ml_trees_check(call, trees, &rows, err) &&
           call_set_shape(call, 0, VALUE_FLOAT, (int64_t[]){rows, (int64_t)trees->outputs}, 2, err);
}

static bool run_regressor(const struct call *call, struct err *err)
{
    return ml_trees_regress(call, call->node->state, err);
}

struct classifier {
    struct ml_trees trees; /* first: ml_trees_destroy gets this */
    struct ml_labels labels;
    struct ml_weights_seen weights;
};

static bool create_classifier(struct node *node, const struct attributes *attributes,
                              struct arena *arena, struct err *err)
{
    static const struct ml_tree_names names = {"class_treeids", "class_nodeids", "class_ids",
                                               "class_weights", "class_weights_as_tensor"};
    struct classifier *classifier = node->state;
    if (!ml_labels_read(attributes, "classlabels_strings", "classlabels_int64s", arena,
                        &classifier->labels, err) ||
        !ml_trees_weights_seen(attributes, &classifier->weights, err))
        return false;
    classifier->trees.outputs = ml_labels_count(&classifier->labels);
    classifier->trees.aggregate = ML_SUM;
    return ml_trees_read(&classifier->trees, attributes, &names, arena, err);
}

static bool infer_classifier(const struct call *call, struct err *err)
{
    const struct classifier *classifier = call->node->state;
    int64_t rows;
    return ml_trees_check(call, &classifier->trees, &rows, err) &&
           call_set_shape(call, 0, ml_labels_type(&classifier->labels), &rows, 1, err) &&
           call_set_shape(call, 1, VALUE_FLOAT,
                          (int64_t[]){rows, (int64_t)classifier->trees.outputs}, 2, err);
}

/* Two classes, as ONNX Runtime has it. Weights for the first class only are one score s, which
 * becomes [1 - s, s] where it is a probability, else [-s, s], through the logistic function where
 * asked. The class is the sign of the second's score (or of s), whatever the first's. */
static size_t classify_two(const struct classifier *classifier, float *scores)
{
    const struct ml_floats *base = &classifier->trees.base;
    const struct ml_weights_seen *weights = &classifier->weights;
    bool second = weights->second_id;
    if (base->count == 2 && second) {
        scores[1] = base->data[1] + scores[0];
        scores[0] = -scores[1];
    } else if (base->count == 1 || base->count == 2) {
        scores[0] += base->data[0];
    }
    float deciding = scores[second];
    bool positive = weights->one_id && weights->all_positive ? deciding > 0.5F : deciding > 0;
    if (second || base->count == 2) {
        ml_transform_row(classifier->trees.transform, scores, 2);
    } else if (weights->all_positive) {
        scores[1] = scores[0];
        scores[0] = 1.0F - scores[1];
    } else if (classifier->trees.transform == ML_LOGISTIC) {
        scores[1] = ml_logistic(scores[0]);
        scores[0] = ml_logistic(-scores[0]);
    } else {
        scores[1] = scores[0];
        scores[0] = -scores[1];
    }
    return positive;
}

static size_t classify_many(const struct classifier *classifier, float *scores)
{
    const struct ml_trees *trees = &classifier->trees;
    size_t best = 0;
    for (size_t k = 0; k < trees->outputs; k++) {
        if (k < trees->base.count)
            scores[k] += trees->base.data[k];
        if (scores[k] > scores[best])
            best = k;
    }
    ml_transform_row(trees->transform, scores, trees->outputs);
    return best;
}

static bool run_classifier(const struct call *call, struct err *err)
{
    const struct classifier *classifier = call->node->state;
    const struct value *label = call_output(call, 0), *out = call_output(call, 1);
    float *sums = ml_trees_sums(call, &classifier->trees, err);
    if (sums == NULL)
        return false;
    const struct value *x = call_input(call, 0);
    size_t rows = x->rank == 1 ? 1 : (size_t)x->dims[0], outputs = classifier->trees.outputs;
    for (size_t row = 0; row < rows; row++) {
        float *scores = sums + row * outputs;
        size_t best =
            outputs == 2 ? classify_two(classifier, scores) : classify_many(classifier, scores);
        if (label != NULL)
            ml_labels_put(&classifier->labels, best, label, row);
    }
    if (out != NULL)
        memcpy(out->data, sums, rows * outputs * sizeof *sums);
    return true;
}

const struct kernel kernel_tree_ensemble_classifier = {
    .domain = "ai.onnx.ml",
    .name = "TreeEnsembleClassifier",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 2,
    .state_size = sizeof(struct classifier),
    .create = create_classifier,
    .infer = infer_classifier,
    .run = run_classifier,
    .destroy = ml_trees_destroy,
};

const struct kernel kernel_tree_ensemble_regressor = {
    .domain = "ai.onnx.ml",
    .name = "TreeEnsembleRegressor",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct ml_trees),
    .create = create_regressor,
    .infer = infer_regressor,
    .run = run_regressor,
    .destroy = ml_trees_destroy,
};
