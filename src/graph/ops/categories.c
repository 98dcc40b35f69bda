#include "graph/ops/categories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "graph/ops/ops.h"
#include "graph/schema.h"

bool category_is_missing(const struct params_value *value)
{
    return value->type == PARAMS_NULL || (value->type == PARAMS_NUMBER && isnan(value->number)) ||
           (value->type == PARAMS_TEXT && strcmp(value->text, "NaN") == 0);
}

const char *category_text(const struct params_value *value, char buffer[CATEGORY_TEXT_SIZE])
{
    if (category_is_missing(value))
        return "nan";
    if (value->type == PARAMS_NUMBER) {
        schema_normal_number(value->number, buffer, CATEGORY_TEXT_SIZE);
        return buffer;
    }
    size_t length =
        schema_normal_text(value->text, strlen(value->text), buffer, CATEGORY_TEXT_SIZE);
    return length > 0 ? buffer : value->text;
}

/* True if it is a number, or spelled as one. */
static bool value_number(const struct params_value *value, double *number)
{
    char buffer[CATEGORY_TEXT_SIZE];
    *number = value->number;
    if (value->type == PARAMS_NUMBER)
        return true;
    if (schema_normal_text(value->text, strlen(value->text), buffer, sizeof buffer) == 0)
        return false;
    *number = strtod(buffer, NULL);
    return true;
}

static bool words_match(struct categories *self, const struct strmap *codes, struct params *params,
                        struct err *err)
{
    char buffer[CATEGORY_TEXT_SIZE];
    for (size_t i = 0; i < self->list.count; i++) {
        const struct params_value *value = &self->list.values[i];
        if (category_is_missing(value))
            continue;
        const char *text = category_text(value, buffer);
        uint32_t code = strmap_get(codes, text, strlen(text));
        if (code == STRMAP_NONE)
            continue; /* the input cannot have it: its column stays 0 */
        if (self->by_word[code] != CATEGORY_NONE)
            return params_fail(params, "", err, "'%.64s' is there twice", text);
        self->by_word[code] = (uint32_t)i;
    }
    return true;
}

static bool words_read(struct categories *self, struct params *params, const struct column *in,
                       struct err *err)
{
    struct strmap codes = STRMAP_INIT;
    self->word_count = in->word_count;
    self->by_word = mem_array(in->word_count, sizeof *self->by_word);
    bool ok = self->by_word != NULL;
    for (size_t i = 0; ok && i < in->word_count; i++) {
        uint32_t existing;
        self->by_word[i] = CATEGORY_NONE;
        ok = strmap_add(&codes, in->words[i], strlen(in->words[i]), (uint32_t)i, &existing);
    }
    if (!ok)
        err_set(err, ERR_MEMORY, "no memory for %zu words", in->word_count);
    ok = ok && words_match(self, &codes, params, err);
    strmap_finish(&codes);
    return ok;
}

static int number_compare(const void *left, const void *right)
{
    double a = ((const struct category_number *)left)->value;
    double b = ((const struct category_number *)right)->value;
    return (a > b) - (a < b);
}

