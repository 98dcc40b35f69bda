/* "outputs": what the answers are called. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/number.h"
#include "formats/native.h"

#define DECIMALS_MAX 15
#define WORD_SIZE 32

static bool no_memory(const struct node *node, struct err *err)
{
    err_set(err, ERR_MEMORY, "no memory for outputs");
    node_prefix(node, err);
    return false;
}

/* Without labels, a class is called by its number. */
static bool find_number(const struct graph *graph, double number, size_t *index)
{
    char normal[WORD_SIZE];
    *index = 0;
    if (graph->labels == NULL) {
        bool found = number >= 0 && number < (double)graph->class_count && number == floor(number);
        *index = found ? (size_t)number : 0;
        return found;
    }
    size_t length = schema_normal_number(number, normal, sizeof normal);
    uint32_t found = strmap_get(&graph->label_classes, normal, length);
    if (found == STRMAP_NONE || !graph->labels[found].is_number)
        return false;
    *index = found;
    return graph->labels[found].number == number;
}

static bool find_text(const struct graph *graph, const char *text, size_t *index)
{
    uint32_t found = strmap_get(&graph->label_classes, text, strlen(text));
    *index = found == STRMAP_NONE ? 0 : found;
    return found != STRMAP_NONE && !graph->labels[found].is_number;
}

bool native_class_find(const struct graph *graph, const struct params_value *word, size_t *index)
{
    switch (word->type) {
    case PARAMS_NUMBER:
        return find_number(graph, word->number, index);
    case PARAMS_TEXT:
        return find_text(graph, word->text, index);
    case PARAMS_NULL:
        break;
    }
    *index = 0;
    return false;
}

bool native_class_find_key(const struct graph *graph, const char *key, size_t *index)
{
    double number;
    const char *end = key + strlen(key);
    return find_text(graph, key, index) ||
           (number_read(key, end, &number) == end && find_number(graph, number, index));
}

static bool read_label(const struct node *node, struct graph_label *label, struct err *err)
{
    struct params_value word;
    if (!node_word(node, &word, err))
        return false;
    if (word.type == PARAMS_NULL)
        return node_fail(node, err, "expected a word or a number, not null");
    *label = (struct graph_label){
        .is_number = word.type == PARAMS_NUMBER, .number = word.number, .text = word.text};
    if (!label->is_number)
        return true;
    char normal[WORD_SIZE];
    size_t length = schema_normal_number(word.number, normal, sizeof normal);
    label->text = mem_copy_text(normal, length);
    return label->text != NULL || no_memory(node, err);
}

static bool read_labels(const struct node *outputs, struct graph *graph, struct err *err)
{
    struct node labels;
    if (!node_member(outputs, "labels", &labels))
        return true;
    if (!node_expect(&labels, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(labels.value);
    if (graph->class_count == 0)
        return node_fail(&labels, err, "the model is no classifier");
    if (count != graph->class_count)
        return node_fail(&labels, err, "expected %zu labels, got %zu", graph->class_count, count);
    struct graph_label *own = mem_array(count, sizeof *own);
    if (own == NULL)
        return no_memory(&labels, err);
    for (size_t i = 0; i < count; i++) {
        struct node label = node_element(&labels, i);
        if (read_label(&label, &own[i], err))
            continue;
        graph_labels_free(own, count);
        return false;
    }
    return graph_take_labels(graph, own, count, err) || node_prefix(&labels, err);
}

static size_t value_columns(const struct graph *graph)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        if (graph->outputs[i].kind == OUTPUT_VALUE)
            return graph->outputs[i].cols;
    }
    return 0;
}

