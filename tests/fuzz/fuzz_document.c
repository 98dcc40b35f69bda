/* A model document of any bytes: it loads or is refused with a sentence, and what loads can be run
 * on its own golden rows. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/format.h"
#include "math/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MAX 16
#define ARENA_LIMIT ((size_t)64 << 20)

static void run_rows(const struct artifact *artifact)
{
    struct arena results, scratch;
    arena_init(&results, ARENA_LIMIT);
    arena_init(&scratch, ARENA_LIMIT);
    const struct graph *graph = artifact->graph;
    for (size_t i = 0; i < artifact->golden.row_count && i < ROWS_MAX; i++) {
        struct matrix in = {
            .data = artifact->golden.rows[i].in,
            .rows = 1,
            .cols = graph->schema.field_count,
            .stride = graph->schema.field_count,
        };
        struct matrix out[OP_OUTPUTS_MAX] = {0};
        struct err err = ERR_INIT;
        bool ok =
            graph_run(graph, &in, out, (1U << graph->output_count) - 1, &results, &scratch, &err);
        if (ok != (err.code == ERR_NONE))
            abort();
        arena_reset(&results, 0);
        arena_reset(&scratch, 0);
    }
    arena_finish(&results);
    arena_finish(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    math_init();
    char *text = malloc(size + 1); /* as file_read gives it */
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    struct format_file file = {.name = "model", .data = text, .size = size};
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (format_load(&file, 1, &artifact, &err))
        run_rows(&artifact);
    else if (err.code == ERR_NONE || err.text[0] == '\0' || artifact.graph != NULL)
        abort();
    artifact_finish(&artifact);
    free(text);
    return 0;
}
