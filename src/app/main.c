/* omen-worker: answers predictions over FastCGI from the models in a directory. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/app.h"
#include "app/command.h"
#include "app/options.h"
#include "app/process.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "math/init.h"

#define CHECK_TIMEOUT (3 * CLOCK_NS_PER_S)

static int fail(const struct err *err)
{
    LOG(LOG_ERROR, err->text, LOG_TEXT("code", err_code_name(err->code)));
    return EXIT_FAILURE;
}

static int check(const struct command *command, const struct options *options)
{
    struct err err = ERR_INIT;
    const char *listen = command->check_listen != NULL ? command->check_listen : options->listen;
    int status = server_probe(listen, command->check_path, CHECK_TIMEOUT, &err);
    if (status == 0)
        fprintf(stderr, "%s: %s\n", listen, err.text);
    else if (status != 200)
        fprintf(stderr, "%s: answers %d\n", listen, status);
    return status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* **Takes** options. */
static int serve(const struct command *command, struct options *options)
{
    struct err err = ERR_INIT;
    process_limit_heaps();
    log_configure(STDERR_FILENO, (enum log_level)options->log_level,
                  (enum log_format)options->log_format);
    if (!server_prepare(&err)) {
        options_finish(options);
        return fail(&err);
    }
    math_init();
    struct app *app = app_create(command, options, &err);
    if (app == NULL)
        return fail(&err);
    int status = app_run(app, &err)     ? EXIT_SUCCESS
                 : err.code != ERR_NONE ? fail(&err)
                                        : EXIT_FAILURE;
    if (status != EXIT_SUCCESS)
        _exit(status); /* cut short: threads that still run need what would be freed */
    app_destroy(app);
    return status;
}

/* What needs the options to be right. */
static int run_with_options(const struct command *command)
{
    struct config_problems problems = {.count = 0};
    struct options options = {.listen = NULL};
    struct buf text = BUF_INIT;
    int status = EXIT_SUCCESS;
    if (!command_options(command, &options, &problems))
        status = program_tell(command_program.name, &problems);
    else if (command->action == COMMAND_SERVE)
        status = serve(command, &options);
    else if (command->action == COMMAND_CHECK)
        status = check(command, &options);
    else if (command->action == COMMAND_PRINT_CONFIG) {
        config_print(&options_table, &options, &text);
        status = program_print(&text);
    }
    options_finish(&options);
    config_problems_finish(&problems);
    return status;
}

static int run(const struct command *command)
{
    struct buf text = BUF_INIT;
    if (command->action != COMMAND_DESCRIBE)
        return run_with_options(command);
    program_describe(&command_program, command->describe, &text);
    return program_print(&text);
}

int main(int argc, char **argv)
{
    struct config_problems problems = {.count = 0};
    struct command command;
    int status;
    if (!file_open_standard())
        return EXIT_FAILURE;
    if (command_parse(&command, argc, argv, environ, &problems))
        status = run(&command);
    else
        status = program_tell(command_program.name, &problems);
    command_finish(&command);
    config_problems_finish(&problems);
    return status;
}