static bool read_targets(const struct node *outputs, struct graph *graph, struct err *err)
{
    struct node targets;
    if (!node_member(outputs, "targets", &targets))
        return true;
    if (!node_expect(&targets, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(targets.value);
    size_t expected = value_columns(graph);
    if (expected == 0)
        return node_fail(&targets, err, "the model has no output \"value\"");
    if (count != expected)
        return node_fail(&targets, err, "expected %zu names, got %zu", expected, count);
    for (size_t i = 0; i < graph->target_count; i++)
        free(graph->targets[i]);
    free(graph->targets);
    graph->target_count = 0;
    graph->targets = mem_array(count, sizeof *graph->targets);
    if (graph->targets == NULL)
        return no_memory(&targets, err);
    graph->target_count = count;
    for (size_t i = 0; i < count; i++) {
        struct node target = node_element(&targets, i);
        if (!node_text(&target, &graph->targets[i], err))
            return false;
    }
    return true;
}

static bool read_name(const struct node *name, struct graph *graph, struct err *err)
{
    struct graph_output *output = NULL;
    for (size_t i = 0; i < graph->output_count; i++) {
        if (strcmp(graph_output_kind_name(graph->outputs[i].kind), name->place.key) == 0)
            output = &graph->outputs[i];
    }
    if (output == NULL)
        return node_fail(name, err, "the model has no such output");
    char *text;
    if (!node_text(name, &text, err))
        return false;
    free(output->name);
    output->name = text;
    if (strcmp(text, "labels") == 0 || strcmp(text, "targets") == 0)
        return node_fail(name, err, "\"%s\" stands in an answer for what its columns are", text);
    return text[0] != '\0' || node_fail(name, err, "is empty");
}

static bool read_names(const struct node *outputs, struct graph *graph, struct err *err)
{
    struct node names;
    if (!node_member(outputs, "names", &names))
        return true;
    if (!node_expect(&names, JSON_OBJECT, err))
        return false;
    for (struct json_iterator it = json_begin(names.value); json_next(&it);) {
        struct node name;
        node_member(&names, it.key, &name);
        if (!read_name(&name, graph, err))
            return false;
    }
    for (size_t i = 0; i < graph->output_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(graph->outputs[i].name, graph->outputs[j].name) == 0)
                return node_fail(&names, err, "two outputs have the same name");
        }
    }
    return true;
}

static bool read_default(const struct node *outputs, struct graph *graph, struct err *err)
{
    struct node node;
    bool given = node_member(outputs, "default", &node);
    if (given && !node_expect(&node, JSON_STRING, err))
        return false;
    bool found = !given;
    for (size_t i = 0; given && i < graph->output_count; i++) {
        if (strcmp(graph->outputs[i].name, json_string(node.value, NULL)) == 0) {
            graph->default_output = (uint32_t)i;
            found = true;
        }
    }
    if (!found)
        return node_fail(&node, err, "the model has no such output");
    for (size_t i = 0; i < graph->output_count; i++) {
        if (i != graph->default_output && strcmp(graph->outputs[i].name, "prediction") == 0)
            return node_fail(outputs, err, "\"prediction\" is the name of the default output");
    }
    return true;
}

static bool has_probability(const struct graph *graph)
{
    bool found = false;
    for (size_t i = 0; i < graph->output_count; i++)
        found = found || graph->outputs[i].kind == OUTPUT_PROBABILITY;
    return found;
}

static bool read_threshold(const struct node *outputs, struct graph *graph, struct err *err)
{
    struct node threshold, positive;
    bool has_threshold = node_member(outputs, "threshold", &threshold);
    bool has_positive = node_member(outputs, "positive", &positive);
    if (graph->class_count == 2)
        graph->positive = 1;
    if (has_positive) {
        struct params_value word;
        if (graph->class_count != 2)
            return node_fail(&positive, err, "the model has not two classes");
        if (!node_word(&positive, &word, err))
            return false;
        bool found = native_class_find(graph, &word, &graph->positive);
        free(word.text);
        if (!found)
            return node_fail(&positive, err, "is none of the labels");
    }
    if (!has_threshold)
        return true;
    if (graph->class_count != 2 || !has_probability(graph))
        return node_fail(&threshold, err, "the model has not two classes with probabilities");
    if (!node_finite(&threshold, &graph->threshold, err))
        return false;
    return (graph->threshold >= 0 && graph->threshold <= 1) ||
           node_fail(&threshold, err, "expected a probability, 0 to 1");
}

static bool read_round(const struct node *outputs, struct graph *graph, struct err *err)
{
    struct node node;
    int64_t decimals;
    if (!node_member(outputs, "round", &node))
        return true;
    if (!json_integer(node.value, &decimals) || decimals < 0 || decimals > DECIMALS_MAX)
        return node_fail(&node, err, "expected an integer from 0 to %d", DECIMALS_MAX);
    graph->decimals = (int)decimals;
    return true;
}

bool native_outputs_read(const struct node *outputs, struct graph *graph, struct err *err)
{
    static const char *const members[] = {"labels",    "targets",  "names", "default",
                                          "threshold", "positive", "round", NULL};
    return node_expect(outputs, JSON_OBJECT, err) && node_only(outputs, members, err) &&
           read_labels(outputs, graph, err) && read_targets(outputs, graph, err) &&
           read_names(outputs, graph, err) && read_default(outputs, graph, err) &&
           read_threshold(outputs, graph, err) && read_round(outputs, graph, err);
}
