#include "formats/onnx_op.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"

/* Rows of zeros that are run at load, to see what comes out and how much memory it takes. */
#define PROBE_ROWS 32
#define PROBE_LIMIT ((size_t)256 << 20)

/* How an output of the program becomes one of the operator. */
struct answer {
    enum value_type type;
    size_t cols;
    const char *name; /* NULL: the standard one */
};

struct onnx_op {
    struct op op;
    struct arena arena;
    struct program *program;
    struct onnx_inputs inputs;
    struct answer answers[OP_OUTPUTS_MAX];
    struct onnx_labels labels;
    struct strmap classes; /* from the bytes of a label to its class */
    bool counted;          /* the labels are 0, 1, 2 ... */
    int label;             /* the output that is one, or -1 */
};

static bool onnx_op_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err);

static void onnx_op_destroy(struct op *op)
{
    struct onnx_op *self = (struct onnx_op *)op;
    program_destroy(self->program);
    strmap_finish(&self->classes);
    arena_finish(&self->arena);
    free(self);
}

static const struct op_type onnx_op_type = {
    .name = "onnx",
    .summary = "the graph of an ONNX file",
    .run = onnx_op_run,
    .destroy = onnx_op_destroy,
};

/* ---- running ---- */

static double element(const struct value *value, size_t i)
{
    switch (value->type) {
    case VALUE_FLOAT:
        return (double)value->floats[i];
    case VALUE_DOUBLE:
        return value->doubles[i];
    case VALUE_INT64:
        return (double)value->int64s[i];
    case VALUE_INT32:
        return (double)value->int32s[i];
    case VALUE_INT16:
        return value->int16s[i];
    case VALUE_INT8:
        return value->int8s[i];
    case VALUE_UINT64:
        return (double)value->uint64s[i];
    case VALUE_UINT32:
        return value->uint32s[i];
    case VALUE_UINT16:
        return value->uint16s[i];
    default:
        return value->uint8s[i];
    }
}

/* The class of a label, or no number for one that is not listed. */
static double class_of(const struct onnx_op *self, const struct value *value, size_t i)
{
    uint32_t class;
    if (value->type == VALUE_STRING) {
        class = strmap_get(&self->classes, value->strings[i].bytes, value->strings[i].length);
    } else {
        int64_t label = value->type == VALUE_INT64 ? value->int64s[i] : (int64_t)element(value, i);
        if (self->counted)
            return label >= 0 && (size_t)label < self->op.classes ? (double)label : NAN;
        char key[sizeof label];
        memcpy(key, &label, sizeof label);
        class = strmap_get(&self->classes, key, sizeof key);
    }
    return class == STRMAP_NONE ? NAN : (double)class;
}

static bool copy_labels(const struct onnx_op *self, const struct value *value,
                        const struct matrix *out, struct err *err)
{
    for (size_t row = 0; row < out->rows; row++) {
        double class = class_of(self, value, row);
        if (isnan(class)) {
            err_set(err, ERR_INTERNAL, "the model answers a label that it does not list");
            return err_at(err, (int64_t)row, NULL);
        }
        *matrix_row(out, row) = class;
    }
    return true;
}

static bool copy_answer(const struct onnx_op *self, size_t i, const struct value *value,
                        const struct matrix *out, struct err *err)
{
    const struct answer *answer = &self->answers[i];
    if (value->kind != VALUE_TENSOR || value->type != answer->type ||
        value->count != out->rows * answer->cols)
        return err_set(err, ERR_INVALID,
                       "the output %zu of the model has another shape for these rows", i);
    if ((int)i == self->label)
        return copy_labels(self, value, out, err);
    for (size_t row = 0; row < out->rows; row++) {
        double *y = matrix_row(out, row);
        if (value->type == VALUE_FLOAT) {
            const float *x = value->floats + row * answer->cols;
            for (size_t j = 0; j < answer->cols; j++)
                y[j] = (double)x[j];
        } else {
            for (size_t j = 0; j < answer->cols; j++)
                y[j] = element(value, row * answer->cols + j);
        }
    }
    return true;
}

