#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/ops/grams.h"

/* How often each gram of a vocabulary is in a text; or, without a vocabulary, each of so many
 * buckets that grams are hashed into. */
struct vectorizer {
    struct op op;
    struct grams grams;
    char *name; /* of the column */
    struct params_list vocabulary;
    struct strmap columns; /* from a gram to its column */
    uint32_t buckets;      /* 0: there is a vocabulary */
    bool alternates;       /* a gram counts -1 where its hash is negative */
    bool binary;           /* each gram that is there counts 1 */
};

/* A key is twice the column, plus 1 if the gram counts negatively. */
static uint32_t key_of_vocabulary(const void *context, const char *gram, size_t length)
{
    const struct vectorizer *self = context;
    uint32_t column = strmap_get(&self->columns, gram, length);
    return column == STRMAP_NONE ? GRAMS_NONE : column << 1;
}

static uint32_t rotated(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

static uint32_t scrambled(uint32_t block)
{
    return rotated(block * UINT32_C(0xCC9E2D51), 15) * UINT32_C(0x1B873593);
}

/* MurmurHash3, x86 with 32 bits (Austin Appleby, public domain), seed 0. */
static uint32_t murmur_hash(const char *bytes, size_t length)
{
    uint32_t hash = 0, block;
    size_t at = 0;
    for (; length - at >= 4; at += 4) {
        const unsigned char *byte = (const unsigned char *)bytes + at;
        block = (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
                (uint32_t)byte[3] << 24;
        hash = rotated(hash ^ scrambled(block), 13) * 5 + UINT32_C(0xE6546B64);
    }
    block = 0;
    for (size_t i = length - at; i > 0; i--)
        block = block << 8 | (unsigned char)bytes[at + i - 1];
    if (length > at)
        hash ^= scrambled(block);
    hash ^= (uint32_t)length;
    hash = (hash ^ hash >> 16) * UINT32_C(0x85EBCA6B);
    hash = (hash ^ hash >> 13) * UINT32_C(0xC2B2AE35);
    return hash ^ hash >> 16;
}

/* The size of the signed hash, modulo the number of buckets; the least has no size of its own. */
static uint32_t key_of_hash(const void *context, const char *gram, size_t length)
{
    const struct vectorizer *self = context;
    uint32_t hash = murmur_hash(gram, length), size = hash;
    bool negative = hash >> 31 != 0;
    if (hash == UINT32_C(0x80000000))
        size = UINT32_C(0x7FFFFFFF) - (self->buckets - 1);
    else if (negative)
        size = 0 - hash;
    return size % self->buckets << 1 | (negative && self->alternates);
}

static bool vocabulary_read(struct vectorizer *self, struct params *params, struct err *err)
{
    struct params_list *words = &self->vocabulary;
    if (!params_list(params, "vocabulary_", PARAMS_ANY, words, err))
        return false;
    if (words->count == 0 || words->count > OP_COLUMNS_MAX)
        return params_fail(params, "vocabulary_", err, "expected 1 to %zu words", OP_COLUMNS_MAX);
    if (!op_new_columns(&self->op, words->count, err))
        return false;
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->values[i].text;
        uint32_t existing;
        if (words->values[i].type != PARAMS_TEXT)
            return params_fail(params, "vocabulary_", err, "expected words");
        if (!strmap_add(&self->columns, word, strlen(word), (uint32_t)i, &existing))
            return err_set(err, ERR_MEMORY, "no memory for %zu words", words->count);
        if (existing != STRMAP_NONE)
            return params_fail(params, "vocabulary_", err, "a word is there twice");
        if (!column_set_formatted(&self->op.columns.items[i], err, "%s=%s", self->name, word))
            return false;
        self->op.bytes += 2 * strlen(word) + sizeof(struct params_value) + 48;
    }
    self->op.sparse = OP_MAKES_SPARSE;
    return true;
}

static bool common_read(struct vectorizer *self, struct params *params, const struct columns *in,
                        struct err *err)
{
    if (!grams_read(&self->grams, params, in, err) ||
        !params_flag_or(params, "binary", false, &self->binary, err))
        return false;
    const char *name = in->items[0].name != NULL ? in->items[0].name : "";
    self->name = mem_copy_text(name, strlen(name));
    return self->name != NULL || err_set(err, ERR_MEMORY, "no memory for a column's name");
}

static bool count_create(struct op **op, struct params *params, const struct columns *in,
                         struct err *err)
{
    struct vectorizer *self = op_allocate(sizeof *self, &op_count_vectorizer, in, err);
    return self != NULL &&
           op_deliver(op, &self->op,
                      common_read(self, params, in, err) && vocabulary_read(self, params, err));
}

static bool buckets_read(struct vectorizer *self, struct params *params, struct err *err)
{
    size_t buckets;
    if (!params_count_or(params, "n_features", (size_t)1 << 20, 1, OP_COLUMNS_MAX, &buckets, err) ||
        !params_flag_or(params, "alternate_sign", true, &self->alternates, err) ||
        !op_new_columns(&self->op, buckets, err))
        return false;
    self->buckets = (uint32_t)buckets;
    self->op.sparse = OP_MAKES_SPARSE;
    return true;
}

static bool hashing_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct vectorizer *self = op_allocate(sizeof *self, &op_hashing_vectorizer, in, err);
    return self != NULL &&
           op_deliver(op, &self->op,
                      common_read(self, params, in, err) && buckets_read(self, params, err));
}

