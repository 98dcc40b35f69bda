/* SVMClassifier, SVMRegressor. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "math/clones.h"
#include "math/svm.h"
#include "tensor/kernels/kernels.h"
#include "tensor/kernels/ml.h"

/* Rows whose kernels are computed together: enough to pay for the call, few enough for the cache.
 */
enum { BLOCK = 64, ABREAST = 8, CLASSES_MAX = 65535 };

struct machine {
    struct svm_vectors_single *vectors;
    size_t vector_count, feature_count;
    struct ml_floats coefficients, rho;
    enum ml_transform transform;
    bool linear; /* no support vectors: a row of coefficients per class */
    bool one_class;
    /* classifier */
    struct ml_labels labels;
    struct ml_floats prob_a, prob_b;
    struct svm_pairs_single pairs;
    bool all_positive;
};

static bool read_kernel(const struct attributes *attributes, struct svm_kernel_params *params,
                        struct err *err)
{
    static const char *const names[] = {"LINEAR", "POLY", "RBF", "SIGMOID", NULL};
    const float *numbers = NULL;
    size_t count = 0;
    int kernel = SVM_LINEAR;
    if (!attributes_choice(attributes, "kernel_type", names, &kernel, err) ||
        !attributes_floats(attributes, "kernel_params", &numbers, &count, err))
        return false;
    if (count != 0 && count < 3)
        return err_set(err, ERR_INVALID, "kernel_params has %zu elements, not 3", count);
    *params = (struct svm_kernel_params){.kernel = (enum svm_kernel)kernel};
    if (count != 0) {
        params->gamma = (double)numbers[0];
        params->coef0 = (double)numbers[1];
        params->degree = (double)numbers[2];
    }
    return true;
}

/* machine->vector_count is set; the coefficients of a linear machine take the vectors' place. */
static bool make_vectors(struct machine *machine, const struct attributes *attributes, size_t rows,
                         struct err *err)
{
    struct svm_kernel_params params;
    const float *numbers = NULL;
    size_t count = 0;
    if (!read_kernel(attributes, &params, err) ||
        !attributes_floats(attributes, "support_vectors", &numbers, &count, err))
        return false;
    if (machine->linear) {
        params.kernel = SVM_LINEAR;
        numbers = machine->coefficients.data;
        count = machine->coefficients.count;
    }
    if (rows == 0 || count % rows != 0)
        return err_set(err, ERR_INVALID, "%zu numbers are not a row for each of %zu %s", count,
                       rows, machine->linear ? "classes" : "support vectors");
    machine->vector_count = rows;
    machine->feature_count = count / rows;
    machine->vectors =
        svm_vectors_single_create(&params, numbers, rows, machine->feature_count, err);
    return machine->vectors != NULL;
}

static bool read_common(struct machine *machine, const struct attributes *attributes,
                        struct arena *arena, struct err *err)
{
    if (!ml_copy_floats(attributes, "coefficients", arena, &machine->coefficients, err) ||
        !ml_copy_floats(attributes, "rho", arena, &machine->rho, err) ||
        !ml_transform_read(attributes, &machine->transform, err))
        return false;
    if (machine->coefficients.count == 0 || machine->rho.count == 0)
        return err_set(err, ERR_INVALID, "coefficients and rho must be given");
    return true;
}

static void destroy(void *state)
{
    struct machine *machine = state;
    svm_vectors_single_destroy(machine->vectors);
}