static bool run_rows(const struct onnx_op *self, const struct matrix *in, struct matrix *out,
                     uint32_t wanted, struct arena *scratch, struct err *err)
{
    struct memory memory;
    struct value *inputs = arena_array(scratch, self->inputs.count, sizeof *inputs);
    struct value outputs[OP_OUTPUTS_MAX];
    if (inputs == NULL)
        return err_set(err, ERR_LIMIT, "the rows take more memory than they may");
    memory_init(&memory, scratch, 0);
    if (!onnx_inputs_fill(&self->inputs, in, inputs, scratch, err) ||
        !program_run(self->program, inputs, outputs, &memory, err))
        return false;
    for (size_t i = 0; i < self->op.output_count; i++) {
        if ((wanted >> i & 1U) != 0 && !copy_answer(self, i, &outputs[i], &out[i], err))
            return false;
    }
    return true;
}

static bool onnx_op_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct onnx_op *self = (const struct onnx_op *)op;
    if (in->rows == 0)
        return true;
    if (!self->inputs.row_by_row)
        return run_rows(self, in, out, wanted, scratch, err);
    for (size_t row = 0; row < in->rows; row++) {
        struct arena_mark mark = arena_mark(scratch);
        struct matrix one = matrix_rows(in, row, 1), answers[OP_OUTPUTS_MAX];
        for (size_t i = 0; i < op->output_count; i++) {
            if ((wanted >> i & 1U) != 0)
                answers[i] = matrix_rows(&out[i], row, 1);
        }
        bool good = run_rows(self, &one, answers, wanted, scratch, err);
        arena_rewind(scratch, mark);
        if (!good)
            return err_at(err, (int64_t)row, NULL);
    }
    return true;
}

/* ---- making ---- */

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for the model");
}

/* Columns of output i for `rows` rows of `value`: a row per row. */
static bool count_columns(const struct value *value, int64_t rows, size_t *cols, struct err *err)
{
    size_t product = 1;
    char is[96];
    if (value->kind != VALUE_TENSOR)
        return err_set(err, ERR_UNSUPPORTED, "it is no tensor, which is not supported");
    bool fits = value->rank >= 0 && value->rank <= VALUE_RANK_MAX;
    if (fits && (value->rank == 0 || (rows == 1 && value->rank == 1 && value->dims[0] > 1))) {
        *cols = value->rank == 0 ? 1 : (size_t)value->dims[0];
        fits = rows == 1;
    } else if (fits) {
        fits = value->dims[0] == rows || value->dims[0] == VALUE_ANY;
        for (int i = 1; fits && i < value->rank; i++)
            fits = value->dims[i] > 0 && mem_multiply(product, (size_t)value->dims[i], &product);
        *cols = product;
    }
    if (fits && *cols <= SCHEMA_FIELDS_MAX)
        return true;
    return err_set(err, ERR_UNSUPPORTED, "its shape is %s, not a row of numbers for each row",
                   value_spell(value, is, sizeof is));
}

/* Runs rows of zeros and empty texts, as far as the model can: some models refuse them. */
static bool probe(struct onnx_op *self, size_t rows, struct value *outputs, struct arena *arena)
{
    struct memory memory;
    struct value *inputs = arena_array(arena, self->inputs.count, sizeof *inputs);
    double *cells = arena_zeroed(arena, rows * self->inputs.fields, sizeof *cells);
    if (inputs == NULL || cells == NULL)
        return false;
    for (size_t i = 0; i < self->inputs.count; i++) {
        const struct onnx_input *input = &self->inputs.items[i];
        for (size_t j = 0; input->type == VALUE_STRING && j < rows * input->width; j++)
            cells[j / input->width * self->inputs.fields + input->first + j % input->width] = NAN;
    }
    struct matrix in = {
        .data = cells, .rows = rows, .cols = self->inputs.fields, .stride = self->inputs.fields};
    memory_init(&memory, arena, 0);
    if (!onnx_inputs_fill(&self->inputs, &in, inputs, arena, NULL) ||
        !program_run(self->program, inputs, outputs, &memory, NULL))
        return false;
    self->op.scratch_width = memory.taken / rows / sizeof(double) + 1;
    return true;
}

