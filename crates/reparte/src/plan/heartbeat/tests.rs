//! Tests of the protocol levels and of the times of probes.

use super::*;
use crate::plan::event::Role;

/// Returns the only server.
fn id() -> ServerId {
    ServerId::new(0)
}

const SLOW: Duration = Duration::from_secs(30);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn one_server(learns_slots: bool) -> Heartbeat {
    let mut heartbeat = Heartbeat::default();
    let config = ServerConfig {
        slots: 1,
        learns_slots,
        has_status: true,
        reserve: false,
        role: Role::Server,
    };
    heartbeat.add_server(config, Duration::ZERO);
    heartbeat
}

/// Fires the timers at `now`. Returns whether an answer was overdue, and whether
/// a probe was due.
fn fire(heartbeat: &mut Heartbeat, now: Duration) -> (bool, bool) {
    let timers: Vec<_> = heartbeat.fire_timers(id(), now).collect();
    let is = |wanted: fn(&ProbeTimer) -> bool| timers.iter().any(wanted);
    (
        is(|timer| matches!(timer, ProbeTimer::Overdue(_))),
        is(|timer| matches!(timer, ProbeTimer::Due(_))),
    )
}

/// Sends a probe at `now`, which is due without calls or a need.
fn send(heartbeat: &mut Heartbeat, now: Duration) {
    assert_eq!(fire(heartbeat, now), (false, true), "{now:?}");
    assert!(heartbeat.send_probe(id(), false, None, SLOW, now));
}

/// Reports a status at `now`, the answer to the last probe.
fn report(heartbeat: &mut Heartbeat, instance: u64, slots: usize, now: Duration) -> StatusChange {
    let sent_at = heartbeat.probe_returned(id()).expect("it is probed");
    let status = ServerStatus {
        instance,
        slots,
        time_left: None,
    };
    heartbeat.status_reported(id(), status, sent_at, false, now)
}

#[test]
fn a_server_that_reports_its_status_is_probed_every_second() {
    let mut heartbeat = one_server(false);
    for at in 0..5 {
        send(&mut heartbeat, secs(at));
        let change = report(&mut heartbeat, 7, 4, secs(at) + Duration::from_millis(300));
        assert_eq!(
            (change.restarted, change.instance_before.is_none()),
            (None, at == 0)
        );
        assert_eq!(change.slots, None, "they are configured");
        assert_eq!(heartbeat.next_timer(), Some((secs(at + 1), id())));
    }
}

#[test]
fn an_answer_is_overdue_after_two_seconds_once() {
    let mut heartbeat = one_server(false);
    send(&mut heartbeat, secs(0));
    report(&mut heartbeat, 7, 4, secs(0));
    send(&mut heartbeat, secs(1));
    assert_eq!(heartbeat.next_timer(), Some((secs(3), id())));
    assert_eq!(fire(&mut heartbeat, secs(3)), (true, false));
    assert_eq!(fire(&mut heartbeat, secs(9)), (false, false));
    let silence = heartbeat.overdue(id()).unwrap();
    assert_eq!(silence.reason, AsideReason::Hung);
    assert!(silence.may_lose_calls);
}

#[test]
fn another_instance_and_its_slots_are_noticed() {
    let mut heartbeat = one_server(true);
    send(&mut heartbeat, secs(0));
    let change = report(&mut heartbeat, 7, 4, secs(0));
    assert_eq!(change.slots, Some(4));
    assert_eq!(heartbeat.instance(id()), Some(7));
    send(&mut heartbeat, secs(1));
    let change = report(&mut heartbeat, 8, 0, secs(1));
    assert!(change.restarted.is_some() && change.instance_before.is_some() && !change.several);
    assert_eq!(change.slots, None, "0 is no number of slots");
    assert_eq!(heartbeat.instance_since(id(), secs(1)), Some(8));
    let before = secs(1) - Duration::from_nanos(1);
    assert_eq!(heartbeat.instance_since(id(), before), None);
}

#[test]
fn a_probe_is_not_sent_while_another_is_under_way() {
    let mut heartbeat = one_server(false);
    send(&mut heartbeat, secs(0));
    heartbeat.end_aside(id(), true, secs(1));
    assert_eq!(fire(&mut heartbeat, secs(1)), (false, false));
    assert!(heartbeat.probe_returned(id()).is_some());
    assert!(heartbeat.probe_returned(id()).is_none(), "it returns once");
}

/// Returns a server that has connected and reported nothing.
fn connect_only() -> Heartbeat {
    let mut heartbeat = one_server(false);
    send(&mut heartbeat, secs(0));
    heartbeat.probe_returned(id());
    heartbeat.connected(id(), secs(0));
    heartbeat
}

#[test]
fn a_server_that_reports_nothing_is_probed_four_times_for_a_slow_call() {
    let mut heartbeat = connect_only();
    assert_eq!(heartbeat.next_timer(), None);
    heartbeat.call_runs(id(), SLOW, secs(0));
    let mut now = SLOW;
    for doubled in [30, 60, 120, 240] {
        assert_eq!(heartbeat.next_timer(), Some((now, id())));
        if now < secs(doubled) {
            assert!(fire(&mut heartbeat, now).1);
            let oldest = Some(secs(0));
            assert!(!heartbeat.send_probe(id(), false, oldest, SLOW, now));
            now = secs(doubled);
        }
        assert!(fire(&mut heartbeat, now).1);
        assert!(heartbeat.send_probe(id(), false, Some(secs(0)), SLOW, now));
        heartbeat.probe_returned(id());
        heartbeat.connected(id(), now);
        now += SLOW;
        heartbeat.call_runs(id(), SLOW, now - SLOW);
    }
    assert_eq!(heartbeat.next_timer(), None, "its queue is short");
    assert!(!heartbeat.send_probe(id(), false, Some(secs(0)), SLOW, secs(9999)));
    assert!(!heartbeat.send_probe(id(), false, None, SLOW, secs(9999)));
    heartbeat.call_answered(id(), secs(9999));
    assert!(heartbeat.send_probe(id(), false, Some(secs(0)), SLOW, secs(9999)));
}

