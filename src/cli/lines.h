/* Lines of text in a stream: bytes go in as they come, whole lines come out. */
#ifndef OMEN_CLI_LINES_H
#define OMEN_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct lines {
    size_t limit; /* bytes of a line */
    char *data;
    size_t begin, at, end, capacity;
    uint64_t number; /* of the last line, from 1 */
    bool closed, skipping, started;
};

enum lines_status { LINES_LINE, LINES_MORE, LINES_END, LINES_TOO_LONG };

void lines_init(struct lines *lines, size_t limit);
void lines_finish(struct lines *lines);
/* As csv_reserve, csv_commit and csv_close of codec/csv.h. */
char *lines_reserve(struct lines *lines, size_t *size, struct err *err);
void lines_commit(struct lines *lines, size_t size);
void lines_close(struct lines *lines);
/* A line without its end (LF or CRLF), borrowed until the next call. A byte order mark in front of
 * the first one is passed over. After LINES_TOO_LONG it goes on with the next line. */
enum lines_status lines_next(struct lines *lines, const char **text, size_t *length);

#endif
