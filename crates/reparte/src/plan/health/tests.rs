//! Tests of the health's transitions.

use super::*;
use crate::error::call::ErrorKind;
use crate::plan::failures::{ServerVerdict, assess};
use crate::plan::heartbeat::Silence;

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
        role: Role::Server,
    }
}

fn one_server(has_status: bool) -> Health {
    let mut health = Health::new(1);
    assert_eq!(health.add_server(config(has_status, false)), id());
    health
}

fn failure(kind: ErrorKind) -> ServerFailure {
    match assess(Err(kind), true).0 {
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
    assert!(!health.any_alive() && !health.all_unused(false));
    assert_eq!(wait(&mut health), State::Probing);
    assert!(!health.call_answered(id()), "it may have been sent before");
    assert!(health.status_reported(id()));
    assert_eq!(health.state(id()), State::Up);
    assert!(health.any_alive());
    assert!(!health.status_reported(id()), "it is up already");
}

#[test]
fn a_server_whose_call_ended_by_itself_has_a_trial() {
    for answered in [true, false] {
        let mut health = one_server(true);
        fail(&mut health, ErrorKind::Cancelled, secs(9)).unwrap();
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
            let failure = failure(ErrorKind::Cancelled);
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
fn five_breaks_at_once_are_a_reason_for_a_trial() {
    let soon = Duration::from_millis(999);
    for (kind, after, trial) in [
        (ErrorKind::Interrupted, soon, true),
        (ErrorKind::Interrupted, secs(1), false),
        (ErrorKind::Unreachable, soon, false),
        (ErrorKind::Unanswered, soon, false),
        (ErrorKind::TimedOut, soon, false),
    ] {
        let mut health = one_server(true);
        for strike in 1..=5 {
            fail(&mut health, kind, after).unwrap();
            let state = wait(&mut health);
            let expected = match trial && strike == 5 {
                true => State::TrialDue,
                false => State::Probing,
            };
            assert_eq!(
                state, expected,
                "{kind} {after:?}: a probe is enough, or not"
            );
        }
    }
}

#[test]
fn a_suspected_server_is_on_trial_until_it_is_released_or_answers() {
    let mut health = one_server(true);
    let at_start = health.call_started(id());
    let aside = health
        .put_on_suspicion(id(), at_start, true, secs(1))
        .unwrap();
    assert_eq!(aside.reason, AsideReason::Suspected);
    assert!(health.any_alive() && !health.any_up(), "it gives faults");
    let again = health.put_on_suspicion(id(), at_start, true, secs(1));
    assert!(again.is_none(), "the call started before");
    assert_eq!(wait(&mut health), State::TrialDue);
    let trial = health.call_started(id());
    let silent = failure(ErrorKind::Unreachable);
    health
        .call_failed(id(), trial, silent, secs(1), secs(2))
        .unwrap();
    assert!(!health.any_alive());
    assert_eq!(wait(&mut health), State::TrialDue, "it is suspected still");
    assert!(!health.release(id()), "it is down, whatever it was before");
    assert!(!health.is_on_suspicion(id()));
    health.call_started(id());
    assert!(health.call_answered(id()));

    health.put_idle_on_suspicion(id(), secs(3)).unwrap();
    assert!(health.put_idle_on_suspicion(id(), secs(3)).is_none());
    assert!(health.release(id()) && health.state(id()) == State::Up);
}

#[test]
fn a_server_that_becomes_suspected_while_it_is_probed_has_a_trial() {
    for may_report in [true, false] {
        let mut health = one_server(true);
        fail(&mut health, ErrorKind::Unreachable, secs(1)).unwrap();
        assert_eq!(wait(&mut health), State::Probing);
        assert!(health.put_idle_on_suspicion(id(), secs(2)).is_none());
        match may_report {
            true => assert!(!health.status_reported(id())),
            false => assert!(health.connected(id())),
        }
        assert_eq!(health.state(id()), State::TrialDue);
        assert!(!health.status_reported(id()), "only a call takes it back");
        assert_eq!(health.state(id()), State::TrialDue);
        health.call_started(id());
        assert!(health.call_answered(id()) && !health.is_on_suspicion(id()));
    }
}

#[test]
fn a_server_that_takes_no_call_is_asked_again_in_a_minute() {
    let mut health = one_server(true);
    let at_start = health.call_started(id());
    let aside = health.refuse(id(), at_start, secs(1)).unwrap();
    assert!(aside.reason == AsideReason::Refused && aside.until >= secs(61));
    assert!(health.refuse(id(), at_start, secs(1)).is_none());
    assert!(health.all_unused(true) && !health.all_unused(false));
    assert!(!health.is_expected(id()));
    assert_eq!(wait(&mut health), State::TrialDue);
    health.call_started(id());
    assert!(health.call_answered(id()) && !health.all_unused(true));
}

#[test]
fn a_server_that_is_down_is_expected_until_that_lapses() {
    let mut health = one_server(true);
    assert!(health.is_expected(id()));
    fail(&mut health, ErrorKind::Unreachable, secs(1)).unwrap();
    assert_eq!(health.next_lapse(secs(5)), Some(secs(6)));
    assert!(!health.lapse(secs(5), secs(5)) && health.is_expected(id()));
    wait(&mut health);
    assert!(health.lapse(secs(5), secs(6)) && !health.is_expected(id()));
    assert_eq!(health.next_lapse(secs(5)), None);
    assert!(health.status_reported(id()) && health.is_expected(id()));
}

#[test]
fn every_server_is_asked_once_more() {
    let mut health = one_server(true);
    let aside = fail(&mut health, ErrorKind::Unreachable, secs(1)).unwrap();
    assert!(aside.until > secs(1) && !health.any_asked());
    assert_eq!(health.ask_all(secs(1)), [id()]);
    assert_eq!(health.end_aside(id(), secs(1)), Some(State::Probing));
    assert!(health.any_asked());
    assert!(health.ask_all(secs(1)).is_empty());
}

#[test]
fn an_answer_ends_the_strikes_and_the_growth_of_the_pauses() {
    let mut health = one_server(true);
    let soon = Duration::from_millis(1);
    for _ in 0..40 {
        let aside = fail(&mut health, ErrorKind::Interrupted, soon).unwrap();
        assert!(aside.until <= soon + Duration::from_millis(100));
        assert_eq!(wait(&mut health), State::Probing);
        health.connected(id());
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
    fail(&mut health, ErrorKind::Cancelled, secs(9)).unwrap();
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
    assert!(health.all_unused(false) && !health.any_alive());
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
    assert!(!health.all_unused(false));
    health.mark_out(id());
    assert!(health.all_unused(false));
    let reserve = [ServerId::new(1), ServerId::new(2)];
    assert_eq!(health.use_reserve(), reserve);
    assert_eq!(health.state(reserve[0]), State::Up);
    assert!(health.any_alive());
    assert_eq!(health.use_reserve(), []);
}
