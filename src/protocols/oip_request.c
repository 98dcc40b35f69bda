#include "protocols/oip_request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/envelope.h"
#include "protocols/answer.h"
#include "protocols/row_faults.h"

#define INPUTS_MAX ((size_t)SCHEMA_FIELDS_MAX)
#define ELEMENTS_MAX ((size_t)INT64_MAX)
#define TIMEOUT_MAX ((int64_t)INT64_MAX / 4000) /* microseconds that fit as nanoseconds */

bool oip_refuse(struct oip_request *oip, const char *code, const struct oip_input *input,
                size_t index, const char *format, ...)
{
    struct err err = ERR_INIT;
    struct buf *body = &oip->job.response->body;
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_set(&err, ERR_INVALID, "%s", text);
    answer_open(oip->job.response, 400, code, &err);
    if (input != NULL) {
        buf_put_text(body, ",\"input\":");
        json_write_string(body, input->name, (size_t)(int)input->name_length);
    }
    if (index != OIP_NO_INDEX)
        buf_printf(body, ",\"index\":%zu", index);
    answer_close(oip->job.response);
    return false;
}

/* --- where the JSON ends ------------------------------------------------------------------- */

static bool read_header(struct oip_request *oip, size_t *json_length)
{
    const struct http_request *request = oip->job.request;
    const char *name = "Inference-Header-Content-Length", *text = NULL;
    if (oip->json_size != NULL) {
        name = "json-header-size";
        text = oip->json_size;
    } else if (request->param != NULL) {
        text = request->param(request, "HTTP_INFERENCE_HEADER_CONTENT_LENGTH");
    }
    char *end;
    *json_length = oip->body.length;
    if (text == NULL || text[0] == '\0')
        return true;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || strchr("-0123456789", text[0]) == NULL)
        return oip_refuse(oip, "invalid_header", NULL, OIP_NO_INDEX,
                          "Unable to parse %s: it is no integer", name);
    if (errno == ERANGE || value < INT32_MIN || value > INT32_MAX)
        return oip_refuse(oip, "invalid_header", NULL, OIP_NO_INDEX,
                          "Unable to parse %s, value is out of range [ %d, %d ], got: %.24s", name,
                          INT32_MIN, INT32_MAX, text);
    if (value < 0 || (uint64_t)value > oip->body.length)
        return oip_refuse(oip, "invalid_header", NULL, OIP_NO_INDEX,
                          "inference header size should be in range (0, %zu), got: %" PRId64,
                          oip->body.length, value);
    oip->has_header = true;
    oip->is_raw = value == 0;
    *json_length = (size_t)value;
    oip->bytes = oip->body.bytes + *json_length;
    oip->end = oip->body.bytes + oip->body.length;
    return true;
}

static bool parse(struct oip_request *oip, size_t length)
{
    static const char *const places[] = {"inputs[].data", NULL};
    static const struct json_wanted wanted = {
        .places = places, .dimensions = 4, .non_finite = true};
    struct err err = ERR_INIT;
    if (json_parse_envelope(oip->body.bytes, length, &wanted, oip->job.request->arena, &oip->root,
                            &err)) {
        if (json_type(oip->root) == JSON_OBJECT)
            return true;
        return oip_refuse(oip, "invalid", NULL, OIP_NO_INDEX,
                          "the request must be a JSON object with a member 'inputs'");
    }
    if (err.code == ERR_MEMORY) {
        protocol_answer_error(oip->job.response, &err);
        return false;
    }
    if (err.code == ERR_LIMIT)
        return oip_refuse(oip, "invalid_json", NULL, OIP_NO_INDEX,
                          "JSON nesting depth exceeds maximum allowed limit (%d)", JSON_DEPTH_MAX);
    return oip_refuse(oip, "invalid_json", NULL, OIP_NO_INDEX,
                      "failed to parse the request JSON buffer: %s", err.text);
}

/* --- members ------------------------------------------------------------------------------- */

static const struct json *member(const struct json *object, const char *name)
{
    return json_type(object) == JSON_OBJECT ? json_object_get(object, name, &(bool){false}) : NULL;
}