static bool measure_outputs(struct onnx_op *self, const struct onnx_output *outputs,
                            struct err *err)
{
    struct value found[OP_OUTPUTS_MAX];
    struct arena arena;
    size_t rows = self->inputs.row_by_row ? 1 : PROBE_ROWS;
    arena_init(&arena, PROBE_LIMIT);
    bool ran = probe(self, rows, found, &arena), good = true;
    for (size_t i = 0; good && i < self->op.output_count; i++) {
        struct answer *answer = &self->answers[i];
        const struct value *value = ran ? &found[i] : program_output(self->program, i);
        answer->type = value->type;
        good = count_columns(value, ran || self->inputs.row_by_row ? (int64_t)rows : VALUE_ANY,
                             &answer->cols, err);
        if (good && value_type_size(answer->type) == 0)
            good = err_set(err, ERR_UNSUPPORTED, "its type is not known before it runs");
        if (good && (answer->type == VALUE_FLOAT16 || answer->type == VALUE_BFLOAT16))
            good = err_set(err, ERR_UNSUPPORTED, "%s outputs are not supported",
                           value_type_name(answer->type));
        if (!good)
            err_prefix(err, "the output %.80s", outputs[i].name);
    }
    arena_finish(&arena);
    return good;
}

static bool is_label_type(enum value_type type)
{
    return type == VALUE_INT64 || type == VALUE_INT32 || type == VALUE_STRING;
}

/* The first output with a column of labels, and the labels it can have. Without a list of its own,
 * the columns of the probabilities are the classes 0, 1, 2 ... */
static void find_label(struct onnx_op *self, const struct onnx_output *outputs)
{
    self->label = -1;
    for (size_t i = 0; i < self->op.output_count && self->label < 0; i++) {
        if (!is_label_type(self->answers[i].type) || self->answers[i].cols != 1)
            continue;
        const struct onnx_labels *labels = &outputs[i].labels;
        for (size_t j = 0; j < self->op.output_count; j++) {
            if (outputs[j].zipped && outputs[j].labels.count > 0)
                labels = &outputs[j].labels;
        }
        bool words = self->answers[i].type == VALUE_STRING;
        if (labels->count == 0 || words != (labels->words != NULL))
            continue;
        self->label = (int)i;
        self->labels = *labels;
    }
}

static bool is_counted(const struct onnx_labels *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (labels->numbers == NULL || labels->numbers[i] != (int64_t)i)
            return false;
    }
    return true;
}

/* Copies the labels, which the file may take with it, and makes the way back. */
static bool keep_labels(struct onnx_op *self, struct err *err)
{
    struct onnx_labels *labels = &self->labels;
    self->op.classes = labels->count;
    self->counted = is_counted(labels);
    struct value_string *keys = arena_array(&self->arena, labels->count, sizeof *keys);
    if (keys == NULL)
        return no_memory(err);
    for (size_t i = 0; i < labels->count; i++) {
        keys[i] = labels->words != NULL
                      ? labels->words[i]
                      : (struct value_string){(const char *)&labels->numbers[i], sizeof(int64_t)};
        uint32_t existing;
        char *copy = arena_copy_text(&self->arena, keys[i].bytes, keys[i].length);
        if (copy == NULL ||
            !strmap_add(&self->classes, copy, keys[i].length, (uint32_t)i, &existing))
            return no_memory(err);
        if (existing != STRMAP_NONE)
            return err_set(err, ERR_INVALID, "a label is listed twice");
        keys[i].bytes = copy;
    }
    int64_t *numbers = arena_array(&self->arena, labels->count, sizeof *numbers);
    if (numbers == NULL)
        return no_memory(err);
    if (labels->numbers != NULL)
        memcpy(numbers, labels->numbers, labels->count * sizeof *numbers);
    labels->numbers = labels->words != NULL ? NULL : numbers;
    labels->words = labels->words != NULL ? keys : NULL;
    return true;
}

static bool is_whole(enum value_type type)
{
    return type != VALUE_FLOAT && type != VALUE_DOUBLE && type != VALUE_STRING;
}

/* A classifier answers a label and numbers for its classes; what the second one is, its name tells.
 */
