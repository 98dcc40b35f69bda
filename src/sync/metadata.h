/* Services beside the machine that tell who it is: fetched with patience, because in a new pod they
 * do not answer yet, and never through a proxy. */
#ifndef OMEN_SYNC_METADATA_H
#define OMEN_SYNC_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/request.h"
#include "sync/transfer.h"

#define METADATA_REPLY_MAX ((size_t)1 << 16)

/* Tries again while nobody answers, or 404, 429 or 5xx is answered, for `patience` ns. True for a
 * 200; the response is to be finished in any case. `who` names the service in errors. */
bool metadata_fetch(struct transfer *transfer, const struct request *request, const char *who,
                    int64_t patience, struct response *response, struct err *err);
/* Says that `who` refused, and by which word (JSON's "error", XML's Code); of the rest of its reply
 * nothing, because it may repeat the secret that it was sent. Keeps what err says when there was no
 * reply. Returns false. */
bool metadata_refused(const struct response *response, const char *who, struct err *err);

#endif
