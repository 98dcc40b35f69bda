/* What was counted, as Triton's statistics extension has it. Of all dialects: a row is a row. */
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "protocols/oip.h"
#include "registry/model_metrics.h"

static void put_count(struct buf *body, const char *name, const struct model_count *count)
{
    json_write_open(body, name, '{');
    json_write_fixed(body, "count", count->count, 0);
    json_write_fixed(body, "ns", count->seconds * (double)CLOCK_NS_PER_S, 0);
    buf_put_char(body, '}');
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
    buf_put_char(body, '{');
    json_write_text(body, "name", model->name);
    json_write_text(body, "version", model->version);
    json_write_key(body, "last_inference");
    json_write_integer(body, wall_ms(totals.last_ns));
    json_write_fixed(body, "inference_count", totals.rows, 0);
    json_write_fixed(body, "execution_count", totals.success.count, 0);
    json_write_open(body, "inference_stats", '{');
    put_count(body, "success", &totals.success);
    put_count(body, "fail", &totals.failure);
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
        put_count(body, phases[i].name, &totals.phases[phases[i].phase]);
    put_count(body, "cache_hit", &none);
    put_count(body, "cache_miss", &none);
    buf_put_text(body, "},\"response_stats\":{},\"batch_stats\":[],\"memory_usage\":[]}");
}

static void put_live(void *context, const struct registry_entry *entry)
{
    struct buf *body = context;
    if (entry->model == NULL || strcmp(entry->state, "live") != 0)
        return;
    json_write_next(body);
    put_model(body, entry->model);
}

void oip_handle_statistics(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response)
{
    const struct protocol_context *own = context;
    struct buf *body = &response->body;
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
        registry_each_entry(own->registry, NULL, put_live, body);
    buf_put_text(body, "]}");
    registry_release(own->registry, model);
}
