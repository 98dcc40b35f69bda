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
    const char *at = NULL;
    char line[1024];
    LOG(LOG_ERROR, "the configuration is refused and nothing is changed",
        LOG_INT("problems", problems->count));
    while (config_problem_next(problems, &at, line, sizeof line))
        LOG(LOG_ERROR, "configuration", LOG_TEXT("problem", line));
}

static void take_changes(struct options *options, struct options *fresh)
{
    const struct config_table *table = &options_table;
    for (size_t i = 0; i < table->count; i++) {
        const struct config_option *option = &table->options[i];
        if (config_is_same(option, options, fresh))
            continue;
        if (!is_changeable(option)) {
            LOG(LOG_WARNING, "changed in the configuration, but needs a restart",
                LOG_TEXT("option", option->name));
            continue;
        }
        config_exchange(option, options, fresh);
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
