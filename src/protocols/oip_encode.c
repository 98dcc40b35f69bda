#include "protocols/oip_encode.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/number.h"
#include "base/utf8.h"
#include "graph/schema.h"
#include "protocols/oip.h"
#include "protocols/results.h"
#include "protocols/row_faults.h"

/* One output on its way out. */
struct column_writer {
    struct oip_request *oip;
    const struct oip_output *output;
    const struct graph_output *which;
    const struct matrix *result;
    enum oip_datatype datatype;
    size_t cols;
};

static struct column_writer writer_of(struct oip_request *oip, const struct oip_output *output)
{
    const struct graph_output *which = &oip->job.graph->outputs[output->output];
    size_t classes = output->classes < which->cols ? output->classes : which->cols;
    return (struct column_writer){
        .oip = oip,
        .output = output,
        .which = which,
        .result = &oip->job.results[output->output],
        .datatype =
            output->classes > 0 ? OIP_BYTES : oip_layout_output(oip->job.graph, output->output),
        .cols = output->classes > 0 ? classes : which->cols,
    };
}

/* --- labels and classes -------------------------------------------------------------------- */

/* A class's label as text; 0 for a class that is none. */
static size_t label_text(const struct graph *graph, double cell, char number[NUMBER_TEXT_SIZE],
                         const char **text)
{
    *text = number;
    if (!(cell >= 0 && cell < (double)graph->class_count))
        return 0;
    const struct graph_label *label = graph->labels != NULL ? &graph->labels[(size_t)cell] : NULL;
    if (label == NULL)
        return number_write(cell, number);
    if (label->is_number)
        return number_write(label->number, number);
    *text = label->text;
    return strlen(label->text);
}

static double label_number(const struct graph *graph, double cell)
{
    if (!(cell >= 0 && cell < (double)graph->class_count))
        return -1;
    return graph->labels != NULL ? graph->labels[(size_t)cell].number : cell;
}

/* The next most likely class of a row: the first of those that are equal. */
static size_t next_class(const double *cells, size_t cols, size_t before, bool first)
{
    size_t best = cols;
    for (size_t i = 0; i < cols; i++) {
        double value = cells[i];
        bool after = first || value < cells[before] || (value == cells[before] && i > before);
        if (after && (best == cols || value > cells[best]))
            best = i;
    }
    return best;
}

/* "value:index:label" */
static void put_class(const struct column_writer *writer, double value, size_t index,
                      struct buf *out)
{
    char digits[NUMBER_TEXT_SIZE], number[NUMBER_TEXT_SIZE];
    const struct graph *graph = writer->oip->job.graph;
    const char *label;
    size_t length = !isfinite(value)        ? 0
                    : writer->which->single ? number_write_single((float)value, digits)
                                            : number_write(value, digits);
    buf_put(out, digits, length);
    buf_printf(out, ":%zu", index);
    if (index >= graph->class_count || writer->which->cols != graph->class_count)
        return;
    length = label_text(graph, (double)index, number, &label);
    buf_put_char(out, ':');
    buf_put(out, label, length);
}

/* --- elements ------------------------------------------------------------------------------ */

typedef void put_bytes_function(struct buf *body, const char *bytes, size_t length);

static void put_binary(struct buf *body, const char *bytes, size_t length)
{
    char size[4];
    oip_store_u32(size, (uint32_t)length);
    buf_put(body, size, sizeof size);
    buf_put(body, bytes, length);
}

/* Every element of BYTES, through `put`, with a comma between them if `json`. */
static void each_text(const struct column_writer *writer, put_bytes_function *put, bool json,
                      struct buf *body)
{
    struct buf text = BUF_INIT;
    char number[NUMBER_TEXT_SIZE];
    for (size_t row = 0; row < writer->result->rows; row++) {
        const double *cells = matrix_row(writer->result, row);
        size_t class = 0;
        for (size_t i = 0; i < writer->cols; i++) {
            if (json && (row > 0 || i > 0))
                buf_put_char(body, ',');
            if (writer->output->classes > 0) {
                class = next_class(cells, writer->which->cols, class, i == 0);
                buf_reset(&text, SIZE_MAX);
                if (class < writer->which->cols)
                    put_class(writer, cells[class], class, &text);
                put(body, text.data, text.length);
                continue;
            }
            const char *label;
            size_t length = label_text(writer->oip->job.graph, cells[i], number, &label);
            put(body, label, length);
        }
    }
    buf_finish(&text);
}

