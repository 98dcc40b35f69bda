#include "fake_params.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum node_type { NODE_NULL, NODE_FLAG, NODE_NUMBER, NODE_TEXT, NODE_ARRAY, NODE_OBJECT };

/* A value; its place in an array or object is the chain of `next`. */
struct node {
    struct params params; /* first: every node can be asked as params */
    enum node_type type;
    char *key;
    char *text;
    double number;
    size_t count;
    struct node *first, *next, *parent;
};

static const struct params_source fake_source;

static struct node *node_parse(const char **at, struct node *parent);

static void skip_spaces(const char **at)
{
    while (isspace((unsigned char)**at))
        (*at)++;
}

static char *text_parse(const char **at)
{
    const char *end = strchr(*at + 1, '\'');
    assert_non_null(end);
    char *text = strndup(*at + 1, (size_t)(end - *at - 1));
    *at = end + 1;
    return text;
}

static void members_parse(const char **at, struct node *node, char close)
{
    struct node **link = &node->first;
    (*at)++;
    for (skip_spaces(at); **at != close; skip_spaces(at)) {
        char *key = NULL;
        if (close == '}') {
            key = text_parse(at);
            skip_spaces(at);
            assert_int_equal(**at, ':');
            (*at)++;
        }
        *link = node_parse(at, node);
        (*link)->key = key;
        link = &(*link)->next;
        node->count++;
        skip_spaces(at);
        if (**at == ',')
            (*at)++;
        else
            assert_int_equal(**at, close);
    }
    (*at)++;
}

