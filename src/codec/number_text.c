/* Numbers as programs write them, beside those that JSON has. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "codec/number.h"

/* What JSON has no number for. Longer ones than the copy are no numbers of a program. */
static bool read_loose(const char *text, size_t length, double *value)
{
    static const char *const words[] = {"nan", "inf", "infinity"};
    char copy[64];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    size_t sign = copy[0] == '+' || copy[0] == '-';
    bool known = copy[sign + strspn(copy + sign, "0123456789.eE+-")] == '\0' &&
                 copy[sign] != '\0' && strspn(copy + sign, "+-eE") == 0;
    for (size_t i = 0; !known && i < sizeof words / sizeof words[0]; i++)
        known = strcasecmp(copy + sign, words[i]) == 0;
    char *end = copy;
    if (known)
        *value = strtod(copy, &end);
    return known && end == copy + length;
}

bool number_read_text(const char *text, size_t length, double *value)
{
    const char *end = text + length;
    while (text < end && (*text == ' ' || *text == '\t'))
        text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return text < end &&
           (number_read(text, end, value) == end || read_loose(text, (size_t)(end - text), value));
}
