/* One option's value: from text, to text, and the words for what would be right. */
#ifndef OMEN_BASE_CONFIG_VALUE_H
#define OMEN_BASE_CONFIG_VALUE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/config.h"

/* Sets the option's value in the struct. If it cannot, the old value stays and `wrong` (reset
 * first) says "what is wrong; what would do". */
bool config_value_set(const struct config_option *option, void *values, const char *text,
                      struct buf *wrong);

/* Frees a text, zeroes the rest. */
void config_value_clear(const struct config_option *option, void *values);

/* The value as a flag or a variable takes it: without the quotes of the file. */
void config_value_print(const struct config_option *option, const void *values, struct buf *out);

/* "a duration such as 500us, 250ms, 5s, 2m or 1h, from 1ms to 1h" */
void config_value_describe(const struct config_option *option, struct buf *out);

/* The metavariable of help texts: "DURATION", "yes|no", "text|json". */
void config_value_print_kind(const struct config_option *option, struct buf *out);

#endif
