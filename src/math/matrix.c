#include "math/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct matrix matrix_in_arena(struct arena *arena, size_t rows, size_t cols)
{
    struct matrix m = {.rows = rows, .cols = cols, .stride = cols};
    size_t count;
    if (mem_multiply(rows, cols, &count))
        m.data = arena_array(arena, count, sizeof(double));
    return m;
}

/* A row's vectors should not lie across two lines of the cache. */
#define MATRIX_ALIGN ((size_t)64)

bool matrix_create(struct matrix *m, size_t rows, size_t cols)
{
    *m = (struct matrix){0};
    size_t count, bytes;
    if (!mem_multiply(rows, cols, &count) || !mem_multiply(count, sizeof(double), &bytes) ||
        __builtin_add_overflow(bytes, MATRIX_ALIGN, &bytes))
        return false;
    double *data = aligned_alloc(MATRIX_ALIGN, bytes - bytes % MATRIX_ALIGN);
    if (data == NULL)
        return false;
    memset(data, 0, bytes - bytes % MATRIX_ALIGN);
    *m = (struct matrix){.data = data, .rows = rows, .cols = cols, .stride = cols};
    return true;
}

void matrix_free(struct matrix *m)
{
    if (m == NULL)
        return;
    free(m->data);
    *m = (struct matrix){0};
}

struct matrix matrix_rows(const struct matrix *m, size_t first, size_t count)
{
    return (struct matrix){
        .data = m->data + first * m->stride,
        .rows = count,
        .cols = m->cols,
        .stride = m->stride,
    };
}
