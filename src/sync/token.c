#include "sync/token.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "codec/json.h"
#include "sync/listing.h"
#include "sync/secret_file.h"
#include "sync/timestamp.h"

#define TOKEN_SIZE_MAX 16000
#define RENEW_BEFORE 300    /* seconds before the end */
#define ASK_AGAIN_AFTER 15  /* seconds, while the old one is good */
#define LIFE_MAX 1000000000 /* seconds; what is longer is no life */

bool token_is_good(const struct token *token, int64_t now)
{
    return token->text != NULL && token->expires > now;
}

bool token_is_due(const struct token *token, int64_t now)
{
    if (!token_is_good(token, now))
        return true;
    return token->expires - RENEW_BEFORE <= now && token->asked + ASK_AGAIN_AFTER <= now;
}

bool token_authorize(const struct token *token, struct request *request, struct err *err)
{
    struct buf value = BUF_INIT;
    buf_printf(&value, "Bearer %s", token->text);
    bool good = !value.failed || err_set(err, ERR_MEMORY, "no memory for a token");
    good = good && request_set_header(request, "Authorization", buf_text(&value), err);
    if (value.data != NULL)
        explicit_bzero(value.data, value.length);
    buf_finish(&value);
    return good;
}

void token_finish(struct token *token)
{
    secret_free(token->text);
    *token = (struct token){.text = NULL};
}

/* NULL if it is no text, or one with a NUL. */
static const char *get_text(const struct json *object, const char *key)
{
    bool found;
    size_t length;
    if (json_type(object) != JSON_OBJECT)
        return NULL;
    const struct json *value = json_object_get(object, key, &found);
    if (!found || json_type(value) != JSON_STRING)
        return NULL;
    const char *text = json_string(value, &length);
    return strlen(text) == length ? text : NULL;
}

/* A number, or a text of one; -1 if it is neither. */
static int64_t get_number(const struct json *object, const char *key)
{
    bool found;
    int64_t number;
    const char *text = get_text(object, key);
    if (text != NULL)
        return listing_read_size(text, strlen(text), &number) ? number : -1;
    if (json_type(object) != JSON_OBJECT)
        return -1;
    const struct json *value = json_object_get(object, key, &found);
    return found && json_type(value) == JSON_NUMBER && json_integer(value, &number) ? number : -1;
}

static bool set(struct token *token, const char *text, int64_t expires, struct err *err)
{
    size_t length = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= 0x20 || text[i] > 0x7e)
            return err_set(err, ERR_INVALID, "the token has blanks or control characters");
    if (length == 0 || length > TOKEN_SIZE_MAX)
        return err_set(err, ERR_INVALID, "the reply has no token of 1 to %d bytes", TOKEN_SIZE_MAX);
    char *copy = mem_copy_text(text, length);
    if (copy == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a token");
    token_finish(token);
    *token = (struct token){.text = copy, .expires = expires};
    return true;
}

bool token_read(const char *data, size_t size, int64_t now, struct token *token, struct err *err)
{
    struct json *root;
    if (!json_parse(data, size, &root, err))
        return err_prefix(err, "the token service's reply");
    int64_t on = get_number(root, "expires_on"), in = get_number(root, "expires_in");
    bool good;
    if ((in < 0 || in > LIFE_MAX) && (on <= 0 || on - now > LIFE_MAX))
        good = err_set(err, ERR_INVALID, "the token service does not say until when");
    else
        good = set(token, get_text(root, "access_token"), in >= 0 && in <= LIFE_MAX ? now + in : on,
                   err);
    json_free(root);
    return good;
}

bool token_read_impersonated(const char *data, size_t size, struct token *token, struct err *err)
{
    struct json *root;
    int64_t expires;
    if (!json_parse(data, size, &root, err))
        return err_prefix(err, "the impersonation's reply");
    const char *until = get_text(root, "expireTime");
    bool good = until != NULL && timestamp_read_rfc3339(until, &expires);
    if (!good)
        err_set(err, ERR_INVALID, "the impersonation's expireTime is no time");
    good = good && set(token, get_text(root, "accessToken"), expires, err);
    json_free(root);
    return good;
}

bool token_read_member(const char *data, size_t size, const char *member, char **text,
                       struct err *err)
{
    struct json *root;
    *text = NULL;
    if (!json_parse(data, size, &root, err))
        return false;
    const char *found = get_text(root, member);
    if (found == NULL || found[0] == '\0')
        err_set(err, ERR_INVALID, "there is no text of the name that was asked for");
    else if ((*text = mem_copy_text(found, strlen(found))) == NULL)
        err_set(err, ERR_MEMORY, "no memory for a token");
    json_free(root);
    return *text != NULL;
}
