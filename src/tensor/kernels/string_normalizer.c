/* StringNormalizer: words in one case, without the words that say nothing. */
#include <locale.h>
#include <string.h>
#include <wctype.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/lookup.h"
#include "tensor/kernels/ml.h"
#include "tensor/kernels/pattern.h"

enum change { CHANGE_NONE, CHANGE_LOWER, CHANGE_UPPER };

struct normalizer {
    enum change change;
    bool case_sensitive;
    struct lookup stop_words; /* in lower case unless case_sensitive */
    size_t stop_word_count;
    locale_t locale; /* for the upper and lower case of all of Unicode's letters */
};

static size_t put_utf8(uint32_t c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)((0xf00U >> length & 0xf0U) | c);
    return length;
}

/* The word in another case, in the arena; bytes are NULL without memory. */
static struct value_string changed(const struct normalizer *self, enum change change,
                                   struct value_string word, struct arena *arena)
{
    if (change == CHANGE_NONE)
        return word;
    /* No letter's other case takes more than 3 bytes for 2, or 2 for 1. */
    char *bytes = arena_array(arena, 2, word.length + 4);
    if (bytes == NULL)
        return (struct value_string){NULL, 0};
    size_t length = 0;
    for (size_t at = 0, next; at < word.length; at = next) {
        uint32_t c = pattern_character(word, at, &next);
        if (c > 0x10ffff) { /* no UTF-8: as it is */
            bytes[length++] = word.bytes[at];
            continue;
        }
        wint_t other = change == CHANGE_LOWER ? towlower_l((wint_t)c, self->locale)
                                              : towupper_l((wint_t)c, self->locale);
        length += put_utf8((uint32_t)other, bytes + length);
    }
    return (struct value_string){bytes, length};
}

static bool read_stop_words(struct normalizer *self, const struct attributes *attributes,
                            struct arena *arena, struct err *err)
{
    const struct value_string *words;
    size_t count;
    if (!attributes_strings(attributes, "stopwords", &words, &count, err))
        return false;
    struct value keys;
    int64_t dims = (int64_t)count;
    if (!value_in_arena(&keys, VALUE_STRING, &dims, 1, arena, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct value_string kept;
        if (!ml_copy_string(words[i], arena, &kept, err))
            return false;
        keys.strings[i] =
            changed(self, self->case_sensitive ? CHANGE_NONE : CHANGE_LOWER, kept, arena);
        if (keys.strings[i].bytes == NULL)
            return err_set(err, ERR_MEMORY, "no memory for the stop words");
    }
    self->stop_word_count = count;
    return lookup_make(&self->stop_words, &keys, arena, err);
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    static const char *const names[] = {"NONE", "LOWER", "UPPER", NULL};
    struct normalizer *self = node->state;
    int change = CHANGE_NONE;
    if (!attributes_choice(attributes, "case_change_action", names, &change, err) ||
        !attributes_bool(attributes, "is_case_sensitive", &self->case_sensitive, err))
        return false;
    self->change = (enum change)change;
    self->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (self->locale == (locale_t)0)
        return err_set(err, ERR_UNSUPPORTED, "the C library has no locale C.UTF-8");
    return read_stop_words(self, attributes, arena, err);
}

static void destroy(void *state)
{
    struct normalizer *self = state;
    if (self->locale != (locale_t)0)
        freelocale(self->locale);
}

static bool infer(const struct call *call, struct err *err)
{
    const struct normalizer *self = call->node->state;
    const struct value *x = call_input(call, 0);
    if (!call_check_type(call, 0, TYPE_BIT(VALUE_STRING), err))
        return false;
    if (x->rank != VALUE_RANK_UNKNOWN &&
        !(x->rank == 1 || (x->rank == 2 && (x->dims[0] == 1 || x->dims[0] == VALUE_ANY))))
        return call_fail(call, err, ERR_INVALID, "its input is neither a vector nor one row");
    if (self->stop_word_count == 0 || x->rank == VALUE_RANK_UNKNOWN)
        return call_set_like(call, 0, x, err);
    int64_t dims[2] = {1, VALUE_ANY};
    return call_set_shape(call, 0, VALUE_STRING, x->rank == 1 ? dims + 1 : dims, x->rank, err);
}

static bool no_memory(const struct call *call, struct err *err)
{
    return call_fail(call, err, ERR_MEMORY, "no memory for the words");
}

/* Whether a stop word; false with err->code set on failure. */
static bool keep(const struct call *call, const struct normalizer *self, struct value_string word,
                 bool *kept, struct err *err)
{
    *kept = true;
    if (self->stop_word_count == 0)
        return true;
    struct value_string compared =
        changed(self, self->case_sensitive ? CHANGE_NONE : CHANGE_LOWER, word, call->memory->arena);
    if (compared.bytes == NULL)
        return no_memory(call, err);
    struct value one = {.type = VALUE_STRING, .strings = &compared, .count = 1};
    *kept = lookup_find(&self->stop_words, &one, 0) == LOOKUP_NONE;
    return true;
}

static bool run(const struct call *call, struct err *err)
{
    const struct normalizer *self = call->node->state;
    const struct value *in = call_input(call, 0);
    struct value_string *words = call_scratch(call, in->count + 1, sizeof *words, err);
    size_t count = 0;
    if (words == NULL)
        return false;
    for (size_t i = 0; i < in->count; i++) {
        bool kept;
        if (!keep(call, self, in->strings[i], &kept, err))
            return false;
        if (!kept)
            continue;
        words[count] = changed(self, self->change, in->strings[i], call->memory->arena);
        if (words[count++].bytes == NULL)
            return no_memory(call, err);
    }
    if (count == 0) /* nothing is left: one empty word stands for it */
        words[count++] = (struct value_string){"", 0};
    int64_t dims[2] = {1, (int64_t)count};
    if (!call_make(call, 0, VALUE_STRING, in->rank == 1 ? dims + 1 : dims, in->rank, err))
        return false;
    struct value *out = call_output(call, 0);
    if (out != NULL)
        memcpy(out->strings, words, count * sizeof *words);
    return true;
}

const struct kernel kernel_string_normalizer = {
    .domain = "",
    .name = "StringNormalizer",
    .since = 10,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .state_size = sizeof(struct normalizer),
    .create = create,
    .infer = infer,
    .run = run,
    .destroy = destroy,
};
