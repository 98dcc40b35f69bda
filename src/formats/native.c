#include "formats/native.h"

#include <stdlib.h>
#include <string.h>

#include "base/mapping.h"
#include "formats/native_params.h"
#include "formats/trained.h"

#define FORMAT_NAME "omen/1"

/* Every step holds what it knows of its columns: without a limit, a short document of many steps
 * over many columns would take much memory. */
#define STEPS_MAX 1000

static const char *const document_members[] = {
    "format", "inputs",  "steps",       "model",   "outputs", "golden", "baseline",
    "name",   "version", "description", "created", "task",    "source", NULL,
};

#define WINDOW ((size_t)1 << 20) /* of a large file that is looked through */

/* As memmem; of a mapped file, what was looked through does not stay in memory. */
static const char *find_text(const char *at, const char *end, const char *text, size_t length)
{
    const char *found = NULL;
    while (found == NULL && (size_t)(end - at) >= length) {
        size_t window = (size_t)(end - at) < WINDOW ? (size_t)(end - at) : WINDOW;
        found = memmem(at, window, text, length);
        mapping_release(at, at + window);
        at += window - length + 1; /* it may begin in one window and end in the next */
    }
    return found;
}

/* The byte after `"format"`, white space and a colon, or NULL. */
static const char *after_format_key(const char *at, const char *end)
{
    static const char key[] = "\"format\"";
    at = find_text(at, end, key, sizeof key - 1);
    if (at == NULL)
        return NULL;
    at += sizeof key - 1;
    while (at < end && strchr(" \t\r\n:", *at) != NULL && *at != '\0')
        at++;
    return at;
}

/* An object with a member "format" of "omen/..." somewhere. */
static bool native_detect(const struct format_file *file)
{
    static const char value[] = "\"omen/";
    const char *at = file->data;
    const char *end = file->data + file->size;
    while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
        at++;
    if (at >= end || *at != '{')
        return false;
    while ((at = after_format_key(at, end)) != NULL) {
        if ((size_t)(end - at) >= sizeof value - 1 && memcmp(at, value, sizeof value - 1) == 0)
            return true;
    }
    return false;
}

static bool check_format(const struct node *document, struct err *err)
{
    struct node format;
    if (!node_member(document, "format", &format))
        return node_fail(&format, err, "is required");
    if (strcmp(json_string(format.value, NULL), FORMAT_NAME) == 0)
        return true;
    return node_fail(&format, err, "expected \"" FORMAT_NAME "\"; this build knows no other");
}

static bool read_texts(const struct node *document, struct artifact *artifact, struct err *err)
{
    struct node source;
    if (!node_text_or(document, "name", &artifact->name, err) ||
        !node_text_or(document, "version", &artifact->version, err) ||
        !node_text_or(document, "description", &artifact->description, err) ||
        !node_text_or(document, "created", &artifact->created, err) ||
        !node_text_or(document, "task", &artifact->task, err))
        return false;
    if (!node_member(document, "source", &source))
        return true;
    if (!node_expect(&source, JSON_OBJECT, err))
        return false;
    for (struct json_iterator it = json_begin(source.value); json_next(&it);) {
        struct node text;
        if (node_member(&source, it.key, &text) && !node_expect(&text, JSON_STRING, err))
            return false;
    }
    return node_text_or(&source, "trainer", &artifact->trainer, err);
}

static bool add_step(const struct node *step, struct graph *graph, struct columns *columns,
                     struct err *err)
{
    struct native_store store;
    if (!node_expect(step, JSON_OBJECT, err))
        return false;
    native_store_init(&store);
    struct params *params = native_params_create(&store, step, err);
    bool ok = params != NULL && graph_add_step(graph, params, columns, err) &&
              native_store_check(&store, err);
    native_store_finish(&store);
    return ok;
}

static bool read_steps(const struct node *document, struct graph *graph, struct columns *columns,
                       struct err *err)
{
    struct node steps, model;
    size_t count = 0;
    if (node_member(document, "steps", &steps)) {
        if (!node_expect(&steps, JSON_ARRAY, err))
            return false;
        count = json_array_length(steps.value);
        if (count > STEPS_MAX) {
            err_set(err, ERR_LIMIT, "%zu steps; at most %d are accepted", count, STEPS_MAX);
            return node_prefix(&steps, err);
        }
    }
    bool has_model = node_member(document, "model", &model);
    if (has_model && !node_expect(&model, JSON_OBJECT, err))
        return false;
    if (count == 0 && !has_model)
        return node_fail(document, err, "\"steps\" or \"model\" is required");
    for (size_t i = 0; i < count; i++) {
        struct node step = node_element(&steps, i);
        if (!add_step(&step, graph, columns, err))
            return false;
    }
    return !has_model || native_names_file(document) || add_step(&model, graph, columns, err);
}

