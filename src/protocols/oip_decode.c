#include "protocols/oip_decode.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "protocols/answer.h"
#include "protocols/oip_cells.h"

/* An input of the request and the fields that it fills. */
struct binding {
    const struct oip_input *input;
    struct oip_tensor tensor;
};

struct bindings {
    struct binding *items; /* one per input */
    bool *filled;          /* one per field */
    size_t unknown;        /* inputs without fields */
};

/* --- names --------------------------------------------------------------------------------- */

static bool is_same_name(const struct oip_input *a, const struct oip_input *b)
{
    return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0;
}

/* A field that two inputs fill. Two inputs that fill nothing are compared by the caller. */
static bool claim(struct bindings *bindings, const struct oip_tensor *tensor)
{
    for (size_t i = 0; i < tensor->count; i++) {
        if (bindings->filled[tensor->first + i])
            return false;
        bindings->filled[tensor->first + i] = true;
    }
    return true;
}

/* Number of elements in a row. */
static size_t width_of(const struct oip_input *input)
{
    size_t width = 1;
    for (size_t i = 1; i < input->rank; i++) {
        if (!mem_multiply(width, input->shape[i], &width))
            return 0;
    }
    return width;
}

/* Servers of one matrix do not look at its name, and their clients call it as they like. */
static bool is_whole(const struct oip_request *oip, const struct oip_input *input)
{
    const struct schema *schema = &oip->job.graph->schema;
    return oip->input_count == 1 && width_of(input) == schema->field_count && input->rank > 0;
}

static bool is_named_matrix(const struct schema *schema, const struct oip_input *input)
{
    struct oip_tensor tensor = oip_layout_matrix(schema);
    return oip_layout_count(schema) == 1 && tensor.name_length == input->name_length &&
           memcmp(tensor.name, input->name, tensor.name_length) == 0;
}

static bool bind_input(struct oip_request *oip, struct bindings *bindings, size_t index)
{
    const struct schema *schema = &oip->job.graph->schema;
    const struct oip_input *input = &oip->inputs[index];
    struct binding *binding = &bindings->items[index];
    binding->input = input;
    bool known = oip_layout_find(schema, input->name, input->name_length, &binding->tensor);
    if (!known && (is_whole(oip, input) || is_named_matrix(schema, input))) {
        binding->tensor = oip_layout_matrix(schema);
        known = true;
    }
    if (!known) {
        binding->tensor.count = 0;
        bindings->unknown++;
        for (size_t i = 0; i < index && i < 100; i++) { /* all of them are told besides */
            if (is_same_name(&oip->inputs[i], input))
                return oip_refuse(oip, "duplicate_input", input, OIP_NO_INDEX,
                                  "input '%.*s' already exists in request", OIP_NAME(input));
        }
        return true;
    }
    return claim(bindings, &binding->tensor) ||
           oip_refuse(oip, "duplicate_input", input, OIP_NO_INDEX,
                      "input '%.*s' already exists in request", OIP_NAME(input));
}

/* Fields that no input fills and that must be there. */
static size_t count_missing(const struct schema *schema, const struct bindings *bindings)
{
    size_t count = 0;
    for (size_t i = 0; i < schema->field_count; i++)
        count += schema->fields[i].required && !bindings->filled[i];
    return count;
}

/* Names for a sentence, as many as it holds; and all of them for a list. */
struct names {
    char text[ERR_TEXT_SIZE / 3];
    size_t used, count;
    struct buf list;
};

static void names_add(struct names *names, const char *name, size_t length)
{
    size_t cut = length < ROWS_NAME_MAX ? length : ROWS_NAME_MAX;
    size_t room = sizeof names->text - names->used;
    int size = snprintf(names->text + names->used, room, "%s'%.*s'", names->count > 0 ? "," : "",
                        (int)cut, name);
    if (size > 0 && (size_t)size < room)
        names->used += (size_t)size;
    else
        names->text[names->used] = '\0';
    if (names->count > 0 && names->count < ROWS_MISSING_MAX)
        buf_put_char(&names->list, ',');
    if (names->count < ROWS_MISSING_MAX)
        json_write_string(&names->list, name, cut);
    names->count++;
}