static bool numbers_read(struct categories *self, struct params *params, struct err *err)
{
    self->numbers = mem_array(self->list.count, sizeof *self->numbers);
    if (self->numbers == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu categories", self->list.count);
    for (size_t i = 0; i < self->list.count; i++) {
        if (category_is_missing(&self->list.values[i]))
            continue;
        struct category_number *number = &self->numbers[self->number_count++];
        number->category = (uint32_t)i;
        if (!value_number(&self->list.values[i], &number->value))
            return params_fail(params, "", err, "column '%.64s' holds numbers, not words",
                               self->name);
    }
    qsort(self->numbers, self->number_count, sizeof *self->numbers, number_compare);
    for (size_t i = 1; i < self->number_count; i++)
        if (self->numbers[i - 1].value == self->numbers[i].value)
            return params_fail(params, "", err, "a category is there twice");
    return true;
}

static bool categories_read(struct categories *self, struct params *params, const struct column *in,
                            struct err *err)
{
    const char *name = in->name != NULL ? in->name : "";
    self->missing = CATEGORY_NONE;
    self->name = mem_copy_text(name, strlen(name));
    if (self->name == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a column's name");
    if (!params_list(params, "", PARAMS_ANY, &self->list, err))
        return false;
    if (self->list.count >= OP_COLUMNS_MAX)
        return params_fail(params, "", err, "expected fewer than %zu categories", OP_COLUMNS_MAX);
    for (size_t i = 0; i < self->list.count; i++) {
        if (!category_is_missing(&self->list.values[i]))
            continue;
        if (self->missing != CATEGORY_NONE)
            return params_fail(params, "", err, "the missing value is there twice");
        self->missing = (uint32_t)i;
    }
    return in->words != NULL ? words_read(self, params, in, err) : numbers_read(self, params, err);
}

static size_t categories_bytes(const struct categories *self)
{
    return sizeof *self + self->list.count * (sizeof *self->list.values + 16) +
           self->word_count * sizeof *self->by_word + self->number_count * sizeof *self->numbers;
}

bool categories_create(struct categories **all, struct params *params, const struct columns *in,
                       size_t *bytes, struct err *err)
{
    size_t count = params_length(params, "categories_");
    if (!op_refuse_text(params, in, err))
        return false;
    if (count != in->count)
        return params_fail(params, "categories_", err, "expected %zu lists, got %zu", in->count,
                           count);
    *all = mem_array(count, sizeof **all);
    if (*all == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the categories of %zu columns", count);
    for (size_t i = 0; i < count; i++) {
        struct params *element = params_element(params, "categories_", i, err);
        if (element == NULL || !categories_read(&(*all)[i], element, &in->items[i], err))
            return false;
        *bytes += categories_bytes(&(*all)[i]);
    }
    return true;
}

void categories_destroy(struct categories *all, size_t count)
{
    for (size_t i = 0; all != NULL && i < count; i++) {
        free(all[i].name);
        params_list_finish(&all[i].list);
        free(all[i].by_word);
        free(all[i].numbers);
    }
    free(all);
}

static uint32_t number_find(const struct categories *self, double value)
{
    size_t low = 0, high = self->number_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->numbers[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < self->number_count && self->numbers[low].value == value;
    return found ? self->numbers[low].category : CATEGORY_NONE;
}

uint32_t categories_find(const struct categories *self, double cell)
{
    if (isnan(cell))
        return self->missing;
    if (self->by_word == NULL)
        return number_find(self, cell);
    bool known = cell >= 0 && cell < (double)self->word_count;
    return known ? self->by_word[(size_t)cell] : CATEGORY_NONE;
}

/* The spellings of all categories, which `texts` keeps. */
static bool spellings_add(const struct categories *self, struct strmap *map, struct arena *texts)
{
    char buffer[CATEGORY_TEXT_SIZE];
    for (size_t i = 0; i < self->list.count; i++) {
        const struct params_value *value = &self->list.values[i];
        if (category_is_missing(value))
            continue;
        const char *text = category_text(value, buffer);
        uint32_t existing;
        char *copy = arena_copy_text(texts, text, strlen(text));
        if (copy == NULL || !strmap_add(map, copy, strlen(copy), (uint32_t)i, &existing))
            return false;
    }
    return true;
}

static bool list_mark(const struct categories *self, const struct params_list *list,
                      const struct strmap *spellings, struct params *params, bool *infrequent,
                      struct err *err)
{
    char buffer[CATEGORY_TEXT_SIZE];
    for (size_t i = 0; i < list->count; i++) {
        const char *text = category_text(&list->values[i], buffer);
        uint32_t category = category_is_missing(&list->values[i])
                                ? self->missing
                                : strmap_get(spellings, text, strlen(text));
        if (category == CATEGORY_NONE) /* which is STRMAP_NONE */
            return params_fail(params, "", err, "item %zu is not in categories_", i);
        infrequent[category] = true;
    }
    return true;
}

static bool infrequent_mark(const struct categories *self, struct params *element, bool *infrequent,
                            bool *any, struct err *err)
{
    struct params_list list;
    if (!params_list(element, "", PARAMS_ANY, &list, err))
        return false;
    struct strmap spellings = STRMAP_INIT;
    struct arena texts;
    arena_init(&texts, 0);
    bool ok = spellings_add(self, &spellings, &texts) ||
              err_set(err, ERR_MEMORY, "no memory for %zu categories", self->list.count);
    ok = ok && list_mark(self, &list, &spellings, element, infrequent, err);
    *any = list.count > 0;
    strmap_finish(&spellings);
    arena_finish(&texts);
    params_list_finish(&list);
    return ok;
}

bool categories_mark_infrequent(const struct categories *self, struct params *params, size_t inputs,
                                size_t index, bool *infrequent, bool *any, struct err *err)
{
    *any = false;
    if (!params_has(params, "infrequent_categories_"))
        return true;
    size_t count = params_length(params, "infrequent_categories_");
    if (count != inputs)
        return params_fail(params, "infrequent_categories_", err, "expected %zu list%s, got %zu",
                           inputs, inputs == 1 ? "" : "s", count);
    struct params *element = params_element(params, "infrequent_categories_", index, err);
    if (element == NULL)
        return false;
    return !params_has(element, "") || infrequent_mark(self, element, infrequent, any, err);
}

bool categories_refuse(const struct categories *self, size_t row, struct err *err)
{
    err_set(err, ERR_CATEGORY, "column '%.160s' holds a category that the model does not know",
            self->name);
    return err_at(err, (int64_t)row, self->name);
}
