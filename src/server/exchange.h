/* One request and its answer on one connection. */
#ifndef OMEN_SERVER_EXCHANGE_H
#define OMEN_SERVER_EXCHANGE_H

#include <stddef.h>

#include "server/ring.h"

struct worker;

/* Bytes of a request's head that are looked at before libfcgi gets it. */
size_t exchange_peek_size(size_t max_params);

/* Looks, reads, calls the handler, answers; parks or closes the connection. */
void exchange_serve(struct worker *worker, const struct ring_job *job);

#endif