static bool word_parse(const char **at, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

static void scalar_parse(const char **at, struct node *node)
{
    if (word_parse(at, "null"))
        return;
    node->type = NODE_FLAG;
    node->number = **at == 't';
    if (word_parse(at, "true") || word_parse(at, "false"))
        return;
    char *end;
    node->type = NODE_NUMBER;
    node->number = strtod(*at, &end);
    assert_ptr_not_equal(end, *at);
    *at = end;
}

static struct node *node_parse(const char **at, struct node *parent)
{
    struct node *node = calloc(1, sizeof *node);
    assert_non_null(node);
    node->params.source = &fake_source;
    node->parent = parent;
    skip_spaces(at);
    if (**at == '{' || **at == '[') {
        node->type = **at == '{' ? NODE_OBJECT : NODE_ARRAY;
        members_parse(at, node, **at == '{' ? '}' : ']');
    } else if (**at == '\'') {
        node->type = NODE_TEXT;
        node->text = text_parse(at);
    } else {
        scalar_parse(at, node);
    }
    return node;
}

struct params *fake_params(const char *text)
{
    const char *at = text;
    struct node *root = node_parse(&at, NULL);
    skip_spaces(&at);
    assert_int_equal(*at, '\0');
    return &root->params;
}

static void node_destroy(struct node *node)
{
    while (node != NULL) {
        struct node *next = node->next;
        node_destroy(node->first);
        free(node->key);
        free(node->text);
        free(node);
        node = next;
    }
}

void fake_params_destroy(struct params *params)
{
    node_destroy((struct node *)params);
}

static struct node *node_find(struct params *params, const char *key)
{
    struct node *node = (struct node *)params;
    if (key[0] == '\0')
        return node;
    struct node *child = node->type == NODE_OBJECT ? node->first : NULL;
    while (child != NULL && strcmp(child->key, key) != 0)
        child = child->next;
    return child;
}

static bool fake_has(struct params *params, const char *key)
{
    const struct node *node = node_find(params, key);
    return node != NULL && node->type != NODE_NULL;
}

static bool fake_fail(struct params *params, const char *key, struct err *err)
{
    return err_prefix(err, "$%s%s", key[0] != '\0' ? "." : "", key) && params != NULL;
}

static bool fake_expected(struct params *params, const char *key, const char *what, struct err *err)
{
    err_set(err, ERR_INVALID, "expected %s", what);
    return fake_fail(params, key, err);
}

/* null and the three names count as numbers. */
static bool node_number(const struct node *node, double *value)
{
    static const char *const names[] = {"NaN", "Infinity", "-Infinity"};
    const double values[] = {NAN, INFINITY, -INFINITY};
    *value = node->type == NODE_NULL ? NAN : node->number;
    for (size_t i = 0; node->type == NODE_TEXT && i < 3; i++) {
        *value = values[i];
        if (strcmp(node->text, names[i]) == 0)
            return true;
    }
    return node->type == NODE_NUMBER || node->type == NODE_NULL;
}

static bool fake_number(struct params *params, const char *key, double *value, struct err *err)
{
    const struct node *node = node_find(params, key);
    if (node == NULL || node->type == NODE_NULL || !node_number(node, value))
        return fake_expected(params, key, "a number", err);
    return true;
}

static bool fake_flag(struct params *params, const char *key, bool *value, struct err *err)
{
    const struct node *node = node_find(params, key);
    if (node == NULL || node->type != NODE_FLAG)
        return fake_expected(params, key, "true or false", err);
    *value = node->number != 0;
    return true;
}

static bool fake_text(struct params *params, const char *key, char **value, struct err *err)
{
    const struct node *node = node_find(params, key);
    if (node == NULL || node->type != NODE_TEXT)
        return fake_expected(params, key, "a text", err);
    *value = strdup(node->text);
    return true;
}

static bool fake_vector(struct params *params, const char *key, struct params_vector *out,
                        struct err *err)
{
    const struct node *node = node_find(params, key);
    if (node == NULL || node->type != NODE_ARRAY)
        return fake_expected(params, key, "a list of numbers", err);
    out->count = 0;
    out->values = calloc(node->count + 1, sizeof *out->values);
    for (const struct node *item = node->first; item != NULL; item = item->next)
        if (!node_number(item, &out->values[out->count++])) {
            params_vector_finish(out);
            return fake_expected(params, key, "a list of numbers", err);
        }
    return true;
}

static bool fake_matrix(struct params *params, const char *key, struct matrix *out, struct err *err)
{
    const struct node *node = node_find(params, key);
    if (node == NULL || node->type != NODE_ARRAY || node->count == 0)
        return fake_expected(params, key, "a list of lists of numbers", err);
    size_t cols = node->first->count;
    assert_true(matrix_create(out, node->count, cols));
    size_t filled = 0;
    bool ok = true;
    for (const struct node *row = node->first; row != NULL; row = row->next) {
        ok = ok && row->type == NODE_ARRAY && row->count == cols;
        for (const struct node *item = row->first; ok && item != NULL; item = item->next)
            ok = node_number(item, &out->data[filled++]);
    }
    if (ok)
        return true;
    matrix_free(out);
    return fake_expected(params, key, "lists of numbers of one length", err);
}

static bool fake_list(struct params *params, const char *key, struct params_list *out,
                      struct err *err)
{
    const struct node *node = node_find(params, key);
    if (node == NULL || node->type != NODE_ARRAY)
        return fake_expected(params, key, "a list", err);
    out->count = 0;
    out->values = calloc(node->count + 1, sizeof *out->values);
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        struct params_value *value = &out->values[out->count++];
        if (item->type == NODE_NUMBER)
            *value = (struct params_value){.type = PARAMS_NUMBER, .number = item->number};
        else if (item->type == NODE_TEXT)
            *value = (struct params_value){.type = PARAMS_TEXT, .text = strdup(item->text)};
        else if (item->type != NODE_NULL) {
            params_list_finish(out);
            return fake_expected(params, key, "a list of words, numbers or null", err);
        }
    }
    return true;
}

static size_t fake_length(struct params *params, const char *key)
{
    const struct node *node = node_find(params, key);
    return node != NULL && node->type == NODE_ARRAY ? node->count : 0;
}

static struct params *fake_element(struct params *params, const char *key, size_t index,
                                   struct err *err)
{
    struct node *node = node_find(params, key);
    if (node == NULL || node->type != NODE_ARRAY || index >= node->count) {
        fake_expected(params, key, "a longer list", err);
        return NULL;
    }
    node = node->first;
    while (index-- > 0)
        node = node->next;
    return &node->params;
}

static struct params *fake_child(struct params *params, const char *key, struct err *err)
{
    struct node *node = node_find(params, key);
    if (node != NULL && node->type == NODE_OBJECT)
        return &node->params;
    fake_expected(params, key, "an object", err);
    return NULL;
}

static const struct params_source fake_source = {
    .has = fake_has,
    .number = fake_number,
    .flag = fake_flag,
    .text = fake_text,
    .vector = fake_vector,
    .matrix = fake_matrix,
    .list = fake_list,
    .length = fake_length,
    .element = fake_element,
    .child = fake_child,
    .fail = fake_fail,
};

/* ---- columns and operators ---- */

