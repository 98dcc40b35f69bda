#include "sync/google_token.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "codec/json.h"
#include "sync/jwt.h"
#include "sync/metadata.h"
#include "sync/query.h"
#include "sync/secret_file.h"
#include "sync/timestamp.h"

#define CLOUD_SCOPE "https://www.googleapis.com/auth/cloud-platform"

static enum verdict judge(const struct response *response)
{
    return response->status == 400 || response->status == 401 ? VERDICT_DENIED
                                                              : transfer_judge(response);
}

/* POSTs a form, or JSON with a bearer token. */
static bool post(struct google_source *source, const char *url, const char *type, struct buf *body,
                 const struct token *bearer, struct response *response, struct err *err)
{
    struct request request = REQUEST_INIT;
    bool good = !body->failed || err_set(err, ERR_MEMORY, "no memory for a token's request");
    request.body = body->data;
    request.body_size = body->length;
    good = good && request_set(&request, "POST", url, err) &&
           request_add_header(&request, "Content-Type", type, err) &&
           (bearer == NULL || token_authorize(bearer, &request, err));
    if (good &&
        !transfer_fetch(source->transfer, &request, NULL, judge, METADATA_REPLY_MAX, response, err))
        good = metadata_refused(response, "the token service", err);
    request_finish(&request);
    return good;
}

static bool exchange(struct google_source *source, struct query *query, struct token *token,
                     struct err *err)
{
    struct buf form = BUF_INIT;
    struct response response = {.status = 0};
    query_write(query, &form);
    bool good = post(source, source->file.token_url, "application/x-www-form-urlencoded", &form,
                     NULL, &response, err) &&
                token_read(response.body.data, response.body.length, timestamp_now(), token, err);
    if (form.data != NULL)
        explicit_bzero(form.data, form.length);
    buf_finish(&form);
    response_finish(&response);
    return good;
}

