/* NumPy's .npy files: the header (versions 1.0 to 3.0), and numbers as doubles.
 *
 * Real numbers of 4 and 8 bytes and integers of 1 to 8 bytes, of both byte orders; one or two
 * dimensions. Structured arrays, objects (which would be pickles), texts, dates, half and complex
 * numbers are refused, each with what to do. The header is hostile input. */
#ifndef OMEN_CODEC_NPY_H
#define OMEN_CODEC_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define NPY_PREAMBLE_SIZE 12           /* enough to know the header's size */
#define NPY_HEADER_MAX ((size_t)65536) /* of the whole header; NumPy's own take a few hundred */

enum npy_kind { NPY_REAL, NPY_SIGNED, NPY_UNSIGNED };

struct npy_header {
    enum npy_kind kind;
    size_t item_size;    /* 1, 2, 4 or 8 bytes */
    bool swapped;        /* stored in the byte order that is not this machine's */
    bool fortran_order;  /* column after column */
    size_t dimensions;   /* 1 or 2 */
    size_t rows, cols;   /* one dimension: rows is its length, cols is 1 */
    size_t header_bytes; /* the items begin there */
};

/* True if the bytes begin as an .npy file does. */
bool npy_detect(const char *data, size_t size);

/* Size of the whole header, from the file's first NPY_PREAMBLE_SIZE bytes. */
bool npy_header_size(const char *preamble, size_t *size, struct err *err);
/* data: the whole header, `size` bytes of it as npy_header_size said. Also checks that the array's
 * size in bytes can be counted. */
bool npy_header_read(const char *data, size_t size, struct npy_header *header, struct err *err);

/* Items that lie side by side, as doubles; out[i * stride]. Integers beyond 2^53 are rounded. */
void npy_convert(const struct npy_header *header, const char *items, size_t count, double *out,
                 size_t stride);

/* The header of an array of doubles, or floats (single), in C order; cols 0: of one dimension. The
 * items follow, row after row. */
void npy_write_header(struct buf *out, bool single, size_t rows, size_t cols);
void npy_write_item(struct buf *out, bool single, double value);

#endif
