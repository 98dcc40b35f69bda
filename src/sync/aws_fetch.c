#include "sync/aws_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "sync/command_run.h"
#include "sync/metadata.h"
#include "sync/origin.h"
#include "sync/query.h"
#include "sync/secret_file.h"
#include "sync/sigv4.h"
#include "sync/timestamp.h"
#include "sync/xml.h"

#define PROCESS_TIMEOUT (60 * CLOCK_NS_PER_S)
#define INSTANCE_TOKEN "X-aws-ec2-metadata-token"

/* What STS says is wrong passes when the identity provider was slow. */
static enum verdict judge_sts(const struct response *response)
{
    char code[64];
    if (response->status == 400 &&
        xml_find(response->body.data, response->body.length, "Code", code, sizeof code) &&
        (strcmp(code, "IDPCommunicationError") == 0 || strcmp(code, "InvalidIdentityToken") == 0 ||
         strcmp(code, "Throttling") == 0))
        return VERDICT_RETRY;
    if (response->status == 400)
        return VERDICT_DENIED;
    return transfer_judge(response);
}

static bool sign_for_sts(const struct aws_chain *chain, const struct aws_keys *keys,
                         struct request *request, struct err *err)
{
    char payload[DIGEST_TEXT_SIZE], date[SIGV4_DATE_SIZE], host[256];
    struct buf authorization = BUF_INIT;
    const char *start = strstr(chain->url, "://");
    if (start == NULL || strcspn(start + 3, "/?") >= sizeof host)
        return err_set(err, ERR_INVALID, "the address of STS is no URL of a host");
    snprintf(host, sizeof host, "%.*s", (int)strcspn(start + 3, "/?"), start + 3);
    const char *path = strchr(start + 3, '/');
    struct sigv4_request signing = {.access_key = keys->access_key,
                                    .secret_key = keys->secret_key,
                                    .region =
                                        chain->region[0] != '\0' ? chain->region : "us-east-1",
                                    .service = "sts",
                                    .time = timestamp_now(),
                                    .method = "POST",
                                    .path = path != NULL ? path : "/",
                                    .query = "",
                                    .payload = payload,
                                    .encode_path_twice = true};
    sigv4_format_date(signing.time, date);
    sigv4_add_header(&signing, "host", host);
    sigv4_add_header(&signing, "x-amz-date", date);
    if (keys->token != NULL)
        sigv4_add_header(&signing, "x-amz-security-token", keys->token);
    bool good = digest_sha256(request->body, request->body_size, payload, err) &&
                request_add_header(request, "x-amz-date", date, err) &&
                (keys->token == NULL ||
                 request_add_header(request, "x-amz-security-token", keys->token, err)) &&
                sigv4_sign(&signing, &authorization, err) &&
                request_add_header(request, "Authorization", buf_text(&authorization), err);
    buf_finish(&authorization);
    return good;
}

/* signer: whose keys sign it; NULL: nobody's. */
static bool post_sts(struct aws_chain *chain, struct buf *form, const struct aws_keys *signer,
                     struct response *response, struct err *err)
{
    struct request request = REQUEST_INIT;
    bool good = !form->failed || err_set(err, ERR_MEMORY, "no memory for a request to STS");
    request.body = form->data;
    request.body_size = form->length;
    good = good && request_set(&request, "POST", chain->url, err) &&
           request_add_header(&request, "Content-Type", "application/x-www-form-urlencoded", err) &&
           (signer == NULL || sign_for_sts(chain, signer, &request, err)) &&
           (transfer_fetch(chain->transfer, &request, NULL, judge_sts, METADATA_REPLY_MAX, response,
                           err) ||
            metadata_refused(response, "STS", err));
    request_finish(&request);
    return good;
}

bool aws_fetch_web_identity(struct aws_chain *chain, struct aws_keys *keys, struct err *err)
{
    struct query query = {.count = 0};
    struct buf form = BUF_INIT;
    struct response response = {.status = 0};
    char *token;
    if (!origin_may_have_secrets(chain->url))
        return err_set(err, ERR_INVALID, "a web identity's token goes to an https address only");
    if (!secret_file_read(chain->token_file, "AWS_WEB_IDENTITY_TOKEN_FILE", &token, err))
        return false;
    query_add(&query, "Action", "AssumeRoleWithWebIdentity");
    query_add(&query, "Version", "2011-06-15");
    query_add(&query, "RoleArn", chain->role);
    query_add(&query, "RoleSessionName", chain->session);
    query_add(&query, "WebIdentityToken", token);
    query_write(&query, &form);
    bool good = post_sts(chain, &form, NULL, &response, err) &&
                aws_keys_read_xml(response.body.data, response.body.length, keys, err);
    secret_free(token);
    buf_finish(&form);
    response_finish(&response);
    return good;
}

