/* What a process says to the supervisor: a datagram, which counts if the slow reader below finds
 * the line in it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "supervise/ready.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAID_MAX 512 /* of which so much is looked at */
#define DATAGRAM_MAX 2048

static struct ready ready;
static int speaker = -1;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void close_all(void)
{
    close(speaker);
    ready_close(&ready);
}

static void open_once(void)
{
    struct err err = ERR_INIT;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (speaker >= 0)
        return;
    check(ready_open(&ready, &err));
    size_t length = strlen(ready.name);
    memcpy(name.sun_path, ready.name, length);
    name.sun_path[0] = '\0';
    speaker = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t name_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    check(connect(speaker, (const struct sockaddr *)&name, name_size) == 0);
    atexit(close_all);
}

/* Whether a line of the text, which a NUL ends early, is just the word. */
static bool has_line(const uint8_t *data, size_t size)
{
    static const char word[] = "READY=1";
    char line[SAID_MAX + 1];
    size_t length = 0;
    for (size_t i = 0; i <= size; i++) {
        bool over = i == size || data[i] == '\0';
        if (!over && data[i] != '\n') {
            line[length++] = (char)data[i];
            continue;
        }
        if (length == sizeof word - 1 && memcmp(line, word, length) == 0)
            return true;
        if (over)
            return false;
        length = 0;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_once();
    size = size < DATAGRAM_MAX ? size : DATAGRAM_MAX;
    check(send(speaker, data, size, 0) == (ssize_t)size);
    pid_t sender = ready_next(&ready);
    check(sender == (has_line(data, size < SAID_MAX ? size : SAID_MAX) ? getpid() : 0));
    check(ready_next(&ready) == 0);
    return 0;
}
