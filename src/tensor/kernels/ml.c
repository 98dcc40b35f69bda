#include "tensor/kernels/ml.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "math/clones.h"
#include "math/exponential.h"

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for an operator's attributes");
}

static bool copy(const void *from, size_t count, size_t size, struct arena *arena, const void **to,
                 struct err *err)
{
    *to = NULL;
    if (count == 0)
        return true;
    void *block = arena_array(arena, count, size);
    if (block == NULL)
        return no_memory(err);
    memcpy(block, from, count * size);
    *to = block;
    return true;
}

bool ml_copy_floats(const struct attributes *attributes, const char *name, struct arena *arena,
                    struct ml_floats *floats, struct err *err)
{
    const float *from = NULL;
    const void *to = NULL;
    if (!attributes_floats(attributes, name, &from, &floats->count, err) ||
        !copy(from, floats->count, sizeof *from, arena, &to, err))
        return false;
    floats->data = to;
    return true;
}

bool ml_copy_ints(const struct attributes *attributes, const char *name, struct arena *arena,
                  struct ml_ints *ints, struct err *err)
{
    const int64_t *from = NULL;
    const void *to = NULL;
    if (!attributes_ints(attributes, name, &from, &ints->count, err) ||
        !copy(from, ints->count, sizeof *from, arena, &to, err))
        return false;
    ints->data = to;
    return true;
}

bool ml_copy_string(struct value_string from, struct arena *arena, struct value_string *to,
                    struct err *err)
{
    const void *bytes = NULL;
    if (!copy(from.bytes, from.length, 1, arena, &bytes, err))
        return false;
    *to = (struct value_string){bytes ? bytes : "", from.length};
    return true;
}

bool ml_copy_strings(const struct attributes *attributes, const char *name, struct arena *arena,
                     struct ml_strings *strings, struct err *err)
{
    const struct value_string *from = NULL;
    if (!attributes_strings(attributes, name, &from, &strings->count, err))
        return false;
    strings->data = NULL;
    if (strings->count == 0)
        return true;
    struct value_string *to = arena_array(arena, strings->count, sizeof *to);
    if (to == NULL)
        return no_memory(err);
    for (size_t i = 0; i < strings->count; i++)
        if (!ml_copy_string(from[i], arena, &to[i], err))
            return false;
    strings->data = to;
    return true;
}

bool ml_shape(const struct call *call, size_t i, int64_t *rows, int64_t *columns, struct err *err)
{
    const struct value *x = call_input(call, i);
    *rows = *columns = VALUE_ANY;
    if (x == NULL)
        return call_fail(call, err, ERR_INVALID, "input %zu is missing", i);
    if (!call_check_type(call, i, ML_TYPES, err))
        return false;
    if (x->rank == VALUE_RANK_UNKNOWN)
        return true;
    if (x->rank < 1 || x->rank > 2)
        return call_fail(call, err, ERR_UNSUPPORTED, "input %zu has %d dimensions, not 1 or 2", i,
                         x->rank);
    *rows = x->rank == 1 ? 1 : x->dims[0];
    *columns = x->dims[x->rank - 1];
    return true;
}

const float *ml_floats_of(const struct call *call, size_t i, struct err *err)
{
    const struct value *x = call_input(call, i);
    if (x->type == VALUE_FLOAT)
        return x->floats;
    float *floats = call_scratch(call, x->count, sizeof *floats, err);
    if (floats == NULL)
        return NULL;
    for (size_t k = 0; k < x->count; k++) {
        if (x->type == VALUE_DOUBLE)
            floats[k] = (float)x->doubles[k];
        else if (x->type == VALUE_INT64)
            floats[k] = (float)x->int64s[k];
        else
            floats[k] = (float)x->int32s[k];
    }
    return floats;
}

bool ml_labels_read(const struct attributes *attributes, const char *words, const char *numbers,
                    struct arena *arena, struct ml_labels *labels, struct err *err)
{
    if (!ml_copy_strings(attributes, words, arena, &labels->words, err) ||
        !ml_copy_ints(attributes, numbers, arena, &labels->numbers, err))
        return false;
    if ((labels->words.count == 0) == (labels->numbers.count == 0))
        return err_set(err, ERR_INVALID, "exactly one of %s and %s must be given", words, numbers);
    return true;
}

