#include "protocols/mlflow.h"

#include <string.h>

#include "codec/envelope.h"
#include "protocols/answer.h"
#include "protocols/instances.h"
#include "protocols/row_faults.h"

enum { SPLIT, RECORDS, INSTANCES, INPUTS, MEMBERS };

static const char *const members[MEMBERS] = {"dataframe_split", "dataframe_records", "instances",
                                             "inputs"};

static bool refuse(struct job *job, const char *sentence)
{
    protocol_answer_status(job->response, 400, "invalid", sentence);
    return false;
}

bool mlflow_detect(const struct json *root)
{
    bool found = false;
    for (size_t i = 0; i < MEMBERS && !found; i++)
        json_object_get(root, members[i], &found);
    return found;
}

/* --- dataframe_split ----------------------------------------------------------------------- */

/* A table whose columns have no names of their own: pandas calls them 0, 1, 2 ... */
static bool is_numbered(const struct json *columns)
{
    int64_t number;
    for (size_t i = 0; i < json_array_length(columns); i++)
        if (!json_integer(json_array_at(columns, i), &number) || number != (int64_t)i)
            return false;
    return true;
}

/* The names as an object, so that what is missing and what is too much is told as ever. */
static bool fault_names(struct job *job, const struct json *columns, struct err *err)
{
    struct buf text = BUF_INIT;
    struct err ignored = ERR_INIT;
    for (size_t i = 0; i < json_array_length(columns); i++) {
        size_t length = 0;
        const struct json *name = json_array_at(columns, i);
        const char *word = json_type(name) == JSON_STRING ? json_string(name, &length) : "";
        buf_put_char(&text, i == 0 ? '{' : ',');
        json_write_string(&text, word, length);
        buf_put_text(&text, ":0");
    }
    buf_put_text(&text, text.length == 0 ? "{}" : "}");
    job->rows.frame.schema = &job->graph->schema;
    bool ok = !text.failed && json_parse(text.data, text.length, &job->rows.owned, &ignored);
    buf_finish(&text);
    if (!ok)
        return err_set(err, ERR_MEMORY, "no memory for the names of the columns");
    return rows_fault_names(&job->rows, err, ROWS_COLUMNS, job->rows.owned);
}

/* The schema's column of each of the table's. */
static bool map_columns(struct job *job, const struct json *columns, uint32_t *places,
                        struct err *err)
{
    const struct schema *schema = &job->graph->schema;
    bool *seen = arena_zeroed(job->request->arena, schema->field_count, sizeof *seen);
    if (seen == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the names of the columns");
    for (size_t i = 0; i < json_array_length(columns); i++) {
        size_t length = 0;
        const struct json *name = json_array_at(columns, i);
        const char *text = json_type(name) == JSON_STRING ? json_string(name, &length) : NULL;
        places[i] = text != NULL ? schema_find(schema, text, length) : STRMAP_NONE;
        if (places[i] == STRMAP_NONE)
            return fault_names(job, columns, err);
        if (seen[places[i]])
            return err_set(err, ERR_INVALID, "dataframe_split names the column '%.160s' twice",
                           schema->fields[places[i]].name);
        seen[places[i]] = true;
    }
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].required && !seen[i])
            return fault_names(job, columns, err);
    return true;
}

/* A table of numbers. */
static bool read_numbers(struct job *job, const struct json_numbers *numbers,
                         const uint32_t *places, size_t column_count, struct err *err)
{
    struct rows *rows = &job->rows;
    size_t count = numbers->shape[0];
    size_t length = numbers->dimensions == 2 ? numbers->shape[1] : 0;
    if (!rows_begin(rows, &job->graph->schema, count, job->context->max_rows, job->request->arena,
                    err))
        return false;
    if (count > 0 && length != column_count) {
        rows_fault_length(rows, err, 0, length);
        rows->expected = column_count;
        return false;
    }
    for (size_t i = 0; i < count * column_count; i++)
        frame_set_number(&rows->frame, i / column_count, places[i % column_count],
                         numbers->values[i]);
    return rows_seal(rows, err);
}

static bool read_mapped(struct job *job, const struct json *data, const uint32_t *places,
                        size_t column_count, struct err *err)
{
    struct rows *rows = &job->rows;
    size_t count = json_array_length(data);
    const struct json_numbers *numbers = json_numbers(data);
    if (numbers != NULL)
        return read_numbers(job, numbers, places, column_count, err);
    if (!rows_begin(rows, &job->graph->schema, count, job->context->max_rows, job->request->arena,
                    err))
        return false;
    for (size_t row = 0; row < count; row++) {
        const struct json *list = json_array_at(data, row);
        size_t length = json_type(list) == JSON_ARRAY ? json_array_length(list) : 0;
        bool fits = length == column_count;
        if (!fits) {
            rows_fault_length(rows, err, row, length);
            rows->expected = column_count;
        }
        if (!fits && !row_faults_keep(rows, row, err))
            return false;
        for (size_t i = 0; fits && i < length; i++)
            rows_read_cell(rows, row, places[i], json_array_at(list, i));
    }
    return rows_seal(rows, err);
}

