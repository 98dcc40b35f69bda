/* Where AWS keys come from, in the order of the AWS tools: environment, profile, web identity,
 * container, instance. What is found first decides; if it then fails, nothing else is tried. */
#ifndef OMEN_SYNC_AWS_CHAIN_H
#define OMEN_SYNC_AWS_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/aws_keys.h"
#include "sync/transfer.h"

enum aws_origin {
    AWS_FIXED,        /* environment or profile */
    AWS_WEB_IDENTITY, /* a token file and a role, at STS */
    AWS_CONTAINER,    /* ECS, EKS Pod Identity */
    AWS_INSTANCE,     /* EC2, by IMDSv2 */
    AWS_PROCESS,      /* a command of the user's profile says them */
    AWS_ROLE,         /* a role, at STS, with the keys of `source` */
};

struct aws_chain {
    enum aws_origin origin;
    struct transfer *transfer; /* borrowed */
    int64_t patience;          /* ns that a metadata service has to begin to answer */
    struct aws_keys fixed;
    char *role, *session, *token_file; /* web identity */
    char *url;                         /* STS, the container's service, or the instance's */
    char *authorization, *authorization_file;
    char *process;                /* shell command */
    char *external_id, *duration; /* of a role; NULL */
    struct aws_chain *source;     /* owned */
    /* What is found on the way; "" when nobody says. */
    char region[64];
    char *endpoint; /* NULL: the cloud's own */
};

/* Looks at environment and files only. profile: "" is AWS_PROFILE, else default. */
bool aws_chain_find(struct aws_chain *chain, const char *profile, const char *region,
                    struct err *err);
/* Region and endpoint alone: for who is anonymous. */
bool aws_chain_find_place(struct aws_chain *chain, const char *profile, const char *region,
                          struct err *err);
/* Gets keys that are good for a while. */
bool aws_chain_get(struct aws_chain *chain, struct aws_keys *keys, struct err *err);
void aws_chain_finish(struct aws_chain *chain);

#endif
