#include "protocols/oip_layout.h"

#include <math.h>
#include <string.h>

#define EXACT_MAX 0x1p53 /* whole numbers up to here are all doubles */

static bool is_number(const struct field *field)
{
    return field->type == FIELD_NUMBER;
}

/* A whole number of just the bounds of a datatype is of this datatype. */
static enum oip_datatype datatype_of(const struct field *field)
{
    if (!is_number(field))
        return OIP_BYTES;
    if (!field->integer)
        return OIP_FP64;
    for (int i = OIP_UINT8; i < OIP_INT64; i++) {
        if (field->minimum == oip_datatype_minimum((enum oip_datatype)i) &&
            field->maximum == oip_datatype_maximum((enum oip_datatype)i))
            return (enum oip_datatype)i;
    }
    return OIP_INT64;
}

/* Length of NAME if the field is called NAME_index, else 0. */
static size_t stem_length(const char *name, size_t index)
{
    size_t length = strlen(name), digits = 0;
    size_t value = index;
    do {
        if (digits + 2 > length || name[length - 1 - digits] != (char)('0' + value % 10))
            return 0;
        digits++;
        value /= 10;
    } while (value > 0);
    return name[length - 1 - digits] == '_' ? length - 1 - digits : 0;
}

/* How many fields from `first` on are NAME_0, NAME_1 ...; 0 if the first is no NAME_0. */
static size_t run_length(const struct schema *schema, size_t first, size_t *stem)
{
    const struct field *head = &schema->fields[first];
    size_t count = 0;
    *stem = stem_length(head->name, 0);
    if (*stem == 0)
        return 0;
    while (first + count < schema->field_count) {
        const struct field *field = &schema->fields[first + count];
        if (is_number(field) != is_number(head) || stem_length(field->name, count) != *stem ||
            strncmp(field->name, head->name, *stem) != 0)
            break;
        count++;
    }
    return count;
}

static enum oip_datatype common_datatype(const struct schema *schema, size_t first, size_t count)
{
    enum oip_datatype datatype = datatype_of(&schema->fields[first]);
    for (size_t i = 1; i < count; i++) {
        enum oip_datatype other = datatype_of(&schema->fields[first + i]);
        if (other == OIP_BYTES)
            return OIP_BYTES;
        if (other != datatype && datatype != OIP_BYTES)
            datatype = OIP_FP64;
    }
    return datatype;
}

static struct oip_tensor field_tensor(const struct schema *schema, size_t index)
{
    const struct field *field = &schema->fields[index];
    return (struct oip_tensor){field->name, strlen(field->name), datatype_of(field), index, 1};
}

static struct oip_tensor run_tensor(const struct schema *schema, size_t first, size_t count,
                                    size_t stem)
{
    return (struct oip_tensor){schema->fields[first].name, stem,
                               common_datatype(schema, first, count), first, count};
}

struct oip_tensor oip_layout_matrix(const struct schema *schema)
{
    static const char name[] = "input-0";
    return (struct oip_tensor){name, sizeof name - 1,
                               common_datatype(schema, 0, schema->field_count), 0,
                               schema->field_count};
}

static bool is_matrix(const struct schema *schema)
{
    size_t stem;
    for (size_t i = 0; i < schema->field_count; i++) {
        if (!is_number(&schema->fields[i]) || run_length(schema, i, &stem) > 1)
            return false;
    }
    return schema->field_count > 1;
}

bool oip_layout_next(const struct schema *schema, size_t *at, struct oip_tensor *tensor)
{
    size_t stem;
    if (*at >= schema->field_count)
        return false;
    if (*at == 0 && is_matrix(schema)) {
        *tensor = oip_layout_matrix(schema);
    } else {
        size_t count = run_length(schema, *at, &stem);
        *tensor = count > 1 ? run_tensor(schema, *at, count, stem) : field_tensor(schema, *at);
    }
    *at += tensor->count;
    return true;
}

size_t oip_layout_count(const struct schema *schema)
{
    struct oip_tensor tensor;
    size_t count = 0;
    for (size_t at = 0; oip_layout_next(schema, &at, &tensor);)
        count++;
    return count;
}

/* NAME_0 is a field, and others follow. */
static bool find_run(const struct schema *schema, const char *name, size_t length,
                     struct oip_tensor *tensor)
{
    char first[256];
    size_t stem;
    if (length + 3 > sizeof first)
        return false;
    memcpy(first, name, length);
    memcpy(first + length, "_0", 3);
    uint32_t index = schema_find(schema, first, length + 2);
    if (index == STRMAP_NONE)
        return false;
    size_t count = run_length(schema, index, &stem);
    if (count < 2)
        return false;
    *tensor = run_tensor(schema, index, count, stem);
    return true;
}

bool oip_layout_find(const struct schema *schema, const char *name, size_t length,
                     struct oip_tensor *tensor)
{
    uint32_t index = schema_find(schema, name, length);
    if (index == STRMAP_NONE)
        return find_run(schema, name, length, tensor);
    *tensor = field_tensor(schema, index);
    return true;
}

enum oip_datatype oip_layout_output(const struct graph *graph, size_t output)
{
    const struct graph_output *which = &graph->outputs[output];
    bool whole = true;
    if (which->kind != OUTPUT_LABEL)
        return which->single ? OIP_FP32 : OIP_FP64;
    for (size_t i = 0; graph->labels != NULL && i < graph->class_count; i++) {
        const struct graph_label *label = &graph->labels[i];
        if (!label->is_number)
            return OIP_BYTES;
        whole = whole && label->number == rint(label->number) && fabs(label->number) <= EXACT_MAX;
    }
    return whole ? OIP_INT64 : OIP_FP64;
}

static bool is_named(const char *name, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(name, word, length) == 0;
}

int oip_layout_find_output(const struct graph *graph, const char *name, size_t length)
{
    int found = graph_output_find(graph, name, length);
    if (found >= 0)
        return found;
    if (is_named(name, length, "predict") || is_named(name, length, "output-0"))
        return (int)graph->default_output;
    if (!is_named(name, length, "predict_proba"))
        return -1;
    for (size_t i = 0; i < graph->output_count; i++) {
        if (graph->outputs[i].kind == OUTPUT_PROBABILITY)
            return (int)i;
    }
    return -1;
}
