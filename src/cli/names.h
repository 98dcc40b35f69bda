/* Names: lists of them on the command line, and lists of them in sentences. */
#ifndef OMEN_CLI_NAMES_H
#define OMEN_CLI_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "codec/csv.h"

#define NAMES_SHOWN 10     /* in a sentence; the rest is counted */
#define NAMES_BYTES_MAX 64 /* of one name in a sentence */

/* "a, b and 3 more". Zero it before the first names_add. */
struct names {
    char text[400];
    size_t used;
    size_t count;
};

void names_add(struct names *names, const char *name, size_t length);
const char *names_text(struct names *names);
/* How much of a name a sentence shows: cut between characters. For "%.*s". */
int names_cut(const char *name, size_t length);

/* A list as the command line has it: one CSV record. "" has no names. */
struct name_record {
    struct csv_reader reader; /* whose memory the fields are in */
    const struct csv_field *fields;
    size_t count;
};

bool names_parse(const char *text, struct name_record *record, struct err *err);
void names_finish(struct name_record *record);

#endif
