/* A whole worker that is created but never run: a socket, a models directory and a configuration
 * file in a temporary directory, the log in a file of its own. */
#ifndef OMEN_TESTS_APP_FIXTURE_H
#define OMEN_TESTS_APP_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"

struct fixture {
    char directory[64];
    char config[128], models[128];
    char arguments_text[3][192];
    char *arguments[5];
    struct command command;
    struct config_problems problems;
    struct app *app;
    int log;
    char logged[16384];
};

/* cmocka's setup and teardown; *state is the fixture. The file begins with `configuration`. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Replaces the configuration file. */
void fixture_write_config(struct fixture *fixture, const char *text);
/* A model that adds its two fields, as NAME.json. */
void fixture_write_model(struct fixture *fixture, const char *name);
/* Everything that was logged since the last call. */
const char *fixture_logged(struct fixture *fixture);

#endif
