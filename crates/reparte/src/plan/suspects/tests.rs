//! Tests of the records of deaths.

use super::*;

const TASK: TaskId = TaskId::new(5);

fn id(index: usize) -> ServerId {
    ServerId::new(index)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn the_third_death_is_poison_in_isolation() {
    for isolated in [false, true] {
        let mut suspects = Suspects::default();
        assert_eq!(suspects.suspicion(TASK), Suspicion::None);
        for (deaths, suspicion) in [(1, Suspicion::None), (2, Suspicion::Suspect)] {
            suspects.server_died(TASK, id(deaths), false, Duration::ZERO);
            assert_eq!(suspects.suspicion(TASK), suspicion);
        }
        suspects.server_died(TASK, id(3), isolated, Duration::ZERO);
        let suspicion = match isolated {
            true => Suspicion::Poison,
            false => Suspicion::Suspect,
        };
        assert_eq!(suspects.suspicion(TASK), suspicion);
        assert_eq!(suspects.deaths(TASK), [id(1), id(2), id(3)]);
        suspects.forget(TASK);
        assert_eq!(suspects.suspicion(TASK), Suspicion::None);
        assert_eq!(suspects.deaths(TASK), []);
    }
}

/// Returns a task with two deaths and an unconfirmed one in
/// isolation, on server 3, whose connection broke at 10 ms.
fn unconfirmed() -> Suspects {
    let mut suspects = Suspects::default();
    suspects.connection_broke(TASK, id(1), false, None, ms(1));
    suspects.server_died(TASK, id(2), false, Duration::ZERO);
    suspects.connection_broke(TASK, id(3), true, Some(7), ms(10));
    assert_eq!(suspects.suspicion(TASK), Suspicion::Unconfirmed);
    suspects
}

#[test]
fn a_death_is_settled_by_what_the_server_says_next() {
    for (asked, instance, settled) in [
        (10, Some(7), Some(Suspicion::Suspect)),
        (10, Some(8), Some(Suspicion::Poison)),
        (10, None, Some(Suspicion::Poison)),
        // The probe was sent before the connection broke.
        (9, Some(7), None),
        (9, None, None),
        (9, Some(8), Some(Suspicion::Poison)),
    ] {
        let mut suspects = unconfirmed();
        assert_eq!(suspects.settle_death(id(2), ms(99), instance), None);
        let task = suspects.settle_death(id(3), ms(asked), instance);
        assert_eq!(task, settled.map(|_| TASK), "{asked} {instance:?}");
        let suspicion = settled.unwrap_or(Suspicion::Unconfirmed);
        assert_eq!(suspects.suspicion(TASK), suspicion, "{asked} {instance:?}");
        assert_eq!(suspects.settle_death(id(3), ms(asked), instance), None);
    }
}

#[test]
fn a_death_of_a_task_that_has_ended_is_nobodys() {
    let mut suspects = unconfirmed();
    let other = TaskId::new(6);
    suspects.connection_broke(other, id(3), false, Some(7), ms(10));
    suspects.forget(TASK);
    assert_eq!(suspects.settle_death(id(3), ms(10), Some(7)), Some(other));
    assert_eq!(suspects.deaths(other), []);
    assert_eq!(suspects.settle_death(id(3), ms(10), Some(7)), None);
}

/// A struck death in isolation is forgotten: a later death outside is no poison.
#[test]
fn a_struck_death_in_isolation_leaves_a_suspect() {
    let mut suspects = unconfirmed();
    suspects.settle_death(id(3), ms(10), Some(7));
    suspects.server_died(TASK, id(4), false, Duration::ZERO);
    assert_eq!(suspects.suspicion(TASK), Suspicion::Suspect);
    suspects.server_died(TASK, id(4), true, Duration::ZERO);
    assert_eq!(suspects.suspicion(TASK), Suspicion::Poison);
}

#[test]
fn three_deaths_outside_isolation_are_no_poison_even_if_one_is_unconfirmed() {
    let mut suspects = Suspects::default();
    suspects.server_died(TASK, id(1), false, Duration::ZERO);
    suspects.server_died(TASK, id(2), false, Duration::ZERO);
    suspects.connection_broke(TASK, id(3), false, Some(7), ms(10));
    assert_eq!(suspects.suspicion(TASK), Suspicion::Suspect);
}
