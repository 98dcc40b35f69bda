/* The one shape of every error that omen answers:
 * {"error":sentence,"code":word[,"row":n][,"field":name][, what a dialect adds]}. */
#ifndef OMEN_PROTOCOLS_ANSWER_H
#define OMEN_PROTOCOLS_ANSWER_H

#include "base/err.h"
#include "http/response.h"

/* The HTTP status that an error stands for. */
int answer_status_of(enum err_code code);

/* The object by itself, but for its closing brace: for one of several in an answer. */
void answer_write(struct buf *out, const char *code, const struct err *err);

/* Empties the body and writes the object but for its closing brace, so that the caller can add
 * members (each beginning with a comma). 503 gets its Retry-After here. */
void answer_open(struct http_response *response, int status, const char *code,
                 const struct err *err);
void answer_close(struct http_response *response);

/* For a dialect whose own members come first: the sentence of the error that was answered, as JSON
 * with its quotes (NULL: the body is none of ours), and members to put before ours, the last one
 * with a comma behind it. */
const char *answer_sentence(const struct http_response *response, size_t *length);
void answer_put_first(struct http_response *response, const struct buf *members);

#endif
