/* The order of versions: "10" is newer than "9", "1.10" than "1.9". */
#ifndef OMEN_BASE_VERSION_H
#define OMEN_BASE_VERSION_H

/* < 0, 0, > 0 as a is older than, the same as, newer than b. Runs of digits are compared as numbers
 * of any length, everything else byte by byte; only equal texts are the same. */
int version_compare(const char *a, const char *b);

#endif
