/* com.microsoft Tokenizer: texts to rows of tokens, which are parts of the texts' own bytes. */
#include <string.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/ml.h"
#include "tensor/kernels/pattern.h"

enum how { BY_CHARACTERS, BY_SEPARATORS, BY_TOKENS };

struct tokenizer {
    enum how how;
    bool mark; /* a token before the first and one after the last */
    size_t shortest;
    struct value_string pad;
    struct pattern *patterns; /* separators, one after the other; or the one of tokens */
    size_t pattern_count, work;
};

static const struct value_string mark_begin = {"\x02", 1}, mark_end = {"\x03", 1};

static bool make_patterns(struct tokenizer *self, const struct value_string *texts, size_t count,
                          struct arena *arena, struct err *err)
{
    self->patterns = arena_array(arena, count, sizeof *self->patterns);
    if (self->patterns == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu patterns", count);
    if (count > 64)
        return err_set(err, ERR_LIMIT, "%zu separators are more than 64", count);
    self->pattern_count = count;
    for (size_t i = 0; i < count; i++) {
        struct value_string kept;
        if (!ml_copy_string(texts[i], arena, &kept, err) ||
            !pattern_make(&self->patterns[i], kept, arena, err))
            return false;
        if (pattern_work(&self->patterns[i]) > self->work)
            self->work = pattern_work(&self->patterns[i]);
    }
    return true;
}

static bool read_how(struct tokenizer *self, const struct attributes *attributes,
                     struct arena *arena, struct err *err)
{
    const struct value_string *separators;
    struct value_string expression = {"", 0};
    size_t count;
    if (!attributes_strings(attributes, "separators", &separators, &count, err) ||
        !attributes_string(attributes, "tokenexp", &expression, err))
        return false;
    if ((count == 0) == (expression.length == 0))
        return err_set(err, ERR_INVALID, "one of separators and tokenexp must be given");
    self->how = count == 0 ? BY_TOKENS : BY_SEPARATORS;
    if (count == 1 && separators[0].length == 0) {
        self->how = BY_CHARACTERS;
        return true;
    }
    return count == 0 ? make_patterns(self, &expression, 1, arena, err)
                      : make_patterns(self, separators, count, arena, err);
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct tokenizer *self = node->state;
    int64_t shortest = 1;
    struct value_string pad = {"", 0};
    if (!attributes_bool(attributes, "mark", &self->mark, err) ||
        !attributes_int(attributes, "mincharnum", &shortest, err) ||
        !attributes_string(attributes, "pad_value", &pad, err) ||
        !ml_copy_string(pad, arena, &self->pad, err))
        return false;
    if (shortest < 1)
        return err_set(err, ERR_INVALID, "mincharnum is %lld", (long long)shortest);
    self->shortest = (size_t)shortest;
    if (!read_how(self, attributes, arena, err))
        return false;
    if (self->how == BY_CHARACTERS && self->shortest > 1)
        return err_set(err, ERR_INVALID, "characters cannot have %zu characters", self->shortest);
    return true;
}

static bool infer(const struct call *call, struct err *err)
{
    const struct value *x = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX] = {0};
    if (!call_check_type(call, 0, TYPE_BIT(VALUE_STRING), err))
        return false;
    if (x->rank == VALUE_RANK_UNKNOWN)
        return call_set_like(call, 0, x, err);
    if (x->rank != 1 && x->rank != 2)
        return call_fail(call, err, ERR_INVALID, "its input has %d dimensions, not 1 or 2",
                         x->rank);
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank] = VALUE_ANY;
    return call_set_shape(call, 0, VALUE_STRING, dims, x->rank + 1, err);
}

/* A growing list of tokens in the run's memory. */
struct tokens {
    const struct call *call;
    struct value_string *items;
    size_t count, room;
    struct err *err;
};

static bool add(struct tokens *tokens, const char *bytes, size_t length)
{
    if (tokens->count == tokens->room) {
        size_t room = tokens->room ? 2 * tokens->room : 64;
        struct value_string *items = call_scratch(tokens->call, room, sizeof *items, tokens->err);
        if (items == NULL)
            return false;
        if (tokens->count)
            memcpy(items, tokens->items, tokens->count * sizeof *items);
        tokens->items = items;
        tokens->room = room;
    }
    tokens->items[tokens->count++] = (struct value_string){bytes, length};
    return true;
}

