/* NumPy's arrays: a row of numbers each, in the model's order. Row after row they are read as a
 * stream; column after column (Fortran order) from a file only, a block of rows at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/source.h"
#include "codec/npy.h"

#define BLOCK_BYTES ((size_t)1 << 20)

struct npy_state {
    struct npy_header header;
    char *block; /* items of `rows` whole rows from `first` on, as they lie in the file */
    size_t block_bytes;
    size_t have;     /* bytes of the block that are there (streams) */
    size_t first;    /* row of the array */
    size_t rows;     /* whole rows in the block */
    size_t capacity; /* rows */
    bool by_column;
    off_t items; /* where they begin in the file */
};

/* Takes exactly `size` bytes. */
static bool read_whole(struct source *source, char *place, size_t size, struct err *err)
{
    size_t have = 0, got = 1;
    while (have < size && got > 0) {
        if (!input_read(source->input, place + have, size - have, &got, err))
            return false;
        have += got;
    }
    return have == size || err_set(err, ERR_INVALID, "the file ends within its header");
}

static bool read_header(struct source *source, struct npy_header *header, struct err *err)
{
    char preamble[NPY_PREAMBLE_SIZE];
    size_t size;
    if (!read_whole(source, preamble, sizeof preamble, err) ||
        !npy_header_size(preamble, &size, err))
        return false;
    if (size < sizeof preamble)
        return err_set(err, ERR_INVALID, "the header is too short to be one");
    char *data = mem_array(size, 1);
    if (data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a header of %zu bytes", size);
    memcpy(data, preamble, sizeof preamble);
    bool ok = read_whole(source, data + sizeof preamble, size - sizeof preamble, err) &&
              npy_header_read(data, size, header, err);
    free(data);
    return ok;
}

/* A flat array is one row, or, where the model takes one value, a column of them. */
static bool check_shape(const struct source *source, struct npy_header *header, struct err *err)
{
    size_t fields = source->schema->field_count;
    if (header->dimensions == 1 && fields != 1) {
        header->cols = header->rows;
        header->rows = 1;
    }
    if (header->cols != fields)
        return err_set(err, ERR_INVALID, "the array has %zu columns, the model takes %zu",
                       header->cols, fields);
    for (size_t i = 0; i < fields; i++)
        if (source->schema->fields[i].type == FIELD_TEXT)
            return err_set(err, ERR_INVALID, "the model takes texts ('%.64s'), an array has none",
                           source->schema->fields[i].name);
    if (source->settings.passed_count > 0)
        return err_set(err, ERR_INVALID, "an array has no names, and --id asks for one");
    return true;
}

static bool prepare(struct source *source, struct npy_state *state, struct err *err)
{
    struct npy_header *header = &state->header;
    size_t width = header->cols * header->item_size;
    state->capacity = width > 0 && width < BLOCK_BYTES ? BLOCK_BYTES / width : 1;
    state->by_column = header->fortran_order && header->rows > 1 && header->cols > 1;
    if (state->by_column && !source->input->seekable)
        return err_set(err, ERR_UNSUPPORTED,
                       "the array lies column after column (Fortran order), which takes a file to "
                       "read rows from, no pipe; or save numpy.ascontiguousarray of it");
    if (state->by_column) {
        off_t at = lseek(source->input->fd, 0, SEEK_CUR);
        state->items = at - (off_t)(source->input->head_size - source->input->head_at);
    }
    state->block_bytes = state->capacity * width;
    state->block = mem_array(state->block_bytes, 1);
    return state->block != NULL || err_set(err, ERR_MEMORY, "no memory for a block of rows");
}

static bool npy_open(struct source *source, struct err *err)
{
    struct npy_state *state = mem_array(1, sizeof *state);
    if (state == NULL)
        return err_set(err, ERR_MEMORY, "no memory to read an array");
    source->state = state;
    return read_header(source, &state->header, err) && check_shape(source, &state->header, err) &&
           prepare(source, state, err);
}

static void npy_close(struct source *source)
{
    struct npy_state *state = source->state;
    if (state != NULL)
        free(state->block);
    free(state);
    source->state = NULL;
}

/* --- blocks -------------------------------------------------------------------------------- */

static bool ends_early(const struct npy_state *state, struct err *err)
{
    return err_set(err, ERR_INVALID, "the file ends within row %zu of the %zu that its header says",
                   state->first + state->rows, state->header.rows);
}

static bool read_at(const struct source *source, char *place, size_t size, off_t at,
                    const struct npy_state *state, struct err *err)
{
    while (size > 0) {
        ssize_t got = pread(source->input->fd, place, size, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, ERR_IO, errno, "cannot read %s", source->input->name);
        if (got == 0)
            return ends_early(state, err);
        place += got;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* The block's rows, of each column a piece. */
static bool fill_by_column(struct source *source, struct npy_state *state, struct err *err)
{
    const struct npy_header *header = &state->header;
    size_t left = header->rows - state->first;
    size_t rows = left < state->capacity ? left : state->capacity;
    for (size_t i = 0; i < header->cols; i++) {
        size_t item = i * header->rows + state->first;
        if (!read_at(source, state->block + i * rows * header->item_size, rows * header->item_size,
                     state->items + (off_t)(item * header->item_size), state, err))
            return false;
    }
    state->rows = rows;
    source->input->consumed += rows * header->cols * header->item_size;
    return true;
}

/* What there is, behind the piece of a row that was there already. */
static bool fill_by_row(struct source *source, struct npy_state *state, struct err *err)
{
    size_t width = state->header.cols * state->header.item_size;
    size_t got;
    if (!input_read(source->input, state->block + state->have, state->block_bytes - state->have,
                    &got, err))
        return false;
    state->have += got;
    state->rows = state->have / width;
    return got > 0 || ends_early(state, err);
}

static bool npy_fill(struct source *source, struct err *err)
{
    struct npy_state *state = source->state;
    return state->by_column ? fill_by_column(source, state, err) : fill_by_row(source, state, err);
}

/* The block is used up; what is left of the next row goes to its beginning. */
static void block_pass(struct npy_state *state)
{
    size_t used = state->rows * state->header.cols * state->header.item_size;
    state->first += state->rows;
    state->rows = 0;
    if (!state->by_column && used > 0) {
        memmove(state->block, state->block + used, state->have - used);
        state->have -= used;
    }
}

static enum source_status npy_next(struct source *source, double *cells, struct arena *arena,
                                   struct source_row *row, struct err *err)
{
    struct npy_state *state = source->state;
    const struct npy_header *header = &state->header;
    size_t at = (size_t)source->next_row;
    if (at >= header->rows)
        return SOURCE_END;
    if (at >= state->first + state->rows) {
        block_pass(state);
        return SOURCE_MORE;
    }
    at -= state->first;
    row->line = 0;
    frame_begin_row(&source->frame, source->schema, cells, arena);
    if (state->by_column) {
        for (size_t i = 0; i < header->cols; i++)
            npy_convert(header, state->block + (i * state->rows + at) * header->item_size, 1,
                        &cells[i], 1);
    } else {
        npy_convert(header, state->block + at * header->cols * header->item_size, header->cols,
                    cells, 1);
    }
    frame_check_row(&source->frame, 0);
    return frame_seal(&source->frame, err) ? SOURCE_ROW : SOURCE_BAD;
}

const struct source_type source_npy = {
    .name = "npy",
    .open = npy_open,
    .close = npy_close,
    .fill = npy_fill,
    .next = npy_next,
};
