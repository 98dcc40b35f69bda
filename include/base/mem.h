/* Allocation with checked arithmetic. Failure is NULL, never an exit. */
#ifndef OMEN_BASE_MEM_H
#define OMEN_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* count * size bytes, zeroed; NULL if that overflows or there is no memory. At least one byte. */
void *mem_array(size_t count, size_t size);

/* As realloc for count elements of size; the old block stays valid on failure. */
void *mem_resize(void *block, size_t count, size_t size);

/* NUL-terminated copy of length bytes; the caller frees it. */
char *mem_copy_text(const char *text, size_t length);

/* *product = a * b; false on overflow. */
bool mem_multiply(size_t a, size_t b, size_t *product);

#endif
