/* FastCGI records as a web server would write them, and a client that reads the answers. */
#ifndef OMEN_TESTS_SERVER_RAW_H
#define OMEN_TESTS_SERVER_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct raw_answer {
    int status;            /* of "Status:", 0 when there was none */
    char text[4096];       /* head and body, NUL-terminated, cut off */
    size_t text_length;    /* not cut off */
    unsigned type;         /* of the record that ended it: END_REQUEST or a management record */
    unsigned request_id;   /* of that record */
    unsigned char end[64]; /* its content */
};

void raw_record(struct buf *out, unsigned type, unsigned id, const void *content, size_t size,
                unsigned padding);
void raw_begin(struct buf *out, unsigned id, unsigned role, bool keep);
void raw_param(struct buf *pairs, const char *name, const char *value);
void raw_params(struct buf *out, unsigned id, const struct buf *pairs); /* with the empty record */
/* A whole request; content_length NULL: as long as the body. */
void raw_request(struct buf *out, unsigned id, bool keep, const char *uri, const char *body,
                 const char *content_length);

int raw_connect(const char *path);
void raw_send(int fd, struct buf *bytes); /* and empties it */
/* False when the connection ends first. */
bool raw_receive(int fd, struct raw_answer *answer);
/* Waits for it, passing over the empty STDOUT record that may stand behind a last answer; false
 * when something else comes, or nothing in 5 s. */
bool raw_is_closed(int fd);

#endif
