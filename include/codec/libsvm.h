/* Sparse rows as LIBSVM and SVMlight write them: "[label] index:value ...", a row to a line.
 *
 * Read in place, token by token. A label, a "qid:" and what follows a '#' are passed over; lines
 * with nothing else are no rows. A line of a label alone is a row without a value. Hostile input:
 * indices are bounded, values are plain decimal numbers, "nan" or an infinity. */
#ifndef OMEN_CODEC_LIBSVM_H
#define OMEN_CODEC_LIBSVM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LIBSVM_INDEX_MAX UINT32_C(1000000000)

struct libsvm_reader {
    const char *at, *end;
    uint64_t line; /* of what was read last, from 1 */
    int state;
};

struct libsvm_pair {
    uint32_t index; /* as written: who reads knows whether it counts from 0 or from 1 */
    double value;
};

enum libsvm_status {
    LIBSVM_ROW,  /* a row begins */
    LIBSVM_PAIR, /* of this row */
    LIBSVM_END,
    LIBSVM_BAD, /* err says what; reader->line says where. Nothing goes on */
};

/* text is borrowed until the end. */
void libsvm_init(struct libsvm_reader *reader, const char *text, size_t length);
enum libsvm_status libsvm_next(struct libsvm_reader *reader, struct libsvm_pair *pair,
                               struct err *err);

#endif
