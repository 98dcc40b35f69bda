#include "sync/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"

#define HEADER_SIZE_MAX 16384

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for a request");
}

bool request_set(struct request *request, const char *method, const char *url, struct err *err)
{
    char *copy = mem_copy_text(url, strlen(url));
    if (copy == NULL)
        return no_memory(err);
    snprintf(request->method, sizeof request->method, "%s", method);
    free(request->url);
    request->url = copy;
    return true;
}

/* A header that ends early would let its value add others. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 && *text != '\t')
            return false;
    return true;
}

bool request_add_header(struct request *request, const char *name, const char *value,
                        struct err *err)
{
    if (!is_plain(name) || !is_plain(value))
        return err_set(err, ERR_INVALID, "a request header holds a control character");
    if (request->header_count >= REQUEST_HEADERS_MAX)
        return err_set(err, ERR_LIMIT, "a request has more than %d headers", REQUEST_HEADERS_MAX);
    size_t size = strlen(name) + strlen(value) + 3;
    char *line = mem_array(size, 1);
    if (line == NULL)
        return no_memory(err);
    snprintf(line, size, "%s: %s", name, value);
    request->headers[request->header_count++] = line;
    return true;
}

/* The value behind "name:" of a line, NULL if it is another header. */
static const char *header_value(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    line += length + 1;
    return line + strspn(line, " \t");
}

bool request_set_header(struct request *request, const char *name, const char *value,
                        struct err *err)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (header_value(request->headers[i], name) == NULL)
            continue;
        free(request->headers[i]);
        request->headers[i] = request->headers[--request->header_count];
        break;
    }
    return request_add_header(request, name, value, err);
}

const char *request_header(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const char *value = header_value(request->headers[i], name);
        if (value != NULL)
            return value;
    }
    return NULL;
}

bool request_copy(const struct request *from, struct request *to, struct err *err)
{
    *to = *from;
    to->url = from->url != NULL ? mem_copy_text(from->url, strlen(from->url)) : NULL;
    to->file_fd = from->file_fd >= 0 ? dup(from->file_fd) : -1;
    to->header_count = 0;
    bool ok = to->url != NULL || from->url == NULL;
    for (size_t i = 0; ok && i < from->header_count; i++) {
        char *line = mem_copy_text(from->headers[i], strlen(from->headers[i]));
        ok = line != NULL;
        if (ok)
            to->headers[to->header_count++] = line;
    }
    if (ok)
        return true;
    request_finish(to);
    return no_memory(err);
}

void request_finish(struct request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        free(request->headers[i]);
    free(request->url);
    if (request->file_fd >= 0)
        close(request->file_fd);
    *request = REQUEST_INIT;
}

bool request_origin(const char *url, char *origin, size_t size)
{
    const char *host = strstr(url, "://");
    if (host == NULL)
        return false;
    size_t length = (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
    if (length >= size || memchr(url, '@', length) != NULL)
        return false;
    for (size_t i = 0; i < length; i++)
        origin[i] = (char)tolower((unsigned char)url[i]);
    origin[length] = '\0';
    return true;
}

void request_describe(const char *url, char *text, size_t size)
{
    const char *host = strstr(url, "://");
    const char *from = host != NULL ? host + 3 : url;
    size_t length = strcspn(from, "?#");
    size_t authority = strcspn(from, "/?#");
    const char *at = memchr(from, '@', authority);
    if (at != NULL) {
        length -= (size_t)(at + 1 - from);
        from = at + 1;
    }
    int scheme = host != NULL ? (int)(host + 3 - url) : 0;
    snprintf(text, size, "%.*s%.*s", scheme, url, (int)length, from);
}

/* A secret's first bytes: a text that is cut has them. */
#define SECRET_BEGIN 12
#define SECRET_MIN 8

static bool shows(const char *text, const char *secret, size_t length)
{
    return length >= SECRET_MIN && memmem(text, strlen(text), secret,
                                          length < SECRET_BEGIN ? length : SECRET_BEGIN) != NULL;
}

bool request_is_repeated(const struct request *request, const char *text)
{
    static const char *const names[] = {"authorization", "token", "key", "secret", "cookie"};
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i], *colon = strchr(line, ':');
        bool secret = false;
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            const char *found = strcasestr(line, names[k]);
            secret = secret || (found != NULL && colon != NULL && found < colon);
        }
        /* The last word: behind "Bearer", or what a signature ends in. */
        const char *value = secret ? colon + strlen(colon) : NULL;
        while (value != NULL && value > colon + 1 && strchr(" =", value[-1]) == NULL)
            value--;
        if (value != NULL && shows(text, value, strlen(value)))
            return true;
    }
    const char *signature = request->url != NULL ? strstr(request->url, "sig=") : NULL;
    return signature != NULL && shows(text, signature + 4, strcspn(signature + 4, "&"));
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void request_encode(struct buf *out, const char *text, size_t length, bool keep_slash)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c) || (keep_slash && c == '/'))
            buf_put_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool request_decode(char *text, bool plus)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '%') {
            int high = hex_value(from[1]);
            int low = high >= 0 ? hex_value(from[2]) : -1;
            if (low < 0 || high * 16 + low == 0)
                return false;
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = plus && *from == '+' ? ' ' : *from;
        }
    }
    *to = '\0';
    return true;
}

void response_finish(struct response *response)
{
    for (size_t i = 0; i < response->header_count; i++)
        free(response->headers[i]);
    buf_finish(&response->body);
    *response = (struct response){.status = 0};
}

const char *response_header(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        const char *value = header_value(response->headers[i], name);
        if (value != NULL)
            return value;
    }
    return NULL;
}

void response_add_header(struct response *response, const char *line, size_t length)
{
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        length--;
    const char *colon = memchr(line, ':', length);
    if (colon == NULL || length > HEADER_SIZE_MAX || memchr(line, '\0', length) != NULL ||
        response->header_count >= RESPONSE_HEADERS_MAX)
        return;
    char *copy = mem_copy_text(line, length);
    if (copy == NULL)
        return;
    for (char *c = copy; *c != ':'; c++)
        *c = (char)tolower((unsigned char)*c);
    response->headers[response->header_count++] = copy;
}

/* Digits up to a bound that no sum of two can pass. */
static bool read_number(const char **text, int64_t *number)
{
    const char *digit = *text;
    int64_t value = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (value > (INT64_MAX / 4 - 9) / 10)
            return false;
        value = value * 10 + (*digit - '0');
    }
    bool any = digit != *text;
    *text = digit;
    *number = value;
    return any;
}

bool response_range(const char *text, int64_t *first, int64_t *last, int64_t *total)
{
    if (strncasecmp(text, "bytes ", 6) != 0)
        return false;
    text += 6;
    if (!read_number(&text, first) || *text++ != '-' || !read_number(&text, last) || *text++ != '/')
        return false;
    if (strcmp(text, "*") == 0)
        *total = -1;
    else if (!read_number(&text, total) || *text != '\0')
        return false;
    return *first <= *last && (*total < 0 || *last < *total);
}
