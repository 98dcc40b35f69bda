#include "sync/aws_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/json.h"
#include "sync/timestamp.h"
#include "sync/xml.h"

#define KEY_SIZE_MAX 256
#define TOKEN_SIZE_MAX 8192

static void wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void aws_keys_finish(struct aws_keys *keys)
{
    wipe(keys->access_key);
    wipe(keys->secret_key);
    wipe(keys->token);
    *keys = (struct aws_keys){.access_key = NULL};
}

/* Printable ASCII without blanks. */
static bool is_key(const char *text, size_t limit)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] <= 0x20 || text[i] > 0x7e)
            return false;
    return length > 0 && length <= limit;
}

bool aws_keys_set(struct aws_keys *keys, const char *access_key, const char *secret_key,
                  const char *token, int64_t expires, struct err *err)
{
    bool session = token != NULL && token[0] != '\0';
    aws_keys_finish(keys);
    if (!is_key(access_key, KEY_SIZE_MAX) || !is_key(secret_key, KEY_SIZE_MAX) ||
        (session && !is_key(token, TOKEN_SIZE_MAX)))
        return err_set(err, ERR_INVALID, "the AWS keys have blanks, or are empty or too long");
    keys->access_key = mem_copy_text(access_key, strlen(access_key));
    keys->secret_key = mem_copy_text(secret_key, strlen(secret_key));
    keys->token = session ? mem_copy_text(token, strlen(token)) : NULL;
    keys->expires = expires;
    if (keys->access_key != NULL && keys->secret_key != NULL && (!session || keys->token != NULL))
        return true;
    aws_keys_finish(keys);
    return err_set(err, ERR_MEMORY, "no memory for keys");
}

/* NULL if it is no text, or one with a NUL. */
static const char *get_text(const struct json *object, const char *key)
{
    bool found;
    size_t length;
    const struct json *value = json_object_get(object, key, &found);
    if (!found || json_type(value) != JSON_STRING)
        return NULL;
    const char *text = json_string(value, &length);
    return strlen(text) == length ? text : NULL;
}

bool aws_keys_read_json(const char *data, size_t size, struct aws_keys *keys, struct err *err)
{
    struct json *root;
    int64_t expires = 0;
    if (!json_parse(data, size, &root, err))
        return err_prefix(err, "the AWS keys");
    bool good = json_type(root) == JSON_OBJECT;
    const char *access = good ? get_text(root, "AccessKeyId") : NULL;
    const char *secret = good ? get_text(root, "SecretAccessKey") : NULL;
    const char *token = good ? get_text(root, "Token") : NULL;
    if (good && token == NULL)
        token = get_text(root, "SessionToken");
    const char *expiration = good ? get_text(root, "Expiration") : NULL;
    if (access == NULL || secret == NULL)
        good = err_set(err, ERR_INVALID, "there are no AWS keys in what it says");
    else if (expiration != NULL && !timestamp_read_rfc3339(expiration, &expires))
        good = err_set(err, ERR_INVALID, "the AWS keys' Expiration is no time");
    else
        good = aws_keys_set(keys, access, secret, token, expires, err);
    json_free(root);
    return good;
}

bool aws_keys_read_xml(const char *data, size_t size, struct aws_keys *keys, struct err *err)
{
    char access[KEY_SIZE_MAX + 2], secret[KEY_SIZE_MAX + 2], expiration[64];
    char token[TOKEN_SIZE_MAX + 2];
    int64_t expires;
    bool good = xml_find(data, size, "AccessKeyId", access, sizeof access) &&
                xml_find(data, size, "SecretAccessKey", secret, sizeof secret) &&
                xml_find(data, size, "SessionToken", token, sizeof token) &&
                xml_find(data, size, "Expiration", expiration, sizeof expiration);
    if (!good)
        err_set(err, ERR_INVALID, "the reply of STS has no keys");
    else if (!timestamp_read_rfc3339(expiration, &expires))
        good = err_set(err, ERR_INVALID, "the AWS keys' Expiration is no time");
    else
        good = aws_keys_set(keys, access, secret, token, expires, err);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(token, sizeof token);
    return good;
}