static bool read_graph(const struct node *document, struct graph *graph, struct err *err)
{
    struct node inputs;
    struct columns columns = {0};
    if (!node_member(document, "inputs", &inputs))
        return node_fail(&inputs, err, "is required");
    bool ok = native_inputs_read(&inputs, &graph->schema, err) &&
              graph_input_columns(graph, &columns, err) &&
              read_steps(document, graph, &columns, err) && graph_seal(graph, err);
    columns_finish(&columns);
    return ok;
}

/* Inputs: the file's, as the document amends them; with steps before the file's model the
 * document's own. */
static bool read_trained_graph(const struct node *document, struct trained *trained,
                               struct graph *graph, struct err *err)
{
    struct node inputs, steps;
    struct columns columns = {0};
    bool has_inputs = node_member(document, "inputs", &inputs);
    bool has_steps = node_member(document, "steps", &steps) && json_array_length(steps.value) > 0;
    bool ok = true;
    if (has_steps && !has_inputs)
        return node_fail(&inputs, err, "is required where there are steps before the file's model");
    if (has_steps) {
        ok = native_inputs_read(&inputs, &graph->schema, err) &&
             graph_input_columns(graph, &columns, err) &&
             read_steps(document, graph, &columns, err) &&
             trained_check_columns(trained, &columns, err);
    } else {
        ok = !has_inputs || native_inputs_amend(&inputs, &trained->schema, err);
        graph->schema = trained->schema;
        trained->schema = (struct schema){0};
        ok = ok && graph_input_columns(graph, &columns, err);
    }
    ok = ok && trained_append(trained, graph, &columns, err);
    columns_finish(&columns);
    return ok;
}

static bool read_sidecar(const struct node *document, const struct native_files *files,
                         struct artifact *artifact, struct err *err)
{
    struct trained trained = {0};
    const struct format *format;
    bool ok = native_sidecar_read(document, files, &trained, &format, err) &&
              read_trained_graph(document, &trained, artifact->graph, err);
    if (ok) {
        artifact->format = format->name;
        trained_describe(&trained, artifact);
    }
    trained_finish(&trained);
    return ok;
}

static bool read_document(const struct node *document, const struct native_files *files,
                          struct artifact *artifact, struct err *err)
{
    struct node member;
    if (!node_expect(document, JSON_OBJECT, err) || !check_format(document, err) ||
        !node_only(document, document_members, err) || !read_texts(document, artifact, err))
        return false;
    artifact->format = FORMAT_NAME;
    artifact->graph = graph_create();
    if (artifact->graph == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a model");
    struct graph *graph = artifact->graph;
    if (native_names_file(document)) {
        if (!read_sidecar(document, files, artifact, err))
            return false;
    } else if (!native_refuse_others(files, err) || !read_graph(document, graph, err)) {
        return false;
    }
    if (node_member(document, "outputs", &member) && !native_outputs_read(&member, graph, err))
        return false;
    if (node_member(document, "golden", &member) &&
        !native_golden_read(&member, graph, &artifact->golden, err))
        return false;
    return !node_member(document, "baseline", &member) ||
           native_baseline_read(&member, graph, &artifact->baseline, err);
}

static bool native_load(const struct format_file *files, size_t count, size_t which,
                        struct artifact *artifact, struct err *err)
{
    struct native_files native_files = {files, count, which};
    struct format_file copy = {0};
    const struct format_file *file = files[which].mapped ? &copy : &files[which];
    struct json *root = NULL;
    bool ok = (file != &copy || format_copy(&files[which], &copy, err)) &&
              json_parse_document(file->data, file->size, &root, err);
    free((char *)copy.data);
    if (ok) {
        struct node document = {.value = root};
        ok = read_document(&document, &native_files, artifact, err);
    }
    json_free(root);
    return ok || err_prefix(err, "%s", files[which].name);
}

const struct format native_format = {
    .name = "omen/1",
    .detect = native_detect,
    .load = native_load,
};