static bool get_by_key(struct google_source *source, const char *scope, struct token *token,
                       struct err *err)
{
    const struct google_file *file = &source->file;
    struct query query = {.count = 0};
    struct buf statement = BUF_INIT;
    const struct jwt_claims claims = {file->email, scope, file->token_url, file->key_id,
                                      timestamp_now()};
    bool good = jwt_write_signed(&claims, file->private_key, &statement, err);
    query_add(&query, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    query_add(&query, "assertion", buf_text(&statement));
    good = good && exchange(source, &query, token, err);
    buf_finish(&statement);
    return good;
}

static bool get_by_user(struct google_source *source, struct token *token, struct err *err)
{
    struct query query = {.count = 0};
    query_add(&query, "grant_type", "refresh_token");
    query_add(&query, "client_id", source->file.client_id);
    query_add(&query, "client_secret", source->file.client_secret);
    query_add(&query, "refresh_token", source->file.refresh_token);
    return exchange(source, &query, token, err);
}

/* What the outer identity says it is: from a file, or a service beside this machine. */
static bool get_subject(struct google_source *source, char **subject, struct err *err)
{
    const struct google_file *file = &source->file;
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    char *text = NULL;
    bool good;
    *subject = NULL;
    if (file->subject_file != NULL) {
        good = secret_file_read(file->subject_file, "credential_source.file", &text, err);
    } else {
        request.link_local = true;
        good = request_set(&request, "GET", file->subject_url, err);
        for (size_t i = 0; good && i < file->header_count; i++)
            good = request_add_header(&request, file->header_names[i], file->header_values[i], err);
        good = good && metadata_fetch(source->transfer, &request, "credential_source.url",
                                      source->patience, &response, err);
        request_finish(&request);
    }
    const char *data = text != NULL ? text : buf_text(&response.body);
    if (good && file->subject_member != NULL)
        good = token_read_member(data, strlen(data), file->subject_member, subject, err) ||
               err_prefix(err, "credential_source");
    else if (good && (*subject = strdup(data)) == NULL)
        good = err_set(err, ERR_MEMORY, "no memory for a token");
    secret_free(text);
    response_finish(&response);
    return good;
}

static bool get_by_federation(struct google_source *source, const char *scope, struct token *token,
                              struct err *err)
{
    struct query query = {.count = 0};
    char *subject;
    if (!get_subject(source, &subject, err))
        return false;
    query_add(&query, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    query_add(&query, "audience", source->file.audience);
    query_add(&query, "requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
    query_add(&query, "scope", scope);
    query_add(&query, "subject_token", subject);
    query_add(&query, "subject_token_type", source->file.subject_type);
    bool good = exchange(source, &query, token, err);
    secret_free(subject);
    return good;
}

static bool impersonate(struct google_source *source, const struct token *inner,
                        struct token *token, struct err *err)
{
    struct buf body = BUF_INIT;
    struct response response = {.status = 0};
    buf_printf(&body, "{\"scope\":[\"%s\"],\"lifetime\":\"3600s\"}", source->scope);
    bool good = post(source, source->file.impersonation_url, "application/json", &body, inner,
                     &response, err) &&
                token_read_impersonated(response.body.data, response.body.length, token, err);
    buf_finish(&body);
    response_finish(&response);
    return good || err_prefix(err, "impersonation");
}

static bool get_by_file(struct google_source *source, const char *scope, struct token *token,
                        struct err *err)
{
    switch (source->file.kind) {
    case GOOGLE_SERVICE_ACCOUNT:
        return get_by_key(source, scope, token, err) || err_prefix(err, "service account");
    case GOOGLE_AUTHORIZED_USER:
        return get_by_user(source, token, err) || err_prefix(err, "authorized user");
    case GOOGLE_EXTERNAL_ACCOUNT:
        return get_by_federation(source, scope, token, err) ||
               err_prefix(err, "workload identity federation");
    }
    return err_set(err, ERR_INTERNAL, "credentials of unknown kind");
}

/* The environment may say where the metadata server is: HOST[:PORT]. */
static void write_metadata_url(struct buf *url)
{
    const char *host = getenv("GCE_METADATA_HOST"), *address = getenv("GCE_METADATA_IP");
    if (host == NULL || host[0] == '\0')
        host = address != NULL && address[0] != '\0' ? address : "169.254.169.254";
    buf_printf(url, "http://%s/computeMetadata/v1/instance/service-accounts/default/token", host);
}

static bool get_from_metadata(struct google_source *source, struct token *token, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    struct buf url = BUF_INIT;
    write_metadata_url(&url);
    request.link_local = true;
    bool good = request_set(&request, "GET", buf_text(&url), err) &&
                request_add_header(&request, "Metadata-Flavor", "Google", err);
    if (good && !metadata_fetch(source->transfer, &request, "the metadata server", source->patience,
                                &response, err))
        good = err_prefix(err, "no credentials in GOOGLE_APPLICATION_CREDENTIALS or gcloud's "
                               "folder, and none from the metadata server");
    const char *flavor = good ? response_header(&response, "metadata-flavor") : NULL;
    if (good && (flavor == NULL || strcmp(flavor, "Google") != 0))
        good =
            err_set(err, ERR_INVALID, "what answers for the metadata server is none of Google's");
    good =
        good && token_read(response.body.data, response.body.length, timestamp_now(), token, err);
    buf_finish(&url);
    request_finish(&request);
    response_finish(&response);
    return good;
}

bool google_token_get(struct google_source *source, struct token *token, struct err *err)
{
    if (source->from_metadata)
        return get_from_metadata(source, token, err);
    if (source->file.impersonation_url == NULL)
        return get_by_file(source, source->scope, token, err);
    struct token inner = {.text = NULL};
    bool good =
        get_by_file(source, CLOUD_SCOPE, &inner, err) && impersonate(source, &inner, token, err);
    token_finish(&inner);
    return good;
}
