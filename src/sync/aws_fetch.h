/* The exchanges that bring AWS keys. */
#ifndef OMEN_SYNC_AWS_FETCH_H
#define OMEN_SYNC_AWS_FETCH_H

#include <stdbool.h>

#include "base/err.h"
#include "sync/aws_chain.h"

/* STS AssumeRoleWithWebIdentity; the token file is read each time, because it is replaced. */
bool aws_fetch_web_identity(struct aws_chain *chain, struct aws_keys *keys, struct err *err);
/* STS AssumeRole, signed with the keys of chain->source. */
bool aws_fetch_role(struct aws_chain *chain, struct aws_keys *keys, struct err *err);
/* What chain->process prints. */
bool aws_fetch_process(struct aws_chain *chain, struct aws_keys *keys, struct err *err);
bool aws_fetch_container(struct aws_chain *chain, struct aws_keys *keys, struct err *err);
/* IMDSv2. */
bool aws_fetch_instance(struct aws_chain *chain, struct aws_keys *keys, struct err *err);

#endif
