/* An ONNX file of any bytes: it loads or is refused with a sentence, and what loads answers any
 * row, with labels that it listed. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/onnx.h"
#include "graph/text.h"
#include "math/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 3
#define ARENA_LIMIT ((size_t)64 << 20)
#define FEATURES_MAX 10000

/* Zeros, missing values where they may be, and numbers of all magnitudes as far as the field's
 * bounds go; a few words. */
static double cell(const struct field *field, size_t row, size_t feature)
{
    static const double odd[] = {-0.5, 1e-36, 2.5, 33.0, -1e300, (double)INFINITY, 1.0, 7.0};
    static const struct text words[] = {{1, "a"}, {3, "a b"}, {0, ""}};
    double x = odd[(feature * 3 + row) % 8];
    if (field->type == FIELD_TEXT)
        return text_cell(&words[row]);
    if (row == 1 && field->on_missing == POLICY_NAN)
        return (double)NAN;
    if (field->integer)
        x = trunc(fmin(fmax(x, field->minimum), field->maximum));
    return row == 0 ? 0.0 : x;
}

static bool run(const struct trained *trained, struct arena *arena, struct err *err)
{
    const struct op *op = trained->op;
    struct matrix in = matrix_in_arena(arena, ROWS, op->inputs), out[OP_OUTPUTS_MAX] = {0};
    if (in.data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the rows");
    for (size_t row = 0; row < ROWS; row++)
        for (size_t feature = 0; feature < op->inputs; feature++)
            matrix_row(&in, row)[feature] = cell(&trained->schema.fields[feature], row, feature);
    for (size_t i = 0; i < op->output_count; i++) {
        out[i] = matrix_in_arena(arena, ROWS, op->outputs[i].cols);
        if (out[i].data == NULL)
            return err_set(err, ERR_MEMORY, "no memory for the answers");
    }
    if (!op_run(op, &in, out, (1U << op->output_count) - 1, arena, err))
        return false;
    for (size_t i = 0; i < op->output_count; i++) {
        for (size_t row = 0; op->outputs[i].kind == OUTPUT_LABEL && row < ROWS; row++) {
            double label = *matrix_row(&out[i], row);
            if (!(label >= 0 && label < (double)op->classes))
                abort();
        }
    }
    return true;
}

static void answer(const struct trained *trained)
{
    struct arena arena;
    struct err err = ERR_INIT;
    arena_init(&arena, ARENA_LIMIT);
    if (trained->op->inputs <= FEATURES_MAX && run(trained, &arena, &err) != (err.code == ERR_NONE))
        abort();
    arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1); /* so that a byte too far is seen */
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    math_init();
    const struct format_file file = {.name = "model", .data = text, .size = size};
    const struct format_settings settings = FORMAT_SETTINGS_INIT;
    struct trained trained = {0};
    struct err err = ERR_INIT;
    onnx_format.detect(&file);
    if (onnx_format.read(&file, &settings, &trained, &err))
        answer(&trained);
    else if (err.code == ERR_NONE || err.text[0] == '\0')
        abort();
    trained_finish(&trained);
    free(text);
    return 0;
}
