//! Tests of the questions that the engine asks the plan.

use super::*;
use crate::error::call::ErrorKind;
use crate::options::RetryFaults;
use crate::plan::action::Action;
use crate::plan::event::{Event, Role, ServerConfig, ServerStatus};
use crate::plan::options::PlanOptions;

/// Returns a plan of one server with one slot.
fn plan(read_ahead: usize) -> Plan {
    plan_with(false, options(read_ahead))
}

fn plan_with(has_status: bool, options: PlanOptions) -> Plan {
    let server = ServerConfig {
        slots: 1,
        learns_slots: false,
        has_status,
        reserve: false,
        role: Role::Server,
    };
    Plan::new(&[server], options)
}

fn options(read_ahead: usize) -> PlanOptions {
    PlanOptions {
        outage_before_answer: None,
        retry_time_outs: false,
        halt: None,
        read_ahead,
        max_attempts: 10,
        max_fault_attempts: 10,
        outage: None,
        time_limit: None,
        time_limit_medians: None,
        retry_faults: RetryFaults::None,
        hedge: false,
        seed: 1,
    }
}

fn send(plan: &mut Plan, task: u64) {
    let task = TaskId::new(task);
    plan.handle(Event::TaskSent { task, cost: 0 }, Duration::ZERO);
}

fn return_call(plan: &mut Plan) {
    end_call(plan, Ok(()));
}

fn end_call(plan: &mut Plan, outcome: Result<(), ErrorKind>) {
    let started = std::iter::from_fn(|| plan.poll_action()).find_map(|action| match action {
        Action::StartCall { call, .. } => Some(call),
        _ => None,
    });
    let call = started.expect("a call has started");
    plan.handle(Event::CallReturned { call, outcome }, Duration::ZERO);
}

#[test]
fn a_sender_is_woken_for_a_slot_or_for_half_of_the_read_ahead() {
    // Of each number of tasks sent: whether another is accepted, and whether a sender that
    // waits is woken.
    for (read_ahead, expected) in [
        (0, &[(true, true), (false, false)][..]),
        (
            4,
            &[
                (true, true),
                (true, true),
                (true, true),
                (true, true),
                (true, false),
                (false, false),
            ],
        ),
    ] {
        let mut plan = plan(read_ahead);
        for (sent, &(accepts, wakes)) in (0..).zip(expected) {
            assert_eq!(plan.accepts_task(), accepts, "{read_ahead}: {sent} sent");
            assert_eq!(
                plan.should_wake_sender(),
                wakes,
                "{read_ahead}: {sent} sent"
            );
            send(&mut plan, sent);
        }
    }
}

#[test]
fn nothing_is_accepted_after_the_input_is_closed() {
    for event in [Event::InputClosed, Event::DrainRequested, Event::Abandoned] {
        let mut plan = plan(4);
        plan.handle(event, Duration::ZERO);
        assert!(!plan.accepts_task(), "{event:?}");
        assert!(!plan.should_wake_sender(), "{event:?}");
    }
}

#[test]
fn open_tasks_and_calls_in_flight_are_counted() {
    let mut plan = plan(4);
    assert_eq!((plan.open_tasks(), plan.in_flight()), (0, 0));
    for task in 0..3 {
        send(&mut plan, task);
    }
    assert_eq!((plan.open_tasks(), plan.in_flight()), (3, 1));
    for open in [2, 1] {
        return_call(&mut plan);
        assert_eq!((plan.open_tasks(), plan.in_flight()), (open, 1));
    }
    return_call(&mut plan);
    assert_eq!((plan.open_tasks(), plan.in_flight()), (0, 0));
}

#[test]
fn one_task_may_wait_while_no_server_is_alive() {
    let mut plan = plan(0);
    send(&mut plan, 0);
    end_call(&mut plan, Err(ErrorKind::Unreachable));
    assert!(!plan.accepts_task(), "the one that failed waits");
    let task = TaskId::new(0);
    plan.handle(Event::TaskCancelled { task }, Duration::ZERO);
    assert!(plan.accepts_task());
    send(&mut plan, 1);
    assert!(!plan.accepts_task());
}

#[test]
fn the_oldest_call_sets_the_timer_of_the_time_limit_until_the_end() {
    let limit = Duration::from_millis(7);
    let mut options = options(4);
    options.time_limit = Some(limit);
    let mut plan = plan_with(false, options);
    assert_eq!(plan.next_timer(), None);
    send(&mut plan, 0);
    let (call, at) = plan.next_overdue_call().unwrap();
    assert_eq!(call, CallId::new(0));
    assert!(at > limit, "{at:?}");
    assert_eq!(plan.next_timer(), Some(at));
    plan.handle(Event::Abandoned, Duration::ZERO);
    assert_eq!(plan.next_timer(), None, "the run is over");
}

#[test]
fn a_call_is_awaited_until_it_returns() {
    let mut plan = plan(4);
    send(&mut plan, 0);
    send(&mut plan, 1);
    let awaited = |plan: &Plan| [0, 1].map(|task| plan.has_awaited_call(TaskId::new(task)));
    assert_eq!(awaited(&plan), [true, false]);
    return_call(&mut plan);
    assert_eq!(awaited(&plan), [false, true]);
}

#[test]
fn a_server_that_is_out_is_watched_for_its_calls_and_reports_nothing() {
    let server = ServerId::new(0);
    let mut plan = plan_with(true, options(4));
    let facts = |plan: &Plan| (plan.is_watched(server), plan.reports_status(server));
    assert_eq!(facts(&plan), (true, false));
    let status = ServerStatus {
        instance: 7,
        slots: 1,
        time_left: None,
    };
    let reported = Event::ProbeReturned {
        server,
        outcome: Ok(Some(status)),
    };
    plan.handle(reported, Duration::ZERO);
    assert_eq!(facts(&plan), (true, true));
    send(&mut plan, 0);
    plan.handle(Event::ServerRemoved { server }, Duration::ZERO);
    assert_eq!(facts(&plan), (true, false), "it has a call");
    return_call(&mut plan);
    assert_eq!(facts(&plan), (false, false));
}
