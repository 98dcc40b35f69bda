/* What the sources of base/config.h share: finding what was meant, telling what is wrong. */
#ifndef OMEN_BASE_CONFIG_PRIVATE_H
#define OMEN_BASE_CONFIG_PRIVATE_H

#include "base/config.h"

/* Of a section or an option, with its NUL. */
#define CONFIG_NAME_SIZE ((size_t)64)

/* Adds a line. */
void config_problem_add(struct config_problems *problems, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* NULL: there is none of that name. */
const struct config_option *config_option_find(const struct config_table *table, const char *name);
/* The name that was meant, NULL if none is near. */
const char *config_option_guess(const struct config_table *table, const char *name);

/* Keeps the nearer to name of two candidates, *best and this one; *best begins as NULL, *distance
 * as SIZE_MAX. More than a third of the letters wrong is another word. */
void config_candidate_judge(const char *name, const char *candidate, const char **best,
                            size_t *distance);

/* The text of a variable, NULL if it is not set. */
const char *config_variable_find(char **environment, const char *name);

/* The words of a help text, filled up to the width of a page, each line behind margin. */
void config_put_wrapped(struct buf *out, const char *margin, const char *text);

#endif
