#include "protocols/choice.h"

#include <string.h>

#include "protocols/answer.h"

static bool refuse(const struct graph *graph, struct http_response *response, const char *sentence)
{
    struct err err = ERR_INIT;
    struct buf *body = &response->body;
    err_set(&err, ERR_INVALID, "%s", sentence);
    answer_open(response, 400, "unknown_output", &err);
    buf_put_text(body, ",\"outputs\":[");
    for (size_t i = 0; i < graph->output_count; i++) {
        if (i > 0)
            buf_put_char(body, ',');
        json_write_string(body, graph->outputs[i].name, strlen(graph->outputs[i].name));
    }
    buf_put_char(body, ']');
    answer_close(response);
    return false;
}

static bool add(struct choices *choices, const struct graph *graph, const struct choice *choice,
                struct http_response *response)
{
    for (size_t i = 0; i < choices->count; i++) {
        const struct choice *other = &choices->list[i];
        if (other->length == choice->length &&
            memcmp(other->name, choice->name, choice->length) == 0)
            return true;
    }
    if (choices->count == CHOICES_MAX)
        return refuse(graph, response, "more outputs are asked for than the model has");
    choices->list[choices->count++] = *choice;
    choices->wanted |= UINT32_C(1) << choice->output;
    return true;
}

static bool add_named(struct choices *choices, const struct graph *graph, const char *name,
                      size_t length, struct http_response *response)
{
    int output = graph_output_find(graph, name, length);
    if (output < 0)
        return refuse(graph, response, "the model has no output of a name in \"output\"");
    const struct choice choice = {name, length, (size_t)output};
    return add(choices, graph, &choice, response);
}

static void add_default(struct choices *choices, const struct graph *graph)
{
    static const char standard[] = "prediction";
    const struct choice choice = {standard, sizeof standard - 1, graph->default_output};
    add(choices, graph, &choice, NULL);
}

static bool add_value(struct choices *choices, const struct graph *graph, const struct json *value,
                      struct http_response *response)
{
    size_t length = 0;
    if (json_type(value) != JSON_STRING)
        return refuse(graph, response,
                      "\"output\" takes the name of an output, or a list of names");
    const char *name = json_string(value, &length);
    return add_named(choices, graph, name, length, response);
}

bool choices_read(struct choices *choices, const struct graph *graph, const struct json *value,
                  struct http_response *response)
{
    if (json_type(value) == JSON_NULL) {
        add_default(choices, graph);
        return true;
    }
    if (json_type(value) != JSON_ARRAY)
        return add_value(choices, graph, value, response);
    for (size_t i = 0; i < json_array_length(value); i++) {
        if (!add_value(choices, graph, json_array_at(value, i), response))
            return false;
    }
    return choices->count > 0 || refuse(graph, response, "\"output\" is an empty list");
}

bool choices_read_text(struct choices *choices, const struct graph *graph, const char *text,
                       struct http_response *response)
{
    while (*text != '\0') {
        size_t length = strcspn(text, ", \t");
        if (length > 0 && !add_named(choices, graph, text, length, response))
            return false;
        text += length;
        text += strspn(text, ", \t");
    }
    if (choices->count == 0)
        add_default(choices, graph);
    return true;
}

void choices_set(struct choices *choices, const struct graph *graph, size_t output)
{
    const char *name = graph->outputs[output].name;
    *choices = (struct choices){
        .list[0] = {name, strlen(name), output}, .count = 1, .wanted = UINT32_C(1) << output};
}
