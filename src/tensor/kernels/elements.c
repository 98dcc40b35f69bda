#include "tensor/kernels/elements.h"

#include <string.h>

bool infer_like_first(const struct call *call, struct err *err)
{
    return call_set_like(call, 0, call_input(call, 0), err);
}

bool broadcast_dims(const struct call *call, const int64_t *a, int a_rank, const int64_t *b,
                    int b_rank, int64_t *dims, int *rank, struct err *err)
{
    int wide = a_rank > b_rank ? a_rank : b_rank;
    int64_t out[VALUE_RANK_MAX];
    for (int i = 0; i < wide; i++) {
        int64_t x = i < wide - a_rank ? 1 : a[i - (wide - a_rank)];
        int64_t y = i < wide - b_rank ? 1 : b[i - (wide - b_rank)];
        if (x >= 0 && y >= 0 && x != y && x != 1 && y != 1)
            return call_fail(call, err, ERR_INVALID,
                             "the shapes do not fit together: %lld and %lld elements", (long long)x,
                             (long long)y);
        out[i] = x != 1 && (y == 1 || y < 0) ? x : y;
    }
    memcpy(dims, out, (size_t)wide * sizeof *dims);
    *rank = wide;
    return true;
}

size_t dims_product(const int64_t *dims, int first, int last)
{
    size_t product = 1;
    for (int i = first; i < last; i++)
        product *= (size_t)dims[i];
    return product;
}

void dense_steps(const int64_t *dims, int rank, int64_t *steps)
{
    uint64_t step = 1; /* at load, where a dimension may be anything, it may wrap around */
    for (int i = rank; i-- > 0;) {
        steps[i] = (int64_t)step;
        step *= (uint64_t)dims[i];
    }
}

void broadcast_steps(const struct value *value, int rank, int64_t *steps)
{
    int64_t step = 1;
    for (int i = rank; i-- > 0;) {
        int own = i - (rank - value->rank);
        bool repeated = own < 0 || value->dims[own] == 1;
        steps[i] = repeated ? 0 : step;
        if (own >= 0)
            step *= value->dims[own];
    }
}

#define COPY_INNER(T)                           \
    do {                                        \
        const T *source = (const T *)from + at; \
        T *target = (T *)to + done;             \
        for (int64_t i = 0; i < inner; i++)     \
            target[i] = source[i * step];       \
    } while (0)

struct sixteen {
    uint64_t halves[2];
};

static void copy_inner(const void *from, void *to, size_t size, int64_t at, int64_t done,
                       int64_t inner, int64_t step)
{
    if (step == 1) {
        memcpy((char *)to + (size_t)done * size, (const char *)from + (size_t)at * size,
               (size_t)inner * size);
        return;
    }
    switch (size) {
    case 1:
        COPY_INNER(uint8_t);
        break;
    case 2:
        COPY_INNER(uint16_t);
        break;
    case 4:
        COPY_INNER(uint32_t);
        break;
    case 8:
        COPY_INNER(uint64_t);
        break;
    default:
        COPY_INNER(struct sixteen);
    }
}

/* Neighbouring dimensions that are one in memory become one. */
static void collapse(struct strided *s)
{
    int rank = 0;
    for (int i = 0; i < s->rank; i++) {
        if (s->dims[i] == 1)
            continue;
        if (rank > 0 && s->steps[rank - 1] == s->steps[i] * s->dims[i]) {
            s->dims[rank - 1] *= s->dims[i];
            s->steps[rank - 1] = s->steps[i];
            continue;
        }
        s->dims[rank] = s->dims[i];
        s->steps[rank++] = s->steps[i];
    }
    s->rank = rank;
}

void strided_copy(const struct strided *strided, const void *from, void *to, size_t element_size)
{
    struct strided s = *strided;
    int64_t index[VALUE_RANK_MAX] = {0}, at = s.start, done = 0;
    for (int i = 0; i < s.rank; i++) {
        if (s.dims[i] == 0)
            return;
    }
    collapse(&s);
    int outer = s.rank > 0 ? s.rank - 1 : 0;
    int64_t inner = s.rank > 0 ? s.dims[outer] : 1, step = s.rank > 0 ? s.steps[outer] : 1;
    for (;;) {
        copy_inner(from, to, element_size, at, done, inner, step);
        done += inner;
        int i = outer - 1;
        for (; i >= 0; i--) {
            at += s.steps[i];
            if (++index[i] < s.dims[i])
                break;
            at -= s.steps[i] * s.dims[i];
            index[i] = 0;
        }
        if (i < 0)
            return;
    }
}

void pairing_init(struct pairing *pairing, const struct value *out, const struct value *left,
                  const struct value *right)
{
    int64_t left_steps[VALUE_RANK_MAX], right_steps[VALUE_RANK_MAX];
    int rank = 0;
    broadcast_steps(left, out->rank, left_steps);
    broadcast_steps(right, out->rank, right_steps);
    for (int i = 0; i < out->rank; i++) {
        int64_t dim = out->dims[i];
        if (dim == 1)
            continue;
        if (rank > 0 && pairing->left[rank - 1] == left_steps[i] * dim &&
            pairing->right[rank - 1] == right_steps[i] * dim) {
            pairing->dims[rank - 1] *= dim;
            pairing->left[rank - 1] = left_steps[i];
            pairing->right[rank - 1] = right_steps[i];
            continue;
        }
        pairing->dims[rank] = dim;
        pairing->left[rank] = left_steps[i];
        pairing->right[rank++] = right_steps[i];
    }
    pairing->rank = rank > 0 ? rank - 1 : 0;
    pairing->inner = rank > 0 ? (size_t)pairing->dims[rank - 1] : 1;
    pairing->left_moves = rank > 0 && pairing->left[rank - 1] != 0;
    pairing->right_moves = rank > 0 && pairing->right[rank - 1] != 0;
}

void pairing_next(const struct pairing *pairing, struct pairing_at *at)
{
    at->out += pairing->inner;
    for (int i = pairing->rank; i-- > 0;) {
        at->left += (size_t)pairing->left[i];
        at->right += (size_t)pairing->right[i];
        if (++at->index[i] < pairing->dims[i])
            return;
        at->left -= (size_t)(pairing->left[i] * pairing->dims[i]);
        at->right -= (size_t)(pairing->right[i] * pairing->dims[i]);
        at->index[i] = 0;
    }
    at->ended = true;
}

bool call_integers(const struct call *call, size_t i, int64_t *values, int max, int64_t *count,
                   bool *known, struct err *err)
{
    const struct value *in = call_input(call, i);
    *known = false;
    if (!call_check_type(call, i, TYPES_INDEX, err))
        return false;
    if (in->rank > 1)
        return call_fail(call, err, ERR_INVALID, "input %zu must be a list", i);
    *count = in->rank == 0 ? 1 : in->dims[0];
    if (*count > max)
        return call_fail(call, err, ERR_LIMIT,
                         "input %zu is a list of %lld numbers, at most %d fit", i,
                         (long long)*count, max);
    if (in->data == NULL || *count < 0)
        return true;
    for (int64_t j = 0; j < *count; j++)
        values[j] = value_index(in, (size_t)j);
    *known = true;
    return true;
}
