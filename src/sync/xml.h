/* XML as clouds answer it: listings, credentials, refusals. expat's only home.
 *
 * Elements are told by their local names (servers disagree about namespaces), with the text of
 * those that have no children. A document type, which is where entities come from, is refused;
 * depth and a text's length are bounded. */
#ifndef OMEN_SYNC_XML_H
#define OMEN_SYNC_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define XML_DEPTH_MAX 16
#define XML_TEXT_MAX 16384 /* bytes: thrice a name of 1024 that is encoded, and some */

struct xml_handler {
    void *context;
    /* depth: 1 is the root. attributes: name, value, ..., NULL. Either may be NULL; false ends it,
     * with err set. */
    bool (*open)(void *context, const char *name, unsigned depth, const char **attributes,
                 struct err *err);
    bool (*close)(void *context, const char *name, unsigned depth, const char *text, size_t length,
                  struct err *err);
};

bool xml_parse(const char *data, size_t size, const struct xml_handler *handler, struct err *err);

/* The text of the first element of this name that has no children, cut to size; false (and "") if
 * there is none or it is no XML. */
bool xml_find(const char *data, size_t size, const char *name, char *text, size_t text_size);

#endif
