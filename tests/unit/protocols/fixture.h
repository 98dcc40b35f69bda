/* Protocols over a registry over a directory of small models whose answers can be checked by hand.
 *
 *   flowers/1   a, b -> label left, right, none (softmax of a, b, -a-b)
 *   people/1    age 0..150, sex, class 1 2 3, fare (0 when absent)
 *               -> age + 10 male + 100 class + fare / 2
 *   double/1    x, y -> x, y       (targets low, high)
 *   double/2    x, y -> x, 2y + 0.5
 *   line.json   x -> 2x + 1
 */
#ifndef OMEN_TESTS_PROTOCOLS_FIXTURE_H
#define OMEN_TESTS_PROTOCOLS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "protocols/protocol.h"

struct fixture {
    char directory[64];
    struct registry *registry;
    struct router *router;
    struct protocol_context context;
    struct arena arena, scratch;
    struct http_response response;
};

/* memory: the limit of a request's arena, 0 for none. Says why on standard error if it fails. */
bool fixture_open(struct fixture *fixture, size_t memory);
void fixture_close(struct fixture *fixture);

/* One request from the router on; the answer is in fixture->response. Returns its status. */
int fixture_request(struct fixture *fixture, enum http_method method, const char *path,
                    const char *content_type, const char *body, size_t length);

#endif
