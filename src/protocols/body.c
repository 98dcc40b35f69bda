#include "protocols/body.h"

#include <string.h>
#include <strings.h>

#include "codec/compress.h"
#include "protocols/answer.h"
#include "protocols/protocol.h"

#define PACK_MIN ((size_t)1024) /* shorter answers fit into one packet either way */

static const char *param(const struct http_request *request, const char *name)
{
    const char *value = request->param != NULL ? request->param(request, name) : NULL;
    return value != NULL ? value : "";
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static bool find_coding(const char *text, size_t length, enum compress_coding *coding)
{
    *coding = COMPRESS_GZIP;
    if (is_word(text, length, "gzip") || is_word(text, length, "x-gzip"))
        return true;
    *coding = COMPRESS_DEFLATE;
    return is_word(text, length, "deflate");
}

static bool refuse_coding(struct http_response *response)
{
    protocol_answer_status(response, 415, "unsupported_encoding",
                           "the body's Content-Encoding may be gzip, deflate or identity");
    http_response_header(response, "Accept-Encoding", "gzip, deflate");
    return false;
}

bool body_read(struct body *body, struct http_request *request, size_t max_bytes,
               struct http_response *response)
{
    const char *name = param(request, "HTTP_CONTENT_ENCODING");
    enum compress_coding coding;
    struct err err = ERR_INIT;
    *body = (struct body){.bytes = request->body, .length = request->body_length};
    if (name[0] == '\0' || strcasecmp(name, "identity") == 0)
        return true;
    if (!find_coding(name, strlen(name), &coding))
        return refuse_coding(response);
    if (!compress_unpack(coding, request->body, request->body_length, max_bytes, &body->unpacked,
                         &err)) {
        protocol_answer_error(response, &err);
        return false;
    }
    body->bytes = buf_text(&body->unpacked);
    body->length = body->unpacked.length;
    if (!body->unpacked.failed)
        return true;
    err_set(&err, ERR_MEMORY, "no memory for the unpacked body");
    protocol_answer_error(response, &err);
    return false;
}

void body_finish(struct body *body)
{
    buf_finish(&body->unpacked);
}

/* ";q=0", ";q=0.000": the client does not take it. */
static bool is_refused(const char *parameters, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++) {
        if ((parameters[i] | 0x20) != 'q' || parameters[i + 1] != '=')
            continue;
        size_t rest = strspn(parameters + i + 2, "0.");
        return rest > 0 && i + 2 + rest >= length;
    }
    return false;
}

/* The first of our codings that the client names and does not refuse. "*" and no header mean that
 * it leaves the choice to us: as it is. */
static bool choose_coding(const char *accept, enum compress_coding *coding)
{
    for (const char *at = accept; *at != '\0';) {
        at += strspn(at, " \t,");
        size_t length = strcspn(at, ",");
        size_t name = strcspn(at, " \t;,");
        size_t end = length;
        while (end > name && (at[end - 1] == ' ' || at[end - 1] == '\t'))
            end--;
        if (find_coding(at, name, coding) && !is_refused(at + name, end - name))
            return true;
        at += length;
    }
    return false;
}

void body_pack_answer(const struct http_request *request, struct http_response *response)
{
    enum compress_coding coding;
    struct err err = ERR_INIT;
    struct buf packed = BUF_INIT;
    if (response->body.failed || response->body.length < PACK_MIN)
        return;
    http_response_header(response, "Vary", "Accept-Encoding");
    if (!choose_coding(param(request, "HTTP_ACCEPT_ENCODING"), &coding))
        return;
    if (compress_pack(coding, response->body.data, response->body.length, &packed, &err) &&
        packed.length < response->body.length) {
        response->body.length = 0;
        buf_put(&response->body, packed.data, packed.length);
        http_response_header(response, "Content-Encoding",
                             coding == COMPRESS_GZIP ? "gzip" : "deflate");
    }
    buf_finish(&packed);
}