/* A scalar parameter; the protocol lets clients send any others, which are passed over. */
static const struct json *parameter(const struct json *object, const char *name)
{
    return member(member(object, "parameters"), name);
}

/* Absent, null: stays as it is. */
static bool take_flag(struct oip_request *oip, const struct json *value, const char *name,
                      bool *flag)
{
    if (json_type(value) == JSON_NULL)
        return true;
    if (json_type(value) != JSON_BOOL)
        return oip_refuse(oip, "invalid_parameter", NULL, OIP_NO_INDEX,
                          "parameter '%s' must be true or false", name);
    *flag = json_bool(value);
    return true;
}

static bool take_size(struct oip_request *oip, const struct json *value, const char *name,
                      size_t *size)
{
    int64_t number = 0;
    if (!json_integer(value, &number) || number < 0)
        return oip_refuse(oip, "invalid_parameter", NULL, OIP_NO_INDEX,
                          "parameter '%s' must be a whole number that is not negative", name);
    *size = (size_t)number;
    return true;
}

static bool is_text(const struct json *value, const char *text)
{
    size_t length;
    if (json_type(value) != JSON_STRING)
        return false;
    const char *string = json_string(value, &length);
    return length == strlen(text) && memcmp(string, text, length) == 0;
}

/* --- one input ----------------------------------------------------------------------------- */

static bool read_name(struct oip_request *oip, const struct json *tensor, const char *list,
                      const char **name, size_t *length)
{
    const struct json *value = member(tensor, "name");
    if (json_type(value) != JSON_STRING)
        return oip_refuse(oip, "invalid", NULL, OIP_NO_INDEX,
                          "Unable to parse '%s': each needs a 'name', a string", list);
    *name = json_string(value, length);
    return true;
}

static bool read_shape(struct oip_request *oip, struct oip_input *input, const struct json *shape)
{
    if (json_type(shape) != JSON_ARRAY)
        return oip_refuse(oip, "invalid_shape", input, OIP_NO_INDEX,
                          "Unable to parse 'shape': it must be an array of sizes");
    input->rank = json_array_length(shape);
    if (input->rank > OIP_RANK_MAX)
        return oip_refuse(oip, "invalid_shape", input, OIP_NO_INDEX,
                          "Unable to parse 'shape': more than %d dimensions", OIP_RANK_MAX);
    input->elements = 1;
    bool fits = true, empty = false;
    for (size_t i = 0; i < input->rank; i++) {
        int64_t size;
        if (!json_integer(json_array_at(shape, i), &size) || size < 0)
            return oip_refuse(oip, "invalid_shape", input, OIP_NO_INDEX,
                              "Unable to parse 'shape': attempt to access JSON "
                              "non-unsigned-integer as unsigned-integer");
        input->shape[i] = (size_t)size;
        empty = empty || size == 0;
        fits = fits && mem_multiply(input->elements, (size_t)size, &input->elements) &&
               input->elements <= ELEMENTS_MAX;
    }
    if (empty) {
        input->elements = 0;
        return true;
    }
    return fits || oip_refuse(oip, "invalid_shape", input, OIP_NO_INDEX,
                              "'shape' of input '%.*s' causes total element count to exceed "
                              "maximum size of %zu",
                              OIP_NAME(input), ELEMENTS_MAX);
}

static bool read_datatype(struct oip_request *oip, struct oip_input *input,
                          const struct json *value)
{
    size_t length;
    if (json_type(value) == JSON_STRING) {
        const char *name = json_string(value, &length);
        if (oip_datatype_find(name, length, &input->datatype))
            return true;
    }
    return oip_refuse(
        oip, "invalid_datatype", input, OIP_NO_INDEX,
        "Unable to parse 'datatype' of input '%.*s': it must be one of BOOL, UINT8 to "
        "UINT64, INT8 to INT64, FP16, BF16, FP32, FP64, BYTES",
        OIP_NAME(input));
}

