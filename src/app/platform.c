#include "app/platform.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A path of plain characters: nginx has it as a location, and the router as a literal. */
static const char *read_route(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/_.:~-";
    const char *route = getenv(name);
    return route != NULL && route[0] == '/' && route[strspn(route, plain)] == '\0' ? route : NULL;
}

static bool read_bool(const char *name)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != '\0' && strcmp(text, "0") != 0 &&
           strcasecmp(text, "false") != 0;
}

static size_t read_count(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    unsigned long value = text != NULL ? strtoul(text, &end, 10) : 0;
    return text != NULL && end > text && *end == '\0' && value <= 100000 ? value : 0;
}

/* MULTI_RECORD or SINGLE_RECORD, as the batch transform has them. */
static const char *read_strategy(const char *name)
{
    const char *text = getenv(name);
    if (text != NULL && strcasecmp(text, "SingleRecord") == 0)
        return "SINGLE_RECORD";
    return text != NULL && strcasecmp(text, "SINGLE_RECORD") == 0 ? "SINGLE_RECORD" : NULL;
}

void platform_read(struct protocol_platform *platform, const char *sagemaker_models)
{
    static const char usual[] = "/opt/ml/models"; /* where the platform puts them */
    if (sagemaker_models[0] == '\0' && read_bool("SAGEMAKER_MULTI_MODEL"))
        sagemaker_models = usual;
    *platform = (struct protocol_platform){
        .vertex_health_route = read_route("AIP_HEALTH_ROUTE"),
        .vertex_predict_route = read_route("AIP_PREDICT_ROUTE"),
        .sagemaker_models = sagemaker_models,
        .sagemaker_batch = read_bool("SAGEMAKER_BATCH"),
        .sagemaker_accept = getenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"),
        .sagemaker_transforms = read_count("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"),
        .sagemaker_strategy = read_strategy("SAGEMAKER_BATCH_STRATEGY"),
        .sagemaker_payload = read_count("SAGEMAKER_MAX_PAYLOAD_IN_MB"),
    };
}