bool aws_fetch_role(struct aws_chain *chain, struct aws_keys *keys, struct err *err)
{
    struct query query = {.count = 0};
    struct buf form = BUF_INIT;
    struct response response = {.status = 0};
    struct aws_keys signer = {.access_key = NULL};
    if (!origin_may_have_secrets(chain->url))
        return err_set(err, ERR_INVALID, "keys of a role come from an https address only");
    if (!aws_chain_get(chain->source, &signer, err))
        return err_prefix(err, "the keys that a role is asked for with");
    query_add(&query, "Action", "AssumeRole");
    query_add(&query, "Version", "2011-06-15");
    query_add(&query, "RoleArn", chain->role);
    query_add(&query, "RoleSessionName", chain->session);
    if (chain->external_id != NULL)
        query_add(&query, "ExternalId", chain->external_id);
    if (chain->duration != NULL)
        query_add(&query, "DurationSeconds", chain->duration);
    query_write(&query, &form);
    bool good = post_sts(chain, &form, &signer, &response, err) &&
                aws_keys_read_xml(response.body.data, response.body.length, keys, err);
    aws_keys_finish(&signer);
    buf_finish(&form);
    response_finish(&response);
    return good;
}

bool aws_fetch_process(struct aws_chain *chain, struct aws_keys *keys, struct err *err)
{
    struct buf out = BUF_INIT;
    out.limit = METADATA_REPLY_MAX;
    bool good = command_run_output(chain->process, PROCESS_TIMEOUT, transfer_stop(chain->transfer),
                                   &out, err) &&
                aws_keys_read_json(buf_text(&out), out.length, keys, err);
    if (out.data != NULL)
        explicit_bzero(out.data, out.capacity);
    buf_finish(&out);
    return good || err_prefix(err, "credential_process");
}

bool aws_fetch_container(struct aws_chain *chain, struct aws_keys *keys, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    char *token = NULL;
    request.link_local = true;
    bool good = request_set(&request, "GET", chain->url, err) &&
                request_add_header(&request, "Accept", "application/json", err);
    if (good && chain->authorization_file != NULL)
        good = secret_file_read(chain->authorization_file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                &token, err) &&
               request_add_header(&request, "Authorization", token, err);
    else if (good && chain->authorization != NULL)
        good = request_add_header(&request, "Authorization", chain->authorization, err);
    good = good && metadata_fetch(chain->transfer, &request, "the container's credentials service",
                                  chain->patience, &response, err);
    good = good && aws_keys_read_json(response.body.data, response.body.length, keys, err);
    secret_free(token);
    request_finish(&request);
    response_finish(&response);
    return good;
}

/* One step with the instance's metadata service. token NULL: asks for one. */
static bool ask_instance(struct aws_chain *chain, const char *path, const char *token,
                         struct response *response, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct buf url = BUF_INIT;
    request.link_local = true;
    buf_put_text(&url, chain->url);
    while (url.length > 0 && url.data[url.length - 1] == '/')
        url.length--;
    buf_put_text(&url, path);
    bool good =
        request_set(&request, token != NULL ? "GET" : "PUT", buf_text(&url), err) &&
        request_add_header(&request, token != NULL ? INSTANCE_TOKEN : INSTANCE_TOKEN "-ttl-seconds",
                           token != NULL ? token : "21600", err) &&
        metadata_fetch(chain->transfer, &request, "the instance's metadata service",
                       chain->patience, response, err);
    buf_finish(&url);
    request_finish(&request);
    return good;
}

/* The reply as one line of plain text, a role's name or a token. */
static bool take_line(struct response *response, char *text, size_t size, struct err *err)
{
    const char *body = buf_text(&response->body);
    size_t length = strcspn(body, "\r\n");
    for (size_t i = 0; i < length; i++)
        if (body[i] <= 0x20 || body[i] > 0x7e)
            length = 0;
    if (length == 0 || length >= size)
        return err_set(err, ERR_INVALID, "the instance's metadata service answers no plain word");
    snprintf(text, size, "%.*s", (int)length, body);
    response_finish(response);
    return true;
}

bool aws_fetch_instance(struct aws_chain *chain, struct aws_keys *keys, struct err *err)
{
    static const char roles[] = "/latest/meta-data/iam/security-credentials/";
    struct response response = {.status = 0};
    struct buf path = BUF_INIT;
    char token[512], role[128];
    if (!ask_instance(chain, "/latest/api/token", NULL, &response, err)) {
        response_finish(&response);
        return err_prefix(err, "no AWS keys in environment, profile, web identity or container, "
                               "and none from EC2's (in a container, is its hop limit "
                               "above 1?)");
    }
    bool good = take_line(&response, token, sizeof token, err) &&
                ask_instance(chain, roles, token, &response, err) &&
                take_line(&response, role, sizeof role, err);
    if (good) {
        buf_put_text(&path, roles);
        request_encode(&path, role, strlen(role), false);
        good = ask_instance(chain, buf_text(&path), token, &response, err) &&
               aws_keys_read_json(response.body.data, response.body.length, keys, err);
    }
    response_finish(&response);
    buf_finish(&path);
    explicit_bzero(token, sizeof token);
    return good;
}