/* Moves what lies at `at` down the heap whose largest is at 0. */
static void keys_sift(uint32_t *keys, size_t at, size_t count)
{
    uint32_t moving = keys[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && keys[child] < keys[child + 1])
            child++;
        if (moving >= keys[child])
            break;
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = moving;
}

static void keys_sort(uint32_t *keys, size_t count)
{
    for (size_t at = count / 2; at > 0; at--)
        keys_sift(keys, at - 1, count);
    for (size_t left = count; left > 1; left--) {
        uint32_t largest = keys[0];
        keys[0] = keys[left - 1];
        keys[left - 1] = largest;
        keys_sift(keys, 0, left - 1);
    }
}

/* A row of sorted keys. Its columns take the keys' place. */
static void row_count(const struct vectorizer *self, uint32_t *keys, size_t count,
                      struct sparse_row *row)
{
    row->columns = keys;
    row->count = 0;
    for (size_t i = 0; i < count;) {
        uint32_t column = keys[i] >> 1;
        double sum = 0.0;
        for (; i < count && keys[i] >> 1 == column; i++)
            sum += (keys[i] & 1) != 0 ? -1.0 : 1.0;
        row->columns[row->count] = column;
        row->values[row->count++] = self->binary ? 1.0 : sum;
    }
}

static bool vectorizer_make_sparse(const struct op *op, const struct matrix *in, struct sparse *out,
                                   struct arena *memory, struct err *err)
{
    const struct vectorizer *self = (const struct vectorizer *)op;
    grams_key *key = self->buckets > 0 ? key_of_hash : key_of_vocabulary;
    *out = sparse_in_arena(memory, in->rows, op->outputs[0].cols);
    if (out->items == NULL)
        return op_no_room(in->rows, op->outputs[0].cols, err);
    for (size_t row = 0; row < in->rows; row++) {
        const struct text *text = text_of(matrix_row(in, row)[0]);
        uint32_t *keys;
        size_t count;
        if (text == NULL)
            return op_refuse_missing(self->name, row, err);
        if (!grams_of(&self->grams, text, key, self, &keys, &count, memory, err))
            return false;
        keys_sort(keys, count);
        out->items[row].values = arena_array(memory, count, sizeof(double));
        if (out->items[row].values == NULL)
            return op_no_room(1, count, err);
        row_count(self, keys, count, &out->items[row]);
    }
    return true;
}

static bool vectorizer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    struct sparse rows;
    if (!vectorizer_make_sparse(op, in, &rows, scratch, err))
        return false;
    sparse_to_dense(&rows, &out[0]);
    return true;
}

static void vectorizer_destroy(struct op *op)
{
    struct vectorizer *self = (struct vectorizer *)op;
    grams_finish(&self->grams);
    strmap_finish(&self->columns);
    params_list_finish(&self->vocabulary);
    free(self->name);
    free(self);
}

const struct op_type op_count_vectorizer = {
    .name = "count_vectorizer",
    .summary = "how often each word of a vocabulary is in a text",
    .create = count_create,
    .run = vectorizer_run,
    .make_sparse = vectorizer_make_sparse,
    .destroy = vectorizer_destroy,
};

const struct op_type op_hashing_vectorizer = {
    .name = "hashing_vectorizer",
    .summary = "how many of a text's words have each hash",
    .create = hashing_create,
    .run = vectorizer_run,
    .make_sparse = vectorizer_make_sparse,
    .destroy = vectorizer_destroy,
};
