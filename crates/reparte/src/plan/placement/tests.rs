//! Tests of the choice of servers.

use super::*;

fn id(index: usize) -> ServerId {
    ServerId::new(index)
}

fn placement(slots: &[usize]) -> Placement {
    let mut placement = Placement::default();
    for &slots in slots {
        let config = ServerConfig {
            slots,
            learns_slots: false,
            has_status: false,
            reserve: false,
            role: Role::Server,
        };
        placement.add_server(config, State::Up);
    }
    placement
}

fn beside(placement: &Placement, server: usize) -> Option<ServerId> {
    placement.pick_beside(id(server), &Avoid::default(), |_| true, |_| false)
}

#[test]
fn the_server_with_the_fewest_calls_comes_first_then_the_one_unused_for_longest() {
    let mut placement = placement(&[2, 2, 1]);
    let mut order = Vec::new();
    while let Some(server) = placement.pick_any() {
        order.push(server.index());
        placement.take_slot(server, false);
    }
    assert_eq!(order, [0, 1, 2, 0, 1]);
    assert!(!placement.any_ready());
    for server in [1, 0] {
        placement.free_slot(id(server), false);
    }
    assert_eq!(placement.pick_any(), Some(id(0)));
}

#[test]
fn a_trial_comes_last_and_has_one_slot() {
    let mut placement = placement(&[3, 1]);
    placement.set_state(id(0), State::TrialDue);
    assert_eq!(placement.pick_any(), Some(id(1)));
    placement.take_slot(id(1), false);
    assert!(!placement.any_idle() && placement.any_ready());
    assert_eq!(placement.pick_any(), Some(id(0)));
    assert_eq!(beside(&placement, 1), None, "a trial is no hedge");
    placement.set_state(id(0), State::OnTrial);
    assert_eq!(placement.pick_any(), None);
}

#[test]
fn only_the_states_that_allow_calls_do() {
    for (state, ready, slots) in [
        (State::Up, true, 4),
        (State::TrialDue, true, 4),
        (State::Aside, false, 4),
        (State::Probing, false, 4),
        (State::OnTrial, false, 4),
        (State::Out, false, 0),
        (State::Reserve, false, 0),
    ] {
        let mut placement = placement(&[4]);
        placement.set_state(id(0), state);
        assert_eq!(placement.any_ready(), ready, "{state:?}");
        assert_eq!(placement.any_idle(), state == State::Up, "{state:?}");
        assert_eq!(placement.slots(), slots, "{state:?}");
    }
}

#[test]
fn a_task_keeps_off_the_server_that_failed_it_for_four_seconds() {
    let mut placement = placement(&[2, 1]);
    let failed = Avoid::default().with(id(0), false);
    let pick = |placement: &Placement| placement.pick(&failed, |_| false);
    placement.keep_off(id(0), Duration::ZERO);
    assert_eq!(pick(&placement), Some(id(1)));
    placement.take_slot(id(1), false);
    assert_eq!(pick(&placement), None, "the other one is up, though busy");
    assert_eq!(placement.pick_any(), Some(id(0)));
    let (until, server) = placement.next_timer().unwrap();
    assert_eq!((until, server), (Duration::from_secs(4), id(0)));
    placement.end_keep_off(id(0), until - Duration::from_nanos(1));
    assert_eq!(pick(&placement), None);
    placement.end_keep_off(id(0), until);
    assert_eq!(pick(&placement), Some(id(0)));
    assert_eq!(placement.next_timer(), None);
}

#[test]
fn a_task_goes_back_where_no_other_server_is_up() {
    let mut placement = placement(&[1, 1]);
    let failed = Avoid::default().with(id(0), false);
    let pick = |placement: &Placement| placement.pick(&failed, |_| false);
    placement.keep_off(id(0), Duration::ZERO);
    placement.set_state(id(1), State::Aside);
    assert_eq!(pick(&placement), Some(id(0)));
    placement.set_state(id(1), State::TrialDue);
    assert_eq!(pick(&placement), Some(id(0)), "not to a trial");
    placement.set_state(id(0), State::TrialDue);
    assert_eq!(pick(&placement), Some(id(1)), "both are trials");
    assert_eq!(placement.pick_trial(&failed), Some(id(0)));
    placement.set_state(id(1), State::OnTrial);
    assert_eq!(pick(&placement), None, "others go first");
    let strictly = failed.with(id(0), true);
    assert_eq!(placement.pick_trial(&strictly), None);
}

#[test]
fn an_isolated_call_has_its_server_to_itself() {
    let mut placement = placement(&[2, 2]);
    assert_eq!(
        placement.pick_isolated(|_| true, &[id(0)], |_| false),
        Some(id(1))
    );
    assert_eq!(
        placement.pick_isolated(|_| true, &[id(0), id(1)], |_| false),
        Some(id(0))
    );
    placement.take_slot(id(1), true);
    assert_eq!(beside(&placement, 0), None);
    placement.take_slot(id(0), false);
    placement.free_slot(id(0), false);
    assert_eq!(beside(&placement, 0), None, "it runs still");
    placement.free_slot(id(1), true);
    assert_eq!(beside(&placement, 0), Some(id(1)));
}

#[test]
fn the_number_of_slots_can_change() {
    let mut placement = placement(&[1]);
    placement.take_slot(id(0), false);
    assert!(!placement.any_ready());
    assert!(placement.set_slots(id(0), 3));
    assert!(!placement.set_slots(id(0), 3));
    assert!(placement.any_ready());
    assert_eq!(placement.slots(), 3);
}

#[test]
fn a_task_with_a_case_waits_for_another_server_a_proven_one_first() {
    let mut placement = placement(&[1, 1, 1]);
    let case = Avoid::default().with(id(0), true);
    let is_proven = |server| server == id(2);
    assert_eq!(placement.pick(&case, is_proven), Some(id(2)));
    assert_eq!(placement.pick(&case, |_| false), Some(id(1)));
    let all = case.with(id(1), true).with(id(2), true);
    assert_eq!(placement.pick(&all, is_proven), None);
    assert!(placement.pick(&all.relaxed(), is_proven).is_some());
    placement.set_state(id(1), State::TrialDue);
    placement.take_slot(id(2), false);
    assert_eq!(
        placement.pick(&case, is_proven),
        Some(id(1)),
        "as its trial"
    );
    let hedge = |avoid| placement.pick_beside(id(2), avoid, |_| true, is_proven);
    assert_eq!(
        (hedge(&case), hedge(&Avoid::default())),
        (None, Some(id(0)))
    );
}

#[test]
fn a_held_server_starts_no_call_until_it_is_released() {
    let mut placement = placement(&[2, 2]);
    placement.take_slot(id(0), false);
    assert_eq!(placement.pick_to_hold(|_| true, |_| false), Some(id(1)));
    assert_eq!(
        placement.pick_to_hold(|_| true, |server| server == id(0)),
        Some(id(0))
    );
    assert_eq!(
        placement.pick_to_hold(|server| server != id(1), |_| false),
        Some(id(0))
    );
    placement.hold(id(1), true);
    assert_eq!(placement.pick_any(), Some(id(0)));
    assert!(placement.is_unused(id(1)) && !placement.is_unused(id(0)));
    placement.hold(id(1), false);
    assert_eq!(placement.pick_any(), Some(id(1)));
}
