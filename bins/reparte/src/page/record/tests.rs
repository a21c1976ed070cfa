use super::*;

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A record with a server `a` of so many slots.
fn record(slots: usize) -> (Record, Arc<str>) {
    let mut record = Record::default();
    let a = Arc::from("a");
    record.note_server(&a, slots);
    (record, a)
}

/// The ended calls as task, lane, start and end in milliseconds, and outcome.
fn ended(record: &Record) -> Vec<(u64, u32, u64, u64, Outcome)> {
    let bars = record.ended_since(0);
    bars.map(|b| (b.task, b.lane, b.start / 1000, b.end / 1000, b.outcome))
        .collect()
}

#[test]
fn a_call_has_the_first_free_lane_of_its_server() {
    let (mut record, a) = record(2);
    let b = Arc::from("b");
    record.note_server(&b, 1);
    record.started(0, 10, &a, Why::First, at(0));
    record.started(1, 11, &b, Why::First, at(0));
    record.started(2, 12, &a, Why::First, at(1));
    record.returned(0, Outcome::Result, None, at(5));
    record.started(3, 13, &a, Why::First, at(5));
    record.returned(3, Outcome::Result, None, at(6));
    record.returned(2, Outcome::Result, None, at(7));
    record.returned(1, Outcome::Result, None, at(8));
    assert_eq!(record.lanes(), [0, 0, 1]);
    assert_eq!(
        ended(&record),
        [
            (10, 0, 0, 5, Outcome::Result),
            (13, 0, 5, 6, Outcome::Result),
            (12, 1, 1, 7, Outcome::Result),
            (11, 2, 0, 8, Outcome::Result),
        ]
    );
    let numbers: Vec<_> = record.ended_since(3).map(|bar| bar.task).collect();
    assert_eq!((numbers, record.range()), (vec![11], (0, 4)));
    assert_eq!(record.ended_since(99).count(), 0);
}

#[test]
fn a_hedge_in_vain_and_a_retry_are_told_apart() {
    let (mut record, a) = record(2);
    record.started(0, 1, &a, Why::Retry, at(0));
    record.started(1, 1, &a, Why::Hedge, at(3));
    record.returned(0, Outcome::Result, None, at(4));
    record.returned(1, Outcome::Cancelled, None, at(5));
    let whys: Vec<_> = record.ended_since(0).map(|bar| bar.why).collect();
    assert_eq!(whys, [Why::Retry, Why::Hedge]);
    assert_eq!(ended(&record)[1].4, Outcome::Cancelled);
    assert_eq!(record.errors().count(), 0);
}

#[test]
fn a_lost_call_keeps_its_lane_until_it_has_returned() {
    let (mut record, a) = record(1);
    record.started(0, 1, &a, Why::First, at(0));
    record.lost(0, "timed out", at(9));
    assert_eq!(record.running().filter(|call| call.lost).count(), 1);
    record.returned(0, Outcome::Cancelled, None, at(20));
    assert_eq!(ended(&record), [(1, 0, 0, 20, Outcome::Lost)]);
    let errors: Vec<_> = record.errors().map(|e| (e.at, &*e.text)).collect();
    assert_eq!(errors, [(9000, "timed out")]);
}

#[test]
fn a_call_whose_end_was_missed_does_not_run_for_ever() {
    let (mut record, a) = record(2);
    record.started(0, 1, &a, Why::First, at(0));
    record.started(1, 2, &a, Why::First, at(0));
    record.note_missed(3);
    assert!(record.has_doubts());
    // Both are there, as far as anyone knows; then one of the slots is seen to be free.
    record.settle(&a, 2, at(5));
    assert_eq!(record.running().count(), 2);
    record.settle(&a, 1, at(6));
    assert_eq!(ended(&record), [(1, 0, 0, 6, Outcome::Unknown)]);
    // The other's end comes after all, and a second one of either changes nothing.
    record.returned(1, Outcome::Result, None, at(7));
    record.returned(0, Outcome::Result, None, at(8));
    assert_eq!(ended(&record)[1..], [(2, 1, 0, 7, Outcome::Result)]);
    assert_eq!((record.has_doubts(), record.missed()), (false, 3));
}

#[test]
fn a_call_takes_the_lane_of_one_whose_end_was_missed() {
    let (mut record, a) = record(1);
    record.started(0, 1, &a, Why::First, at(0));
    record.note_missed(1);
    record.started(5, 2, &a, Why::First, at(4));
    assert_eq!(ended(&record), [(1, 0, 0, 4, Outcome::Unknown)]);
    assert_eq!(record.lanes().len(), 1);
    // A later start that comes without a gap is a slot more.
    record.started(6, 3, &a, Why::First, at(5));
    assert_eq!(record.lanes().len(), 2);
}

#[test]
fn the_end_of_the_run_is_the_end_of_its_calls() {
    let (mut record, a) = record(2);
    record.started(0, 1, &a, Why::First, at(0));
    record.note_missed(1);
    record.started(1, 2, &a, Why::First, at(1));
    record.over(at(9));
    assert_eq!(
        ended(&record),
        [
            (1, 0, 0, 9, Outcome::Unknown),
            (2, 1, 1, 9, Outcome::Cancelled),
        ]
    );
    assert_eq!(record.running().count(), 0);
}

#[test]
fn a_million_calls_take_no_more_room_than_twenty_thousand() {
    let (mut record, a) = record(200);
    let long = "x".repeat(10_000);
    for call in 0..1_000_000 {
        let start = at(call / 10);
        record.started(call, call, &a, Why::First, start);
        let error = (call % 100 == 0).then_some(&*long);
        let outcome = if error.is_some() {
            Outcome::Failed
        } else {
            Outcome::Result
        };
        record.returned(call, outcome, error, start + at(1));
    }
    assert_eq!(record.range(), (980_000, 1_000_000));
    assert_eq!(record.ended.len(), CALLS);
    assert_eq!(record.errors.len(), ERRORS);
    assert!(
        record
            .errors()
            .all(|error| error.text.len() == ERROR_LENGTH)
    );
    assert_eq!((record.running.len(), record.lanes.len()), (0, 200));
    assert!(record.past().text(0).len() <= 256);
    let (first, last) = (
        record.ended_since(0).next(),
        record.ended_since(999_999).next(),
    );
    assert_eq!(first.map(|bar| bar.task), Some(980_000));
    assert_eq!(last.map(|bar| bar.task), Some(999_999));
}

#[test]
fn no_more_slots_have_a_lane_than_a_browser_draws() {
    let (mut record, a) = record(LANES);
    let b = Arc::from("b");
    record.note_server(&b, 1);
    record.started(0, 1, &b, Why::First, at(0));
    record.returned(0, Outcome::Failed, Some("unreachable"), at(1));
    record.started(1, 2, &a, Why::First, at(1));
    assert_eq!(
        (record.lanes().len(), record.ended_since(0).count()),
        (LANES, 0)
    );
    assert_eq!(record.errors().count(), 1);
}