void ml_labels_put(const struct ml_labels *labels, size_t label, const struct value *out,
                   size_t row)
{
    if (labels->words.count)
        out->strings[row] = labels->words.data[label];
    else
        out->int64s[row] = labels->numbers.data[label];
}

bool ml_transform_read(const struct attributes *attributes, enum ml_transform *transform,
                       struct err *err)
{
    static const char *const names[] = {"NONE",         "SOFTMAX", "LOGISTIC",
                                        "SOFTMAX_ZERO", "PROBIT",  NULL};
    int choice = ML_NONE;
    if (!attributes_choice(attributes, "post_transform", names, &choice, err))
        return false;
    *transform = (enum ml_transform)choice;
    return true;
}

float ml_logistic(float x)
{
    float v = 1.0F / (1.0F + expf(-fabsf(x)));
    return x < 0 ? 1.0F - v : v;
}

/* Numbers at a time, so that the exponentials need little memory. */
enum { BLOCK = 256 };

/* ml_logistic of each. */
MATH_CLONES static void logistic_all(float *x, size_t count)
{
    float e[BLOCK];
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t some = count - first < BLOCK ? count - first : BLOCK;
        for (size_t i = 0; i < some; i++)
            e[i] = -fabsf(x[first + i]);
        exponential_single(e, some);
        for (size_t i = 0; i < some; i++) {
            float v = 1.0F / (1.0F + e[i]);
            x[first + i] = x[first + i] < 0 ? 1.0F - v : v;
        }
    }
}

/* sqrt(2) times Winitzki's approximation of the inverse error function, with a = 0.147. */
float ml_probit(float x)
{
    float y = 2.0F * x - 1.0F;
    float sign = y < 0 ? -1.0F : 1.0F;
    float logarithm = logf((1.0F - y) * (1.0F + y));
    float v = (float)(2.0 / (M_PI * 0.147)) + 0.5F * logarithm;
    return 1.41421356F * sign * sqrtf(-v + sqrtf(v * v - 1.0F / 0.147F * logarithm));
}

static float largest_of(const float *scores, size_t count)
{
    float largest = -FLT_MAX;
    for (size_t i = 0; i < count; i++)
        if (scores[i] > largest)
            largest = scores[i];
    return largest;
}

static void softmax(float *scores, size_t count)
{
    float largest = largest_of(scores, count);
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += scores[i] = expf(scores[i] - largest);
    for (size_t i = 0; i < count; i++)
        scores[i] /= sum;
}

/* Scores that are zero stay (nearly) zero, as exp(0) would not. */
static void softmax_zero(float *scores, size_t count)
{
    float largest = largest_of(scores, count);
    float of_zero = expf(-largest);
    float sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (scores[i] > 0.0000001F || scores[i] < -0.0000001F)
            sum += scores[i] = expf(scores[i] - largest);
        else
            scores[i] *= of_zero;
    }
    for (size_t i = 0; i < count; i++)
        scores[i] /= sum;
}

void ml_transform_row(enum ml_transform transform, float *scores, size_t count)
{
    if (transform == ML_PROBIT)
        for (size_t i = 0; i < count; i++)
            scores[i] = ml_probit(scores[i]);
    if (count < 2)
        return;
    if (transform == ML_LOGISTIC)
        for (size_t i = 0; i < count; i++)
            scores[i] = ml_logistic(scores[i]);
    else if (transform == ML_SOFTMAX)
        softmax(scores, count);
    else if (transform == ML_SOFTMAX_ZERO)
        softmax_zero(scores, count);
}

void ml_transform_rows(enum ml_transform transform, float *scores, size_t rows, size_t count)
{
    if (transform == ML_NONE)
        return;
    if (transform == ML_LOGISTIC && count > 1) {
        logistic_all(scores, rows * count);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        ml_transform_row(transform, scores + row * count, count);
}

void ml_transform_two(enum ml_transform transform, float first, float second, float *scores)
{
    bool logistic = transform == ML_LOGISTIC;
    scores[0] = logistic ? ml_logistic(-second) : first;
    scores[1] = logistic ? ml_logistic(second) : second;
}
