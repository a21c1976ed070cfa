//! Tests of the standing of servers.

use super::*;

const CALL: CallId = CallId::new(0);
const FAULT: ErrorKind = ErrorKind::Fault { code: 1 };

fn id(index: usize) -> ServerId {
    ServerId::new(index)
}

fn standing(servers: usize) -> Standing {
    let mut standing = Standing::default();
    (0..servers).for_each(|_| standing.add_server());
    standing
}

fn fail(standing: &mut Standing, server: usize, times: u32) {
    (0..times).for_each(|_| standing.case_opened(id(server), FAULT));
}

#[test]
fn a_server_is_proven_by_a_result_and_not_by_faults() {
    let mut standing = standing(1);
    fail(&mut standing, 0, 1);
    assert!(!standing.has_answered(id(0)) && !standing.is_proven(id(0)));
    standing.answered(id(0));
    assert!(standing.has_answered(id(0)) && !standing.is_proven(id(0)));
    standing.result(id(0), CALL);
    assert!(standing.is_proven(id(0)) && standing.good().eq([id(0)]));
    fail(&mut standing, 0, 1);
    assert!(standing.is_proven(id(0)) && standing.good().next().is_none());
}

#[test]
fn two_strikes_make_it_suspected_until_a_result_and_ten_take_one_back() {
    let mut standing = standing(1);
    standing.result(id(0), CALL);
    for suspected in [false, true] {
        standing.strike(id(0));
        assert_eq!(standing.is_suspected(id(0)), suspected);
    }
    standing.result(id(0), CALL);
    assert!(!standing.is_suspected(id(0)) && !standing.is_proven(id(0)));
    (0..9).for_each(|_| assert!(!standing.result(id(0), CALL)));
    assert!(standing.is_proven(id(0)));
}

#[test]
fn three_open_cases_make_it_suspected_or_twice_an_innocent_streak() {
    let mut standing = standing(2);
    fail(&mut standing, 0, 2);
    assert!(!standing.is_suspected(id(0)));
    fail(&mut standing, 0, 1);
    assert!(standing.is_suspected(id(0)) && standing.is_suspected_by_faults(id(0)));
    fail(&mut standing, 1, 1);
    assert!(!standing.result(id(1), CALL), "three are too many still");
    fail(&mut standing, 1, 5);
    assert!(standing.result(id(1), CALL), "ten are too many now");
    assert!(!standing.is_suspected(id(0)));
    fail(&mut standing, 0, 7);
    assert!(standing.is_suspected(id(0)));
    standing.case_opened(id(0), ErrorKind::Malformed);
    assert!(!standing.is_suspected_by_faults(id(0)));
}

#[test]
fn faults_of_every_server_are_believed_until_a_result() {
    let mut standing = standing(2);
    fail(&mut standing, 0, 3);
    assert!(standing.gives_only_faults(id(0), true));
    assert!(!standing.gives_only_faults(id(0), false));
    fail(&mut standing, 0, 5);
    assert!(standing.gives_only_faults(id(0), false));
    standing.believe_faults();
    assert!(standing.faults_everywhere() && !standing.is_suspected(id(0)));
    assert!(standing.result(id(1), CALL), "the other is suspected again");
    assert!(!standing.faults_everywhere() && standing.is_suspected(id(0)));
}

#[test]
fn two_confirmed_faults_make_it_stand_well_until_one_is_believed() {
    let mut standing = standing(1);
    standing.result(id(0), CALL);
    let epoch = standing.results(id(0));
    for well in [false, true] {
        fail(&mut standing, 0, 1);
        standing.confirmed(id(0), epoch, FAULT);
        assert_eq!(standing.stands_well(id(0), FAULT), well);
    }
    assert!(
        !standing.stands_well(id(0), ErrorKind::Overran),
        "another kind"
    );
    assert!(!standing.stands_well(id(0), ErrorKind::Malformed));
    assert!(standing.good().eq([id(0)]), "the cases are closed");
    standing.believed(id(0), epoch);
    assert!(!standing.stands_well(id(0), FAULT));
    standing.result(id(0), CALL);
    assert!(standing.stands_well(id(0), FAULT));
    standing.believed(id(0), epoch);
    standing.confirmed(id(0), epoch, FAULT);
    assert!(standing.stands_well(id(0), FAULT));
}

#[test]
fn two_confirmed_time_limits_make_it_stand_well_for_time_limits_alone() {
    let mut standing = standing(1);
    standing.result(id(0), CALL);
    for well in [false, true] {
        standing.confirmed(id(0), 1, ErrorKind::Overran);
        assert_eq!(standing.stands_well(id(0), ErrorKind::Overran), well);
    }
    assert!(!standing.stands_well(id(0), FAULT));
}

