/* The course of one synchronisation of one model, as a table: from every phase, what every outcome
 * leads to. mirror carries the phases out and only this table says what comes next. */
#ifndef OMEN_SYNC_PHASE_H
#define OMEN_SYNC_PHASE_H

#include <stdbool.h>
#include <stddef.h>

enum phase {
    PHASE_DECIDE,    /* which version is wanted, and is it there already? */
    PHASE_MANIFEST,  /* read and judge its manifest and signature */
    PHASE_FETCH,     /* download and check every file */
    PHASE_CONFIRM,   /* is the source still what was downloaded? */
    PHASE_PUBLISH,   /* the tree, in its place */
    PHASE_CHECK,     /* the user's own check before the flip */
    PHASE_FLIP,      /* current leads to it */
    PHASE_MAKE_ROOM, /* remove old versions, then fetch again */
    PHASE_RELIST,    /* the source changed: everything from the start */
    PHASE_DISCARD,   /* what was downloaded is wrong: forget it */
    PHASE_DONE,      /* it is served */
    PHASE_NOTHING,   /* it was served before */
    PHASE_FAILED,    /* what was served stays */
    PHASE_COUNT,
};

enum outcome {
    OUTCOME_GOOD,
    OUTCOME_NOTHING, /* of DECIDE: there is nothing to do */
    OUTCOME_PLACED,  /* of DECIDE: it is on the disk, only not current */
    OUTCOME_CHANGED, /* the source is not what it was */
    OUTCOME_WRONG,   /* not the bytes, or not the signature, that there should be */
    OUTCOME_SPACE,
    OUTCOME_FAULT, /* everything else: what is there of it stays, for later */
    OUTCOME_COUNT,
};

/* PHASE_COUNT: this phase never has that outcome. */
enum phase phase_next(enum phase phase, enum outcome outcome);
bool phase_is_end(enum phase phase);
/* How often a phase may be entered in one course, so that it comes to an end. */
int phase_limit(enum phase phase);
const char *phase_name(enum phase phase);

#endif
