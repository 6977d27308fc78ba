/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be asked of the server when: every state with every order, against a
 * table written down here once more; and what must hold of any such table.
 */
#include "lib/unit.h"
#include "proc/master_fsm.h"
#include "unit_fsm.h"

/* Which state comes next is not this table's to say. */
static const struct fsm_row expected[] = {
	{ "serves", "stop", "", "do" },
	{ "serves", "quit", "", "do" },
	{ "serves", "reload", "", "do" },
	{ "serves", "upgrade", "", "do" },
	{ "serves", "scale", "", "do" },
	{ "serves", "reopen", "", "do" },
	{ "reloads", "stop", "", "do" },
	{ "reloads", "quit", "", "do" },
	{ "reloads", "reload", "", "again" },
	{ "reloads", "upgrade", "", "reloading" },
	{ "reloads", "scale", "", "reloading" },
	{ "reloads", "reopen", "", "do" },
	{ "upgrades", "stop", "", "do" },
	{ "upgrades", "quit", "", "do" },
	{ "upgrades", "reload", "", "upgrading" },
	{ "upgrades", "upgrade", "", "upgrading" },
	{ "upgrades", "scale", "", "upgrading" },
	{ "upgrades", "reopen", "", "do" },
	{ "follows", "stop", "", "do" },
	{ "follows", "quit", "", "do" },
	{ "follows", "reload", "", "upgrading" },
	{ "follows", "upgrade", "", "upgrading" },
	{ "follows", "scale", "", "upgrading" },
	{ "follows", "reopen", "", "do" },
	{ "leaves", "stop", "", "upgrading" },
	{ "leaves", "quit", "", "do" },
	{ "leaves", "reload", "", "upgrading" },
	{ "leaves", "upgrade", "", "upgrading" },
	{ "leaves", "scale", "", "upgrading" },
	{ "leaves", "reopen", "", "do" },
	{ "delays", "stop", "", "quit" },
	{ "delays", "quit", "", "do" },
	{ "delays", "reload", "", "stopping" },
	{ "delays", "upgrade", "", "stopping" },
	{ "delays", "scale", "", "stopping" },
	{ "delays", "reopen", "", "do" },
	{ "stops", "stop", "", "quit" },
	{ "stops", "quit", "", "do" },
	{ "stops", "reload", "", "stopping" },
	{ "stops", "upgrade", "", "stopping" },
	{ "stops", "scale", "", "stopping" },
	{ "stops", "reopen", "", "do" },
};

#define EACH_STATE(s)	FSM_EACH(enum master_state, s, NMASTER_STATES)
#define EACH_EVENT(e)	FSM_EACH(enum master_event, e, NMASTER_EVENTS)

static struct fsm_row
row(int state, int event)
{
	enum master_state s = (enum master_state)state;
	enum master_event e = (enum master_event)event;

	return (struct fsm_row){ master_state_name(s), master_event_name(e),
	    "", master_action_name(master_action(s, e)) };
}

static const struct fsm fsm = { .expected = expected,
    .nexpected = sizeof(expected) / sizeof(expected[0]),
    .nstates = NMASTER_STATES, .nevents = NMASTER_EVENTS, .row = row };

/* Whatever happens, an administrator can end it, and rotate its log. */
START_TEST(quit_and_reopen_are_never_refused)
{
	EACH_STATE(s) {
		ck_assert_int_eq(master_action(s, MASTER_E_QUIT), MASTER_A_DO);
		ck_assert_int_eq(master_action(s, MASTER_E_REOPEN),
		    MASTER_A_DO);
	}
}
END_TEST

/* Two things that change the workers would undo each other. */
START_TEST(one_change_at_a_time)
{
	EACH_STATE(s)
		for (enum master_event e = MASTER_E_RELOAD;
		    e <= MASTER_E_SCALE; e++)
			ck_assert(s == MASTER_S_SERVES ||
			    master_action(s, e) != MASTER_A_DO);
}
END_TEST

START_TEST(every_refusal_has_a_reason)
{
	EACH_STATE(s)
		EACH_EVENT(e) {
			enum master_action a = master_action(s, e);

			ck_assert_int_eq(master_refusal(a) == NULL,
			    a == MASTER_A_DO || a == MASTER_A_QUIT);
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("master_fsm");
	TCase *t = unit_case(s, "master_fsm");

	fsm_add_tests(t, &fsm);
	tcase_add_test(t, quit_and_reopen_are_never_refused);
	tcase_add_test(t, one_change_at_a_time);
	tcase_add_test(t, every_refusal_has_a_reason);
	return unit_main(s);
}