/* Sizes first, so that a claim is never more than a claim. */
static bool take_bytes(struct oip_request *oip, struct oip_input *input, size_t size)
{
    size_t wanted, element = oip_datatype_size(input->datatype);
    if (!oip->has_header)
        return oip_refuse(oip, "invalid_header", input, OIP_NO_INDEX,
                          "must specify valid 'Infer-Header-Content-Length' in request header and "
                          "'binary_data_size' when passing inputs in binary data format");
    if (!mem_multiply(input->elements, element, &wanted) || wanted > ELEMENTS_MAX)
        return oip_refuse(oip, "invalid_shape", input, OIP_NO_INDEX,
                          "byte size overflow for input '%.*s': %zu elements of %zu bytes",
                          OIP_NAME(input), input->elements, element);
    if (element > 0 && wanted != size)
        return oip_refuse(oip, "invalid_size", input, OIP_NO_INDEX,
                          "input byte size mismatch for input '%.*s' for model '%s'. Expected %zu, "
                          "got %zu",
                          OIP_NAME(input), oip->job.model->name, wanted, size);
    if (size > (size_t)(oip->end - oip->bytes))
        return oip_refuse(oip, "invalid_size", input, OIP_NO_INDEX,
                          "unexpected size for input '%.*s', expecting %zu additional bytes for "
                          "model '%s'",
                          OIP_NAME(input), size - (size_t)(oip->end - oip->bytes),
                          oip->job.model->name);
    input->bytes = oip->bytes;
    input->size = size;
    oip->bytes += size;
    return true;
}

/* Exactly one of them. */
static bool read_source(struct oip_request *oip, struct oip_input *input, const struct json *tensor)
{
    const struct json *size_value = parameter(tensor, "binary_data_size");
    size_t size = 0;
    if (json_type(parameter(tensor, "shared_memory_region")) != JSON_NULL)
        return oip_refuse(oip, "unsupported", input, OIP_NO_INDEX,
                          "input '%.*s': shared memory is not supported", OIP_NAME(input));
    input->data = member(tensor, "data");
    input->base64 = is_text(parameter(tensor, "content_type"), "base64");
    if (json_type(size_value) != JSON_NULL) {
        if (input->data != NULL)
            return oip_refuse(oip, "invalid", input, OIP_NO_INDEX,
                              "must specify only one of 'data' and 'binary_data_size' for input "
                              "'%.*s'",
                              OIP_NAME(input));
        return take_size(oip, size_value, "binary_data_size", &size) &&
               take_bytes(oip, input, size);
    }
    if (json_type(input->data) == JSON_ARRAY || json_type(input->data) == JSON_NUMBERS)
        return true;
    return oip_refuse(oip, "invalid", input, OIP_NO_INDEX,
                      "Unable to parse 'data' of input '%.*s': it must be an array, or the "
                      "parameter 'binary_data_size' say how many bytes it has",
                      OIP_NAME(input));
}

static bool read_input(struct oip_request *oip, struct oip_input *input, const struct json *tensor)
{
    return read_name(oip, tensor, "inputs", &input->name, &input->name_length) &&
           read_datatype(oip, input, member(tensor, "datatype")) &&
           read_shape(oip, input, member(tensor, "shape")) && read_source(oip, input, tensor);
}

static bool no_memory(struct oip_request *oip)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_MEMORY, "the inputs are more than a request may hold");
    protocol_answer_error(oip->job.response, &err);
    return false;
}

static bool read_inputs(struct oip_request *oip)
{
    const struct json *list = member(oip->root, "inputs");
    size_t count = json_type(list) == JSON_ARRAY ? json_array_length(list) : 0;
    if (count == 0 || count > INPUTS_MAX)
        return oip_refuse(oip, "missing_input", NULL, OIP_NO_INDEX,
                          "Unable to parse 'inputs': it must be an array of 1 to %zu tensors",
                          INPUTS_MAX);
    oip->inputs = arena_zeroed(oip->job.request->arena, count, sizeof *oip->inputs);
    if (oip->inputs == NULL)
        return no_memory(oip);
    for (; oip->input_count < count; oip->input_count++) {
        if (!read_input(oip, &oip->inputs[oip->input_count], json_array_at(list, oip->input_count)))
            return false;
    }
    return oip->bytes == oip->end ||
           oip_refuse(oip, "invalid_size", NULL, OIP_NO_INDEX,
                      "unexpected additional input data for model '%s'", oip->job.model->name);
}

