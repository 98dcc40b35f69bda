#include "sync/phase.h"

struct row {
    const char *name;
    int limit; /* times in one course */
    bool end;
    enum phase next[OUTCOME_COUNT];
};

#define NEVER PHASE_COUNT
/* GOOD, NOTHING, PLACED, CHANGED, WRONG, SPACE, FAULT */
#define NEXT(...)   \
    {               \
        __VA_ARGS__ \
    }
#define END NEXT(NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER)

static const struct row rows[PHASE_COUNT] = {
    [PHASE_DECIDE] = {"decide", 3, false,
                      NEXT(PHASE_MANIFEST, PHASE_NOTHING, PHASE_CHECK, NEVER, PHASE_FAILED, NEVER,
                           PHASE_FAILED)},
    [PHASE_MANIFEST] = {"manifest", 3, false,
                        NEXT(PHASE_FETCH, NEVER, NEVER, PHASE_RELIST, PHASE_FAILED, NEVER,
                             PHASE_FAILED)},
    [PHASE_FETCH] = {"fetch", 4, false,
                     NEXT(PHASE_CONFIRM, NEVER, NEVER, PHASE_RELIST, PHASE_DISCARD, PHASE_MAKE_ROOM,
                          PHASE_FAILED)},
    [PHASE_CONFIRM] = {"confirm", 3, false,
                       NEXT(PHASE_PUBLISH, NEVER, NEVER, PHASE_RELIST, NEVER, NEVER, PHASE_FAILED)},
    [PHASE_PUBLISH] = {"publish", 4, false,
                       NEXT(PHASE_CHECK, NEVER, NEVER, NEVER, NEVER, PHASE_MAKE_ROOM,
                            PHASE_FAILED)},
    [PHASE_CHECK] = {"check", 3, false,
                     NEXT(PHASE_FLIP, NEVER, NEVER, NEVER, PHASE_FAILED, NEVER, PHASE_FAILED)},
    [PHASE_FLIP] = {"flip", 3, false,
                    NEXT(PHASE_DONE, NEVER, NEVER, NEVER, NEVER, PHASE_FAILED, PHASE_FAILED)},
    [PHASE_MAKE_ROOM] = {"make room", 1, false,
                         NEXT(PHASE_FETCH, NEVER, NEVER, NEVER, NEVER, PHASE_FAILED, PHASE_FAILED)},
    [PHASE_RELIST] = {"list again", 2, false,
                      NEXT(PHASE_DECIDE, NEVER, NEVER, NEVER, NEVER, NEVER, PHASE_FAILED)},
    [PHASE_DISCARD] = {"discard", 1, false,
                       NEXT(PHASE_FAILED, NEVER, NEVER, NEVER, NEVER, NEVER, PHASE_FAILED)},
    [PHASE_DONE] = {"done", 1, true, END},
    [PHASE_NOTHING] = {"nothing", 1, true, END},
    [PHASE_FAILED] = {"failed", 1, true, END},
};

enum phase phase_next(enum phase phase, enum outcome outcome)
{
    return rows[phase].next[outcome];
}

bool phase_is_end(enum phase phase)
{
    return rows[phase].end;
}

int phase_limit(enum phase phase)
{
    return rows[phase].limit;
}

const char *phase_name(enum phase phase)
{
    return rows[phase].name;
}
