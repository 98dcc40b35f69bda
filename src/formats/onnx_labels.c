#include "formats/onnx_labels.h"

#include <string.h>

#include "graph/op.h"

/* Nodes between a label and what lists its values. */
#define TRACE_MAX 32

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for the model's labels");
}

static bool same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static const Onnx__Node *find_producer(const Onnx__Graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_node; i++) {
        for (size_t j = 0; j < graph->node[i]->n_output; j++) {
            if (same(graph->node[i]->output[j], name))
                return graph->node[i];
        }
    }
    return NULL;
}

static const Onnx__Attribute *find_attribute(const Onnx__Node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (same(node->attribute[i]->name, name))
            return node->attribute[i];
    }
    return NULL;
}

/* The constant of that name: an initialiser, or a Constant node's tensor. */
static const Onnx__Tensor *find_constant(const Onnx__Graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++) {
        if (same(graph->initializer[i]->name, name))
            return graph->initializer[i];
    }
    const Onnx__Node *node = find_producer(graph, name);
    if (node == NULL || !same(node->op_type, "Constant"))
        return NULL;
    const Onnx__Attribute *value = find_attribute(node, "value");
    return value != NULL ? value->t : NULL;
}

static bool take_words(const ProtobufCBinaryData *words, size_t count, struct onnx_labels *labels,
                       struct arena *arena, struct err *err)
{
    if (count > ONNX_LABELS_MAX)
        return true;
    labels->words = arena_array(arena, count, sizeof *labels->words);
    if (labels->words == NULL)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *bytes = words[i].data != NULL ? (const char *)words[i].data : "";
        char *copy = arena_copy_text(arena, bytes, words[i].len);
        if (copy == NULL)
            return no_memory(err);
        labels->words[i] = (struct value_string){copy, words[i].len};
    }
    labels->count = count;
    return true;
}

static bool take_numbers(const int64_t *numbers, size_t count, struct onnx_labels *labels,
                         struct arena *arena, struct err *err)
{
    if (count > ONNX_LABELS_MAX)
        return true;
    labels->numbers = arena_array(arena, count, sizeof *labels->numbers);
    if (labels->numbers == NULL)
        return no_memory(err);
    if (count > 0)
        memcpy(labels->numbers, numbers, count * sizeof *numbers);
    labels->count = count;
    return true;
}

/* The elements of a list of strings or whole numbers. */
static bool take_tensor(const Onnx__Tensor *tensor, struct onnx_labels *labels, struct arena *arena,
                        struct err *err)
{
    struct value value;
    if (tensor == NULL || !onnx_tensor_read(tensor, &value, arena, NULL) ||
        value.count > ONNX_LABELS_MAX)
        return true;
    if (value.type == VALUE_STRING) {
        labels->words = value.strings;
        labels->count = value.count;
    } else if (value.type == VALUE_INT64) {
        return take_numbers(value.int64s, value.count, labels, arena, err);
    } else if (value.type == VALUE_INT32) {
        labels->numbers = arena_array(arena, value.count, sizeof *labels->numbers);
        if (labels->numbers == NULL)
            return no_memory(err);
        for (size_t i = 0; i < value.count; i++)
            labels->numbers[i] = value.int32s[i];
        labels->count = value.count;
    }
    return true;
}

static bool take_attribute(const Onnx__Node *node, const char *words, const char *numbers,
                           struct onnx_labels *labels, struct arena *arena, struct err *err)
{
    const Onnx__Attribute *found = find_attribute(node, words);
    if (found != NULL && found->n_strings > 0)
        return take_words(found->strings, found->n_strings, labels, arena, err);
    found = find_attribute(node, numbers);
    if (found != NULL && found->n_ints > 0)
        return take_numbers(found->ints, found->n_ints, labels, arena, err);
    return true;
}

