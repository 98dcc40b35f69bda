/* FastCGI records taken apart slowly and simply: everything is collected first and judged then. The
 * second opinion on src/server/preflight.c and on what libfcgi makes of the same bytes. */
#ifndef OMEN_TESTS_FUZZ_RECORDS_WALK_H
#define OMEN_TESTS_FUZZ_RECORDS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct walk_head {
    bool whole; /* one whole head of a request that libfcgi may see; else the rest says nothing */
    unsigned id;
    unsigned padding;  /* of the last record */
    size_t end;        /* of the head, in bytes */
    size_t count;      /* of parameters */
    struct buf params; /* "NAME=value" and a NUL for each */
};

void walk_head(const uint8_t *bytes, size_t size, size_t max_params, struct walk_head *head);
void walk_head_finish(struct walk_head *head);

/* The first parameter of that name as a C text, or NULL. */
const char *walk_param(const struct walk_head *head, const char *name);

struct walk_body {
    bool whole;      /* the empty record was there */
    bool clean;      /* whole, and no other records between its own */
    size_t end;      /* where the peer stops writing: behind the body, or where it goes wrong */
    struct buf text; /* when clean */
};

/* The records behind a head of `id`, up to the first that must not be sent: a management record
 * there is libfcgi's to answer, which overruns its buffer when a GET_VALUES repeats a name and
 * loses memory otherwise (src/server/preflight.h). */
void walk_body(const uint8_t *bytes, size_t size, unsigned id, struct walk_body *body);
void walk_body_finish(struct walk_body *body);

#endif
