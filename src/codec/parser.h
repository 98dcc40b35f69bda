/* A text on its way through the scanner into json-c, with the chance to replace parts of it. */
#ifndef OMEN_CODEC_PARSER_H
#define OMEN_CODEC_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/scan.h"

struct json_object;
struct json_tokener;

struct parser {
    struct scan scan;
    struct json_tokener *tokener; /* the thread's; one parser at a time */
    struct json_object *root;     /* until parser_end hands it over */
    const char *fed;              /* what json-c has not seen yet begins here */
    bool complete;
    size_t tree_limit; /* 0: none; else the bytes, about, that json-c's tree may take */
    size_t tree_bytes;
    size_t pending_length; /* what json-c will get with the next call */
    char pending[1024];
};

bool parser_init(struct parser *parser, const char *text, size_t length, struct err *err);
void parser_finish(struct parser *parser);

/* The next token; SCAN_ERROR fills err. */
enum scan_token parser_next(struct parser *parser, struct err *err);

/* json-c gets all up to `from`, then `replacement` in place of [from, to). */
bool parser_replace(struct parser *parser, const char *from, const char *to,
                    const char *replacement, struct err *err);

/* Counts a token that json-c gets besides those of the text. */
bool parser_count(struct parser *parser, enum scan_token token, struct err *err);

/* After SCAN_END: gives json-c the rest and the caller the tree (NULL is null). */
bool parser_end(struct parser *parser, struct json **root, struct err *err);

#endif