static bool by_characters(struct value_string text, struct tokens *tokens)
{
    for (size_t at = 0, next; at < text.length; at = next) {
        (void)pattern_character(text, at, &next);
        if (!add(tokens, text.bytes + at, next - at))
            return false;
    }
    return true;
}

static bool by_tokens(const struct tokenizer *self, struct value_string text, uint32_t *work,
                      struct tokens *tokens)
{
    size_t begin, end;
    for (size_t at = 0; pattern_find(&self->patterns[0], text, at, work, &begin, &end); at = end) {
        struct value_string token = {text.bytes + begin, end - begin};
        if (token.length == 0) { /* nothing was matched: go on behind the next character */
            if (begin >= text.length)
                return true;
            (void)pattern_character(text, begin, &end);
        } else if (pattern_length(token) >= self->shortest &&
                   !add(tokens, token.bytes, token.length)) {
            return false;
        }
    }
    return true;
}

/* What lies between the matches of separator `which` is split by the separators after it. */
static bool split(const struct tokenizer *self, size_t which, struct value_string text,
                  uint32_t *work, struct tokens *tokens)
{
    if (text.length == 0)
        return true;
    if (which == self->pattern_count)
        return pattern_length(text) < self->shortest || add(tokens, text.bytes, text.length);
    size_t from = 0, at = 0, begin, end;
    while (at < text.length && pattern_find(&self->patterns[which], text, at, work, &begin, &end)) {
        if (end == begin) { /* an empty match separates nothing */
            if (begin >= text.length)
                break;
            (void)pattern_character(text, begin, &at);
            continue;
        }
        struct value_string part = {text.bytes + from, begin - from};
        if (!split(self, which + 1, part, work, tokens))
            return false;
        from = at = end;
    }
    return split(self, which + 1, (struct value_string){text.bytes + from, text.length - from},
                 work, tokens);
}

/* ends[i]: the number of tokens of texts 0 .. i. */
static bool find_tokens(const struct tokenizer *self, const struct value *in, size_t *ends,
                        uint32_t *work, struct tokens *tokens)
{
    for (size_t i = 0; i < in->count; i++) {
        struct value_string text = in->strings[i];
        bool found = self->how == BY_CHARACTERS ? by_characters(text, tokens)
                     : self->how == BY_TOKENS   ? by_tokens(self, text, work, tokens)
                                                : split(self, 0, text, work, tokens);
        if (!found)
            return false;
        ends[i] = tokens->count;
    }
    return true;
}

/* A row: its tokens, between marks where asked for, filled up with the pad. */
static void put_row(const struct tokenizer *self, const struct value_string *tokens, size_t count,
                    struct value_string *row, size_t width)
{
    size_t at = 0;
    if (self->mark)
        row[at++] = mark_begin;
    for (size_t k = 0; k < count; k++)
        row[at++] = tokens[k];
    if (self->mark)
        row[at++] = mark_end;
    while (at < width)
        row[at++] = self->pad;
}

static bool run(const struct call *call, struct err *err)
{
    const struct tokenizer *self = call->node->state;
    const struct value *in = call_input(call, 0);
    struct tokens tokens = {.call = call, .err = err};
    size_t *ends = call_scratch(call, in->count + 1, sizeof *ends, err);
    uint32_t *work = call_scratch(call, self->work + 1, sizeof *work, err);
    if (!ends || !work || !find_tokens(self, in, ends, work, &tokens))
        return false;
    size_t most = 0;
    for (size_t i = 0; i < in->count; i++) {
        size_t count = ends[i] - (i ? ends[i - 1] : 0);
        most = count > most ? count : most;
    }
    size_t width = most + (self->mark && in->count ? 2 : 0);
    int64_t dims[VALUE_RANK_MAX] = {0};
    memcpy(dims, in->dims, sizeof dims);
    dims[in->rank] = (int64_t)width;
    if (!call_make(call, 0, VALUE_STRING, dims, in->rank + 1, err))
        return false;
    const struct value *out = call_output(call, 0);
    for (size_t i = 0; out != NULL && i < in->count; i++) {
        size_t first = i ? ends[i - 1] : 0;
        put_row(self, first > 0 ? tokens.items + first : tokens.items, ends[i] - first,
                out->strings + i * width, width);
    }
    return true;
}

const struct kernel kernel_tokenizer = {
    .domain = "com.microsoft",
    .name = "Tokenizer",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .state_size = sizeof(struct tokenizer),
    .create = create,
    .infer = infer,
    .run = run,
};
