/* NumPy's header: accepted or refused with a sentence; what is accepted has a size that can be
 * counted, and its items become doubles. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void convert(const struct npy_header *header, const char *items, size_t bytes)
{
    double out[2 * 64];
    size_t count = bytes / header->item_size;
    count = count < 64 ? count : 64;
    npy_convert(header, items, count, out, 1);
    npy_convert(header, items, count, out, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct npy_header header;
    struct err err = ERR_INIT;
    size_t length = 0;
    check(npy_detect(text, size) == (size >= 6 && memcmp(data, "\x93NUMPY", 6) == 0));
    if (size < NPY_PREAMBLE_SIZE)
        return 0;
    if (!npy_header_size(text, &length, &err)) {
        check(err.text[0] != '\0');
        return 0;
    }
    check(length <= NPY_HEADER_MAX);
    if (length > size)
        return 0;
    if (!npy_header_read(text, length, &header, &err)) {
        check(err.text[0] != '\0');
        return 0;
    }
    check(header.header_bytes == length);
    check(header.dimensions == 1 || header.dimensions == 2);
    check(header.item_size == 1 || header.item_size == 2 || header.item_size == 4 ||
          header.item_size == 8);
    check(header.rows == 0 || header.cols == 0 ||
          header.rows <= (size_t)INT64_MAX / header.cols / header.item_size);
    convert(&header, text + length, size - length);
    return 0;
}