#[test]
fn a_server_set_aside_is_probed_where_that_takes_it_back() {
    for (needed, at) in [(true, Some((secs(5), id()))), (false, None)] {
        let mut heartbeat = connect_only();
        heartbeat.end_aside(id(), needed, secs(5));
        assert_eq!(heartbeat.next_timer(), at);
    }
    let mut unknown = one_server(false);
    unknown.fire_timers(id(), secs(0)).for_each(drop);
    unknown.end_aside(id(), false, secs(5));
    assert_eq!(unknown.next_timer(), Some((secs(5), id())));
}

#[test]
fn a_silent_server_is_probed_soon_after_its_first_answers() {
    let mut heartbeat = one_server(false);
    let mut now = secs(0);
    for silent in 1..=3 {
        send(&mut heartbeat, now);
        assert!(fire(&mut heartbeat, now + secs(2)).0);
        assert_eq!(heartbeat.overdue(id()), None, "it may be occupied");
        heartbeat.probe_returned(id());
        heartbeat.call_answered(id(), now + secs(2));
        now += secs(3);
        let soon = (silent < 3).then_some((now, id()));
        assert_eq!(heartbeat.next_timer(), soon, "{silent}");
    }
    assert!(
        !heartbeat.send_probe(id(), false, Some(now), SLOW, now),
        "its call is not slow"
    );
    assert!(heartbeat.send_probe(id(), true, Some(now), SLOW, now));
}

/// A server, the error of its probe, and what that means unless the server may
/// be occupied: why it is set aside, and whether its calls may be lost.
type Case<'a> = (
    &'a dyn Fn() -> Heartbeat,
    ErrorKind,
    Option<(AsideReason, bool)>,
);

#[test]
fn a_failed_probe_means_what_the_level_says() {
    let unknown = || {
        let mut heartbeat = one_server(false);
        send(&mut heartbeat, secs(0));
        heartbeat
    };
    let silent = || {
        let mut heartbeat = unknown();
        assert_eq!(heartbeat.overdue(id()), None);
        heartbeat
    };
    let status = || {
        let mut heartbeat = unknown();
        report(&mut heartbeat, 7, 4, secs(0));
        heartbeat
    };
    let (died, hung) = (AsideReason::Died, AsideReason::Hung);
    let cases: [Case; 11] = [
        (&unknown, ErrorKind::TimedOut, None),
        (&unknown, ErrorKind::Unreachable, Some((died, false))),
        (&unknown, ErrorKind::Unanswered, Some((hung, true))),
        (&silent, ErrorKind::TimedOut, None),
        (&silent, ErrorKind::Unreachable, Some((died, true))),
        (&connect_only, ErrorKind::TimedOut, Some((died, true))),
        (&connect_only, ErrorKind::Interrupted, Some((died, true))),
        (&connect_only, ErrorKind::Unanswered, Some((hung, true))),
        (&status, ErrorKind::TimedOut, Some((hung, true))),
        (&status, ErrorKind::Unreachable, Some((died, false))),
        (&status, ErrorKind::Unanswered, Some((hung, true))),
    ];
    // One that is at its limit of connections closes others, beside its calls.
    for (server, meaning) in [
        (&connect_only as &dyn Fn() -> Heartbeat, true),
        (&status, false),
    ] {
        let failure = server().probe_failed(id(), ErrorKind::Interrupted, true, secs(2));
        assert_eq!(failure == ProbeFailure::Occupied, meaning);
    }
    for (case, (server, kind, meaning)) in cases.into_iter().enumerate() {
        for (now, is_long) in [(1999, false), (2000, true)] {
            let now = Duration::from_millis(now);
            let failure = server().probe_failed(id(), kind, false, now);
            let expected = match meaning {
                None => ProbeFailure::Occupied,
                Some((reason, may_lose_calls)) => ProbeFailure::Silent(Silence {
                    reason,
                    may_lose_calls,
                    is_long,
                }),
            };
            assert_eq!(failure, expected, "case {case}");
        }
    }
}

#[test]
fn a_server_that_can_not_be_probed_has_no_timers() {
    let mut heartbeat = Heartbeat::default();
    let config = ServerConfig {
        slots: 1,
        learns_slots: false,
        has_status: false,
        reserve: false,
        role: Role::Server,
    };
    heartbeat.add_server(config, secs(0));
    heartbeat.end_aside(id(), true, secs(0));
    heartbeat.call_answered(id(), secs(0));
    heartbeat.call_runs(id(), SLOW, secs(0));
    assert_eq!(heartbeat.next_timer(), None);
}

#[test]
fn a_server_that_accepted_a_probe_in_vain_may_lose_its_calls_later() {
    for (occupied, may_lose) in [(false, false), (true, true)] {
        let mut heartbeat = one_server(false);
        if occupied {
            let failure = heartbeat.probe_failed(id(), ErrorKind::TimedOut, false, secs(1));
            assert!(matches!(failure, ProbeFailure::Occupied), "{failure:?}");
        }
        match heartbeat.probe_failed(id(), ErrorKind::Unreachable, false, secs(2)) {
            ProbeFailure::Silent(silence) => assert_eq!(silence.may_lose_calls, may_lose),
            ProbeFailure::Occupied => panic!("it is not reached"),
        }
    }
}
