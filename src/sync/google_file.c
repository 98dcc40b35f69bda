#include "sync/google_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/json.h"
#include "sync/origin.h"
#include "sync/secret_file.h"

#define TOKEN_URL "https://oauth2.googleapis.com/token"
#define STS_URL "https://sts.googleapis.com/v1/token"

static const struct json *get_object(const struct json *object, const char *key)
{
    bool found;
    const struct json *value = json_object_get(object, key, &found);
    return found && json_type(value) == JSON_OBJECT ? value : NULL;
}

/* *text is a fresh copy, or NULL where it is optional and not there. */
static bool take(const struct json *object, const char *key, bool optional, char **text,
                 struct err *err)
{
    bool found;
    size_t length;
    const struct json *value = json_object_get(object, key, &found);
    if (optional && (!found || json_type(value) == JSON_NULL))
        return true;
    if (!found || json_type(value) != JSON_STRING)
        return err_set(err, ERR_MISSING, "%s is no text", key);
    const char *bytes = json_string(value, &length);
    if (length == 0 || strlen(bytes) != length)
        return err_set(err, ERR_INVALID, "%s is empty or has a NUL", key);
    *text = mem_copy_text(bytes, length);
    return *text != NULL || err_set(err, ERR_MEMORY, "no memory for credentials");
}

/* An address that secrets are sent to. */
static bool take_url(const struct json *object, const char *key, const char *otherwise, char **url,
                     struct err *err)
{
    if (!take(object, key, true, url, err))
        return false;
    if (*url == NULL && otherwise != NULL &&
        (*url = mem_copy_text(otherwise, strlen(otherwise))) == NULL)
        return err_set(err, ERR_MEMORY, "no memory for credentials");
    if (*url != NULL && !origin_may_have_secrets(*url))
        return err_set(err, ERR_INVALID, "%s is no https address", key);
    return true;
}

static bool read_headers(const struct json *source, struct google_file *file, struct err *err)
{
    const struct json *headers = get_object(source, "headers");
    if (headers == NULL)
        return true;
    for (struct json_iterator it = json_begin(headers); json_next(&it);) {
        size_t length;
        if (file->header_count == GOOGLE_HEADERS_MAX || json_type(it.value) != JSON_STRING)
            return err_set(err, ERR_LIMIT, "credential_source has not up to %d headers of text",
                           GOOGLE_HEADERS_MAX);
        const char *value = json_string(it.value, &length);
        char **kept[] = {&file->header_names[file->header_count],
                         &file->header_values[file->header_count]};
        file->header_count++;
        *kept[0] = mem_copy_text(it.key, it.key_length);
        *kept[1] = mem_copy_text(value, length);
        if (*kept[0] == NULL || *kept[1] == NULL)
            return err_set(err, ERR_MEMORY, "no memory for credentials");
        if (strlen(*kept[0]) != it.key_length || strlen(*kept[1]) != length ||
            strpbrk(*kept[0], ": \r\n") != NULL)
            return err_set(err, ERR_INVALID, "credential_source has a header that is none");
    }
    return true;
}

static bool read_source(const struct json *root, struct google_file *file, struct err *err)
{
    const struct json *source = get_object(root, "credential_source");
    char *type = NULL;
    if (source == NULL)
        return err_set(err, ERR_MISSING, "credential_source is no object");
    bool good = take(source, "file", true, &file->subject_file, err) &&
                take_url(source, "url", NULL, &file->subject_url, err) &&
                read_headers(source, file, err);
    if (good && (file->subject_file != NULL) == (file->subject_url != NULL))
        good = err_set(err, ERR_UNSUPPORTED,
                       "credential_source is no file and no url: other kinds are not done here");
    const struct json *format = good ? get_object(source, "format") : NULL;
    if (format == NULL)
        return good;
    good = take(format, "type", false, &type, err);
    if (good && strcmp(type, "json") == 0)
        good = take(format, "subject_token_field_name", false, &file->subject_member, err);
    else if (good && strcmp(type, "text") != 0)
        good = err_set(err, ERR_UNSUPPORTED, "format is neither text nor json");
    free(type);
    return good;
}

