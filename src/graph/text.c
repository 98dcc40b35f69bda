#include "graph/text.h"

const struct text text_empty = {.length = 0, .bytes = ""};

const struct text *text_in_arena(struct arena *arena, const char *bytes, size_t length)
{
    if (length > SIZE_MAX - sizeof(struct text) - 1)
        return NULL;
    struct text *text = arena_alloc(arena, sizeof *text + length + 1);
    if (text == NULL)
        return NULL;
    char *copy = (char *)(text + 1);
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    *text = (struct text){.length = length, .bytes = copy};
    return text;
}
