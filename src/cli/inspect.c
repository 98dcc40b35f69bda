/* omen inspect: what a model is. */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/program.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/load.h"

struct inspect_values {
    struct load_limits limits;
    bool json;
};

static const struct config_option options[] = {
    {"form", "json", CONFIG_BOOL, offsetof(struct inspect_values, json), "no",
     .help = "Write one JSON object."},
    LOAD_OPTIONS,
};

static int run(const void *values, char *const *paths, int count)
{
    (void)count;
    const struct inspect_values *chosen = values;
    struct loaded loaded;
    struct buf text = BUF_INIT;
    struct err err = ERR_INIT;
    if (!load_model(paths[0], &chosen->limits, &loaded, &err)) {
        command_complain("inspect", "%s: %s", paths[0], err.text);
        return err.code == ERR_NOT_FOUND || err.code == ERR_IO ? COMMAND_USAGE : COMMAND_BAD;
    }
    describe(paths[0], &loaded, chosen->json ? &describe_json : &describe_text, &text);
    loaded_finish(&loaded);
    return program_print(&text);
}

const struct command command_inspect = {
    .name = "inspect",
    .usage = "FILE|DIR [--json]",
    .summary = "Says what a model is: inputs, outputs, operators, sizes.",
    .details = "Loads the model as the worker does, without running its golden rows.",
    .table = {options, sizeof options / sizeof options[0], sizeof(struct inspect_values), NULL},
    .paths_least = 1,
    .paths_most = 1,
    .run = run,
};
