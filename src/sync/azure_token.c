#include "sync/azure_token.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/metadata.h"
#include "sync/origin.h"
#include "sync/query.h"
#include "sync/secret_file.h"
#include "sync/timestamp.h"

#define RESOURCE "https://storage.azure.com/"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static enum verdict judge(const struct response *response)
{
    return response->status == 400 || response->status == 401 ? VERDICT_DENIED
                                                              : transfer_judge(response);
}

static bool post(const struct azure_source *source, const char *url, struct buf *form,
                 struct token *token, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool good = !form->failed || err_set(err, ERR_MEMORY, "no memory for a token's request");
    request.body = form->data;
    request.body_size = form->length;
    good = good && request_set(&request, "POST", url, err) &&
           request_add_header(&request, "Content-Type", "application/x-www-form-urlencoded", err) &&
           (transfer_fetch(source->transfer, &request, NULL, judge, METADATA_REPLY_MAX, &response,
                           err) ||
            metadata_refused(&response, "the token service", err)) &&
           token_read(response.body.data, response.body.length, timestamp_now(), token, err);
    request_finish(&request);
    response_finish(&response);
    return good;
}

static bool get_by_workload(const struct azure_source *source, const char *file,
                            struct token *token, struct err *err)
{
    const char *authority = variable("AZURE_AUTHORITY_HOST");
    const char *tenant = variable("AZURE_TENANT_ID"), *client = variable("AZURE_CLIENT_ID");
    struct query query = {.count = 0};
    struct buf url = BUF_INIT, form = BUF_INIT;
    char *assertion;
    if (tenant == NULL || client == NULL)
        return err_set(err, ERR_MISSING, "AZURE_TENANT_ID or AZURE_CLIENT_ID is not set");
    if (authority == NULL)
        authority = "https://login.microsoftonline.com/";
    if (!origin_may_have_secrets(authority))
        return err_set(err, ERR_INVALID, "AZURE_AUTHORITY_HOST is no https address");
    if (!secret_file_read(file, "AZURE_FEDERATED_TOKEN_FILE", &assertion, err))
        return false;
    buf_put_text(&url, authority);
    if (url.length > 0 && url.data[url.length - 1] != '/')
        buf_put_char(&url, '/');
    request_encode(&url, tenant, strlen(tenant), false);
    buf_put_text(&url, "/oauth2/v2.0/token");
    query_add(&query, "grant_type", "client_credentials");
    query_add(&query, "client_id", client);
    query_add(&query, "client_assertion_type",
              "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    query_add(&query, "client_assertion", assertion);
    query_add(&query, "scope", RESOURCE ".default");
    query_write(&query, &form);
    bool good = post(source, buf_text(&url), &form, token, err);
    if (form.data != NULL)
        explicit_bzero(form.data, form.length);
    secret_free(assertion);
    buf_finish(&url);
    buf_finish(&form);
    return good;
}

/* The machine's own service, or that of App Service, which wants its header back. */
static bool get_by_machine(const struct azure_source *source, struct token *token, struct err *err)
{
    const char *endpoint = variable("IDENTITY_ENDPOINT"), *header = variable("IDENTITY_HEADER");
    const char *host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    const char *client = variable("AZURE_CLIENT_ID");
    bool service = endpoint != NULL && header != NULL;
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    struct query query = {.count = 0};
    struct buf url = BUF_INIT;
    request.link_local = true;
    query_add(&query, "api-version", service ? "2019-08-01" : "2018-02-01");
    query_add(&query, "resource", RESOURCE);
    if (client != NULL)
        query_add(&query, "client_id", client);
    if (service)
        buf_printf(&url, "%s?", endpoint);
    else
        buf_printf(&url, "%s/metadata/identity/oauth2/token?",
                   host != NULL ? host : "http://169.254.169.254");
    query_write(&query, &url);
    bool good = (!service || origin_may_have_secrets(endpoint)) ||
                err_set(err, ERR_INVALID, "IDENTITY_ENDPOINT is no address of this machine");
    good = good && request_set(&request, "GET", buf_text(&url), err) &&
           request_add_header(&request, service ? "X-IDENTITY-HEADER" : "Metadata",
                              service ? header : "true", err) &&
           metadata_fetch(source->transfer, &request, "the identity service", source->patience,
                          &response, err) &&
           token_read(response.body.data, response.body.length, timestamp_now(), token, err);
    buf_finish(&url);
    request_finish(&request);
    response_finish(&response);
    return good;
}

bool azure_token_get(const struct azure_source *source, struct token *token, struct err *err)
{
    const char *file = variable("AZURE_FEDERATED_TOKEN_FILE");
    if (file != NULL)
        return get_by_workload(source, file, token, err) || err_prefix(err, "workload identity");
    return get_by_machine(source, token, err) ||
           err_prefix(err, "no key, signature or workload identity in the environment, and no "
                           "managed identity");
}