/* A tensor of which nothing is there is told as one. */
static void list_missing(const struct schema *schema, const struct bindings *bindings,
                         struct names *names)
{
    struct oip_tensor tensor;
    for (size_t at = 0; oip_layout_next(schema, &at, &tensor);) {
        size_t absent = 0;
        for (size_t i = 0; i < tensor.count; i++)
            absent +=
                schema->fields[tensor.first + i].required && !bindings->filled[tensor.first + i];
        if (absent == tensor.count) {
            names_add(names, tensor.name, tensor.name_length);
            continue;
        }
        for (size_t i = tensor.first; i < tensor.first + tensor.count; i++) {
            const char *name = schema->fields[i].name;
            if (schema->fields[i].required && !bindings->filled[i])
                names_add(names, name, strlen(name));
        }
    }
}

static void list_unexpected(const struct oip_request *oip, const struct bindings *bindings,
                            struct names *names)
{
    for (size_t i = 0; i < oip->input_count; i++) {
        if (bindings->items[i].tensor.count == 0 && names->count < ROWS_UNEXPECTED_MAX)
            names_add(names, oip->inputs[i].name, oip->inputs[i].name_length);
    }
}

/* All that is missing and all that is not expected. */
static bool refuse_names(struct oip_request *oip, const struct bindings *bindings)
{
    const struct schema *schema = &oip->job.graph->schema;
    const char *model = oip->job.model->name;
    struct names missing = {.used = 0}, unexpected = {.used = 0};
    struct err err = ERR_INIT;
    size_t expected = oip_layout_count(schema);
    list_missing(schema, bindings, &missing);
    list_unexpected(oip, bindings, &unexpected);
    oip->job.rows.frame.counts[FRAME_MISSING] += missing.count;
    if (missing.count > 0)
        err_set(&err, ERR_MISSING,
                "expected %zu inputs but got %zu inputs for model '%s', missing required input(s) "
                "[%s]%s%s%s",
                expected, oip->input_count, model, missing.text,
                unexpected.count > 0 ? ", unexpected input(s) [" : "", unexpected.text,
                unexpected.count > 0 ? "]" : "");
    else
        err_set(&err, ERR_INVALID, "unexpected inference input %s for model '%s'", unexpected.text,
                model);
    answer_open(oip->job.response, 400, missing.count > 0 ? "missing_field" : "unexpected_field",
                &err);
    buf_printf(&oip->job.response->body, ",\"missing\":[");
    buf_put(&oip->job.response->body, missing.list.data, missing.list.length);
    buf_put_text(&oip->job.response->body, "],\"unexpected\":[");
    buf_put(&oip->job.response->body, unexpected.list.data, unexpected.list.length);
    buf_put_char(&oip->job.response->body, ']');
    answer_close(oip->job.response);
    buf_finish(&missing.list);
    buf_finish(&unexpected.list);
    return false;
}

/* --- shapes and datatypes ------------------------------------------------------------------ */

static bool refuse_shape(struct oip_request *oip, const struct binding *binding)
{
    const struct oip_input *input = binding->input;
    char got[OIP_RANK_MAX * 24] = "";
    size_t used = 0;
    for (size_t i = 0; i < input->rank; i++)
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%zu", i > 0 ? "," : "",
                                 input->shape[i]);
    oip->job.rows.frame.counts[FRAME_SHAPE]++;
    return oip_refuse(
        oip, "wrong_shape", input, OIP_NO_INDEX,
        "unexpected shape for input '%.*s' for model '%s'. Expected [-1,%zu], got [%s]",
        OIP_NAME(input), oip->job.model->name, binding->tensor.count, got);
}

/* [n] is [n,1]; [n,a,b] is [n,a*b]. */
static bool check_shape(struct oip_request *oip, const struct binding *binding, size_t *rows)
{
    const struct oip_input *input = binding->input;
    if (input->rank == 0 || width_of(input) != binding->tensor.count)
        return refuse_shape(oip, binding);
    *rows = input->shape[0];
    return true;
}

static bool refuse_datatype(struct oip_request *oip, const struct binding *binding,
                            enum oip_datatype expected)
{
    const struct oip_input *input = binding->input;
    oip->job.rows.frame.counts[FRAME_WRONG_TYPE]++;
    return oip_refuse(oip, "wrong_datatype", input, OIP_NO_INDEX,
                      "inference input '%.*s' data-type is '%s', but model '%s' expects '%s'",
                      OIP_NAME(input), oip_datatype_name(input->datatype), oip->job.model->name,
                      oip_datatype_name(expected));
}

