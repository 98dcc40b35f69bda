#include "app/reload.h"

#include <string.h>

#include "base/log.h"

/* All others are used once, at the start. */
static const char *const changeable[] = {
    "read-timeout", "compute-timeout", "write-timeout", "idle-timeout",
    "queue-budget", "drain-timeout",   "default-model", "rescan-interval",
    "log-level",    "log-format",      "access-log",    "slow-request",
};

static bool is_changeable(const struct config_option *option)
{
    for (size_t i = 0; i < sizeof changeable / sizeof changeable[0]; i++) {
        if (strcmp(option->name, changeable[i]) == 0)
            return true;
    }
    return false;
}

static void log_problems(struct config_problems *problems)
{
    const char *line = buf_text(&problems->text);
    LOG(LOG_ERROR, "the configuration is refused and nothing is changed",
        LOG_INT("problems", problems->count));
    while (*line != '\0') {
        char text[1024];
        size_t length = strcspn(line, "\n");
        size_t kept = length < sizeof text ? length : sizeof text - 1;
        memcpy(text, line, kept);
        text[kept] = '\0';
        LOG(LOG_ERROR, "configuration", LOG_TEXT("problem", text));
        line += length + (line[length] == '\n');
    }
}

static bool is_same(const struct config_option *option, const struct options *a,
                    const struct options *b)
{
    struct buf texts[2] = {BUF_INIT, BUF_INIT};
    config_print_value(option, a, &texts[0]);
    config_print_value(option, b, &texts[1]);
    bool same = strcmp(buf_text(&texts[0]), buf_text(&texts[1])) == 0;
    buf_finish(&texts[0]);
    buf_finish(&texts[1]);
    return same;
}

static size_t value_size(enum config_type type)
{
    switch (type) {
    case CONFIG_TEXT:
        return sizeof(char *);
    case CONFIG_BOOL:
        return sizeof(bool);
    case CONFIG_REAL:
        return sizeof(double);
    case CONFIG_CHOICE:
        return sizeof(int);
    case CONFIG_INTEGER:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_MODE:
        break;
    }
    return sizeof(int64_t);
}

/* Exchanged, not copied: a text that is replaced is then freed with the new struct. */
static void exchange(const struct config_option *option, struct options *a, struct options *b)
{
    unsigned char kept[sizeof(int64_t)];
    size_t size = value_size(option->type);
    unsigned char *in_a = (unsigned char *)a + option->offset;
    unsigned char *in_b = (unsigned char *)b + option->offset;
    memcpy(kept, in_a, size);
    memcpy(in_a, in_b, size);
    memcpy(in_b, kept, size);
}

static void take_changes(struct options *options, struct options *fresh)
{
    const struct config_table *table = options_table();
    for (size_t i = 0; i < table->count; i++) {
        const struct config_option *option = &table->options[i];
        if (is_same(option, options, fresh))
            continue;
        if (!is_changeable(option)) {
            LOG(LOG_WARNING, "changed in the configuration, but needs a restart",
                LOG_TEXT("option", option->name));
            continue;
        }
        exchange(option, options, fresh);
        LOG(LOG_INFO, "changed by the configuration", LOG_TEXT("option", option->name));
    }
}

static void apply(struct app *app)
{
    const struct options *options = &app->options;
    struct server_options server = app->server_options; /* workers read the original */
    app_fill_server_options(options, &server);
    server_reconfigure(app->server, &server);
    log_configure(2, (enum log_level)options->log_level, (enum log_format)options->log_format);
    access_configure(&app->access, options->access_log, options->slow_request);
    registry_set_default(app->registry, options->default_model);
    watch_set_rescan(app->watch, options->rescan_interval);
}

void reload(struct app *app)
{
    struct options fresh = {.listen = NULL};
    struct config_problems problems = {.count = 0};
    if (command_options(app->command, &fresh, &problems)) {
        take_changes(&app->options, &fresh);
        apply(app);
    } else {
        log_problems(&problems);
    }
    options_finish(&fresh);
    config_problems_finish(&problems);
    watch_wake(app->watch);
}
