#include "sync/aws_profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct span {
    const char *text;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span span)
{
    while (span.length > 0 && is_blank(span.text[0]))
        span.text++, span.length--;
    while (span.length > 0 && is_blank(span.text[span.length - 1]))
        span.length--;
    return span;
}

static bool equals(struct span span, const char *word)
{
    return span.length == strlen(word) && memcmp(span.text, word, span.length) == 0;
}

/* "profile NAME" in the config file, "NAME" in the other; [default] in both. */
static bool is_section(struct span name, bool config, const char *profile)
{
    static const char word[] = "profile";
    if (!config || (equals(name, "default") && strcmp(profile, "default") == 0))
        return equals(name, profile);
    if (name.length <= sizeof word || memcmp(name.text, word, sizeof word - 1) != 0 ||
        !is_blank(name.text[sizeof word - 1]))
        return false;
    name.text += sizeof word;
    name.length -= sizeof word;
    return equals(trim(name), profile);
}

/* A line of the file, and where it stands. */
struct line {
    struct span text;
    size_t number;
    bool nested;
};

static bool next_line(struct span *rest, struct line *line)
{
    do {
        if (rest->length == 0)
            return false;
        const char *end = memchr(rest->text, '\n', rest->length);
        size_t length = end != NULL ? (size_t)(end - rest->text) : rest->length;
        line->text = trim((struct span){rest->text, length});
        line->nested = length > 0 && is_blank(rest->text[0]);
        line->number++;
        length += end != NULL;
        rest->text += length;
        rest->length -= length;
    } while (line->text.length == 0 || line->text.text[0] == '#' || line->text.text[0] == ';');
    return true;
}

/* The name of a section's line; false if it is another line. */
static bool read_section(struct span line, struct span *name)
{
    if (line.text[0] != '[')
        return false;
    const char *end = memchr(line.text, ']', line.length);
    size_t length = end != NULL ? (size_t)(end - line.text) - 1 : 0;
    *name = trim((struct span){line.text + 1, length});
    return true;
}

/* What "name = value" says: a comment begins at " #" or " ;" as in the AWS tools. */
static bool split(struct span line, struct span *name, struct span *value)
{
    const char *sign = memchr(line.text, '=', line.length);
    if (sign == NULL)
        return false;
    *name = trim((struct span){line.text, (size_t)(sign - line.text)});
    *value = (struct span){sign + 1, line.length - (size_t)(sign - line.text) - 1};
    for (size_t i = 1; i < value->length; i++)
        if ((value->text[i] == '#' || value->text[i] == ';') && is_blank(value->text[i - 1]))
            value->length = i;
    *value = trim(*value);
    return name->length > 0;
}

static bool keep_value(struct span value, char **kept, struct err *err)
{
    free(*kept);
    *kept = mem_copy_text(value.text, value.length);
    return *kept != NULL || err_set(err, ERR_MEMORY, "no memory for a profile's value");
}

bool aws_profile_get(const char *text, size_t length, bool config, const char *profile,
                     const char *key, char **value, struct err *err)
{
    struct span rest = {text, length}, name, set;
    struct line line = {.number = 0};
    bool inside = false;
    *value = NULL;
    if (memchr(text, '\0', length) != NULL)
        return err_set(err, ERR_INVALID, "the file holds a NUL");
    while (next_line(&rest, &line)) {
        if (!line.nested && read_section(line.text, &name)) {
            inside = is_section(name, config, profile);
        } else if (inside && !line.nested) {
            if (!split(line.text, &name, &set)) {
                free(*value);
                *value = NULL;
                return err_set(err, ERR_INVALID, "line %zu is no \"name = value\"", line.number);
            }
            if (equals(name, key) && !keep_value(set, value, err))
                return false;
        }
    }
    return true;
}

bool aws_profile_has(const char *text, size_t length, bool config, const char *profile)
{
    struct span rest = {text, length}, name;
    struct line line = {.number = 0};
    while (next_line(&rest, &line))
        if (!line.nested && read_section(line.text, &name) && is_section(name, config, profile))
            return true;
    return false;
}