static bool read_external(const struct json *root, struct google_file *file, struct err *err)
{
    file->kind = GOOGLE_EXTERNAL_ACCOUNT;
    return take(root, "audience", false, &file->audience, err) &&
           take(root, "subject_token_type", false, &file->subject_type, err) &&
           take_url(root, "token_url", STS_URL, &file->token_url, err) &&
           take_url(root, "service_account_impersonation_url", NULL, &file->impersonation_url,
                    err) &&
           read_source(root, file, err);
}

static bool read_user(const struct json *root, struct google_file *file, struct err *err)
{
    file->kind = GOOGLE_AUTHORIZED_USER;
    return take(root, "client_id", false, &file->client_id, err) &&
           take(root, "client_secret", false, &file->client_secret, err) &&
           take(root, "refresh_token", false, &file->refresh_token, err) &&
           take_url(root, "token_uri", TOKEN_URL, &file->token_url, err);
}

static bool read_service_account(const struct json *root, struct google_file *file, struct err *err)
{
    file->kind = GOOGLE_SERVICE_ACCOUNT;
    return take(root, "client_email", false, &file->email, err) &&
           take(root, "private_key", false, &file->private_key, err) &&
           take(root, "private_key_id", true, &file->key_id, err) &&
           take_url(root, "token_uri", TOKEN_URL, &file->token_url, err);
}

/* A token of the inner credentials, exchanged at impersonation_url. */
static bool read_impersonated(const struct json *root, struct google_file *file, struct err *err);

static bool read_kind(const struct json *root, bool inner, struct google_file *file,
                      struct err *err)
{
    char *type = NULL;
    if (json_type(root) != JSON_OBJECT)
        return err_set(err, ERR_INVALID, "the credentials are no JSON object");
    if (!take(root, "type", false, &type, err))
        return false;
    bool good;
    if (strcmp(type, "service_account") == 0)
        good = read_service_account(root, file, err);
    else if (strcmp(type, "authorized_user") == 0)
        good = read_user(root, file, err);
    else if (strcmp(type, "external_account") == 0)
        good = read_external(root, file, err);
    else if (strcmp(type, "impersonated_service_account") == 0 && !inner)
        good = read_impersonated(root, file, err);
    else
        good = err_set(err, ERR_UNSUPPORTED,
                       "credentials of this type are not done here, but service_account, "
                       "authorized_user, external_account and impersonated_service_account");
    free(type);
    return good;
}

static bool read_impersonated(const struct json *root, struct google_file *file, struct err *err)
{
    const struct json *source = get_object(root, "source_credentials");
    if (source == NULL)
        return err_set(err, ERR_MISSING, "source_credentials is no object");
    if (!read_kind(source, true, file, err))
        return err_prefix(err, "source_credentials");
    if (file->impersonation_url != NULL)
        return err_set(err, ERR_UNSUPPORTED, "source_credentials impersonate themselves");
    if (!take_url(root, "service_account_impersonation_url", NULL, &file->impersonation_url, err))
        return false;
    return file->impersonation_url != NULL ||
           err_set(err, ERR_MISSING, "service_account_impersonation_url is no text");
}

bool google_file_read(const char *data, size_t size, struct google_file *file, struct err *err)
{
    struct json *root;
    *file = (struct google_file){.kind = GOOGLE_SERVICE_ACCOUNT};
    if (!json_parse_document(data, size, &root, err))
        return false;
    bool good = read_kind(root, false, file, err);
    json_free(root);
    if (!good)
        google_file_finish(file);
    return good;
}

void google_file_finish(struct google_file *file)
{
    char *const texts[] = {file->email,
                           file->key_id,
                           file->private_key,
                           file->client_id,
                           file->client_secret,
                           file->refresh_token,
                           file->token_url,
                           file->audience,
                           file->subject_type,
                           file->subject_file,
                           file->subject_url,
                           file->subject_member,
                           file->impersonation_url};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        secret_free(texts[i]);
    for (size_t i = 0; i < file->header_count; i++) {
        secret_free(file->header_names[i]);
        secret_free(file->header_values[i]);
    }
    *file = (struct google_file){.kind = GOOGLE_SERVICE_ACCOUNT};
}
