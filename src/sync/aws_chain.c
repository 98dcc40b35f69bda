#include "sync/aws_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "sync/aws_fetch.h"
#include "sync/aws_profile.h"
#include "sync/origin.h"

#define SOURCES_MAX 4 /* profiles that lead to each other */

/* The variable's value, NULL if it is not set or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool keep(char **kept, const char *text, struct err *err)
{
    free(*kept);
    *kept = mem_copy_text(text, strlen(text));
    return *kept != NULL || err_set(err, ERR_MEMORY, "no memory for AWS settings");
}

/* The two files of a user, each empty if it is not there. */
struct files {
    char *data[2]; /* credentials, config */
    size_t size[2];
    const char *profile;
    bool asked; /* for the profile, by an option: that is stronger than the environment's keys */
    bool named; /* or by the environment: then it must have keys */
};

static void files_finish(struct files *files)
{
    for (int i = 0; i < 2; i++) {
        if (files->data[i] != NULL)
            explicit_bzero(files->data[i], files->size[i]);
        free(files->data[i]);
    }
}

static bool files_read(struct files *files, const char *profile, struct err *err)
{
    static const char *const variables[] = {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"};
    static const char *const names[] = {"credentials", "config"};
    *files = (struct files){.profile = profile[0] != '\0' ? profile : variable("AWS_PROFILE")};
    files->asked = profile[0] != '\0';
    files->named = files->profile != NULL;
    if (!files->named)
        files->profile = "default";
    for (int i = 0; i < 2; i++) {
        struct buf path = BUF_INIT;
        struct err failed = ERR_INIT;
        const char *home = variable("HOME");
        if (variable(variables[i]) != NULL)
            buf_put_text(&path, variable(variables[i]));
        else
            buf_printf(&path, "%s/.aws/%s", home != NULL ? home : "/nonexistent", names[i]);
        bool good = file_read(buf_text(&path), AWS_PROFILE_SIZE_MAX, &files->data[i],
                              &files->size[i], &failed) ||
                    failed.code == ERR_NOT_FOUND;
        buf_finish(&path);
        if (!good) {
            files_finish(files);
            return err_set(err, failed.code, "the AWS %s file: %s", names[i], failed.text);
        }
    }
    return true;
}

/* The first of the files that has the key; *value stays NULL if none has. */
static bool files_get(const struct files *files, const char *key, char **value, struct err *err)
{
    *value = NULL;
    for (int i = 0; i < 2 && *value == NULL; i++)
        if (files->data[i] != NULL && !aws_profile_get(files->data[i], files->size[i], i == 1,
                                                       files->profile, key, value, err))
            return err_prefix(err, "the AWS %s file", i == 1 ? "config" : "credentials");
    return true;
}

static bool find_place(struct aws_chain *chain, const struct files *files, const char *region,
                       struct err *err)
{
    const char *ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    const char *endpoint = variable("AWS_ENDPOINT_URL_S3");
    char *value = NULL;
    bool good = true;
    if (region[0] == '\0')
        region = variable("AWS_REGION");
    if (region == NULL)
        region = variable("AWS_DEFAULT_REGION");
    if (region == NULL) {
        good = files_get(files, "region", &value, err);
        region = value != NULL ? value : "";
    }
    if (strlen(region) >= sizeof chain->region ||
        region[strspn(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")])
        good = good && err_set(err, ERR_INVALID, "the AWS region is no name of a region");
    else
        snprintf(chain->region, sizeof chain->region, "%s", region);
    free(value);
    value = NULL;
    if (!good || (ignored != NULL && strcmp(ignored, "true") == 0))
        return good;
    if (endpoint == NULL)
        endpoint = variable("AWS_ENDPOINT_URL");
    if (endpoint == NULL && good)
        good = files_get(files, "endpoint_url", &value, err);
    if (endpoint == NULL)
        endpoint = value;
    good = good && (endpoint == NULL || keep(&chain->endpoint, endpoint, err));
    free(value);
    return good;
}

/* STS's address: in the region, so that a pod without the way abroad gets there too. */
static bool find_sts(struct aws_chain *chain, struct err *err)
{
    struct buf url = BUF_INIT;
    const char *set = variable("AWS_ENDPOINT_URL_STS");
    if (set != NULL)
        buf_put_text(&url, set);
    else if (chain->region[0] != '\0')
        buf_printf(&url, "https://sts.%s.amazonaws.com%s", chain->region,
                   strncmp(chain->region, "cn-", 3) == 0 ? ".cn" : "");
    else
        buf_put_text(&url, "https://sts.amazonaws.com");
    bool good = keep(&chain->url, buf_text(&url), err);
    buf_finish(&url);
    return good;
}

static bool find_web_identity(struct aws_chain *chain, const char *role, const char *token_file,
                              const char *session, struct err *err)
{
    chain->origin = AWS_WEB_IDENTITY;
    return keep(&chain->role, role, err) && keep(&chain->token_file, token_file, err) &&
           keep(&chain->session, session != NULL ? session : "omen-sync", err) &&
           find_sts(chain, err);
}

static bool container_is_told(void)
{
    return variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != NULL ||
           variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") != NULL;
}

static bool find_container(struct aws_chain *chain, struct err *err)
{
    struct buf url = BUF_INIT;
    const char *relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    chain->origin = AWS_CONTAINER;
    if (relative != NULL)
        buf_printf(&url, "http://169.254.170.2%s", relative);
    else
        buf_put_text(&url, variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    bool good = (relative == NULL || relative[0] == '/') && origin_may_have_secrets(buf_text(&url));
    if (!good)
        err_set(err, ERR_INVALID,
                "AWS_CONTAINER_CREDENTIALS_...: plain http is for loopback and the container "
                "service only");
    good = good && keep(&chain->url, buf_text(&url), err) &&
           (file == NULL || keep(&chain->authorization_file, file, err)) &&
           (token == NULL || file != NULL || keep(&chain->authorization, token, err));
    buf_finish(&url);
    return good;
}

static bool find_instance(struct aws_chain *chain, struct err *err)
{
    const char *disabled = variable("AWS_EC2_METADATA_DISABLED");
    const char *endpoint = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    chain->origin = AWS_INSTANCE;
    if (disabled != NULL && strcmp(disabled, "true") == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "no AWS keys in environment, profile, web identity or container, and "
                       "AWS_EC2_METADATA_DISABLED is set");
    return keep(&chain->url, endpoint != NULL ? endpoint : "http://169.254.169.254", err);
}

enum setting {
    SET_ACCESS,
    SET_SECRET,
    SET_TOKEN,
    SET_ROLE,
    SET_TOKEN_FILE,
    SET_SESSION,
    SET_PROCESS,
    SET_SOURCE,
    SET_SOURCE_KIND,
    SET_EXTERNAL_ID,
    SET_DURATION,
    SET_DEVICE,
    SET_COUNT,
};

static const char *const setting_names[SET_COUNT] = {
    "aws_access_key_id",       "aws_secret_access_key", "aws_session_token",  "role_arn",
    "web_identity_token_file", "role_session_name",     "credential_process", "source_profile",
    "credential_source",       "external_id",           "duration_seconds",   "mfa_serial"};

static bool find_in_profile(struct aws_chain *chain, const struct files *files, int depth,
                            bool *found, struct err *err);

/* What is not of a profile: "Environment", "Ec2InstanceMetadata", "EcsContainer". */
static bool find_source_of_kind(struct aws_chain *source, const char *kind, struct err *err)
{
    const char *access = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY");
    if (strcmp(kind, "Environment") == 0 && access != NULL && secret != NULL)
        return aws_keys_set(&source->fixed, access, secret, variable("AWS_SESSION_TOKEN"), 0, err);
    if (strcmp(kind, "Ec2InstanceMetadata") == 0)
        return find_instance(source, err);
    if (strcmp(kind, "EcsContainer") == 0 && container_is_told())
        return find_container(source, err);
    return err_set(err, ERR_NOT_FOUND,
                   "the AWS profile's credential_source is none that has keys here");
}

/* The keys that a role is asked for with. A profile that names itself means its own keys. */
static bool find_source(struct aws_chain *chain, const struct files *files, char *const *values,
                        int depth, struct err *err)
{
    struct files others = *files;
    bool found = true;
    struct aws_chain *source = chain->source = mem_array(1, sizeof *chain->source);
    if (source == NULL)
        return err_set(err, ERR_MEMORY, "no memory for AWS settings");
    *source = (struct aws_chain){.transfer = chain->transfer, .patience = chain->patience};
    memcpy(source->region, chain->region, sizeof source->region);
    if (values[SET_SOURCE] == NULL)
        return find_source_of_kind(source, values[SET_SOURCE_KIND], err);
    if (depth >= SOURCES_MAX)
        return err_set(err, ERR_LIMIT, "the AWS profiles' source_profile go on for more than %d",
                       SOURCES_MAX);
    others.profile = values[SET_SOURCE];
    others.named = true;
    if (strcmp(others.profile, files->profile) == 0)
        return values[SET_ACCESS] != NULL && values[SET_SECRET] != NULL
                   ? aws_keys_set(&source->fixed, values[SET_ACCESS], values[SET_SECRET],
                                  values[SET_TOKEN], 0, err)
                   : err_set(err, ERR_NOT_FOUND, "the AWS profile is its own source, without keys");
    return find_in_profile(source, &others, depth + 1, &found, err) ||
           err_prefix(err, "source_profile");
}

static bool find_role(struct aws_chain *chain, const struct files *files, char *const *values,
                      int depth, struct err *err)
{
    const char *session = values[SET_SESSION] != NULL ? values[SET_SESSION] : "omen-sync";
    if (values[SET_TOKEN_FILE] != NULL)
        return find_web_identity(chain, values[SET_ROLE], values[SET_TOKEN_FILE],
                                 values[SET_SESSION], err);
    if (values[SET_DEVICE] != NULL)
        return err_set(err, ERR_UNSUPPORTED,
                       "the AWS profile's role wants a code of a device (mfa_serial), which nobody "
                       "can give here");
    if (values[SET_SOURCE] == NULL && values[SET_SOURCE_KIND] == NULL)
        return err_set(err, ERR_MISSING,
                       "the AWS profile's role_arn needs source_profile, credential_source or "
                       "web_identity_token_file");
    chain->origin = AWS_ROLE;
    return keep(&chain->role, values[SET_ROLE], err) && keep(&chain->session, session, err) &&
           (values[SET_EXTERNAL_ID] == NULL ||
            keep(&chain->external_id, values[SET_EXTERNAL_ID], err)) &&
           (values[SET_DURATION] == NULL || keep(&chain->duration, values[SET_DURATION], err)) &&
           find_sts(chain, err) && find_source(chain, files, values, depth, err);
}

/* *found: the profile says where keys are. */
static bool find_in_profile(struct aws_chain *chain, const struct files *files, int depth,
                            bool *found, struct err *err)
{
    char *values[SET_COUNT] = {NULL};
    bool good = true;
    for (size_t i = 0; good && i < SET_COUNT; i++)
        good = files_get(files, setting_names[i], &values[i], err);
    *found = true;
    chain->origin = AWS_FIXED;
    if (good && values[SET_ROLE] != NULL) {
        good = find_role(chain, files, values, depth, err);
    } else if (good && values[SET_ACCESS] != NULL && values[SET_SECRET] != NULL) {
        good = aws_keys_set(&chain->fixed, values[SET_ACCESS], values[SET_SECRET],
                            values[SET_TOKEN], 0, err);
    } else if (good && values[SET_PROCESS] != NULL) {
        chain->origin = AWS_PROCESS;
        good = keep(&chain->process, values[SET_PROCESS], err);
    } else {
        *found = false;
    }
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (values[i] != NULL)
            explicit_bzero(values[i], strlen(values[i]));
        free(values[i]);
    }
    if (good && !*found && files->named)
        return err_set(err, ERR_NOT_FOUND, "the AWS profile that was asked for has no keys");
    return good;
}

static bool find_keys(struct aws_chain *chain, const struct files *files, struct err *err)
{
    const char *access = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *role = variable("AWS_ROLE_ARN"), *file = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    bool found = false;
    chain->origin = AWS_FIXED;
    if (access != NULL && secret != NULL && !files->asked)
        return aws_keys_set(&chain->fixed, access, secret, variable("AWS_SESSION_TOKEN"), 0, err);
    if (!find_in_profile(chain, files, 0, &found, err))
        return false;
    if (found)
        return true;
    if (role != NULL && file != NULL)
        return find_web_identity(chain, role, file, variable("AWS_ROLE_SESSION_NAME"), err);
    if (container_is_told())
        return find_container(chain, err);
    return find_instance(chain, err);
}

static bool find(struct aws_chain *chain, const char *profile, const char *region, bool keys,
                 struct err *err)
{
    struct files files;
    if (!files_read(&files, profile, err))
        return false;
    bool good = find_place(chain, &files, region, err) && (!keys || find_keys(chain, &files, err));
    files_finish(&files);
    return good;
}

bool aws_chain_find(struct aws_chain *chain, const char *profile, const char *region,
                    struct err *err)
{
    return find(chain, profile, region, true, err);
}

bool aws_chain_find_place(struct aws_chain *chain, const char *profile, const char *region,
                          struct err *err)
{
    return find(chain, profile, region, false, err);
}

bool aws_chain_get(struct aws_chain *chain, struct aws_keys *keys, struct err *err)
{
    switch (chain->origin) {
    case AWS_FIXED:
        return aws_keys_set(keys, chain->fixed.access_key, chain->fixed.secret_key,
                            chain->fixed.token, 0, err);
    case AWS_WEB_IDENTITY:
        return aws_fetch_web_identity(chain, keys, err);
    case AWS_CONTAINER:
        return aws_fetch_container(chain, keys, err);
    case AWS_INSTANCE:
        return aws_fetch_instance(chain, keys, err);
    case AWS_PROCESS:
        return aws_fetch_process(chain, keys, err);
    case AWS_ROLE:
        return aws_fetch_role(chain, keys, err);
    }
    return err_set(err, ERR_INTERNAL, "AWS keys of unknown origin");
}

void aws_chain_finish(struct aws_chain *chain)
{
    aws_keys_finish(&chain->fixed);
    if (chain->authorization != NULL)
        explicit_bzero(chain->authorization, strlen(chain->authorization));
    free(chain->authorization);
    free(chain->authorization_file);
    free(chain->role);
    free(chain->session);
    free(chain->token_file);
    free(chain->url);
    free(chain->endpoint);
    free(chain->process);
    free(chain->external_id);
    free(chain->duration);
    if (chain->source != NULL)
        aws_chain_finish(chain->source);
    free(chain->source);
}