/* --- outputs ------------------------------------------------------------------------------- */

static bool choose(struct oip_request *oip, struct oip_output output)
{
    for (size_t i = 0; i < oip->output_count; i++) {
        const struct oip_output *other = &oip->outputs[i];
        if (other->name_length == output.name_length &&
            memcmp(other->name, output.name, output.name_length) == 0)
            return oip_refuse(oip, "duplicate_output", NULL, OIP_NO_INDEX,
                              "output '%.*s' already exists in request", OIP_NAME(&output));
    }
    if (oip->output_count == OIP_OUTPUTS_MAX)
        return oip_refuse(oip, "unknown_output", NULL, OIP_NO_INDEX,
                          "more outputs are asked for than the model has");
    oip->outputs[oip->output_count++] = output;
    oip->job.wanted |= UINT32_C(1) << output.output;
    return true;
}

/* A class is a label's, so that it is the probabilities or the scores that are sorted. */
static bool choose_classes(struct oip_request *oip, struct oip_output *output)
{
    const struct graph *graph = oip->job.graph;
    for (int kind = OUTPUT_PROBABILITY; kind <= OUTPUT_SCORE; kind++) {
        for (size_t i = 0; i < graph->output_count; i++) {
            if (graph->outputs[output->output].kind == OUTPUT_LABEL &&
                (int)graph->outputs[i].kind == kind && graph->outputs[i].cols > 1) {
                output->output = i;
                return true;
            }
        }
    }
    return graph->outputs[output->output].kind != OUTPUT_LABEL ||
           oip_refuse(oip, "unsupported", NULL, OIP_NO_INDEX, "output '%.*s' has no classification",
                      OIP_NAME(output));
}

static bool read_output(struct oip_request *oip, const struct json *tensor)
{
    struct oip_output output = {.binary = false};
    const struct json *classes = parameter(tensor, "classification");
    if (!read_name(oip, tensor, "outputs", &output.name, &output.name_length))
        return false;
    int found = oip_layout_find_output(oip->job.graph, output.name, output.name_length);
    if (found < 0)
        return oip_refuse(oip, "unknown_output", NULL, OIP_NO_INDEX,
                          "unexpected inference output '%.*s' for model '%s'", OIP_NAME(&output),
                          oip->job.model->name);
    output.output = (size_t)found;
    if (json_type(parameter(tensor, "shared_memory_region")) != JSON_NULL)
        return oip_refuse(oip, "unsupported", NULL, OIP_NO_INDEX,
                          "output '%.*s': shared memory is not supported", OIP_NAME(&output));
    if (!take_flag(oip, parameter(tensor, "binary_data"), "binary_data", &output.binary))
        return false;
    if (json_type(classes) != JSON_NULL) {
        if (!take_size(oip, classes, "classification", &output.classes))
            return false;
        if (output.classes > 0 && !choose_classes(oip, &output))
            return false;
    }
    return choose(oip, output);
}

/* Every output, in the model's order. */
static bool choose_all(struct oip_request *oip)
{
    const struct graph *graph = oip->job.graph;
    for (size_t i = 0; i < graph->output_count; i++) {
        const char *name = graph->outputs[i].name;
        if (!choose(oip, (struct oip_output){name, strlen(name), i, oip->binary_output, 0}))
            return false;
    }
    return true;
}

static bool read_outputs(struct oip_request *oip)
{
    const struct json *list = member(oip->root, "outputs");
    if (json_type(list) == JSON_NULL || (json_type(list) == JSON_ARRAY && !json_array_length(list)))
        return choose_all(oip);
    if (json_type(list) != JSON_ARRAY)
        return oip_refuse(oip, "invalid", NULL, OIP_NO_INDEX,
                          "Unable to parse 'outputs': it must be an array");
    for (size_t i = 0; i < json_array_length(list); i++) {
        if (!read_output(oip, json_array_at(list, i)))
            return false;
    }
    return true;
}

