/* MLflow's scoring protocol: what its JSON bodies hold, and its way to say that something is wrong.
 * POST /invocations itself is shared with SageMaker: protocols/invocations. */
#ifndef OMEN_PROTOCOLS_MLFLOW_H
#define OMEN_PROTOCOLS_MLFLOW_H

#include <stdbool.h>

#include "codec/json.h"
#include "protocols/job.h"
#include "protocols/protocol.h"

extern const struct protocol protocol_mlflow;

/* True if the object has any of dataframe_split, dataframe_records, instances and inputs. */
bool mlflow_detect(const struct json *root);
/* Rows of the one that it has. False when the answer is an error, which is written. */
bool mlflow_read(struct job *job, const struct json *root);

/* Puts MLflow's members in front of ours where the answer is an error. */
void mlflow_dress_error(struct http_response *response);

#endif
