#include "http/response.h"

#include <string.h>

static void set_defaults(struct http_response *response)
{
    response->status = 200;
    response->content_type = "application/json";
    response->route = "";
    response->model = "";
    response->version = "";
    response->rows = 0;
}

void http_response_init(struct http_response *response)
{
    *response = (struct http_response){.headers = BUF_INIT, .body = BUF_INIT};
    set_defaults(response);
}

void http_response_finish(struct http_response *response)
{
    if (response == NULL)
        return;
    buf_finish(&response->headers);
    buf_finish(&response->body);
}

void http_response_reset(struct http_response *response, size_t keep)
{
    buf_reset(&response->headers, keep);
    buf_reset(&response->body, keep);
    set_defaults(response);
}

void http_response_header(struct http_response *response, const char *name, const char *value)
{
    buf_put_text(&response->headers, name);
    buf_put(&response->headers, ": ", 2);
    for (const char *c = value; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        buf_put_char(&response->headers, byte < 0x20 || byte == 0x7f ? '_' : *c);
    }
    buf_put(&response->headers, "\r\n", 2);
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "Unknown";
}