static bool read_split(struct job *job, const struct json *split, struct err *err)
{
    bool found = false;
    const struct json *columns = json_object_get(split, "columns", &found);
    const struct json *data = json_object_get(split, "data", &found);
    if ((json_type(data) != JSON_ARRAY && json_type(data) != JSON_NUMBERS) ||
        (json_type(columns) != JSON_ARRAY && json_type(columns) != JSON_NULL))
        return err_set(err, ERR_INVALID,
                       "dataframe_split is an object of columns, a list of names, and data, a "
                       "list of rows");
    size_t count = json_array_length(columns);
    uint32_t *places = arena_array(job->request->arena, count > 0 ? count : 1, sizeof *places);
    if (places == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the names of the columns");
    if (json_type(columns) == JSON_ARRAY && !is_numbered(columns))
        return map_columns(job, columns, places, err) && read_mapped(job, data, places, count, err);
    count = job->graph->schema.field_count;
    places = arena_array(job->request->arena, count, sizeof *places);
    if (places == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the names of the columns");
    for (size_t i = 0; i < count; i++)
        places[i] = (uint32_t)i;
    return read_mapped(job, data, places, count, err);
}

/* --- the others ---------------------------------------------------------------------------- */

static bool read_records(struct job *job, const struct json *records, struct err *err)
{
    struct rows *rows = &job->rows;
    if (json_type(records) != JSON_ARRAY)
        return err_set(err, ERR_INVALID, "dataframe_records is a list of objects by name");
    size_t count = json_array_length(records);
    if (!rows_begin(rows, &job->graph->schema, count, job->context->max_rows, job->request->arena,
                    err))
        return false;
    for (size_t row = 0; row < count; row++) {
        const struct json *record = json_array_at(records, row);
        if (json_type(record) != JSON_OBJECT) {
            err_set(err, ERR_INVALID, "row %zu of dataframe_records is no object by name", row);
            return err_at(err, (int64_t)row, NULL);
        }
        if (!rows_read_row(rows, row, record, err) && !row_faults_keep(rows, row, err))
            return false;
    }
    return rows_seal(rows, err);
}

static bool read_member(struct job *job, size_t which, const struct json *value, struct err *err)
{
    const struct schema *schema = &job->graph->schema;
    size_t max_rows = job->context->max_rows;
    struct arena *arena = job->request->arena;
    if (which == SPLIT)
        return read_split(job, value, err);
    if (which == RECORDS)
        return read_records(job, value, err);
    if (json_type(value) == JSON_OBJECT)
        return instances_read_columns(&job->rows, schema, value, max_rows, arena, err);
    return instances_read(&job->rows, schema, value, members[which], max_rows, arena, err);
}

bool mlflow_read(struct job *job, const struct json *root)
{
    struct err err = ERR_INIT;
    const struct json *value = NULL;
    size_t which = MEMBERS, count = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
        bool found = false;
        const struct json *candidate = json_object_get(root, members[i], &found);
        count += found;
        which = found ? i : which;
        value = found ? candidate : value;
    }
    if (count != 1)
        return refuse(job, "The input must be a JSON dictionary with exactly one of the input "
                           "fields dataframe_split, dataframe_records, instances, inputs");
    if (read_member(job, which, value, &err))
        return true;
    rows_answer_error(&job->rows, &err, job->response);
    return false;
}

/* --- errors -------------------------------------------------------------------------------- */

static const char *code_of(int status)
{
    if (status == 404)
        return "RESOURCE_DOES_NOT_EXIST";
    if (status == 503)
        return "TEMPORARILY_UNAVAILABLE";
    return status >= 500 ? "INTERNAL_ERROR" : "BAD_REQUEST";
}

void mlflow_dress_error(struct http_response *response)
{
    struct buf dressed = BUF_INIT;
    size_t length;
    const char *sentence = answer_sentence(response, &length);
    if (response->status < 400 || sentence == NULL)
        return;
    buf_printf(&dressed, "\"error_code\":\"%s\",\"message\":", code_of(response->status));
    buf_put(&dressed, sentence, length);
    buf_put_char(&dressed, ',');
    answer_put_first(response, &dressed);
    buf_finish(&dressed);
}

/* --- routes -------------------------------------------------------------------------------- */

static void health(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    (void)request;
    (void)match;
    if (!job_is_ready(context, response))
        return;
    response->content_type = "text/plain; charset=utf-8";
    buf_put_char(&response->body, '\n');
}

static void version(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    response->content_type = "text/plain; charset=utf-8";
    buf_put_text(&response->body, OMEN_VERSION);
}

static const struct router_route routes[] = {
    {.method = HTTP_GET, .pattern = "/health", .handle = health},
    {.method = HTTP_GET, .pattern = "/version", .handle = version},
};

const struct protocol protocol_mlflow = {
    .name = "mlflow",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
