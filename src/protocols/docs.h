/* GET /docs: a page that shows the document and lets a person try a model. */
#ifndef OMEN_PROTOCOLS_DOCS_H
#define OMEN_PROTOCOLS_DOCS_H

#include "protocols/protocol.h"

extern const struct protocol protocol_docs;

#endif
