/* What was counted, as Triton's statistics extension has it. Of all dialects: a row is a row. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "protocols/oip.h"
#include "registry/model_metrics.h"

static void put_count(struct buf *body, const char *name, const struct model_count *count)
{
    buf_printf(body, "\"%s\":{\"count\":%.0f,\"ns\":%.0f}", name, count->count,
               count->seconds * (double)CLOCK_NS_PER_S);
}

/* Milliseconds since 1970. */
static int64_t wall_ms(int64_t monotonic_ns)
{
    if (monotonic_ns == 0)
        return 0;
    return (clock_wall_ns() - (clock_monotonic_ns() - monotonic_ns)) / CLOCK_NS_PER_MS;
}

static void put_model(struct buf *body, const struct model *model)
{
    static const struct {
        const char *name;
        enum model_phase phase;
    } phases[] = {{"queue", PHASE_QUEUE},
                  {"compute_input", PHASE_DECODE},
                  {"compute_infer", PHASE_COMPUTE},
                  {"compute_output", PHASE_ENCODE}};
    const struct model_count none = {0, 0};
    struct model_totals totals;
    model_metrics_read(model->metrics, &totals);
    buf_put_text(body, "{\"name\":");
    json_write_string(body, model->name, strlen(model->name));
    buf_put_text(body, ",\"version\":");
    json_write_string(body, model->version, strlen(model->version));
    buf_printf(body,
               ",\"last_inference\":%" PRId64
               ",\"inference_count\":%.0f,\"execution_count\":%.0f,\"inference_stats\":{",
               wall_ms(totals.last_ns), totals.rows, totals.success.count);
    put_count(body, "success", &totals.success);
    buf_put_char(body, ',');
    put_count(body, "fail", &totals.failure);
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        buf_put_char(body, ',');
        put_count(body, phases[i].name, &totals.phases[phases[i].phase]);
    }
    buf_put_char(body, ',');
    put_count(body, "cache_hit", &none);
    buf_put_char(body, ',');
    put_count(body, "cache_miss", &none);
    buf_put_text(body, "},\"response_stats\":{},\"batch_stats\":[],\"memory_usage\":[]}");
}

struct list {
    struct buf *body;
    bool first;
};

static void put_live(void *context, const struct registry_entry *entry)
{
    struct list *list = context;
    if (entry->model == NULL || strcmp(entry->state, "live") != 0)
        return;
    if (!list->first)
        buf_put_char(list->body, ',');
    list->first = false;
    put_model(list->body, entry->model);
}

void oip_handle_statistics(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct buf *body = &response->body;
    struct list list = {.body = body, .first = true};
    struct model *model = NULL;
    (void)request;
    if (match->count > 0) {
        model = oip_acquire(own, match, response);
        if (model == NULL)
            return;
    }
    buf_put_text(body, "{\"model_stats\":[");
    if (model != NULL)
        put_model(body, model);
    else
        registry_each_entry(own->registry, NULL, put_live, &list);
    buf_put_text(body, "]}");
    registry_release(own->registry, model);
}
