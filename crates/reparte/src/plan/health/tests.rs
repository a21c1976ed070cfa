//! Tests of the health's transitions.

use super::*;
use crate::error::call::ErrorKind;
use crate::options::RetryFaults;
use crate::plan::failures::{ServerVerdict, assess};

/// Returns the only server.
fn id() -> ServerId {
    ServerId::new(0)
}

const SILENCE: Silence = Silence {
    reason: AsideReason::Hung,
    may_lose_calls: true,
    is_long: false,
};

fn config(has_status: bool, reserve: bool) -> ServerConfig {
    ServerConfig {
        slots: 1,
        learns_slots: false,
        has_status,
        reserve,
    }
}

fn one_server(has_status: bool) -> Health {
    let mut health = Health::new(1);
    assert_eq!(health.add_server(config(has_status, false)), id());
    health
}

fn failure(kind: ErrorKind) -> ServerFailure {
    match assess(Err(kind), &RetryFaults::None, false).0 {
        ServerVerdict::Failed(failure) => failure,
        verdict => panic!("{kind} says {verdict:?}"),
    }
}

/// Has a call start at 0 and fail at `now`.
fn fail(health: &mut Health, kind: ErrorKind, now: Duration) -> Option<Aside> {
    let at_start = health.call_started(id());
    health.call_returned(id(), at_start);
    health.call_failed(id(), at_start, failure(kind), Duration::ZERO, now)
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Ends the server's time aside, whenever that is, and returns the new state.
fn wait(health: &mut Health) -> State {
    let (until, server) = health.next_timer().expect("it is aside");
    assert_eq!(server, id());
    let before = until.checked_sub(Duration::from_nanos(1));
    if let Some(before) = before {
        assert_eq!(health.end_aside(id(), before), None);
    }
    let state = health.end_aside(id(), until).expect("its time has come");
    assert_eq!(health.state(id()), state);
    assert_eq!(health.next_timer(), None);
    state
}

#[test]
fn a_server_that_was_not_reached_is_probed_and_taken_back() {
    let mut health = one_server(true);
    let aside = fail(&mut health, ErrorKind::Unreachable, secs(9)).unwrap();
    assert_eq!(aside.reason, AsideReason::Died);
    assert_eq!(health.state(id()), State::Aside);
    assert!(!health.any_alive() && !health.all_unused());
    assert_eq!(wait(&mut health), State::Probing);
    assert!(!health.call_answered(id()), "it may have been sent before");
    assert!(health.status_reported(id()));
    assert_eq!(health.state(id()), State::Up);
    assert!(health.any_alive());
    assert!(!health.status_reported(id()), "it is up already");
}

#[test]
fn a_server_whose_answer_was_malformed_has_a_trial() {
    for answered in [true, false] {
        let mut health = one_server(true);
        fail(&mut health, ErrorKind::Malformed, secs(9)).unwrap();
        assert_eq!(wait(&mut health), State::TrialDue);
        assert!(!health.status_reported(id()));
        let trial = health.call_started(id());
        assert!(trial.trial);
        assert_eq!(health.state(id()), State::OnTrial);
        assert!(!health.call_started(id()).trial, "one trial at a time");
        health.call_returned(id(), trial);
        assert_eq!(health.state(id()), State::TrialDue);
        if answered {
            assert!(health.call_answered(id()));
            assert_eq!(health.state(id()), State::Up);
        } else {
            let failure = failure(ErrorKind::Malformed);
            let aside = health.call_failed(id(), trial, failure, secs(9), secs(20));
            assert_eq!(aside.unwrap().reason, AsideReason::StillDown);
            assert_eq!(health.state(id()), State::Aside);
        }
    }
}

#[test]
fn a_server_that_reports_nothing_has_a_trial() {
    let mut health = one_server(true);
    assert!(!health.connected(id()), "it is up");
    fail(&mut health, ErrorKind::Unreachable, secs(9)).unwrap();
    wait(&mut health);
    assert!(health.connected(id()));
    assert_eq!(health.state(id()), State::TrialDue);
    let mut unprobed = one_server(false);
    fail(&mut unprobed, ErrorKind::Unreachable, secs(9)).unwrap();
    assert_eq!(wait(&mut unprobed), State::TrialDue);
}

#[test]
fn a_call_of_an_earlier_epoch_says_nothing_new() {
    let mut health = one_server(true);
    let (first, second) = (health.call_started(id()), health.call_started(id()));
    let failed = failure(ErrorKind::Interrupted);
    let call_failed = |health: &mut Health, at_start| {
        health.call_failed(id(), at_start, failed, Duration::ZERO, secs(5))
    };
    assert!(call_failed(&mut health, first).is_some());
    assert!(call_failed(&mut health, second).is_none());
}

#[test]
fn five_own_failures_at_once_are_a_reason_for_quarantine() {
    let soon = Duration::from_millis(999);
    for (kind, after, quarantine) in [
        (ErrorKind::Malformed, soon, true),
        (ErrorKind::Interrupted, soon, true),
        (ErrorKind::Malformed, secs(1), false),
        (ErrorKind::Unreachable, soon, false),
        (ErrorKind::Unanswered, soon, false),
        (ErrorKind::TimedOut, soon, false),
        (ErrorKind::Busy { retry_after: None }, soon, false),
    ] {
        let mut health = one_server(true);
        for strike in 1..=5 {
            let aside = fail(&mut health, kind, after).unwrap();
            let quarantined = aside.reason == AsideReason::Suspected;
            assert_eq!(quarantined, quarantine && strike == 5, "{kind} {after:?}");
            assert_eq!(quarantined, aside.until >= after + secs(60), "{kind}");
            let state = wait(&mut health);
            if quarantined {
                assert_eq!(state, State::TrialDue, "a probe is not enough");
            }
        }
    }
}

#[test]
fn an_answer_ends_the_strikes_and_the_growth_of_the_pauses() {
    let mut health = one_server(true);
    let soon = Duration::from_millis(1);
    for round in 0..40 {
        let aside = fail(&mut health, ErrorKind::Malformed, soon).unwrap();
        assert_ne!(aside.reason, AsideReason::Suspected, "round {round}");
        assert!(aside.until <= soon + Duration::from_millis(100));
        wait(&mut health);
        health.call_started(id());
        assert!(health.call_answered(id()));
    }
    let pauses = (0..40).map(|_| {
        let aside = fail(&mut health, ErrorKind::TimedOut, secs(9)).unwrap();
        wait(&mut health);
        aside.until - secs(9)
    });
    let longest = pauses.max().unwrap();
    assert!(longest > secs(3) && longest <= secs(4), "{longest:?}");
}

#[test]
fn a_busy_server_is_alive_and_pauses_for_as_long_as_it_asks() {
    for (asked, granted) in [(7, 7), (61, 60)] {
        let mut health = one_server(true);
        let retry_after = Some(secs(asked));
        let aside = fail(&mut health, ErrorKind::Busy { retry_after }, secs(1)).unwrap();
        assert_eq!(aside.reason, AsideReason::Busy);
        assert_eq!(aside.until, secs(1 + granted));
        assert!(health.any_alive());
        assert_eq!(wait(&mut health), State::TrialDue);
        let aside = fail(&mut health, ErrorKind::Unreachable, secs(90)).unwrap();
        assert_eq!(aside.reason, AsideReason::Died, "it was alive");
        assert!(!health.any_alive());
    }
}

#[test]
fn a_silence_sets_a_server_aside_unless_it_is_already() {
    let mut health = one_server(true);
    let (aside, doubts) = health.probe_failed(id(), SILENCE, secs(1));
    assert_eq!(aside.unwrap().reason, AsideReason::Hung);
    assert!(doubts);
    let (aside, doubts) = health.probe_failed(id(), SILENCE, secs(1));
    assert!(aside.is_none() && !doubts, "it is aside");
    for is_long in [false, true] {
        assert_eq!(wait(&mut health), State::Probing);
        let silence = Silence { is_long, ..SILENCE };
        let (aside, doubts) = health.probe_failed(id(), silence, secs(9));
        assert_eq!(aside.unwrap().reason, AsideReason::StillDown);
        assert_eq!(doubts, is_long);
    }
    assert!(health.mark_out(id()));
    let (aside, doubts) = health.probe_failed(id(), SILENCE, secs(9));
    assert!(aside.is_none() && doubts, "its calls may still be lost");
}

#[test]
fn a_silence_makes_a_probe_enough_again() {
    let mut health = one_server(true);
    fail(&mut health, ErrorKind::Malformed, secs(9)).unwrap();
    assert_eq!(wait(&mut health), State::TrialDue);
    health.probe_failed(id(), SILENCE, secs(9)).0.unwrap();
    assert_eq!(wait(&mut health), State::Probing);
}

#[test]
fn a_server_is_out_once_and_for_good() {
    let mut health = one_server(true);
    let at_start = health.call_started(id());
    assert!(health.mark_out(id()));
    assert!(!health.mark_out(id()));
    assert!(health.all_unused() && !health.any_alive());
    let failed = failure(ErrorKind::Interrupted);
    let aside = health.call_failed(id(), at_start, failed, secs(0), secs(5));
    assert!(aside.is_none());
    assert!(!health.call_answered(id()));
    assert_eq!(health.state(id()), State::Out);
    let mut health = one_server(true);
    fail(&mut health, ErrorKind::TimedOut, secs(9)).unwrap();
    health.mark_out(id());
    assert_eq!(health.next_timer(), None, "nothing takes it back");
}

#[test]
fn the_reserve_is_used_at_once() {
    let mut health = Health::new(1);
    for reserve in [false, true, true] {
        health.add_server(config(true, reserve));
    }
    assert!(!health.all_unused());
    health.mark_out(id());
    assert!(health.all_unused());
    let reserve = [ServerId::new(1), ServerId::new(2)];
    assert_eq!(health.use_reserve(), reserve);
    assert_eq!(health.state(reserve[0]), State::Up);
    assert!(health.any_alive());
    assert_eq!(health.use_reserve(), []);
}
