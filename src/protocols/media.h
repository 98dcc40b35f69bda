/* What is in a Content-Type beside the media type, and what an Accept asks for. */
#ifndef OMEN_PROTOCOLS_MEDIA_H
#define OMEN_PROTOCOLS_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

/* A parameter of a Content-Type; borrowed from it. A quoted value is without its quotes. */
struct media_parameter {
    const char *name, *value;
    size_t name_length, value_length;
};

/* *at: the whole header at first, then what is left. False at the end, or when what follows is no
 * parameter (*at is NULL then). */
bool media_next_parameter(const char **at, struct media_parameter *parameter);
/* Without regard to case. */
bool media_is(const char *text, size_t length, const char *word);

/* Which of the media types (count of them, in lower case, the ones we would rather send first) an
 * Accept likes best; `fallback` when it takes anything, says nothing or is empty; -1: none. */
int media_choose(const char *accept, const char *const *types, size_t count, int fallback);

#endif
