/* Files that are models, but not in a form that is served: what they are, and the way out. */
#ifndef OMEN_FORMATS_FOREIGN_H
#define OMEN_FORMATS_FOREIGN_H

#include "formats/format.h"

/* A sentence about the file that goes after its name ("is a Python pickle ..."), or NULL. */
const char *foreign_describe(const struct format_file *file);

#endif
