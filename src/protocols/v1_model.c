#include "protocols/v1_model.h"

#include <string.h>

#include "codec/json.h"

struct listing {
    const char *version; /* NULL: all */
    struct buf out;
    size_t count;
    bool ready;
};

static void put_text(struct buf *out, const char *text)
{
    json_write_string(out, text, strlen(text));
}

/* TensorFlow Serving's word; END is also what failed to load. */
static const char *state_name(const char *state)
{
    if (strcmp(state, "live") == 0)
        return "AVAILABLE";
    if (strcmp(state, "loading") == 0)
        return "LOADING";
    return strcmp(state, "retired") == 0 ? "UNLOADING" : "END";
}

/* A version that lives on after its replacement was refused is told as what it is: available. */
static void take_entry(void *context, const struct registry_entry *entry)
{
    struct listing *listing = context;
    bool failed = strcmp(entry->state, "failed") == 0;
    if (listing->version != NULL && strcmp(listing->version, entry->version) != 0)
        return;
    if (strcmp(entry->state, "live") == 0)
        listing->ready = true;
    else if (listing->version != NULL && listing->ready)
        return;
    buf_put_text(&listing->out, listing->count++ > 0 ? ",{\"version\":" : "{\"version\":");
    put_text(&listing->out, entry->version);
    buf_printf(&listing->out, ",\"state\":\"%s\",\"status\":{\"error_code\":\"%s\",",
               state_name(entry->state), failed ? "INVALID_ARGUMENT" : "OK");
    buf_put_text(&listing->out, "\"error_message\":");
    put_text(&listing->out, entry->reason != NULL ? entry->reason : "");
    buf_put_text(&listing->out, "}}");
}

bool v1_model_write_status(struct registry *registry, const char *name, const char *version,
                           struct http_response *response)
{
    struct listing listing = {.version = version, .out = BUF_INIT};
    struct buf *body = &response->body;
    bool found = registry_each_entry(registry, name, take_entry, &listing) && listing.count > 0;
    if (found) {
        buf_put_text(body, "{\"name\":");
        put_text(body, name);
        buf_printf(body, ",\"ready\":%s,\"model_version_status\":[",
                   listing.ready ? "true" : "false");
        buf_put(body, listing.out.data, listing.out.length);
        buf_put_char(body, ']');
        if (!listing.ready) {
            response->status = 503;
            http_response_header(response, "Retry-After", "1");
            buf_put_text(body, ",\"error\":\"no version of the model is live\","
                               "\"code\":\"unavailable\"");
        }
        buf_put_char(body, '}');
        body->failed = body->failed || listing.out.failed;
    }
    buf_finish(&listing.out);
    return found;
}

/* --- metadata ------------------------------------------------------------------------------ */

/* A tensor's description; cols 0: one value for each row. */
static void put_tensor(struct buf *out, const char *name, const char *type, size_t cols)
{
    put_text(out, name);
    buf_printf(out, ":{\"dtype\":\"%s\",\"tensor_shape\":{\"dim\":[{\"size\":\"-1\",\"name\":\"\"}",
               type);
    if (cols > 0)
        buf_printf(out, ",{\"size\":\"%zu\",\"name\":\"\"}", cols);
    buf_put_text(out, "],\"unknown_rank\":false},\"name\":");
    put_text(out, name);
    buf_put_char(out, '}');
}

static const char *field_type(const struct field *field)
{
    if (field->type != FIELD_NUMBER)
        return "DT_STRING";
    return field->integer ? "DT_INT64" : "DT_DOUBLE";
}

static bool has_words(const struct graph *graph)
{
    for (size_t i = 0; graph->labels != NULL && i < graph->class_count; i++)
        if (!graph->labels[i].is_number)
            return true;
    return false;
}

static void put_output(struct buf *out, const struct graph *graph,
                       const struct graph_output *output)
{
    bool list = output->cols > 1 || output->kind == OUTPUT_PROBABILITY;
    const char *type = output->single ? "DT_FLOAT" : "DT_DOUBLE";
    if (output->kind == OUTPUT_LABEL)
        type = has_words(graph) ? "DT_STRING" : "DT_INT64";
    put_tensor(out, output->name, type, list && output->kind != OUTPUT_LABEL ? output->cols : 0);
}

static void put_signature(struct buf *out, const struct graph *graph, const char *name,
                          const struct graph_output *output)
{
    put_text(out, name);
    buf_put_text(out, ":{\"inputs\":{");
    for (size_t i = 0; i < graph->schema.field_count; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        put_tensor(out, graph->schema.fields[i].name, field_type(&graph->schema.fields[i]), 0);
    }
    buf_put_text(out, "},\"outputs\":{");
    put_output(out, graph, output);
    buf_put_text(out, "},\"method_name\":\"tensorflow/serving/predict\"}");
}

void v1_model_write_metadata(const struct model *model, struct buf *out)
{
    const struct graph *graph = model->artifact.graph;
    buf_put_text(out, "{\"model_spec\":{\"name\":");
    put_text(out, model->name);
    buf_put_text(out, ",\"signature_name\":\"\",\"version\":");
    put_text(out, model->version);
    buf_put_text(out, "},\"metadata\":{\"signature_def\":{\"signature_def\":{");
    put_signature(out, graph, "serving_default", &graph->outputs[graph->default_output]);
    for (size_t i = 0; i < graph->output_count; i++) {
        buf_put_char(out, ',');
        put_signature(out, graph, graph->outputs[i].name, &graph->outputs[i]);
    }
    buf_put_text(out, "}}}}");
}
