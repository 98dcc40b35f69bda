/* What a model takes and gives, as metadata and as Triton's model configuration. */
#include <string.h>

#include "codec/json.h"
#include "protocols/oip.h"
#include "protocols/oip_layout.h"

static void put_text(struct buf *body, const char *text, size_t length)
{
    json_write_string(body, text, length);
}

/* "omen_omen/1" is "omen_omen_1": Triton's platforms are words. */
static void put_platform(struct buf *body, const struct model *model)
{
    const char *format = model->artifact.format != NULL ? model->artifact.format : "";
    char text[64] = "omen_";
    size_t length = strlen(text);
    for (; *format != '\0' && length + 1 < sizeof text; format++)
        text[length++] = *format == '/' ? '_' : *format;
    put_text(body, text, length);
}

/* What the columns of a matrix are; those of NAME are NAME_0, NAME_1 ... */
static void put_columns(struct buf *body, const struct schema *schema,
                        const struct oip_tensor *tensor)
{
    buf_put_text(body, ",\"parameters\":{\"columns\":[");
    for (size_t i = tensor->first; i < tensor->first + tensor->count; i++) {
        if (i > tensor->first)
            buf_put_char(body, ',');
        put_text(body, schema->fields[i].name, strlen(schema->fields[i].name));
    }
    buf_put_text(body, "]}");
}

static void put_inputs(struct buf *body, const struct schema *schema)
{
    struct oip_tensor tensor;
    const char *between = "";
    for (size_t at = 0; oip_layout_next(schema, &at, &tensor); between = ",") {
        buf_printf(body, "%s{\"name\":", between);
        put_text(body, tensor.name, tensor.name_length);
        buf_printf(body, ",\"datatype\":\"%s\",\"shape\":[-1,%zu]",
                   oip_datatype_name(tensor.datatype), tensor.count);
        if (tensor.count > 1 && schema->fields[tensor.first].name != tensor.name)
            put_columns(body, schema, &tensor);
        buf_put_char(body, '}');
    }
}

static void put_outputs(struct buf *body, const struct graph *graph)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        const struct graph_output *output = &graph->outputs[i];
        buf_put_text(body, i > 0 ? ",{" : "{");
        json_write_text(body, "name", output->name);
        buf_printf(body, ",\"datatype\":\"%s\",\"shape\":[-1,%zu]}",
                   oip_datatype_name(oip_layout_output(graph, i)), output->cols);
    }
}

void oip_handle_metadata(void *context, struct http_request *request,
                         const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct buf *body = &response->body;
    struct model *model = oip_acquire(own, match, response);
    (void)request;
    if (model == NULL)
        return;
    buf_put_char(body, '{');
    json_write_text(body, "name", model->name);
    buf_put_text(body, ",\"versions\":");
    registry_list_versions(own->registry, model->name, body);
    buf_put_text(body, ",\"platform\":");
    put_platform(body, model);
    buf_put_text(body, ",\"inputs\":[");
    put_inputs(body, &model->artifact.graph->schema);
    buf_put_text(body, "],\"outputs\":[");
    put_outputs(body, model->artifact.graph);
    buf_put_text(body, "]}");
    registry_release(own->registry, model);
}

static const char *config_type(enum oip_datatype datatype)
{
    return datatype == OIP_BYTES ? "STRING" : oip_datatype_name(datatype);
}

static void put_config_inputs(struct buf *body, const struct schema *schema)
{
    struct oip_tensor tensor;
    const char *between = "";
    for (size_t at = 0; oip_layout_next(schema, &at, &tensor); between = ",") {
        buf_printf(body, "%s{\"name\":", between);
        put_text(body, tensor.name, tensor.name_length);
        buf_printf(body, ",\"data_type\":\"TYPE_%s\",\"format\":\"FORMAT_NONE\",\"dims\":[%zu]}",
                   config_type(tensor.datatype), tensor.count);
    }
}

static void put_config_outputs(struct buf *body, const struct graph *graph)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        buf_put_text(body, i > 0 ? ",{" : "{");
        json_write_text(body, "name", graph->outputs[i].name);
        buf_printf(body, ",\"data_type\":\"TYPE_%s\",\"dims\":[%zu]}",
                   config_type(oip_layout_output(graph, i)), graph->outputs[i].cols);
    }
}

/* The first dimension is the batch, which Triton's configuration leaves out of dims. */
void oip_handle_config(void *context, struct http_request *request,
                       const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct buf *body = &response->body;
    struct model *model = oip_acquire(own, match, response);
    (void)request;
    if (model == NULL)
        return;
    buf_put_char(body, '{');
    json_write_text(body, "name", model->name);
    buf_put_text(body, ",\"platform\":");
    put_platform(body, model);
    buf_printf(body, ",\"backend\":\"omen\",\"max_batch_size\":%zu,\"input\":[",
               own->max_rows < INT32_MAX ? own->max_rows : INT32_MAX);
    put_config_inputs(body, &model->artifact.graph->schema);
    buf_put_text(body, "],\"output\":[");
    put_config_outputs(body, model->artifact.graph);
    buf_put_text(body, "]}");
    registry_release(own->registry, model);
}
