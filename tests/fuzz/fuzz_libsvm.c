/* LIBSVM rows: read or refused with a sentence; where a line begins a row does not depend on what
 * the lines before it held, and no more is said than the text has. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/libsvm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Lines that have anything in front of a comment. */
static size_t count_rows(const char *text, const char *end)
{
    size_t rows = 0;
    while (text < end) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        const char *stop = feed != NULL ? feed : end;
        bool any = false;
        for (; text < stop && *text != '#'; text++)
            any = any || memchr(" \t\r\f\v", *text, 5) == NULL;
        rows += any;
        text = feed != NULL ? feed + 1 : end;
    }
    return rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1); /* of its exact size, for the sanitizer */
    struct libsvm_reader reader;
    struct libsvm_pair pair;
    struct err err = ERR_INIT;
    size_t rows = 0, pairs = 0;
    check(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    libsvm_init(&reader, text, size);
    for (;;) {
        enum libsvm_status status = libsvm_next(&reader, &pair, &err);
        check(reader.at >= text && reader.at <= text + size && reader.line <= size + 1);
        rows += status == LIBSVM_ROW;
        pairs += status == LIBSVM_PAIR;
        check(status != LIBSVM_PAIR || (rows > 0 && pair.index <= LIBSVM_INDEX_MAX));
        check(status != LIBSVM_BAD || err.text[0] != '\0');
        check(pairs <= size / 3 && rows <= size);
        if (status == LIBSVM_END)
            check(rows == count_rows(text, text + size));
        if (status == LIBSVM_END || status == LIBSVM_BAD)
            break;
    }
    free(text);
    return 0;
}
