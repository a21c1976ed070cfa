//! Tests of the open tasks and their queues.

use super::*;

fn tasks(costs: &[u64]) -> Tasks {
    let mut tasks = Tasks::default();
    for (index, &cost) in costs.iter().enumerate() {
        tasks.add(TaskId::new(index as u64), cost);
    }
    tasks
}

fn id(index: u64) -> TaskId {
    TaskId::new(index)
}

#[test]
fn the_costliest_new_task_goes_first_then_the_one_sent_first() {
    let mut tasks = tasks(&[1, 5, 5, 2]);
    let mut order = Vec::new();
    while let Some(task) = tasks.first_new() {
        order.push(task.index());
        tasks.dequeue(task);
    }
    assert_eq!(order, [1, 2, 3, 0]);
    assert_eq!((tasks.open(), tasks.waiting()), (4, 0));
}

#[test]
fn a_task_is_in_one_queue() {
    let server = ServerId::new(3);
    let mut tasks = tasks(&[0]);
    let task = id(0);
    tasks.avoid(task, server, true);
    let mut found = |queue| {
        tasks.requeue(task, queue);
        [
            tasks.first_new().is_some(),
            tasks.first_retries().map(|(task, _)| task).eq([task]),
            tasks.first_delayed() == Some(task),
            tasks.first_delayed_case() == Some(task),
            tasks.parked().eq([task]),
            tasks.isolated().eq([task]),
            tasks.waiting() == 1,
        ]
    };
    for (queue, places) in [
        (Queue::Retry, [1]),
        (Queue::Parked, [4]),
        (Queue::Isolated, [5]),
        (Queue::New, [0]),
    ] {
        let waiting = matches!(queue, Queue::Retry | Queue::New);
        let mut expected = [false; 7];
        places.iter().for_each(|&place| expected[place] = true);
        expected[6] = waiting;
        assert_eq!(found(queue), expected, "{queue:?}");
    }
    let delayed = [false, false, true, true, false, false, true];
    assert_eq!(found(Queue::DelayedCase), delayed);
    let delayed = [false, false, true, false, false, false, true];
    assert_eq!(found(Queue::Delayed), delayed);
    let closed = tasks.close(task).unwrap();
    assert!(closed.calls().is_empty());
    assert_eq!((tasks.open(), tasks.waiting()), (0, 0));
    assert_eq!(tasks.first_delayed_case(), None);
}

#[test]
fn retries_are_grouped_by_the_servers_that_they_avoid() {
    let [one, two] = [1, 2].map(ServerId::new);
    let mut tasks = tasks(&[0; 4]);
    for (task, server) in [(3, one), (1, one), (2, two), (0, one)] {
        tasks.avoid(id(task), server, task == 2);
        tasks.requeue(id(task), Queue::Retry);
    }
    let first = |tasks: &Tasks| -> Vec<u64> {
        tasks
            .first_retries()
            .map(|(task, _)| task.index())
            .collect()
    };
    assert_eq!(first(&tasks), [0, 2]);
    assert_eq!(tasks.strict_retries().collect::<Vec<_>>(), [id(2)]);
    tasks.dequeue(id(0));
    assert_eq!(first(&tasks), [1, 2]);
    tasks.avoid(id(3), two, false);
    assert_eq!(first(&tasks), [1, 2, 3], "it has a group of its own");
    tasks.relax(id(2));
    assert_eq!(tasks.strict_retries().count(), 0);
    tasks.dequeue(id(2));
    assert_eq!(first(&tasks), [1, 3]);
}

#[test]
fn a_task_counts_its_calls() {
    let mut tasks = tasks(&[0]);
    let task = tasks.get_mut(id(0)).unwrap();
    assert!(task.waits() && !task.waits_isolated());
    let calls = [7, 8].map(CallId::new);
    assert!(task.call_started(calls[0], false));
    assert!(!task.call_started(calls[1], true));
    assert_eq!((task.calls(), task.hedges()), (&calls[..], 1));
    task.call_over(calls[0]);
    assert_eq!(task.calls(), &calls[1..]);
    for (counts, is_retried_fault, faults, others) in [
        (false, false, 0, 0),
        (true, false, 0, 1),
        (true, true, 1, 1),
        (false, true, 1, 1),
        (true, false, 1, 2),
    ] {
        let attempt = Attempts::one(counts, is_retried_fault);
        assert_eq!(task.call_failed(attempt), Attempts { faults, others });
    }
}

#[test]
fn delayed_cases_that_strictly_avoid_a_server_are_found() {
    let server = ServerId::new(1);
    let mut tasks = tasks(&[0; 4]);
    for (task, is_strict, queue) in [
        (0, true, Queue::DelayedCase),
        (1, false, Queue::DelayedCase),
        (2, true, Queue::Delayed),
        (3, true, Queue::Retry),
    ] {
        tasks.avoid(id(task), server, is_strict);
        tasks.requeue(id(task), queue);
    }
    assert!(tasks.strict_delayed().eq([id(0)]));
    assert!(tasks.strict_retries().eq([id(3)]));
    tasks.relax(id(0));
    assert_eq!(tasks.strict_delayed().count(), 0);
}

#[test]
fn new_tasks_retries_and_delayed_ones_wait_for_a_call() {
    let mut tasks = tasks(&[0; 6]);
    for (task, queue) in [
        (0, Queue::Delayed),
        (1, Queue::Retry),
        (2, Queue::DelayedCase),
        (3, Queue::Parked),
        (4, Queue::Isolated),
    ] {
        tasks.requeue(id(task), queue);
    }
    assert!(tasks.waiting_tasks().eq([5, 1, 0, 2].map(id)));
    assert_eq!(tasks.waiting(), 4);
}
