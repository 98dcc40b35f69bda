/* An XGBoost file of any bytes: it loads or is refused with a sentence, and what loads answers any
 * row; the first byte says what a sidecar would. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/xgboost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 5
#define ARENA_LIMIT ((size_t)64 << 20)
#define FEATURES_MAX 10000

/* Zeros, missing values, categories, and numbers of all magnitudes. */
static double cell(size_t row, size_t feature)
{
    static const double odd[] = {-0.5, 1e-36, 2.5, 33.0, -1e300, INFINITY, 1.0, NAN, 16777216.0};
    return row == 0 ? 0.0 : row == 1 ? (double)NAN : odd[(feature * 3 + row) % 9];
}

static bool run(const struct op *op, struct arena *arena, struct err *err)
{
    struct matrix in = matrix_in_arena(arena, ROWS, op->inputs), out[OP_OUTPUTS_MAX] = {0};
    if (in.data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the rows");
    for (size_t row = 0; row < ROWS; row++)
        for (size_t feature = 0; feature < op->inputs; feature++)
            matrix_row(&in, row)[feature] = cell(row, feature);
    for (size_t i = 0; i < op->output_count; i++) {
        out[i] = matrix_in_arena(arena, ROWS, op->outputs[i].cols);
        if (out[i].data == NULL)
            return err_set(err, ERR_MEMORY, "no memory for the answers");
    }
    if (!op_run(op, &in, out, (1U << op->output_count) - 1, arena, err))
        return false;
    for (size_t row = 0; op->classes > 0 && row < ROWS; row++) {
        double label = *matrix_row(&out[0], row);
        if (!(label >= 0 && label < (double)op->classes))
            abort();
    }
    return true;
}

static void answer(const struct op *op)
{
    struct arena arena;
    struct err err = ERR_INIT;
    arena_init(&arena, ARENA_LIMIT);
    if (op->inputs <= FEATURES_MAX && run(op, &arena, &err) != (err.code == ERR_NONE))
        abort();
    arena_finish(&arena);
}

static struct format_settings settings_of(uint8_t byte)
{
    static const char *const links[] = {NULL,  "identity", "logistic", "softmax",
                                        "exp", "hinge",    NULL,       NULL};
    struct format_settings settings = FORMAT_SETTINGS_INIT;
    settings.link = links[byte & 7];
    settings.missing = (byte & 8) != 0 ? 0.0 : (double)NAN;
    settings.iterations = (byte & 16) != 0   ? FORMAT_ITERATIONS_FIRST
                          : (byte & 32) != 0 ? FORMAT_ITERATIONS_ALL
                                             : FORMAT_ITERATIONS_BEST;
    settings.iteration_count = 1;
    return settings;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size); /* so that a byte too far is seen */
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    const struct format_file file = {.name = "model", .data = text, .size = size - 1};
    const struct format_settings settings = settings_of(data[0]);
    struct trained trained = {0};
    struct err err = ERR_INIT;
    bool detected = xgboost_format.detect(&file);
    bool read = xgboost_format.read(&file, &settings, &trained, &err);
    if (read && detected)
        answer(trained.op);
    if (read != (err.code == ERR_NONE) || read != (err.text[0] == '\0'))
        abort();
    trained_finish(&trained);
    free(text);
    return 0;
}
