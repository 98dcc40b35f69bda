/* From FastCGI parameters to a struct http_request. */
#ifndef OMEN_SERVER_INTAKE_H
#define OMEN_SERVER_INTAKE_H

#include <stdint.h>

#include "http/request.h"

struct intake {
    int status;             /* 0, or what to refuse the request with */
    const char *sentence;   /* static; for the refusal */
    int64_t content_length; /* -1: not said */
};

/* Fills method, path, query, content_type, remote and id (NULL when the web server gave none that
 * is fit to be written back and logged) from "NAME=value" texts, which must outlive the request.
 * What cannot be filled gets a harmless value, so that a refusal finds a whole request. */
struct intake intake_fill(struct http_request *request, char **params);

/* The first parameter of that name, or NULL. */
const char *intake_param(char **params, const char *name);

#endif
