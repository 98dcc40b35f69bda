/* TfIdfVectorizer: how often each n-gram of a pool occurs in a row of words or numbers.
 *
 * The pool is a tree of tokens, kept as a hash table of (node, token) -> node. */
#include <string.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/lookup.h"
#include "tensor/kernels/ml.h"

enum mode { MODE_TF, MODE_IDF, MODE_TFIDF };

/* Columns of the output: more would only serve to exhaust memory. */
#define COLUMNS_MAX ((int64_t)1 << 26)

struct edge {
    uint32_t from, token, to; /* to: 0 where the slot is empty */
};

struct vectorizer {
    enum mode mode;
    int64_t smallest, largest, skips;
    struct lookup tokens; /* the pool's tokens: the place is the token's number */
    struct edge *edges;
    size_t mask;
    uint32_t *columns; /* per node: column + 1 where an n-gram ends, else 0 */
    size_t column_count;
    struct ml_floats weights; /* per n-gram of the pool, or none */
    float *column_weights;    /* per column */
};

static size_t edge_slot(const struct vectorizer *self, uint32_t from, uint32_t token)
{
    uint64_t key = (uint64_t)from << 32 | token;
    size_t slot = lookup_hash_bytes(&key, sizeof key) & self->mask;
    while (self->edges[slot].to != 0 &&
           (self->edges[slot].from != from || self->edges[slot].token != token))
        slot = (slot + 1) & self->mask;
    return slot;
}

/* What the file says, before it is a tree. */
struct pool {
    struct value tokens;
    struct ml_ints counts, indexes; /* where the n-grams of each n begin; their columns */
};

static bool read_pool(struct vectorizer *self, const struct attributes *attributes,
                      struct arena *arena, struct pool *pool, struct err *err)
{
    struct ml_labels tokens;
    if (!ml_labels_read(attributes, "pool_strings", "pool_int64s", arena, &tokens, err) ||
        !attributes_ints(attributes, "ngram_counts", &pool->counts.data, &pool->counts.count,
                         err) ||
        !attributes_ints(attributes, "ngram_indexes", &pool->indexes.data, &pool->indexes.count,
                         err) ||
        !ml_copy_floats(attributes, "weights", arena, &self->weights, err))
        return false;
    pool->tokens = (struct value){.kind = VALUE_TENSOR, .type = ml_labels_type(&tokens)};
    pool->tokens.count = ml_labels_count(&tokens);
    pool->tokens.data = tokens.words.count ? (void *)(uintptr_t)tokens.words.data
                                           : (void *)(uintptr_t)tokens.numbers.data;
    return lookup_make(&self->tokens, &pool->tokens, arena, err);
}

static bool read_settings(struct vectorizer *self, const struct attributes *attributes,
                          struct err *err)
{
    static const char *const names[] = {"TF", "IDF", "TFIDF", NULL};
    int mode = -1;
    if (!attributes_choice(attributes, "mode", names, &mode, err) ||
        !attributes_int(attributes, "min_gram_length", &self->smallest, err) ||
        !attributes_int(attributes, "max_gram_length", &self->largest, err) ||
        !attributes_int(attributes, "max_skip_count", &self->skips, err))
        return false;
    if (mode == -1)
        return err_set(err, ERR_INVALID, "mode must be given");
    self->mode = (enum mode)mode;
    if (self->smallest < 1 || self->largest < self->smallest || self->skips < 0)
        return err_set(err, ERR_INVALID, "n-grams of %lld to %lld with %lld skips make no sense",
                       (long long)self->smallest, (long long)self->largest, (long long)self->skips);
    return true;
}

/* The end of the n-grams of length n (from 1) in the pool. */
static int64_t pool_end(const struct pool *pool, size_t n)
{
    return n < pool->counts.count ? pool->counts.data[n] : (int64_t)pool->tokens.count;
}