/* starts[c]: the first support vector of class c. */
static bool read_starts(struct machine *machine, const struct ml_ints *per_class,
                        struct arena *arena, struct err *err)
{
    size_t classes = ml_labels_count(&machine->labels);
    if (per_class->count != classes)
        return err_set(err, ERR_INVALID, "vectors_per_class has %zu elements for %zu classes",
                       per_class->count, classes);
    size_t *starts = arena_array(arena, classes + 1, sizeof *starts);
    if (starts == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu classes", classes);
    starts[0] = 0;
    for (size_t c = 0; c < classes; c++) {
        int64_t count = per_class->data[c];
        if (count < 0 || (uint64_t)count > SIZE_MAX / 2 - starts[c])
            return err_set(err, ERR_INVALID, "class %zu has %lld support vectors", c,
                           (long long)count);
        starts[c + 1] = starts[c] + (size_t)count;
    }
    machine->pairs =
        (struct svm_pairs_single){classes, starts, machine->coefficients.data, machine->rho.data};
    return true;
}

/* The sizes that the pairs' loops rely on. */
static bool check_pairs(const struct machine *machine, struct err *err)
{
    size_t classes = machine->pairs.classes, vectors = machine->pairs.starts[classes];
    size_t pairs = svm_pair_count(classes);
    if (classes < 2)
        return err_set(err, ERR_INVALID, "support vectors of a single class decide nothing");
    if (vectors == 0 || machine->coefficients.count / vectors < classes - 1)
        return err_set(err, ERR_INVALID, "%zu coefficients for %zu support vectors of %zu classes",
                       machine->coefficients.count, vectors, classes);
    if (machine->rho.count < pairs)
        return err_set(err, ERR_INVALID, "rho has %zu elements, not %zu", machine->rho.count,
                       pairs);
    if (machine->prob_a.count != machine->prob_b.count ||
        (machine->prob_a.count != 0 && machine->prob_a.count < pairs))
        return err_set(err, ERR_INVALID, "prob_a and prob_b have %zu and %zu elements, not %zu",
                       machine->prob_a.count, machine->prob_b.count, pairs);
    return true;
}

static bool create_classifier(struct node *node, const struct attributes *attributes,
                              struct arena *arena, struct err *err)
{
    struct machine *machine = node->state;
    struct ml_ints per_class;
    if (!read_common(machine, attributes, arena, err) ||
        !ml_labels_read(attributes, "classlabels_strings", "classlabels_ints", arena,
                        &machine->labels, err) ||
        !ml_copy_floats(attributes, "prob_a", arena, &machine->prob_a, err) ||
        !ml_copy_floats(attributes, "prob_b", arena, &machine->prob_b, err) ||
        !attributes_ints(attributes, "vectors_per_class", &per_class.data, &per_class.count, err))
        return false;
    size_t classes = ml_labels_count(&machine->labels);
    if (classes > CLASSES_MAX)
        return err_set(err, ERR_LIMIT, "%zu classes are more than %d", classes, CLASSES_MAX);
    machine->all_positive = true;
    for (size_t i = 0; i < machine->coefficients.count; i++)
        machine->all_positive = machine->all_positive && machine->coefficients.data[i] >= 0;
    machine->linear = true;
    for (size_t i = 0; i < per_class.count; i++)
        machine->linear = machine->linear && per_class.data[i] == 0;
    if (machine->linear)
        return make_vectors(machine, attributes, classes, err);
    return read_starts(machine, &per_class, arena, err) && check_pairs(machine, err) &&
           make_vectors(machine, attributes, machine->pairs.starts[classes], err);
}

static bool create_regressor(struct node *node, const struct attributes *attributes,
                             struct arena *arena, struct err *err)
{
    struct machine *machine = node->state;
    int64_t supports = 0;
    if (!read_common(machine, attributes, arena, err) ||
        !attributes_int(attributes, "n_supports", &supports, err) ||
        !attributes_bool(attributes, "one_class", &machine->one_class, err))
        return false;
    machine->linear = supports <= 0;
    if (!machine->linear && (uint64_t)supports > machine->coefficients.count)
        return err_set(err, ERR_INVALID, "%zu coefficients for %lld support vectors",
                       machine->coefficients.count, (long long)supports);
    return make_vectors(machine, attributes, machine->linear ? 1 : (size_t)supports, err);
}

static bool check_features(const struct call *call, int64_t *rows, struct err *err)
{
    const struct machine *machine = call->node->state;
    int64_t columns;
    if (!ml_shape(call, 0, rows, &columns, err))
        return false;
    if (columns != VALUE_ANY && (uint64_t)columns != machine->feature_count)
        return call_fail(call, err, ERR_INVALID, "the input has %lld columns, the model %zu",
                         (long long)columns, machine->feature_count);
    return true;
}

static size_t score_columns(const struct machine *machine)
{
    size_t classes = ml_labels_count(&machine->labels);
    if (machine->linear || machine->prob_a.count != 0)
        return classes;
    return classes > 2 ? svm_pair_count(classes) : 2;
}

static bool infer_classifier(const struct call *call, struct err *err)
{
    const struct machine *machine = call->node->state;
    int64_t rows;
    if (!check_features(call, &rows, err))
        return false;
    int64_t columns = (int64_t)score_columns(machine);
    return call_set_shape(call, 0, ml_labels_type(&machine->labels), &rows, 1, err) &&
           call_set_shape(call, 1, VALUE_FLOAT, (int64_t[]){rows, columns}, 2, err);
}

static bool infer_regressor(const struct call *call, struct err *err)
{
    int64_t rows;
    return check_features(call, &rows, err) &&
           call_set_shape(call, 0, VALUE_FLOAT, (int64_t[]){rows, 1}, 2, err);
}

/* Memory for one row's way through a classifier. */
struct bench {
    double *decisions; /* per pair */
    size_t *votes;     /* per class */
    float *pairwise;   /* classes x classes */
    float *work;
};

static bool bench_make(const struct call *call, const struct machine *machine, struct bench *bench,
                       struct err *err)
{
    size_t classes = ml_labels_count(&machine->labels);
    size_t square = machine->prob_a.count ? classes * classes : 0;
    bench->decisions =
        call_scratch(call, svm_pair_count(classes) + 1, sizeof *bench->decisions, err);
    bench->votes = call_scratch(call, classes, sizeof *bench->votes, err);
    bench->pairwise = call_scratch(call, square + 1, sizeof *bench->pairwise, err);
    bench->work =
        call_scratch(call, square ? svm_couple_work(classes) : 1, sizeof *bench->work, err);
    return bench->decisions && bench->votes && bench->pairwise && bench->work;
}

static void couple(const struct machine *machine, const struct bench *bench, float *scores)
{
    const float least = 1e-7F;
    size_t classes = machine->pairs.classes, pair = 0;
    for (size_t i = 0; i + 1 < classes; i++)
        for (size_t j = i + 1; j < classes; j++, pair++) {
            float decision = (float)bench->decisions[pair];
            float p = 1.0F - ml_logistic(decision * machine->prob_a.data[pair] +
                                         machine->prob_b.data[pair]);
            p = fminf(fmaxf(p, least), 1.0F - least);
            bench->pairwise[i * classes + j] = p;
            bench->pairwise[j * classes + i] = 1.0F - p;
        }
    svm_couple_single(classes, bench->pairwise, scores, bench->work);
}

/* One row, by votes of the pairs. Returns the class. */
static size_t classify(const struct machine *machine, const float *kernels,
                       const struct bench *bench, float *scores)
{
    size_t classes = machine->pairs.classes, pairs = svm_pair_count(classes);
    svm_decide_single(&machine->pairs, kernels, bench->decisions);
    size_t winner = svm_vote(classes, bench->decisions, bench->votes);
    if (machine->prob_a.count != 0) {
        couple(machine, bench, scores);
        ml_transform_row(machine->transform, scores, classes);
    } else if (classes == 2) {
        float decision = (float)bench->decisions[0];
        float other = machine->transform == ML_NONE ? -decision : 1.0F - decision;
        ml_transform_two(machine->transform, other, decision, scores);
    } else {
        for (size_t p = 0; p < pairs; p++)
            scores[p] = (float)bench->decisions[p];
        ml_transform_row(machine->transform, scores, pairs);
    }
    return winner;
}

/* Without support vectors: kernels holds a score per class, rho is added to all. */
static size_t classify_linear(const struct machine *machine, const float *kernels, float *scores)
{
    size_t classes = machine->vector_count, best = 0;
    for (size_t c = 0; c < classes; c++) {
        scores[c] = kernels[c] + machine->rho.data[0];
        if (scores[c] > scores[best])
            best = c;
    }
    float largest = scores[best];
    if (classes == 2)
        best = machine->all_positive ? (largest >= 0.5F ? 1 : best) : (largest > 0 ? 1 : best);
    ml_transform_row(machine->transform, scores, classes);
    return best;
}

/* kernels of rows [first, first + count), count <= BLOCK. */
static size_t block_kernels(const struct machine *machine, const float *x, size_t first,
                            size_t rows, float *kernels)
{
    size_t count = rows - first < BLOCK ? rows - first : BLOCK;
    svm_kernels_single(machine->vectors, x + first * machine->feature_count, count, kernels);
    return count;
}

static size_t row_count(const struct call *call)
{
    const struct value *x = call_input(call, 0);
    return x->rank == 1 ? 1 : (size_t)x->dims[0];
}

static float *kernels_make(const struct call *call, const struct machine *machine, size_t rows,
                           struct err *err)
{
    size_t block = rows < BLOCK ? rows : BLOCK;
    return call_scratch(call, block * machine->vector_count + 1, sizeof(float), err);
}

static bool run_classifier(const struct call *call, struct err *err)
{
    const struct machine *machine = call->node->state;
    const struct value *label = call_output(call, 0), *out = call_output(call, 1);
    size_t rows = row_count(call), columns = score_columns(machine);
    struct bench bench;
    const float *x = ml_floats_of(call, 0, err);
    float *kernels = kernels_make(call, machine, rows, err);
    float *unwanted = call_scratch(call, columns, sizeof *unwanted, err);
    if (!x || !kernels || !unwanted || !bench_make(call, machine, &bench, err))
        return false;
    for (size_t first = 0; first < rows; first += BLOCK) {
        size_t count = block_kernels(machine, x, first, rows, kernels);
        for (size_t i = 0; i < count; i++) {
            float *scores = out ? out->floats + (first + i) * columns : unwanted;
            const float *row = kernels + i * machine->vector_count;
            size_t best = machine->linear ? classify_linear(machine, row, scores)
                                          : classify(machine, row, &bench, scores);
            if (label != NULL)
                ml_labels_put(&machine->labels, best, label, first + i);
        }
    }
    return true;
}

/* sums[i] of row i: in float32, in the order of the vectors and fused, as ONNX Runtime adds. Rows
 * side by side, so that one addition need not wait for another. `rows` is a constant where it is
 * inlined. */
static inline __attribute__((always_inline)) void
add_abreast(const float *kernels, const float *coefficients, size_t count, size_t rows, float *sums)
{
    for (size_t i = 0; i < rows; i++)
        sums[i] = 0;
    for (size_t v = 0; v < count; v++)
        for (size_t i = 0; i < rows; i++)
            sums[i] = fmaf(kernels[i * count + v], coefficients[v], sums[i]);
}

MATH_CLONES_FUSED static void add_up(const float *kernels, const float *coefficients, size_t count,
                                     size_t rows, float *sums)
{
    size_t row = 0;
    for (; row + ABREAST <= rows; row += ABREAST)
        add_abreast(kernels + row * count, coefficients, count, ABREAST, sums + row);
    for (; row < rows; row++)
        add_abreast(kernels + row * count, coefficients, count, 1, sums + row);
}

/* `rows` rows of kernels; a linear machine's hold the sum. */
static void regress(const struct machine *machine, const float *kernels, size_t rows, float *out)
{
    if (machine->linear)
        memcpy(out, kernels, rows * sizeof *out);
    else
        add_up(kernels, machine->coefficients.data, machine->vector_count, rows, out);
    for (size_t row = 0; row < rows; row++) {
        out[row] += machine->rho.data[0];
        if (machine->one_class)
            out[row] = out[row] > 0 ? 1.0F : -1.0F;
    }
}

static bool run_regressor(const struct call *call, struct err *err)
{
    const struct machine *machine = call->node->state;
    const struct value *out = call_output(call, 0);
    size_t rows = row_count(call);
    const float *x = ml_floats_of(call, 0, err);
    float *kernels = kernels_make(call, machine, rows, err);
    if (!x || !kernels)
        return false;
    for (size_t first = 0; out != NULL && first < rows; first += BLOCK) {
        size_t count = block_kernels(machine, x, first, rows, kernels);
        regress(machine, kernels, count, out->floats + first);
    }
    return true;
}

const struct kernel kernel_svm_classifier = {
    .domain = "ai.onnx.ml",
    .name = "SVMClassifier",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 2,
    .state_size = sizeof(struct machine),
    .create = create_classifier,
    .infer = infer_classifier,
    .run = run_classifier,
    .destroy = destroy,
};

const struct kernel kernel_svm_regressor = {
    .domain = "ai.onnx.ml",
    .name = "SVMRegressor",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct machine),
    .create = create_regressor,
    .infer = infer_regressor,
    .run = run_regressor,
    .destroy = destroy,
};
