use super::*;
use crate::page::lanes::MAX_LANES;

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Returns a timeline with a server `a` of this many slots.
fn timeline(slots: usize) -> (Timeline, Arc<str>) {
    let mut timeline = Timeline::default();
    let a = Arc::from("a");
    timeline.set_slots(&a, slots);
    (timeline, a)
}

/// Returns the ended calls as task, lane, start and end in milliseconds, and outcome.
fn ended(timeline: &Timeline) -> Vec<(u64, u32, u64, u64, CallOutcome)> {
    let calls = timeline.ended_since(0);
    calls
        .map(|c| (c.task, c.lane, c.start / 1000, c.end / 1000, c.outcome))
        .collect()
}

#[test]
fn a_call_has_the_first_free_lane_of_its_server() {
    let (mut timeline, a) = timeline(2);
    let b = Arc::from("b");
    timeline.set_slots(&b, 1);
    timeline.start_call(0, 10, &a, CallReason::First, at(0));
    timeline.start_call(1, 11, &b, CallReason::First, at(0));
    timeline.start_call(2, 12, &a, CallReason::First, at(1));
    timeline.end_call(0, CallOutcome::Result, None, at(5));
    timeline.start_call(3, 13, &a, CallReason::First, at(5));
    timeline.end_call(3, CallOutcome::Result, None, at(6));
    timeline.end_call(2, CallOutcome::Result, None, at(7));
    timeline.end_call(1, CallOutcome::Result, None, at(8));
    assert_eq!(timeline.lanes(), [0, 0, 1]);
    assert_eq!(
        ended(&timeline),
        [
            (10, 0, 0, 5, CallOutcome::Result),
            (13, 0, 5, 6, CallOutcome::Result),
            (12, 1, 1, 7, CallOutcome::Result),
            (11, 2, 0, 8, CallOutcome::Result),
        ]
    );
    let numbers: Vec<_> = timeline.ended_since(3).map(|call| call.task).collect();
    assert_eq!((numbers, timeline.range()), (vec![11], (0, 4)));
    assert_eq!(timeline.ended_since(99).count(), 0);
}

#[test]
fn a_hedge_in_vain_and_a_retry_are_told_apart() {
    let (mut timeline, a) = timeline(2);
    timeline.start_call(0, 1, &a, CallReason::Retry, at(0));
    timeline.start_call(1, 1, &a, CallReason::Hedge, at(3));
    timeline.end_call(0, CallOutcome::Result, None, at(4));
    timeline.end_call(1, CallOutcome::Cancelled, None, at(5));
    let whys: Vec<_> = timeline.ended_since(0).map(|call| call.reason).collect();
    assert_eq!(whys, [CallReason::Retry, CallReason::Hedge]);
    assert_eq!(ended(&timeline)[1].4, CallOutcome::Cancelled);
    assert_eq!(timeline.errors().count(), 0);
}

#[test]
fn a_lost_call_keeps_its_lane_until_it_has_returned() {
    let (mut timeline, a) = timeline(1);
    timeline.start_call(0, 1, &a, CallReason::First, at(0));
    timeline.lose_call(0, "timed out", at(9));
    assert_eq!(timeline.running().filter(|call| call.is_lost).count(), 1);
    timeline.end_call(0, CallOutcome::Cancelled, None, at(20));
    assert_eq!(ended(&timeline), [(1, 0, 0, 20, CallOutcome::Lost)]);
    let errors: Vec<_> = timeline.errors().map(|e| (e.at, &*e.text)).collect();
    assert_eq!(errors, [(9000, "timed out")]);
}

