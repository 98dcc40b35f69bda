/* Where secrets may be sent. */
#ifndef OMEN_SYNC_ORIGIN_H
#define OMEN_SYNC_ORIGIN_H

#include <stdbool.h>

/* To an https address, or by plain http to this machine or the cloud's own services beside it. */
bool origin_may_have_secrets(const char *url);

#endif