static const char *standard_name(const struct onnx_op *self, size_t i,
                                 const struct onnx_output *output)
{
    bool labelled = self->op.output_count > 1 && self->answers[0].cols == 1 &&
                    (is_whole(self->answers[0].type) || self->label == 0);
    if (self->op.output_count == 1)
        return NULL;
    if (labelled && i == 0)
        return "label";
    if (labelled && i == 1)
        return output->zipped || strstr(output->name, "prob") != NULL ? "probability" : "score";
    return output->name;
}

static bool describe_output(struct onnx_op *self, size_t i, const struct onnx_output *output,
                            struct err *err)
{
    struct answer *answer = &self->answers[i];
    struct op_output *to = &self->op.outputs[i];
    const char *name = standard_name(self, i, output);
    *to = (struct op_output){
        .kind = OUTPUT_VALUE, .cols = answer->cols, .single = answer->type == VALUE_FLOAT};
    if ((int)i == self->label)
        to->kind = OUTPUT_LABEL;
    else if (answer->type == VALUE_STRING)
        return err_set(err, ERR_UNSUPPORTED,
                       "the output %.80s is text, and the file does not list what it can be",
                       output->name);
    else if (self->label >= 0 && name != NULL && answer->cols == self->op.classes &&
             strcmp(name, "probability") == 0)
        to->kind = OUTPUT_PROBABILITY;
    if (name == NULL)
        return true;
    answer->name = arena_copy_text(&self->arena, name, strlen(name));
    return answer->name != NULL || no_memory(err);
}

static bool make(struct onnx_op *self, const struct onnx_output *outputs, struct err *err)
{
    self->op.type = &onnx_op_type;
    self->op.output_count = program_output_count(self->program);
    if (self->op.output_count == 0 || self->op.output_count > OP_OUTPUTS_MAX)
        return err_set(err, ERR_LIMIT, "it has %zu outputs, from 1 to %d are supported",
                       self->op.output_count, OP_OUTPUTS_MAX);
    if (!onnx_inputs_read(&self->inputs, self->program, &self->arena, err) ||
        !measure_outputs(self, outputs, err))
        return false;
    self->op.inputs = self->inputs.fields;
    find_label(self, outputs);
    if (self->label >= 0 && !keep_labels(self, err))
        return false;
    for (size_t i = 0; i < self->op.output_count; i++) {
        if (!describe_output(self, i, &outputs[i], err))
            return false;
    }
    self->op.bytes = arena_capacity(&self->arena) + program_bytes(self->program);
    return true;
}

struct op *onnx_op_create(struct program *program, const struct onnx_output *outputs,
                          struct err *err)
{
    struct onnx_op *self = mem_array(1, sizeof *self);
    if (self == NULL) {
        program_destroy(program);
        no_memory(err);
        return NULL;
    }
    self->program = program;
    arena_init(&self->arena, 0);
    if (make(self, outputs, err))
        return &self->op;
    onnx_op_destroy(&self->op);
    return NULL;
}

const struct onnx_inputs *onnx_op_inputs(const struct op *op)
{
    return &((const struct onnx_op *)op)->inputs;
}

const struct program *onnx_op_program(const struct op *op)
{
    return ((const struct onnx_op *)op)->program;
}

const char *onnx_op_output_name(const struct op *op, size_t i)
{
    return ((const struct onnx_op *)op)->answers[i].name;
}

bool onnx_op_labels(const struct op *op, struct graph_label **labels, struct err *err)
{
    const struct onnx_op *self = (const struct onnx_op *)op;
    *labels = NULL;
    if (self->op.classes == 0 || self->counted)
        return true;
    *labels = mem_array(self->op.classes, sizeof **labels);
    if (*labels == NULL)
        return no_memory(err);
    for (size_t i = 0; i < self->op.classes; i++) {
        struct graph_label *label = &(*labels)[i];
        label->is_number = self->labels.words == NULL;
        if (label->is_number) {
            char text[32];
            int length = snprintf(text, sizeof text, "%lld", (long long)self->labels.numbers[i]);
            label->number = (double)self->labels.numbers[i];
            label->text = mem_copy_text(text, (size_t)length);
        } else {
            const struct value_string *word = &self->labels.words[i];
            label->text = mem_copy_text(word->bytes, word->length);
        }
        if (label->text == NULL)
            return no_memory(err);
    }
    return true;
}
