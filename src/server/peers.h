/* Who may connect over TCP: addresses and networks ("10.0.0.0/8"), v4 and v6. */
#ifndef OMEN_SERVER_PEERS_H
#define OMEN_SERVER_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

#define PEERS_MAX 32

struct peers {
    struct {
        uint8_t address[16]; /* v4 as ::ffff:a.b.c.d */
        unsigned bits;
    } networks[PEERS_MAX];
    size_t count;
};

/* "" allows the loopback only. */
bool peers_parse(struct peers *peers, const char *text, struct err *err);

/* True for other families than TCP's: there the socket's file mode decides. */
bool peers_allow(const struct peers *peers, const struct sockaddr *address);

#endif