static void column_parse(struct column *column, char *text)
{
    char *words[64];
    size_t count = 0;
    char *state = NULL;
    char *colon = strchr(text, ':');
    if (colon != NULL) {
        *colon = '\0';
        for (char *word = strtok_r(colon + 1, ",", &state); word != NULL && count < 64;
             word = strtok_r(NULL, ",", &state))
            words[count++] = word;
    }
    size_t length = strlen(text);
    column->is_text = length > 1 && text[length - 1] == '~';
    if (column->is_text)
        text[length - 1] = '\0';
    bool is_text = column->is_text;
    assert_true(column_set(column, text, colon != NULL ? words : NULL, count, NULL));
    column->is_text = is_text;
}

struct columns fake_columns(const char *text)
{
    struct columns columns;
    size_t count = 0;
    for (const char *at = text; *at != '\0'; at++)
        count += *at != ' ' && (at == text || at[-1] == ' ');
    assert_true(columns_init(&columns, count, NULL));
    char *copy = strdup(text);
    char *state = NULL;
    char *name = strtok_r(copy, " ", &state);
    for (size_t i = 0; name != NULL; i++, name = strtok_r(NULL, " ", &state))
        column_parse(&columns.items[i], name);
    free(copy);
    return columns;
}

static bool op_try(struct op **op, const char *params_text, const char *columns_text,
                   struct err *err)
{
    struct params *params = fake_params(params_text);
    struct columns columns = fake_columns(columns_text);
    bool ok = op_create(op, params, &columns, err);
    columns_finish(&columns);
    fake_params_destroy(params);
    return ok;
}

struct op *fake_op(const char *params_text, const char *columns_text)
{
    struct err err = ERR_INIT;
    struct op *op = NULL;
    if (!op_try(&op, params_text, columns_text, &err))
        fail_msg("%s", err.text);
    return op;
}

void fake_op_refused(const char *params_text, const char *columns_text, const char *part)
{
    struct err err = ERR_INIT;
    struct op *op = NULL;
    if (op_try(&op, params_text, columns_text, &err))
        fail_msg("not refused: %s", params_text);
    assert_null(op);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, err.text);
}

static bool agree(double got, double expected, double tolerance)
{
    if (isnan(expected) || isnan(got))
        return isnan(expected) && isnan(got);
    return got == expected || fabs(got - expected) <= tolerance * fabs(expected);
}

/* The block in pages of its own would not show more to ASan than this: exactly the numbers. */
static bool run_try(const struct op *op, size_t rows, const double *in, uint32_t output,
                    struct matrix *out, struct err *err)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    struct matrix block = {0}, outs[OP_OUTPUTS_MAX] = {0};
    assert_true(matrix_create(&block, rows, op->inputs));
    memcpy(block.data, in, rows * op->inputs * sizeof *in);
    assert_true(output < op->output_count);
    assert_true(matrix_create(&outs[output], rows, op->outputs[output].cols));
    bool ok = op_run(op, &block, outs, 1U << output, &scratch, err);
    *out = outs[output];
    matrix_free(&block);
    arena_finish(&scratch);
    return ok;
}

void fake_run(const struct op *op, size_t rows, const double *in, uint32_t output,
              const double *expected, double tolerance)
{
    struct err err = ERR_INIT;
    struct matrix out;
    if (!run_try(op, rows, in, output, &out, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < rows * out.cols; i++)
        if (!agree(out.data[i], expected[i], tolerance))
            fail_msg("row %zu column %zu: expected %.17g, got %.17g", i / out.cols, i % out.cols,
                     expected[i], out.data[i]);
    matrix_free(&out);
}

void fake_run_refused(const struct op *op, size_t rows, const double *in, enum err_code code,
                      int64_t row, const char *field)
{
    struct err err = ERR_INIT;
    struct matrix out;
    assert_false(run_try(op, rows, in, 0, &out, &err));
    assert_int_equal(err.code, code);
    assert_int_equal(err.row, row);
    assert_string_equal(err.field, field);
    matrix_free(&out);
}

void fake_check(const char *params_text, const char *columns_text, size_t rows, const double *in,
                const double *expected, double tolerance)
{
    struct op *op = fake_op(params_text, columns_text);
    fake_run(op, rows, in, 0, expected, tolerance);
    op_destroy(op);
}

void fake_names(const struct op *op, const char *expected)
{
    char names[1024] = "";
    size_t length = 0;
    for (size_t i = 0; i < op->columns.count; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? " " : "",
                                   op->columns.items[i].name);
    assert_string_equal(names, expected);
}
