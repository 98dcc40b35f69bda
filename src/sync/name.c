#include "sync/name.h"

#include <string.h>

#define COMPONENT_MAX 255

/* Bytes of the character that begins at text, 0 if it is no valid UTF-8. */
static size_t character_length(const unsigned char *text, size_t left)
{
    unsigned char c = text[0];
    size_t length = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f) ||
               (c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] > 0x8f);
    return bad ? 0 : length;
}

static bool characters_are_good(const char *name, size_t length)
{
    for (size_t i = 0; i < length;) {
        const unsigned char *at = (const unsigned char *)name + i;
        size_t size = character_length(at, length - i);
        if (size == 0 || *at < 0x20 || *at == 0x7f || *at == '\\')
            return false;
        i += size;
    }
    return true;
}

static bool component_is_good(const char *component, size_t length)
{
    return length > 0 && length <= COMPONENT_MAX && !(length == 1 && component[0] == '.') &&
           !(length == 2 && component[0] == '.' && component[1] == '.');
}

bool name_is_path(const char *name, size_t length, struct err *err)
{
    size_t depth = 0;
    if (length == 0 || length > NAME_PATH_MAX)
        return err_set(err, ERR_INVALID, "an object's name is empty or above %d bytes",
                       NAME_PATH_MAX);
    if (!characters_are_good(name, length))
        return err_set(err, ERR_INVALID,
                       "an object's name holds a control character, a backslash or invalid UTF-8");
    for (size_t from = 0; from <= length; depth++) {
        const char *slash = memchr(name + from, '/', length - from);
        size_t to = slash != NULL ? (size_t)(slash - name) : length;
        if (!component_is_good(name + from, to - from))
            return err_set(err, ERR_INVALID,
                           "an object's name has a component that is empty, '.', '..' or above %d "
                           "bytes",
                           COMPONENT_MAX);
        from = to + 1;
    }
    return depth <= NAME_DEPTH_MAX ||
           err_set(err, ERR_INVALID, "an object's name is deeper than %d components",
                   NAME_DEPTH_MAX);
}

bool name_is_folder(const char *name, size_t length)
{
    return length > 0 && name[length - 1] == '/';
}
