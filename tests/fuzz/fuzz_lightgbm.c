/* A LightGBM file of any bytes: it loads or is refused with a sentence, and what loads answers any
 * row; the first byte says what a sidecar would. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/lightgbm.h"
#include "trained.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct format_settings settings_of(uint8_t byte)
{
    static const char *const links[] = {NULL,  "identity",  "logistic", "softmax",
                                        "exp", "log1p_exp", NULL,       NULL};
    struct format_settings settings = FORMAT_SETTINGS_INIT;
    settings.link = links[byte & 7];
    settings.missing = (byte & 8) != 0 ? 0.0 : (double)NAN;
    settings.iterations = (byte & 16) != 0 ? FORMAT_ITERATIONS_FIRST : FORMAT_ITERATIONS_BEST;
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
    lightgbm_format.detect(&file);
    if (lightgbm_format.read(&file, &settings, &trained, &err))
        trained_answer(trained.op);
    else if (err.code == ERR_NONE || err.text[0] == '\0')
        abort();
    trained_finish(&trained);
    free(text);
    return 0;
}