#[test]
fn each_result_is_another_epoch() {
    let mut standing = standing(1);
    for results in 0..4 {
        assert_eq!(standing.results(id(0)), results);
        standing.result(id(0), CALL);
    }
}

#[test]
fn a_server_has_no_such_function_if_it_says_so_of_two_tasks() {
    let mut standing = standing(1);
    let [one, two] = [1, 2].map(TaskId::new);
    assert!(!standing.not_found(id(0), one));
    assert!(!standing.not_found(id(0), one));
    assert!(standing.not_found(id(0), two));
}

#[test]
fn a_suspected_server_that_fails_the_same_tasks_again_gives_only_faults() {
    let mut standing = standing(2);
    fail(&mut standing, 0, OPEN_CASES);
    for again in 1..=FAULTS_EVERYWHERE {
        assert!(!standing.gives_only_faults(id(0), false), "after {again}");
        standing.failed_again(id(0), FAULT);
    }
    assert!(standing.gives_only_faults(id(0), false));
    // One other failure shows more than all faults.
    standing.failed_again(id(0), ErrorKind::Malformed);
    assert!(!standing.gives_only_faults(id(0), false));
    // Without enough open cases it is not suspected.
    fail(&mut standing, 1, OPEN_CASES - 1);
    (0..FAULTS_EVERYWHERE).for_each(|_| standing.failed_again(id(1), FAULT));
    assert!(!standing.gives_only_faults(id(1), false));
    // A result makes all of these count no more.
    standing.result(id(0), CALL);
    fail(&mut standing, 0, OPEN_CASES);
    assert!(!standing.gives_only_faults(id(0), false));
}

#[test]
fn a_result_counts_from_its_call_on() {
    let mut standing = standing(1);
    let [earlier, call, later] = [4, 5, 6].map(CallId::new);
    assert!(!standing.has_result_from(id(0), earlier));
    standing.result(id(0), call);
    standing.result(id(0), earlier);
    for (from, has) in [(earlier, true), (call, true), (later, false)] {
        assert_eq!(standing.has_result_from(id(0), from), has);
    }
}

#[test]
fn a_proxy_without_its_server_is_suspected_by_few_tasks() {
    let proxy = ErrorKind::Http { status: 502 };
    let mut standing = standing(1);
    standing.case_opened(id(0), proxy);
    standing.failed_again(id(0), proxy);
    assert!(!standing.is_suspected(id(0)));
    standing.failed_again(id(0), proxy);
    assert!(standing.is_suspected(id(0)));
    // Another failure shows that a server is behind it.
    standing.failed_again(id(0), ErrorKind::Malformed);
    assert!(!standing.is_suspected(id(0)));
}

/// A task whose case was older than the last result was tried without end.
#[test]
fn a_proxy_without_its_server_is_suspected_by_a_task_that_it_failed_before_a_result() {
    let proxy = ErrorKind::Http { status: 504 };
    let mut standing = standing(1);
    standing.case_opened(id(0), proxy);
    for call in 0..2 {
        standing.result(id(0), CallId::new(call));
        for is_suspected in [false, false, true] {
            standing.failed_again(id(0), proxy);
            assert_eq!(standing.is_suspected(id(0)), is_suspected);
        }
    }
    standing.result(id(0), CallId::new(2));
    assert!(!standing.is_suspected(id(0)));
}

#[test]
fn the_streak_of_a_server_with_a_strike_clears_no_other() {
    for (strikes, is_suspected) in [(0, false), (1, true)] {
        let mut standing = standing(2);
        (0..strikes).for_each(|_| standing.strike(id(0)));
        fail(&mut standing, 0, 9);
        standing.result(id(0), CallId::new(9));
        fail(&mut standing, 1, OPEN_CASES);
        assert_eq!(standing.is_suspected(id(1)), is_suspected, "{strikes}");
    }
}

#[test]
fn a_case_begins_the_ten_results_that_take_a_strike_back_anew() {
    let mut standing = standing(1);
    (0..3).for_each(|_| standing.strike(id(0)));
    let results = |standing: &mut Standing, times: u32| {
        (0..times).for_each(|_| assert!(!standing.result(id(0), CALL)));
        standing.is_proven(id(0))
    };
    assert!(!results(&mut standing, 9));
    fail(&mut standing, 0, 1);
    assert!(!results(&mut standing, 9), "a result leaves one strike");
    assert!(results(&mut standing, 1));
}

#[test]
fn the_gaps_of_a_proxy_are_in_no_streak() {
    let proxy = ErrorKind::Http { status: 504 };
    let mut standing = standing(2);
    (0..9).for_each(|_| standing.case_opened(id(0), proxy));
    standing.result(id(0), CALL);
    fail(&mut standing, 1, OPEN_CASES);
    assert!(standing.is_suspected(id(1)));
}
