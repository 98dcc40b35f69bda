#include "server/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define V4_BITS 96u /* the prefix ::ffff:0:0 */

static void map_v4(uint8_t out[16], const void *v4)
{
    memset(out, 0, 10);
    memset(out + 10, 0xff, 2);
    memcpy(out + 12, v4, 4);
}

/* "address" or "address/bits" of the given length. */
static bool network_parse(struct peers *peers, const char *text, size_t length)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = memchr(text, '/', length);
    size_t address_length = slash != NULL ? (size_t)(slash - text) : length;
    if (peers->count == PEERS_MAX || address_length >= sizeof(address))
        return false;
    memcpy(address, text, address_length);
    address[address_length] = '\0';

    uint8_t v4[4], *out = peers->networks[peers->count].address;
    bool is_v4 = inet_pton(AF_INET, address, v4) == 1;
    if (is_v4)
        map_v4(out, v4);
    else if (inet_pton(AF_INET6, address, out) != 1)
        return false;

    unsigned long bits = is_v4 ? 32 : 128;
    if (slash != NULL) {
        char *end;
        unsigned long said =
            slash[1] >= '0' && slash[1] <= '9' ? strtoul(slash + 1, &end, 10) : 999;
        if (said > bits || end != text + length)
            return false;
        bits = said;
    }
    peers->networks[peers->count++].bits = (unsigned)bits + (is_v4 ? V4_BITS : 0);
    return true;
}

bool peers_parse(struct peers *peers, const char *text, struct err *err)
{
    *peers = (struct peers){0};
    if (text == NULL || text[strspn(text, " ,")] == '\0')
        text = "127.0.0.0/8,::1";
    while (*(text += strspn(text, " ,")) != '\0') {
        size_t length = strcspn(text, " ,");
        if (!network_parse(peers, text, length))
            return err_set(err, ERR_INVALID,
                           "allowed peers: '%.*s' is no address or network, or there are more "
                           "than %d",
                           (int)length, text, PEERS_MAX);
        text += length;
    }
    return true;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    if (memcmp(a, b, bits / 8) != 0)
        return false;
    uint8_t mask = (uint8_t)(0xff00 >> bits % 8);
    return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

bool peers_allow(const struct peers *peers, const struct sockaddr *address)
{
    uint8_t bytes[16];
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        map_v4(bytes, &v4.sin_addr);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        memcpy(bytes, &v6.sin6_addr, sizeof(bytes));
    } else {
        return true;
    }
    for (size_t i = 0; i < peers->count; i++) {
        if (same_bits(bytes, peers->networks[i].address, peers->networks[i].bits))
            return true;
    }
    return false;
}
