/* omen: looks at models, checks them, and answers rows from them. */
#include "cli/command.h"
#include "codec/json.h"
#include "math/init.h"

int main(int argc, char **argv)
{
    math_init();
    int status = command_main(argc, argv);
    json_thread_finish();
    return status;
}
