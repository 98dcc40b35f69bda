/* Nodes that become one: a layer of a network is a product, a sum and a rectifier in the file, and
 * three ways through the rows. */
#include <stdlib.h>

#include "base/mem.h"
#include "tensor/kernels/layer.h"
#include "tensor/program_private.h"

#define READERS_MANY (-1) /* or the program itself: the value has to be made */
#define READERS_NONE (-2)

struct fusing {
    struct program *program;
    const int32_t *same;
    int32_t *order;
    size_t count;
    int32_t *reader; /* by value: the place in `order` of the only node that reads it */
    bool *gone;      /* by place: part of another node now */
};

static void find_readers(struct fusing *fusing)
{
    const struct program *program = fusing->program;
    for (size_t i = 0; i < program->value_count; i++)
        fusing->reader[i] = READERS_NONE;
    for (size_t i = 0; i < fusing->count; i++) {
        const struct node *node = &program->nodes[fusing->order[i]];
        for (size_t j = 0; j < node->input_count; j++) {
            if (node->inputs[j] == NODE_ABSENT)
                continue;
            int32_t *reader = &fusing->reader[fusing->same[node->inputs[j]]];
            *reader = *reader == READERS_NONE ? (int32_t)i : READERS_MANY;
        }
    }
    for (size_t i = 0; i < program->outputs.count; i++)
        fusing->reader[fusing->same[program->outputs.items[i]]] = READERS_MANY;
}

/* The node becomes the layer, from its own input to `made`. */
static bool replace(struct fusing *fusing, struct node *node, const struct layer *layer,
                    int32_t made, struct err *err)
{
    struct arena *arena = &fusing->program->arena;
    int32_t *inputs = arena_array(arena, 1, sizeof *inputs);
    int32_t *outputs = arena_array(arena, 1, sizeof *outputs);
    struct layer *state = arena_array(arena, 1, sizeof *state);
    if (inputs == NULL || outputs == NULL || state == NULL)
        return err_set(err, ERR_LIMIT, "the model is larger than it may be");
    inputs[0] = node->inputs[0];
    outputs[0] = made;
    *state = *layer;
    node->kernel = &kernel_layer;
    node->inputs = inputs;
    node->outputs = outputs;
    node->input_count = node->own_count = node->output_count = 1;
    node->state = state;
    return true;
}

/* A product, and as many of the nodes behind it as a layer can do. */
static bool fuse_layer(struct fusing *fusing, size_t place, struct err *err)
{
    struct program *program = fusing->program;
    struct node *node = &program->nodes[fusing->order[place]];
    struct layer layer;
    if (!layer_begin(&layer, node, program->known, &program->arena, err))
        return false;
    if (layer.weights == NULL)
        return true;
    int32_t made = node->outputs[0];
    int32_t reader;
    while ((reader = fusing->reader[fusing->same[made]]) >= 0) {
        const struct node *next = &program->nodes[fusing->order[reader]];
        if (!layer_take(&layer, next, made, fusing->same, program->known))
            break;
        fusing->gone[reader] = true;
        made = next->outputs[0];
    }
    return replace(fusing, node, &layer, made, err);
}

static void drop_gone(struct fusing *fusing)
{
    size_t kept = 0;
    for (size_t i = 0; i < fusing->count; i++) {
        if (!fusing->gone[i])
            fusing->order[kept++] = fusing->order[i];
    }
    fusing->count = kept;
}

bool program_fuse(struct program *program, const int32_t *same, int32_t *order, size_t *count,
                  struct err *err)
{
    struct fusing fusing = {.program = program, .same = same, .order = order, .count = *count};
    fusing.reader = mem_array(program->value_count, sizeof *fusing.reader);
    fusing.gone = mem_array(*count, sizeof *fusing.gone);
    bool good = (fusing.reader != NULL && fusing.gone != NULL) ||
                err_set(err, ERR_MEMORY, "no memory to prepare the model");
    if (good)
        find_readers(&fusing);
    for (size_t i = 0; good && i < *count; i++)
        good = fusing.gone[i] || fuse_layer(&fusing, i, err);
    if (good)
        drop_gone(&fusing);
    *count = fusing.count;
    free(fusing.reader);
    free(fusing.gone);
    return good;
}
