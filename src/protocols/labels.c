#include "protocols/labels.h"

#include <string.h>

/* Behind `word`, if the text begins with it and `stop` follows; else NULL. */
static const char *pass(const char *text, const char *word, char stop)
{
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && text[length] == stop ? text + length + 1 : NULL;
}

const char *labels_find(const char *labels, const char *model, const char *label,
                        struct arena *arena)
{
    static const char between[] = ", \t";
    const char *at = labels != NULL ? labels : "";
    for (at += strspn(at, between); *at != '\0'; at += strspn(at, between)) {
        const char *version = pass(at, model, '/');
        version = version != NULL ? pass(version, label, '=') : NULL;
        size_t length = strcspn(at, between);
        if (version != NULL && version < at + length)
            return arena_copy_text(arena, version, (size_t)(at + length - version));
        at += length;
    }
    return NULL;
}