/* --- the whole ----------------------------------------------------------------------------- */

static bool read_id(struct oip_request *oip)
{
    const struct json *id = member(oip->root, "id");
    if (json_type(id) == JSON_STRING)
        oip->id = json_string(id, &oip->id_length);
    return json_type(id) == JSON_STRING || json_type(id) == JSON_NULL ||
           oip_refuse(oip, "invalid", NULL, OIP_NO_INDEX,
                      "Unable to parse 'id': attempt to access JSON non-string as string");
}

/* "timeout": microseconds after which nobody wants the answer any more. */
static bool read_parameters(struct oip_request *oip)
{
    struct http_request *request = oip->job.request;
    const struct json *timeout = parameter(oip->root, "timeout");
    size_t microseconds = 0;
    struct err err = ERR_INIT;
    oip->bare_nan = is_text(parameter(oip->root, "nan"), "bare");
    if (!row_faults_read(&oip->job.rows, member(oip->root, "parameters"), &err))
        return oip_refuse(oip, "invalid_parameter", NULL, OIP_NO_INDEX, "%s", err.text);
    if (!take_flag(oip, parameter(oip->root, "binary_data_output"), "binary_data_output",
                   &oip->binary_output))
        return false;
    if (json_type(timeout) == JSON_NULL)
        return true;
    if (!take_size(oip, timeout, "timeout", &microseconds))
        return false;
    if (microseconds == 0 || microseconds > (size_t)TIMEOUT_MAX)
        return true;
    int64_t deadline = clock_monotonic_ns() + (int64_t)microseconds * 1000;
    if (request->deadline == 0 || deadline < request->deadline)
        request->deadline = deadline;
    return true;
}

/* The one tensor that the model has, of as many rows as there are bytes for. A text is a row. */
static bool read_raw(struct oip_request *oip)
{
    const struct schema *schema = &oip->job.graph->schema;
    struct oip_tensor tensor = {.count = 0};
    size_t at = 0;
    oip_layout_next(schema, &at, &tensor);
    if (at < schema->field_count || tensor.count == 0)
        return oip_refuse(oip, "unsupported", NULL, OIP_NO_INDEX,
                          "raw binary requests need a model of exactly one input; '%s' has %zu",
                          oip->job.model->name, oip_layout_count(schema));
    size_t size = (size_t)(oip->end - oip->bytes);
    size_t row = oip_datatype_size(tensor.datatype) * tensor.count;
    struct oip_input *input = arena_zeroed(oip->job.request->arena, 1, sizeof *input);
    if (input == NULL)
        return no_memory(oip);
    *input = (struct oip_input){
        .name = tensor.name,
        .name_length = tensor.name_length,
        .datatype = tensor.datatype,
        .shape = {row > 0 ? size / row : 1, tensor.count},
        .rank = 2,
        .bytes = oip->bytes,
        .size = size,
    };
    input->elements = input->shape[0] * tensor.count;
    if (row > 0 ? size % row != 0 : tensor.count != 1)
        return oip_refuse(oip, "invalid_size", input, OIP_NO_INDEX,
                          "raw binary request of %zu bytes: a row of input '%.*s' has %zu", size,
                          OIP_NAME(input), row);
    oip->inputs = input;
    oip->input_count = 1;
    const char *accept = oip->job.request->param(oip->job.request, "HTTP_ACCEPT");
    oip->binary_output = accept == NULL || strcmp(accept, "application/json") != 0;
    return choose_all(oip);
}

bool oip_request_read(struct oip_request *oip)
{
    size_t length;
    if (!body_read(&oip->body, oip->job.request, oip->job.context->max_body, oip->job.response) ||
        !read_header(oip, &length))
        return false;
    if (oip->is_raw)
        return read_raw(oip);
    return parse(oip, length) && read_id(oip) && read_parameters(oip) && read_inputs(oip) &&
           read_outputs(oip);
}

void oip_request_finish(struct oip_request *oip)
{
    json_free(oip->root);
    body_finish(&oip->body);
}