#[test]
fn a_call_whose_end_was_missed_does_not_run_for_ever() {
    let (mut timeline, a) = timeline(2);
    timeline.start_call(0, 1, &a, CallReason::First, at(0));
    timeline.start_call(1, 2, &a, CallReason::First, at(0));
    timeline.set_missed(3);
    assert!(timeline.has_uncertain());
    // Both are there, as far as anyone knows; then one of the slots is seen to be free.
    timeline.settle(&a, 2, at(5));
    assert_eq!(timeline.running().count(), 2);
    timeline.settle(&a, 1, at(6));
    assert_eq!(ended(&timeline), [(1, 0, 0, 6, CallOutcome::Unknown)]);
    // The other's end comes after all, and a second one of either changes nothing.
    timeline.end_call(1, CallOutcome::Result, None, at(7));
    timeline.end_call(0, CallOutcome::Result, None, at(8));
    assert_eq!(ended(&timeline)[1..], [(2, 1, 0, 7, CallOutcome::Result)]);
    assert_eq!((timeline.has_uncertain(), timeline.missed()), (false, 3));
}

#[test]
fn a_call_takes_the_lane_of_one_whose_end_was_missed() {
    let (mut timeline, a) = timeline(1);
    timeline.start_call(0, 1, &a, CallReason::First, at(0));
    timeline.set_missed(1);
    timeline.start_call(5, 2, &a, CallReason::First, at(4));
    assert_eq!(ended(&timeline), [(1, 0, 0, 4, CallOutcome::Unknown)]);
    assert_eq!(timeline.lanes().len(), 1);
    // A later start that comes without a gap is a slot more.
    timeline.start_call(6, 3, &a, CallReason::First, at(5));
    assert_eq!(timeline.lanes().len(), 2);
}

#[test]
fn the_end_of_the_run_is_the_end_of_its_calls() {
    let (mut timeline, a) = timeline(2);
    timeline.start_call(0, 1, &a, CallReason::First, at(0));
    timeline.set_missed(1);
    timeline.start_call(1, 2, &a, CallReason::First, at(1));
    timeline.end_run(at(9));
    assert_eq!(
        ended(&timeline),
        [
            (1, 0, 0, 9, CallOutcome::Unknown),
            (2, 1, 1, 9, CallOutcome::Cancelled),
        ]
    );
    assert_eq!(timeline.running().count(), 0);
}

#[test]
fn a_million_calls_take_no_more_room_than_twenty_thousand() {
    let (mut timeline, a) = timeline(200);
    let long = "x".repeat(10_000);
    for call in 0..1_000_000 {
        let start = at(call / 10);
        timeline.start_call(call, call, &a, CallReason::First, start);
        let error = (call % 100 == 0).then_some(&*long);
        let outcome = if error.is_some() {
            CallOutcome::Failed
        } else {
            CallOutcome::Result
        };
        timeline.end_call(call, outcome, error, start + at(1));
    }
    assert_eq!(timeline.range(), (980_000, 1_000_000));
    assert_eq!(timeline.ended.len(), MAX_ENDED);
    assert_eq!(timeline.errors.len(), MAX_ERRORS);
    assert!(
        timeline
            .errors()
            .all(|error| error.text.len() == MAX_ERROR_CHARS)
    );
    assert_eq!((timeline.running.len(), timeline.lanes().len()), (0, 200));
    assert!(timeline.utilisation().text(0).len() <= 256);
    let (first, last) = (
        timeline.ended_since(0).next(),
        timeline.ended_since(999_999).next(),
    );
    assert_eq!(first.map(|call| call.task), Some(980_000));
    assert_eq!(last.map(|call| call.task), Some(999_999));
}

#[test]
fn no_more_slots_have_a_lane_than_a_browser_draws() {
    let (mut timeline, a) = timeline(MAX_LANES);
    let b = Arc::from("b");
    timeline.set_slots(&b, 1);
    timeline.start_call(0, 1, &b, CallReason::First, at(0));
    timeline.end_call(0, CallOutcome::Failed, Some("unreachable"), at(1));
    timeline.start_call(1, 2, &a, CallReason::First, at(1));
    assert_eq!(
        (timeline.lanes().len(), timeline.ended_since(0).count()),
        (MAX_LANES, 0)
    );
    assert_eq!(timeline.errors().count(), 1);
}
