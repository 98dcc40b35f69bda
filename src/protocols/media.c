#include "protocols/media.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t";

bool media_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, blanks);
}

/* at: behind the '='. Leaves it behind the value; NULL if a quote is not closed. */
static const char *read_value(const char *at, struct media_parameter *parameter)
{
    bool quoted = *at == '"';
    parameter->value = at + quoted;
    parameter->value_length = strcspn(parameter->value, quoted ? "\"" : "; \t");
    at = parameter->value + parameter->value_length;
    if (quoted && *at != '"')
        return NULL;
    return skip_blanks(at + quoted);
}

bool media_next_parameter(const char **at, struct media_parameter *parameter)
{
    const char *text = *at + strcspn(*at, ";");
    *at = NULL;
    while (*text == ';') /* empty ones are allowed */
        text = skip_blanks(text + 1);
    if (*text == '\0') {
        *at = text;
        return false;
    }
    parameter->name = text;
    parameter->name_length = strcspn(text, "=; \t");
    text = skip_blanks(text + parameter->name_length);
    if (parameter->name_length == 0 || *text != '=')
        return false;
    text = read_value(skip_blanks(text + 1), parameter);
    if (text == NULL || (*text != '\0' && *text != ';'))
        return false;
    *at = text;
    return true;
}

/* --- Accept -------------------------------------------------------------------------------- */

/* One range of an Accept: "text/csv;q=0.5". */
struct range {
    const char *type;
    size_t length;
    double quality;
};

static bool next_range(const char **at, struct range *range)
{
    const char *text = *at + strspn(*at, ", \t");
    size_t whole = strcspn(text, ",");
    *range = (struct range){.type = text, .length = strcspn(text, ",; \t"), .quality = 1};
    for (const char *mark = memchr(text, ';', whole); mark != NULL;) {
        const char *name = skip_blanks(mark + 1);
        if (strncasecmp(name, "q=", 2) == 0)
            range->quality = strtod(name + 2, NULL);
        mark = memchr(mark + 1, ';', whole - (size_t)(mark + 1 - text));
    }
    *at = text + whole;
    return range->length > 0;
}

/* 2: this type; 1: any of its kind; 0: any; -1: another. */
static int match_range(const struct range *range, const char *type)
{
    size_t kind = strcspn(type, "/");
    if (media_is(range->type, range->length, type))
        return 2;
    if (media_is(range->type, range->length, "*/*"))
        return 0;
    return range->length == kind + 2 && strncasecmp(range->type, type, kind + 1) == 0 &&
                   range->type[kind + 1] == '*'
               ? 1
               : -1;
}

/* The quality of the range that fits best. */
static double quality_of(const char *accept, const char *type, bool *exact)
{
    struct range range;
    int best = -1;
    double quality = 0;
    for (const char *at = accept; next_range(&at, &range);) {
        int match = match_range(&range, type);
        if (match > best) {
            best = match;
            quality = range.quality;
        }
    }
    *exact = best == 2;
    return quality;
}

int media_choose(const char *accept, const char *const *types, size_t count, int fallback)
{
    int chosen = -1;
    bool chosen_exact = false, exact;
    double best = 0;
    if (accept[strspn(accept, ", \t")] == '\0')
        return fallback;
    for (size_t i = 0; i < count; i++) {
        double quality = quality_of(accept, types[i], &exact);
        bool better = quality > best || (quality == best && exact && !chosen_exact) ||
                      (quality == best && exact == chosen_exact && (int)i == fallback);
        if (quality > 0 && better) {
            chosen = (int)i;
            chosen_exact = exact;
            best = quality;
        }
    }
    return chosen;
}
