/* The state file: what became of every version, for who brings them (omen-sync). */
#ifndef OMEN_APP_STATE_H
#define OMEN_APP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/registry.h"

/* The loader thread's. */
struct state {
    const char *path; /* **Kept**; "": no file */
    bool is_due;      /* something changed after it was written */
    int64_t written_ns;
};

/* Something changed: the file is replaced by one that says what /status says of the models, at once
 * unless it was a moment ago: a directory of thousands would else write it thousands of times. A
 * file that cannot be written is a warning in the log. `registry` may be NULL: not made yet. */
void state_change(struct state *state, struct registry *registry);
/* Nothing more changes for now: the file tells of all that did. */
void state_settle(struct state *state, struct registry *registry);

#endif