/* The node makes labels of a list that it has. */
static bool take_list(const Onnx__Graph *graph, const Onnx__Node *node, struct onnx_labels *labels,
                      struct arena *arena, struct err *err)
{
    if (same(node->op_type, "ArrayFeatureExtractor") || same(node->op_type, "Gather"))
        return node->n_input == 0 ||
               take_tensor(find_constant(graph, node->input[0]), labels, arena, err);
    if (same(node->op_type, "LabelEncoder")) {
        const Onnx__Attribute *tensor = find_attribute(node, "values_tensor");
        if (tensor != NULL)
            return take_tensor(tensor->t, labels, arena, err);
        return take_attribute(node, "values_strings", "values_int64s", labels, arena, err);
    }
    if (same(node->op_type, "TreeEnsembleClassifier"))
        return take_attribute(node, "classlabels_strings", "classlabels_int64s", labels, arena,
                              err);
    if (same(node->op_type, "LinearClassifier") || same(node->op_type, "SVMClassifier"))
        return take_attribute(node, "classlabels_strings", "classlabels_ints", labels, arena, err);
    return true;
}

/* Nodes that pass their first input on. */
static bool passes(const Onnx__Node *node)
{
    static const char *const names[] = {"Identity", "Cast",      "Reshape", "Flatten",
                                        "Squeeze",  "Unsqueeze", NULL};
    for (size_t i = 0; names[i] != NULL; i++) {
        if (same(node->op_type, names[i]))
            return node->n_input > 0;
    }
    return false;
}

bool onnx_labels_trace(const Onnx__Graph *graph, const char *name, struct onnx_labels *labels,
                       struct arena *arena, struct err *err)
{
    *labels = (struct onnx_labels){0};
    for (int i = 0; i < TRACE_MAX; i++) {
        const Onnx__Node *node = find_producer(graph, name);
        if (node == NULL)
            return true;
        if (!passes(node))
            return take_list(graph, node, labels, arena, err);
        name = node->input[0];
    }
    return true;
}

/* ---- unpacking ---- */

struct unpacked {
    Onnx__ValueInfo **outputs;
    struct onnx_labels *zipped;
    char **names;
    size_t count, most;
};

static bool add_output(struct unpacked *to, char *tensor, char *name, Onnx__Type *type,
                       struct arena *arena, struct err *err)
{
    Onnx__ValueInfo *info = arena_alloc(arena, sizeof *info);
    if (info == NULL || name == NULL)
        return no_memory(err);
    if (to->count >= to->most)
        return err_set(err, ERR_LIMIT, "it has more than %zu outputs", to->most);
    onnx__value_info__init(info);
    info->name = tensor;
    info->type = type;
    to->outputs[to->count] = info;
    to->names[to->count++] = name;
    return true;
}

static bool unpack_output(const Onnx__Graph *graph, Onnx__ValueInfo *output, struct unpacked *to,
                          struct arena *arena, struct err *err)
{
    const Onnx__Node *node = find_producer(graph, output->name);
    bool has_inputs = node != NULL && node->n_input > 0;
    if (has_inputs && same(node->op_type, "ZipMap")) {
        struct onnx_labels *labels = &to->zipped[to->count];
        return add_output(to, node->input[0], output->name, NULL, arena, err) &&
               take_attribute(node, "classlabels_strings", "classlabels_int64s", labels, arena,
                              err);
    }
    if (has_inputs && same(node->op_type, "SequenceConstruct")) {
        for (size_t i = 0; i < node->n_input; i++) {
            char *name = arena_printf(arena, "%s_%zu", output->name, i);
            if (!add_output(to, node->input[i], name, NULL, arena, err))
                return false;
        }
        return true;
    }
    return add_output(to, output->name, output->name, output->type, arena, err);
}

bool onnx_labels_unpack(Onnx__Graph *graph, struct onnx_labels **zipped, char ***names,
                        struct arena *arena, struct err *err)
{
    struct unpacked to = {.most = OP_OUTPUTS_MAX};
    to.outputs = arena_array(arena, to.most, sizeof(Onnx__ValueInfo *));
    to.zipped = arena_zeroed(arena, to.most + 1, sizeof *to.zipped);
    to.names = arena_array(arena, to.most, sizeof(char *));
    if (to.outputs == NULL || to.zipped == NULL || to.names == NULL)
        return no_memory(err);
    for (size_t i = 0; i < graph->n_output; i++) {
        if (graph->output[i]->name == NULL)
            return err_set(err, ERR_INVALID, "an output has no name");
        if (!unpack_output(graph, graph->output[i], &to, arena, err))
            return false;
    }
    graph->output = to.outputs;
    graph->n_output = to.count;
    *zipped = to.zipped;
    *names = to.names;
    return true;
}
