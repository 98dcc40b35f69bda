#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include "sync/phase.h"

/* Is `to` reached from `from` over rows that `allowed` lets pass? */
static bool reaches(enum phase from, enum phase to, bool (*allowed)(enum phase, enum outcome))
{
    bool seen[PHASE_COUNT] = {false};
    seen[from] = true;
    for (int round = 0; round < PHASE_COUNT; round++)
        for (int phase = 0; phase < PHASE_COUNT; phase++)
            for (int outcome = 0; seen[phase] && outcome < OUTCOME_COUNT; outcome++) {
                enum phase next = phase_next((enum phase)phase, (enum outcome)outcome);
                if (next != PHASE_COUNT && allowed((enum phase)phase, (enum outcome)outcome))
                    seen[next] = true;
            }
    return seen[to];
}

static bool any(enum phase phase, enum outcome outcome)
{
    (void)phase;
    (void)outcome;
    return true;
}

static bool never_well_fetched(enum phase phase, enum outcome outcome)
{
    return !(phase == PHASE_FETCH && outcome == OUTCOME_GOOD);
}

static bool never_well_judged(enum phase phase, enum outcome outcome)
{
    return !(phase == PHASE_MANIFEST && outcome == OUTCOME_GOOD);
}

static bool never_confirmed(enum phase phase, enum outcome outcome)
{
    return !(phase == PHASE_CONFIRM && outcome == OUTCOME_GOOD);
}

static bool never_checked(enum phase phase, enum outcome outcome)
{
    return !(phase == PHASE_CHECK && outcome == OUTCOME_GOOD);
}

static void test_every_phase_has_a_name_and_a_limit(void **state)
{
    (void)state;
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        assert_non_null(phase_name((enum phase)phase));
        assert_true(phase_limit((enum phase)phase) >= 1);
    }
}

static void test_ends_have_no_successor_and_others_do(void **state)
{
    (void)state;
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        bool end = phase_is_end((enum phase)phase);
        int successors = 0;
        for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
            successors += phase_next((enum phase)phase, (enum outcome)outcome) != PHASE_COUNT;
        assert_true(end == (successors == 0));
        /* Whatever goes wrong in a phase, it is known what comes then. */
        if (!end)
            assert_true(phase_next((enum phase)phase, OUTCOME_FAULT) == PHASE_FAILED);
    }
}

static void test_every_phase_is_reached(void **state)
{
    (void)state;
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        assert_true(reaches(PHASE_DECIDE, (enum phase)phase, any));
}

/* What is new is published only after its manifest, its bytes and the source were found good, and
 * served only after the check. */
static void test_nothing_is_published_unproved(void **state)
{
    (void)state;
    assert_false(reaches(PHASE_DECIDE, PHASE_PUBLISH, never_well_fetched));
    assert_false(reaches(PHASE_DECIDE, PHASE_PUBLISH, never_well_judged));
    assert_false(reaches(PHASE_DECIDE, PHASE_PUBLISH, never_confirmed));
    assert_false(reaches(PHASE_DECIDE, PHASE_FLIP, never_checked));
}

static void test_wrong_bytes_lead_away(void **state)
{
    (void)state;
    assert_true(phase_next(PHASE_FETCH, OUTCOME_WRONG) == PHASE_DISCARD);
    assert_true(phase_next(PHASE_DISCARD, OUTCOME_GOOD) == PHASE_FAILED);
    assert_true(phase_next(PHASE_MANIFEST, OUTCOME_WRONG) == PHASE_FAILED);
}

/* Each phase can be entered so often only; all of these together bound the course. */
static void test_a_course_ends(void **state)
{
    (void)state;
    int steps = 0;
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        steps += phase_limit((enum phase)phase);
    assert_true(steps < 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_phase_has_a_name_and_a_limit),
        cmocka_unit_test(test_ends_have_no_successor_and_others_do),
        cmocka_unit_test(test_every_phase_is_reached),
        cmocka_unit_test(test_nothing_is_published_unproved),
        cmocka_unit_test(test_wrong_bytes_lead_away),
        cmocka_unit_test(test_a_course_ends),
    };
    return cmocka_run_group_tests_name("sync/phase", tests, NULL, NULL);
}
