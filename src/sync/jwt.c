#include "sync/jwt.h"

#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/signing.h"
#include "codec/json.h"

#define CLOCK_MARGIN 30 /* seconds that our clock may be ahead of the service's */
#define LIFE 3600

static void put_member(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, "%s\"%s\":", out->data[out->length - 1] == '{' ? "" : ",", key);
    json_write_string(out, value, strlen(value));
}

static void write_claims(const struct jwt_claims *claims, struct buf *out)
{
    int64_t issued = claims->time - CLOCK_MARGIN;
    buf_printf(out, "{\"iat\":%" PRId64 ",\"exp\":%" PRId64, issued, issued + LIFE);
    if (out->failed)
        return;
    put_member(out, "iss", claims->issuer);
    put_member(out, "scope", claims->scope);
    put_member(out, "aud", claims->audience);
    buf_put_char(out, '}');
}

static void write_header(const struct jwt_claims *claims, struct buf *out)
{
    buf_put_text(out, "{\"alg\":\"RS256\",\"typ\":\"JWT\"");
    if (out->failed)
        return;
    if (claims->key_id != NULL)
        put_member(out, "kid", claims->key_id);
    buf_put_char(out, '}');
}

bool jwt_write_signed(const struct jwt_claims *claims, const char *private_key, struct buf *out,
                      struct err *err)
{
    struct buf header = BUF_INIT, body = BUF_INIT, text = BUF_INIT, signature = BUF_INIT;
    write_header(claims, &header);
    write_claims(claims, &body);
    base64_encode_url(&text, header.data, header.length);
    buf_put_char(&text, '.');
    base64_encode_url(&text, body.data, body.length);
    bool good = !header.failed && !body.failed && !text.failed;
    if (!good)
        err_set(err, ERR_MEMORY, "no memory for a signed statement");
    good = good && signing_rsa_sha256(private_key, strlen(private_key), text.data, text.length,
                                      &signature, err);
    if (good) {
        buf_put(out, text.data, text.length);
        buf_put_char(out, '.');
        base64_encode_url(out, signature.data, signature.length);
        good = !out->failed || err_set(err, ERR_MEMORY, "no memory for a signed statement");
    }
    buf_finish(&header);
    buf_finish(&body);
    buf_finish(&text);
    buf_finish(&signature);
    return good;
}