static bool check_pool(const struct vectorizer *self, const struct pool *pool, struct err *err)
{
    size_t grams = 0;
    if (pool->counts.count == 0 || (uint64_t)self->largest > pool->counts.count)
        return err_set(err, ERR_INVALID, "ngram_counts has %zu elements for n-grams of up to %lld",
                       pool->counts.count, (long long)self->largest);
    for (size_t n = 1; n <= pool->counts.count; n++) {
        int64_t begin = pool->counts.data[n - 1], end = pool_end(pool, n);
        if (begin < 0 || end < begin || end > (int64_t)pool->tokens.count ||
            (end - begin) % (int64_t)n != 0 || (n == 1 && begin != 0))
            return err_set(err, ERR_INVALID, "ngram_counts: n-grams of length %zu lie at %lld-%lld",
                           n, (long long)begin, (long long)end);
        grams += (size_t)(end - begin) / n;
    }
    if (pool->indexes.count != grams)
        return err_set(err, ERR_INVALID, "ngram_indexes has %zu elements for %zu n-grams",
                       pool->indexes.count, grams);
    if (self->weights.count != 0 && self->weights.count != grams)
        return err_set(err, ERR_INVALID, "%zu weights for %zu n-grams", self->weights.count, grams);
    return true;
}

static bool read_columns(struct vectorizer *self, const struct pool *pool, struct arena *arena,
                         struct err *err)
{
    for (size_t i = 0; i < pool->indexes.count; i++) {
        int64_t column = pool->indexes.data[i];
        if (column < 0 || column >= COLUMNS_MAX)
            return err_set(err, ERR_LIMIT, "ngram_indexes holds %lld", (long long)column);
        if ((size_t)column >= self->column_count)
            self->column_count = (size_t)column + 1;
    }
    self->column_weights = arena_array(arena, self->column_count + 1, sizeof(float));
    if (self->column_weights == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", self->column_count);
    for (size_t i = 0; i < self->column_count; i++)
        self->column_weights[i] = 1.0F;
    for (size_t i = 0; i < self->weights.count; i++)
        self->column_weights[pool->indexes.data[i]] = self->weights.data[i];
    return true;
}

/* Walks or makes the way of one n-gram. */
static uint32_t add_gram(struct vectorizer *self, const struct pool *pool, size_t first, size_t n,
                         uint32_t *nodes)
{
    uint32_t node = 0;
    for (size_t k = 0; k < n; k++) {
        uint32_t token = (uint32_t)lookup_find(&self->tokens, &pool->tokens, first + k);
        struct edge *edge = &self->edges[edge_slot(self, node, token)];
        if (edge->to == 0)
            *edge = (struct edge){node, token, ++*nodes};
        node = edge->to;
    }
    return node;
}

static bool build(struct vectorizer *self, const struct pool *pool, struct arena *arena,
                  struct err *err)
{
    size_t size = 4;
    uint32_t nodes = 0;
    while (size < 2 * pool->tokens.count)
        size *= 2;
    self->mask = size - 1;
    self->edges = arena_zeroed(arena, size, sizeof *self->edges);
    self->columns = arena_zeroed(arena, pool->tokens.count + 1, sizeof *self->columns);
    if (self->edges == NULL || self->columns == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu tokens", pool->tokens.count);
    size_t gram = 0;
    for (size_t n = 1; n <= pool->counts.count; n++) {
        size_t begin = (size_t)pool->counts.data[n - 1], end = (size_t)pool_end(pool, n);
        for (size_t at = begin; at < end; at += n, gram++) {
            if ((int64_t)n < self->smallest || (int64_t)n > self->largest)
                continue;
            uint32_t node = add_gram(self, pool, at, n, &nodes);
            if (self->columns[node] != 0)
                return err_set(err, ERR_INVALID, "the n-gram at %zu of the pool is there twice",
                               at);
            self->columns[node] = (uint32_t)pool->indexes.data[gram] + 1;
        }
    }
    return true;
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct vectorizer *self = node->state;
    struct pool pool;
    return read_settings(self, attributes, err) && read_pool(self, attributes, arena, &pool, err) &&
           check_pool(self, &pool, err) && read_columns(self, &pool, arena, err) &&
           build(self, &pool, arena, err);
}

static bool infer(const struct call *call, struct err *err)
{
    const struct vectorizer *self = call->node->state;
    const struct value *x = call_input(call, 0);
    unsigned types = self->tokens.type == VALUE_STRING ? TYPE_BIT(VALUE_STRING) : TYPES_INDEX;
    if (!call_check_type(call, 0, types, err))
        return false;
    int64_t dims[2] = {x->rank == 2 ? x->dims[0] : VALUE_ANY, (int64_t)self->column_count};
    if (x->rank == VALUE_RANK_UNKNOWN)
        return call_set_shape(call, 0, VALUE_FLOAT, dims, VALUE_RANK_UNKNOWN, err);
    if (x->rank != 1 && x->rank != 2)
        return call_fail(call, err, ERR_INVALID, "its input has %d dimensions, not 1 or 2",
                         x->rank);
    return call_set_shape(call, 0, VALUE_FLOAT, x->rank == 2 ? dims : dims + 1, x->rank, err);
}

/* Each element's number among the pool's tokens, UINT32_MAX for others. */
static void number_tokens(const struct vectorizer *self, const struct value *in, uint32_t *tokens)
{
    for (size_t i = 0; i < in->count; i++) {
        size_t place;
        if (in->type == VALUE_INT32) {
            int64_t wide = in->int32s[i];
            struct value one = {.type = VALUE_INT64, .count = 1, .int64s = &wide};
            place = lookup_find(&self->tokens, &one, 0);
        } else {
            place = lookup_find(&self->tokens, in, i);
        }
        tokens[i] = place == LOOKUP_NONE ? UINT32_MAX : (uint32_t)place;
    }
}

/* Counts the n-grams of at least `least` tokens that begin at `first`, `distance` apart. */
static void count_from(const struct vectorizer *self, const uint32_t *tokens, size_t count,
                       size_t first, size_t distance, int64_t least, float *out)
{
    uint32_t node = 0;
    size_t at = first;
    for (int64_t n = 1; n <= self->largest && at < count; n++, at += distance) {
        if (tokens[at] == UINT32_MAX)
            return;
        node = self->edges[edge_slot(self, node, tokens[at])].to;
        if (node == 0)
            return;
        if (n >= least && self->columns[node] != 0)
            out[self->columns[node] - 1] += 1.0F;
    }
}

/* Single tokens are counted once; longer n-grams for each distance that is allowed. */
static void count_row(const struct vectorizer *self, const uint32_t *tokens, size_t count,
                      float *out)
{
    int64_t least = self->smallest;
    for (size_t distance = 1; distance <= (size_t)self->skips + 1 && distance <= count;
         distance++) {
        if (least > self->largest)
            return;
        for (size_t first = 0; first < count; first++)
            count_from(self, tokens, count, first, distance, least, out);
        least = least == 1 ? 2 : least;
    }
}

static void weigh(const struct vectorizer *self, float *row)
{
    for (size_t i = 0; i < self->column_count && self->mode != MODE_TF; i++) {
        if (row[i] > 0)
            row[i] =
                self->mode == MODE_IDF ? self->column_weights[i] : row[i] * self->column_weights[i];
    }
}

static bool run(const struct call *call, struct err *err)
{
    const struct vectorizer *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    uint32_t *tokens = call_scratch(call, in->count + 1, sizeof *tokens, err);
    if (tokens == NULL)
        return false;
    number_tokens(self, in, tokens);
    size_t columns = (size_t)in->dims[in->rank - 1];
    size_t rows = in->rank == 1 ? 1 : (size_t)in->dims[0];
    memset(out->data, 0, out->count * sizeof(float));
    for (size_t row = 0; row < rows; row++) {
        float *counts = out->floats + row * self->column_count;
        count_row(self, tokens + row * columns, columns, counts);
        weigh(self, counts);
    }
    return true;
}

const struct kernel kernel_tfidf_vectorizer = {
    .domain = "",
    .name = "TfIdfVectorizer",
    .since = 9,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct vectorizer),
    .create = create,
    .infer = infer,
    .run = run,
};
