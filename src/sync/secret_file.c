#include "sync/secret_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

void secret_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool secret_file_read(const char *path, const char *what, char **text, struct err *err)
{
    size_t size, first = 0;
    char *data;
    *text = NULL;
    if (!file_read(path, SECRET_FILE_SIZE_MAX, &data, &size, err))
        return err_prefix(err, "%s", what);
    while (size > 0 && is_blank(data[size - 1]))
        data[--size] = '\0';
    while (first < size && is_blank(data[first]))
        first++;
    memmove(data, data + first, size - first + 1);
    size -= first;
    bool good = size > 0;
    for (size_t i = 0; i < size; i++)
        good = good && (unsigned char)data[i] >= 0x20 && data[i] != 0x7f;
    if (!good) {
        free(data);
        return err_set(err, ERR_INVALID, "%s: the file is empty or holds control characters", what);
    }
    *text = data;
    return true;
}
