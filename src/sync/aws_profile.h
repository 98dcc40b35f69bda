/* The files of the AWS tools, ~/.aws/credentials and ~/.aws/config: sections of "name = value". */
#ifndef OMEN_SYNC_AWS_PROFILE_H
#define OMEN_SYNC_AWS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define AWS_PROFILE_SIZE_MAX ((size_t)1 << 20)

/* Reads the value of `key` in a profile. `config`: sections are called [profile NAME], but for
 * [default]. Nested settings (indented lines) are passed over. A section or a key that is there
 * twice: the last one wins. *value is a fresh text, freed by the caller, or NULL if it is not
 * there; false for a file that is none (ERR_INVALID, naming the line) or without memory. */
bool aws_profile_get(const char *text, size_t length, bool config, const char *profile,
                     const char *key, char **value, struct err *err);
/* Whether the file has the profile. */
bool aws_profile_has(const char *text, size_t length, bool config, const char *profile);

#endif
