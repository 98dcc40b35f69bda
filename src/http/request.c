#include "http/request.h"

#include <string.h>

#define MEDIA_TYPE_MAX 128 /* RFC 6838 section 4.2 allows 127 + 127; nobody has one of 129 */

static const char *const method_names[] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};

enum http_method http_method_parse(const char *text)
{
    for (int method = HTTP_GET; text != NULL && method < HTTP_OTHER; method++) {
        if (strcmp(text, method_names[method]) == 0)
            return (enum http_method)method;
    }
    return HTTP_OTHER;
}

const char *http_method_name(enum http_method method)
{
    return (unsigned)method < HTTP_OTHER ? method_names[method] : method_names[HTTP_OTHER];
}

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

bool http_path_decode(const char *raw, size_t length, char *out, size_t *out_length)
{
    size_t written = 0;
    if (length == 0 || raw[0] != '/')
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c == '%') {
            int high = length - i > 2 ? hex_digit((unsigned char)raw[i + 1]) : -1;
            int low = length - i > 2 ? hex_digit((unsigned char)raw[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (unsigned char)(high << 4 | low);
            i += 2;
        }
        if (is_control(c))
            return false;
        out[written++] = (char)c;
    }
    out[written] = '\0';
    *out_length = written;
    return true;
}

const char *http_media_type(struct arena *arena, const char *content_type)
{
    if (content_type == NULL)
        return "";
    const char *start = content_type + strspn(content_type, " \t");
    size_t length = strcspn(start, "; \t,");
    if (length == 0)
        return "";
    if (length > MEDIA_TYPE_MAX)
        length = MEDIA_TYPE_MAX; /* no known type: whoever asks will not find it */
    char *type = arena_copy_text(arena, start, length);
    if (type == NULL)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (type[i] >= 'A' && type[i] <= 'Z')
            type[i] = (char)(type[i] | 0x20);
    }
    return type;
}
