/* Files that are models, but not in a form that is served: what they are, and the way out. */
#ifndef OMEN_FORMATS_FOREIGN_H
#define OMEN_FORMATS_FOREIGN_H

#include "formats/format.h"

/* A sentence about the file that goes after its name ("is a Python pickle ..."), or NULL. */
const char *foreign_describe(const struct format_file *file);

/* Of a file that is nothing known: what it looks like, and what is missing for that to be a model;
 * goes after "it is " ("empty"). Never NULL. */
const char *foreign_guess(const struct format_file *file);

#endif
