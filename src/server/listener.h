/* The listening socket: inherited (LISTEN_FDS, or fd 0 from spawn-fcgi, multiwatch and systemd) or
 * bound by us. */
#ifndef OMEN_SERVER_LISTENER_H
#define OMEN_SERVER_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/listening.h"

struct listener_options {
    const char *address; /* "unix:PATH", "HOST:PORT", "[ADDRESS]:PORT" */
    const char *group;   /* of a unix socket; NULL or "": leave it */
    mode_t mode;         /* of a unix socket */
    int backlog;
};

struct listener {
    int fd; /* -1 when closed; non-blocking, close-on-exec */
    sa_family_t family;
    bool inherited;     /* other processes may accept from it, too */
    const char *source; /* for people: the address bound, or how it was inherited; borrowed */
    struct listening_place place; /* of a unix socket that we bound */
};

bool listener_open(struct listener *listener, const struct listener_options *options,
                   struct err *err);
/* Removes our own socket from the file system, if what is there is still ours. */
void listener_unlink(struct listener *listener);
void listener_close(struct listener *listener);

struct listener_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* For connecting (passive false) or binding. */
bool listener_resolve(const char *text, bool passive, struct listener_address *address,
                      struct err *err);

#endif
