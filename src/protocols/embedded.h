/* Files that are part of the program: make-embedded makes embedded.c of them. */
#ifndef OMEN_PROTOCOLS_EMBEDDED_H
#define OMEN_PROTOCOLS_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *data;
    size_t length;
};

extern const struct embedded embedded_openapi;
extern const struct embedded embedded_page_html;
extern const struct embedded embedded_page_css;
extern const struct embedded embedded_page_js;

#endif