static void put_number(const struct column_writer *writer, double value, struct buf *body)
{
    if (!isfinite(value) && writer->oip->bare_nan)
        buf_put_text(body, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    else if (value == 0 && signbit(value))
        buf_put_text(body, "-0.0"); /* "-0" is an integer to most readers, which has no sign */
    else if (writer->datatype == OIP_FP32 && !writer->oip->job.context->double_digits)
        json_write_single(body, value);
    else
        json_write_number(body, value);
}

static void put_label_number(const struct column_writer *writer, double cell, struct buf *body)
{
    const struct graph *graph = writer->oip->job.graph;
    if (cell >= 0 && cell < (double)graph->class_count)
        json_write_number(body, label_number(graph, cell));
    else
        buf_put_text(body, "null");
}

static void put_json_numbers(const struct column_writer *writer, struct buf *body)
{
    bool label = writer->which->kind == OUTPUT_LABEL;
    for (size_t row = 0; row < writer->result->rows; row++) {
        const double *cells = matrix_row(writer->result, row);
        for (size_t i = 0; i < writer->cols; i++) {
            if (row > 0 || i > 0)
                buf_put_char(body, ',');
            if (label)
                put_label_number(writer, cells[i], body);
            else
                put_number(writer, cells[i], body);
        }
    }
}

static void put_binary_numbers(const struct column_writer *writer, struct buf *body)
{
    const struct graph *graph = writer->oip->job.graph;
    const struct matrix *result = writer->result;
    bool label = writer->which->kind == OUTPUT_LABEL;
    if (writer->datatype == OIP_FP64 && !label && result->stride == writer->cols) {
        buf_put(body, result->data, result->rows * writer->cols * sizeof *result->data);
        return;
    }
    for (size_t row = 0; row < result->rows; row++) {
        const double *cells = matrix_row(result, row);
        for (size_t i = 0; i < writer->cols; i++) {
            double value = label ? label_number(graph, cells[i]) : cells[i];
            float single = (float)value;
            int64_t whole = writer->datatype == OIP_INT64 ? (int64_t)value : 0;
            if (writer->datatype == OIP_FP32)
                buf_put(body, &single, sizeof single);
            else if (writer->datatype == OIP_INT64)
                buf_put(body, &whole, sizeof whole);
            else
                buf_put(body, &value, sizeof value);
        }
    }
}

/* --- tensors ------------------------------------------------------------------------------- */

static bool is_utf8(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t size = utf8_sequence(text + at, length - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

/* A JSON string cannot say them, and a client could not tell what they were. */
static bool check_labels(struct oip_request *oip, const struct column_writer *writer)
{
    const struct graph *graph = oip->job.graph;
    if (writer->datatype != OIP_BYTES || writer->output->binary || graph->labels == NULL)
        return true;
    for (size_t i = 0; i < graph->class_count; i++) {
        const struct graph_label *label = &graph->labels[i];
        if (!label->is_number && !is_utf8(label->text, strlen(label->text)))
            return oip_refuse(oip, "unsupported", NULL, OIP_NO_INDEX,
                              "output '%.*s' has labels that are not UTF-8 and cannot be JSON; ask "
                              "for it with \"parameters\":{\"binary_data\":true}",
                              OIP_NAME(writer->output));
    }
    return true;
}

/* What stands behind the JSON, of all outputs that are binary, and how much of each. */
static void put_blob(const struct column_writer *writer, struct buf *blobs)
{
    if (writer->datatype == OIP_BYTES)
        each_text(writer, put_binary, false, blobs);
    else
        put_binary_numbers(writer, blobs);
}

static void put_data(const struct column_writer *writer, struct buf *body)
{
    buf_put_text(body, ",\"data\":[");
    if (writer->datatype == OIP_BYTES)
        each_text(writer, json_write_string, true, body);
    else
        put_json_numbers(writer, body);
    buf_put_char(body, ']');
}

static void put_tensor(const struct column_writer *writer, struct buf *body, struct buf *blobs)
{
    const struct oip_output *output = writer->output;
    buf_put_text(body, "{\"name\":");
    json_write_string(body, output->name, output->name_length);
    buf_printf(body, ",\"shape\":[%zu,%zu],\"datatype\":\"%s\"",
               writer->oip->job.rows.frame.matrix.rows, writer->cols,
               oip_datatype_name(writer->datatype));
    if (output->binary) {
        size_t before = blobs->length;
        put_blob(writer, blobs);
        buf_printf(body, ",\"parameters\":{\"binary_data_size\":%zu}", blobs->length - before);
    } else {
        put_data(writer, body);
    }
    buf_put_char(body, '}');
}

static void put_head(const struct oip_request *oip, struct buf *body)
{
    const struct model *model = oip->job.model;
    buf_put_text(body, "{\"model_name\":");
    json_write_string(body, model->name, strlen(model->name));
    buf_put_text(body, ",\"model_version\":");
    json_write_string(body, model->version, strlen(model->version));
    if (oip->id != NULL) {
        buf_put_text(body, ",\"id\":");
        json_write_string(body, oip->id, oip->id_length);
    }
    buf_put_text(body, ",\"outputs\":[");
}

/* Without any bytes it is JSON and nothing else, as with Triton. */
static void append_blobs(struct oip_request *oip, const struct buf *blobs)
{
    struct http_response *response = oip->job.response;
    char length[24];
    if (blobs->length == 0)
        return;
    snprintf(length, sizeof length, "%zu", response->body.length);
    if (oip->json_size != NULL) {
        response->content_type = arena_printf(oip->job.request->arena,
                                              OIP_SAGEMAKER_TYPE ";json-header-size=%s", length);
        response->body.failed = response->body.failed || response->content_type == NULL;
    } else {
        http_response_header(response, "Inference-Header-Content-Length", length);
        response->content_type = "application/octet-stream";
    }
    buf_put(&response->body, blobs->data, blobs->length);
}

bool oip_encode(struct oip_request *oip)
{
    struct buf *body = &oip->job.response->body;
    struct buf blobs = {.limit = body->limit};
    put_head(oip, body);
    for (size_t i = 0; i < oip->output_count; i++) {
        struct column_writer writer = writer_of(oip, &oip->outputs[i]);
        if (!check_labels(oip, &writer)) {
            buf_finish(&blobs);
            return false;
        }
        if (i > 0)
            buf_put_char(body, ',');
        put_tensor(&writer, body, &blobs);
    }
    buf_put_char(body, ']');
    if (row_faults_count(&oip->job.rows) > 0) {
        buf_put_text(body, ",\"row_errors\":");
        row_faults_write_list(&oip->job.rows, SIZE_MAX, body);
    }
    buf_put_char(body, '}');
    append_blobs(oip, &blobs);
    body->failed = body->failed || blobs.failed;
    buf_finish(&blobs);
    return true;
}
