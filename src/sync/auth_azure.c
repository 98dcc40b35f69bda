/* Azure: shared access signature, shared key, workload identity, managed identity. */
#include "sync/auths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "sync/azure_settings.h"
#include "sync/azure_token.h"
#include "sync/secret_file.h"
#include "sync/shared_key.h"
#include "sync/timestamp.h"
#include "sync/token.h"

struct auth_azure {
    struct auth auth;
    char *account, *key, *sas; /* one of the latter, or neither: tokens */
    struct azure_source source;
    struct token token;
};

static bool renew(struct auth *auth, struct err *err)
{
    struct auth_azure *azure = (struct auth_azure *)auth;
    if (azure->key != NULL || azure->sas != NULL)
        return err_set(err, ERR_UNAVAILABLE, "the %s cannot be renewed",
                       azure->sas != NULL ? "shared access signature" : "account's key");
    azure->token.asked = timestamp_now();
    return azure_token_get(&azure->source, &azure->token, err);
}

static bool add_signature(struct auth_azure *azure, struct request *request, struct err *err)
{
    struct buf url = BUF_INIT;
    buf_printf(&url, "%s%c%s", request->url, strchr(request->url, '?') != NULL ? '&' : '?',
               azure->sas);
    char method[sizeof request->method];
    snprintf(method, sizeof method, "%s", request->method);
    bool good = !url.failed ? request_set(request, method, buf_text(&url), err)
                            : err_set(err, ERR_MEMORY, "no memory for a URL");
    buf_finish(&url);
    return good;
}

static bool sign_by_key(struct auth_azure *azure, struct request *request, struct err *err)
{
    struct buf authorization = BUF_INIT;
    bool good = shared_key_sign(request, azure->account, azure->key, &authorization, err) &&
                request_set_header(request, "Authorization", buf_text(&authorization), err);
    buf_finish(&authorization);
    return good;
}

static bool sign(struct auth *auth, struct request *request, struct err *err)
{
    struct auth_azure *azure = (struct auth_azure *)auth;
    char date[TIMESTAMP_HTTP_SIZE];
    int64_t now = timestamp_now();
    if (azure->sas != NULL)
        return add_signature(azure, request, err);
    timestamp_write_http(now, date);
    if (!request_set_header(request, "x-ms-date", date, err))
        return false;
    if (azure->key != NULL)
        return sign_by_key(azure, request, err);
    if (token_is_due(&azure->token, now) && !renew(auth, err) && !token_is_good(&azure->token, now))
        return false;
    return token_authorize(&azure->token, request, err);
}

static void destroy(struct auth *auth)
{
    struct auth_azure *azure = (struct auth_azure *)auth;
    secret_free(azure->account);
    secret_free(azure->key);
    secret_free(azure->sas);
    token_finish(&azure->token);
    free(azure);
}

static const struct auth_type type = {"Azure", sign, renew, NULL, destroy};

struct auth *auth_azure_create(struct azure_settings *settings, int64_t patience,
                               struct transfer *transfer, struct err *err)
{
    struct auth_azure *azure = mem_array(1, sizeof *azure);
    if (azure == NULL) {
        err_set(err, ERR_MEMORY, "no memory for credentials");
        return NULL;
    }
    azure->auth = (struct auth){.type = &type, .transfer = transfer};
    azure->source = (struct azure_source){.patience = patience, .transfer = transfer};
    azure->account = settings->account;
    azure->sas = settings->sas;
    /* A key without an account signs nothing; a signature that was given is the narrower right. */
    azure->key = settings->sas == NULL && settings->account != NULL ? settings->key : NULL;
    if (azure->key == NULL)
        secret_free(settings->key);
    settings->account = settings->key = settings->sas = NULL;
    return &azure->auth;
}