/* What no conversion could make right: words for numbers, numbers for texts. */
static bool check_datatype(struct oip_request *oip, const struct binding *binding)
{
    const struct schema *schema = &oip->job.graph->schema;
    const struct oip_input *input = binding->input;
    bool words = input->datatype == OIP_BYTES;
    if (oip->job.context->strict_datatypes && input->datatype != binding->tensor.datatype)
        return refuse_datatype(oip, binding, binding->tensor.datatype);
    for (size_t i = 0; i < binding->tensor.count; i++) {
        const struct field *field = &schema->fields[binding->tensor.first + i];
        bool takes = field->type == FIELD_NUMBER ? !words
                     : field->type == FIELD_TEXT
                         ? words
                         : words || field->number_words || input->datatype == OIP_BOOL;
        if (!takes)
            return refuse_datatype(oip, binding, words ? OIP_FP64 : OIP_BYTES);
    }
    return true;
}

static bool check_bindings(struct oip_request *oip, const struct bindings *bindings, size_t *rows)
{
    for (size_t i = 0; i < oip->input_count; i++) {
        const struct binding *binding = &bindings->items[i];
        size_t own = 0;
        if (!check_shape(oip, binding, &own) || !check_datatype(oip, binding))
            return false;
        if (i > 0 && own != *rows)
            return oip_refuse(oip, "wrong_shape", binding->input, OIP_NO_INDEX,
                              "input '%.*s' batch size does not match other inputs for '%s'",
                              OIP_NAME(binding->input), oip->job.model->name);
        *rows = own;
    }
    if (*rows <= oip->job.context->max_rows)
        return true;
    struct err err = ERR_INIT;
    err_set(&err, ERR_LIMIT, "%zu rows, the limit is %zu; send them in several requests", *rows,
            oip->job.context->max_rows);
    protocol_answer_error(oip->job.response, &err);
    return false;
}

/* --- the rows ------------------------------------------------------------------------------ */

static bool refuse(struct oip_request *oip, const struct err *err)
{
    protocol_answer_error(oip->job.response, err);
    return false;
}

static bool bind(struct oip_request *oip, struct bindings *bindings)
{
    const struct schema *schema = &oip->job.graph->schema;
    struct arena *arena = oip->job.request->arena;
    struct err err = ERR_INIT;
    bindings->items = arena_zeroed(arena, oip->input_count, sizeof *bindings->items);
    bindings->filled = arena_zeroed(arena, schema->field_count, sizeof *bindings->filled);
    if (bindings->items == NULL || bindings->filled == NULL) {
        err_set(&err, ERR_MEMORY, "the inputs are more than a request may hold");
        return refuse(oip, &err);
    }
    for (size_t i = 0; i < oip->input_count; i++) {
        if (!bind_input(oip, bindings, i))
            return false;
    }
    if (bindings->unknown > 0 || count_missing(schema, bindings) > 0)
        return refuse_names(oip, bindings);
    return true;
}

/* The frame with `rows` rows, which are not set. */
static bool begin_rows(struct oip_request *oip, size_t rows)
{
    struct rows *to = &oip->job.rows;
    struct err err = ERR_INIT;
    bool ok =
        frame_init(&to->frame, &oip->job.graph->schema, rows, oip->job.request->arena, &err) &&
        (!to->by_row || rows == 0 || frame_judge_by_row(&to->frame, &err));
    return ok || refuse(oip, &err);
}

/* One tensor of all fields becomes the rows as it is, where it can. */
static bool fill(struct oip_request *oip, const struct bindings *bindings, size_t rows)
{
    const struct binding *first = &bindings->items[0];
    bool whole = first->tensor.count == oip->job.graph->schema.field_count;
    if (whole && first->input->data != NULL && !oip->job.rows.by_row) {
        if (!begin_rows(oip, 0))
            return false;
        if (oip_cells_take(oip, first->input))
            return true;
    }
    if (!begin_rows(oip, rows))
        return false;
    if (whole && oip_cells_copy(oip, first->input))
        return true;
    for (size_t i = 0; i < oip->input_count; i++) {
        if (!oip_cells_fill(oip, bindings->items[i].input, &bindings->items[i].tensor))
            return false;
    }
    return true;
}

bool oip_decode(struct oip_request *oip)
{
    struct bindings bindings = {.unknown = 0};
    struct err err = ERR_INIT;
    size_t rows = 0;
    if (!bind(oip, &bindings) || !check_bindings(oip, &bindings, &rows) ||
        !fill(oip, &bindings, rows))
        return false;
    if (frame_seal(&oip->job.rows.frame, &err))
        return true;
    oip->job.rows.fault = ROWS_VALUES;
    rows_answer_error(&oip->job.rows, &err, oip->job.response);
    return false;
}
