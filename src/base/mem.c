#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool mem_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

void *mem_array(size_t count, size_t size)
{
    size_t bytes;
    if (!mem_multiply(count, size, &bytes))
        return NULL;
    return calloc(bytes > 0 ? bytes : 1, 1);
}

void *mem_resize(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (!mem_multiply(count, size, &bytes))
        return NULL;
    return realloc(block, bytes > 0 ? bytes : 1);
}

char *mem_copy_text(const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = malloc(length + 1);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}
