/* The tutorial's contract: POST /predict {"input": row or rows} -> {"prediction": answer}. */
#ifndef OMEN_PROTOCOLS_PREDICT_H
#define OMEN_PROTOCOLS_PREDICT_H

#include "protocols/protocol.h"

extern const struct protocol protocol_predict;

#endif
