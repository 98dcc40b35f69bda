#include "cli/source.h"

#include <string.h>

/* What an empty input is: rows of any kind, none of them. */
static bool empty_open(struct source *source, struct err *err)
{
    (void)source;
    (void)err;
    return true;
}

static void empty_close(struct source *source)
{
    (void)source;
}

static enum source_status empty_next(struct source *source, double *cells, struct arena *arena,
                                     struct source_row *row, struct err *err)
{
    (void)source;
    (void)cells;
    (void)arena;
    (void)row;
    (void)err;
    return SOURCE_END;
}

static const struct source_type source_empty = {
    .name = "empty",
    .open = empty_open,
    .close = empty_close,
    .fill = empty_open,
    .next = empty_next,
};

static const struct source_type *const types[] = {
    [INPUT_EMPTY] = &source_empty,
    [INPUT_CSV] = &source_csv,
    [INPUT_JSONL] = &source_jsonl,
    [INPUT_NPY] = &source_npy,
};

bool source_open(struct source *source, enum input_kind kind, struct input *input,
                 const struct schema *schema, const struct source_settings *settings,
                 struct err *err)
{
    enum input_kind seen = kind;
    *source = (struct source){.input = input, .schema = schema, .settings = *settings};
    if (!input_look(input, &seen, err))
        return false;
    source->type = types[kind == INPUT_EMPTY || seen == INPUT_EMPTY ? seen : kind];
    return source->type->open(source, err);
}

void source_close(struct source *source)
{
    if (source->type != NULL)
        source->type->close(source);
    source->type = NULL;
}

bool source_fill(struct source *source, struct err *err)
{
    return source->type->fill(source, err);
}

enum source_status source_next(struct source *source, double *cells, struct arena *arena,
                               struct source_row *row, struct err *err)
{
    source->frame.problem_count = 0;
    *row = (struct source_row){.number = source->next_row};
    enum source_status status = source->type->next(source, cells, arena, row, err);
    if (status == SOURCE_ROW || status == SOURCE_BAD)
        source->next_row++;
    return status;
}
