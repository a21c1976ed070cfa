//! Tests of the judgements.

use super::*;

const FAULT: ErrorKind = ErrorKind::Fault { code: 1 };
const FACTS: Facts = Facts {
    is_retried: false,
    has_attempts: true,
    is_confirmed: false,
    stands_well: false,
    has_answered_since: false,
    is_last: false,
    is_suspected: false,
    faults_everywhere: false,
    any_other: true,
    has_fault: false,
};

fn open(cases: &mut Cases, server: usize, kind: ErrorKind) -> bool {
    let case = Case {
        server: ServerId::new(server),
        kind,
        at: Duration::ZERO,
        epoch: 0,
        next_call: CallId::new(0),
        first_next_call: CallId::new(0),
        attempts: Attempts::one(true, false),
        failures: 1,
        after_results: 0,
    };
    cases.open(TaskId::new(0), case)
}

/// Decides on a task that these servers have failed, the last one now.
fn judge(kinds: &[ErrorKind], facts: Facts) -> Judgement {
    let mut cases = Cases::default();
    for (server, &kind) in kinds.iter().enumerate() {
        assert!(open(&mut cases, server, kind));
    }
    cases.judge(TaskId::new(0), facts)
}

#[test]
fn each_row_has_its_judgement() {
    use Judgement::*;
    let malformed = [ErrorKind::Malformed; 2];
    let alone = Facts {
        any_other: false,
        ..FACTS
    };
    for (kinds, facts, judgement) in [
        (&[FAULT][..], FACTS, Elsewhere),
        (
            &[FAULT],
            Facts {
                is_retried: true,
                ..alone
            },
            Again,
        ),
        (
            &[FAULT],
            Facts {
                is_retried: true,
                ..FACTS
            },
            Elsewhere,
        ),
        (
            &[FAULT],
            Facts {
                has_attempts: false,
                ..FACTS
            },
            Fails,
        ),
        (
            &malformed,
            Facts {
                has_attempts: false,
                ..FACTS
            },
            GivenUp,
        ),
        (
            &malformed,
            Facts {
                is_confirmed: true,
                ..FACTS
            },
            Confirmed,
        ),
        (&malformed, FACTS, Elsewhere),
        (
            &[FAULT],
            Facts {
                faults_everywhere: true,
                ..FACTS
            },
            Fails,
        ),
        (
            &malformed,
            Facts {
                faults_everywhere: true,
                ..FACTS
            },
            Elsewhere,
        ),
        (
            &[ErrorKind::Overran],
            Facts {
                stands_well: true,
                ..FACTS
            },
            Believed,
        ),
        (
            &malformed,
            Facts {
                stands_well: true,
                ..FACTS
            },
            Elsewhere,
        ),
        (
            &[FAULT],
            Facts {
                has_fault: true,
                ..alone
            },
            Fails,
        ),
        (&malformed, alone, Park),
    ] {
        assert_eq!(judge(kinds, facts), judgement, "{kinds:?} {facts:?}");
    }
}

#[test]
fn a_parked_task_fails_the_next_time_unless_its_server_is_useless() {
    let suspected = Facts {
        any_other: false,
        is_suspected: true,
        ..FACTS
    };
    let again = |kind, facts, times: usize| {
        let mut cases = Cases::default();
        let judgements = (0..times).map(|_| {
            open(&mut cases, 0, kind);
            cases.judge(TaskId::new(0), facts)
        });
        judgements.last()
    };
    let malformed = ErrorKind::Malformed;
    let proxy = ErrorKind::Http { status: 502 };
    let not_suspected = Facts {
        is_suspected: false,
        ..suspected
    };
    let answered = Facts {
        has_answered_since: true,
        ..suspected
    };
    let last = Facts {
        is_last: true,
        ..suspected
    };
    let not_suspected_last = Facts {
        is_last: true,
        ..not_suspected
    };
    for (kind, facts, times, judgement) in [
        (malformed, not_suspected, 2, Judgement::Fails),
        (malformed, suspected, 9, Judgement::Park),
        (malformed, answered, 2, Judgement::Fails),
        (malformed, last, 2, Judgement::Park),
        (malformed, last, 3, Judgement::Fails),
        (proxy, last, 9, Judgement::Park),
        (proxy, not_suspected, 9, Judgement::Park),
        (proxy, answered, 2, Judgement::Fails),
        (proxy, not_suspected_last, 9, Judgement::Park),
    ] {
        assert_eq!(
            again(kind, facts, times),
            Some(judgement),
            "{kind} {facts:?}"
        );
    }
}

#[test]
fn a_second_failure_on_a_server_replaces_its_case() {
    let mut cases = Cases::default();
    let task = TaskId::new(0);
    assert!(!cases.any());
    assert!(open(&mut cases, 3, FAULT) && open(&mut cases, 4, FAULT));
    assert!(!open(&mut cases, 3, ErrorKind::Malformed));
    assert!(cases.any() && cases.has(task, ServerId::new(4)));
    assert_eq!(cases.agreeing(task).count(), 0);
    let last = cases.of(task).last().unwrap();
    assert_eq!((last.attempts.others, last.failures), (2, 2));
    assert_eq!(cases.close(task).len(), 2);
    assert!(cases.of(task).is_empty() && !cases.any());
}

#[test]
fn failures_on_every_server_count_where_few_tasks_are_left() {
    let last = Facts {
        any_other: false,
        is_last: true,
        is_suspected: true,
        ..FACTS
    };
    let mut cases = Cases::default();
    let task = TaskId::new(0);
    for server in [0, 1] {
        open(&mut cases, server, ErrorKind::Malformed);
    }
    assert_eq!(cases.judge(task, last), Judgement::Park);
    open(&mut cases, 0, ErrorKind::Malformed);
    assert_eq!(cases.judge(task, last), Judgement::Fails);
}

#[test]
fn a_proxys_failure_is_no_first_failure_of_another_kind() {
    let proxy = ErrorKind::Http { status: 502 };
    let mut cases = Cases::default();
    let task = TaskId::new(0);
    for (kind, failures, attempts) in [
        (proxy, 1, 1),
        (ErrorKind::Http { status: 504 }, 2, 2),
        (ErrorKind::Malformed, 1, 3),
        (FAULT, 2, 4),
        (proxy, 1, 5),
    ] {
        open(&mut cases, 0, kind);
        let last = cases.of(task).last().unwrap();
        let known = (last.failures, last.attempts.others);
        assert_eq!(known, (failures, attempts), "{kind}");
    }
    let last = *cases.of(task).last().unwrap();
    for (kind, after_results) in [(proxy, 1), (FAULT, 0)] {
        let case = Case {
            kind,
            after_results: 1,
            ..last
        };
        cases.open(task, case);
        let last = cases.of(task).last().unwrap();
        assert_eq!(last.after_results, after_results, "{kind}");
    }
}
