#include "server/intake.h"

#include <stdbool.h>
#include <string.h>

#define ID_MAX ((size_t)128)

enum known {
    KNOWN_METHOD,
    KNOWN_URI,
    KNOWN_SCRIPT,
    KNOWN_PATH_INFO,
    KNOWN_QUERY,
    KNOWN_TYPE,
    KNOWN_LENGTH,
    KNOWN_REMOTE,
    KNOWN_ID,
    KNOWN_COUNT
};

static const struct {
    const char *name;
    size_t length;
} known_names[KNOWN_COUNT] = {
    [KNOWN_METHOD] = {"REQUEST_METHOD=", 15}, [KNOWN_URI] = {"REQUEST_URI=", 12},
    [KNOWN_SCRIPT] = {"SCRIPT_NAME=", 12},    [KNOWN_PATH_INFO] = {"PATH_INFO=", 10},
    [KNOWN_QUERY] = {"QUERY_STRING=", 13},    [KNOWN_TYPE] = {"CONTENT_TYPE=", 13},
    [KNOWN_LENGTH] = {"CONTENT_LENGTH=", 15}, [KNOWN_REMOTE] = {"REMOTE_ADDR=", 12},
    [KNOWN_ID] = {"REQUEST_ID=", 11},
};

/* One pass over the list; the first of two parameters of one name counts, as in FCGX_GetParam. */
static void collect(char **params, const char *values[KNOWN_COUNT])
{
    for (; params != NULL && *params != NULL; params++) {
        const char *param = *params;
        if (param[0] == 'H') /* HTTP_*: half of all parameters, none of ours */
            continue;
        for (size_t i = 0; i < KNOWN_COUNT; i++) {
            if (values[i] == NULL && param[0] == known_names[i].name[0] &&
                strncmp(param, known_names[i].name, known_names[i].length) == 0) {
                values[i] = param + known_names[i].length;
                break;
            }
        }
    }
}

static bool is_id(const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    return length >= 1 && length <= ID_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") ==
               length;
}

static bool parse_length(const char *text, int64_t *length)
{
    *length = -1;
    if (text == NULL || text[0] == '\0')
        return true;
    int64_t value = 0;
    size_t digits = strspn(text, "0123456789");
    if (text[digits] != '\0' || digits > 18)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    *length = value;
    return true;
}

static struct intake refuse(int status, const char *sentence)
{
    return (struct intake){.status = status, .sentence = sentence, .content_length = -1};
}

/* REQUEST_URI as the client wrote it. */
static struct intake path_from_uri(struct http_request *request, const char *uri)
{
    size_t length = strcspn(uri, "?#");
    char *path = arena_alloc(request->arena, length + 1);
    if (path == NULL)
        return refuse(503, "no memory for the path");
    if (!http_path_decode(uri, length, path, &request->path_length))
        return refuse(400, "the path is malformed");
    request->path = path;
    return (struct intake){0};
}

/* SCRIPT_NAME and PATH_INFO, which are decoded already: a '%' in them is one. */
static struct intake path_from_script(struct http_request *request, const char *script,
                                      const char *info)
{
    char *path = arena_printf(request->arena, "%s%s", script, info);
    if (path == NULL)
        return refuse(503, "no memory for the path");
    if (path[0] != '/')
        return refuse(400, "the path is missing or malformed");
    for (const char *c = path; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return refuse(400, "the path is malformed");
    }
    request->path = path;
    request->path_length = strlen(path);
    return (struct intake){0};
}

/* QUERY_STRING, or else what REQUEST_URI has behind its '?'. */
static const char *find_query(const char *query, const char *uri)
{
    if (query != NULL)
        return query;
    const char *mark = uri != NULL ? strchr(uri, '?') : NULL;
    return mark != NULL ? mark + 1 : "";
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

struct intake intake_fill(struct http_request *request, char **params)
{
    const char *values[KNOWN_COUNT] = {NULL};
    collect(params, values);
    request->method = http_method_parse(values[KNOWN_METHOD]);
    request->path = "/";
    request->path_length = 1;
    request->query = find_query(values[KNOWN_QUERY], values[KNOWN_URI]);
    request->remote = or_empty(values[KNOWN_REMOTE]);
    request->id = is_id(values[KNOWN_ID]) ? values[KNOWN_ID] : NULL;
    request->content_type = http_media_type(request->arena, values[KNOWN_TYPE]);
    struct intake intake = values[KNOWN_URI] != NULL && values[KNOWN_URI][0] != '\0'
                               ? path_from_uri(request, values[KNOWN_URI])
                               : path_from_script(request, or_empty(values[KNOWN_SCRIPT]),
                                                  or_empty(values[KNOWN_PATH_INFO]));
    if (request->content_type == NULL) {
        request->content_type = "";
        intake = refuse(503, "no memory for the content type");
    }
    int64_t length;
    if (!parse_length(values[KNOWN_LENGTH], &length) && intake.status == 0)
        intake = refuse(400, "the content length is not a number");
    intake.content_length = length;
    return intake;
}

const char *intake_param(char **params, const char *name)
{
    size_t length = strlen(name);
    for (; params != NULL && *params != NULL; params++) {
        if (strncmp(*params, name, length) == 0 && (*params)[length] == '=')
            return *params + length + 1;
    }
    return NULL;
}
