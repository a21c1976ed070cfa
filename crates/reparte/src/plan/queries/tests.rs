//! Tests of the questions that the engine asks the plan.

use super::*;
use crate::options::RetryFaults;
use crate::plan::action::Action;
use crate::plan::event::{Event, ServerConfig};
use crate::plan::options::PlanOptions;

/// Returns a plan of one server with one slot.
fn plan(read_ahead: usize) -> Plan {
    let server = ServerConfig {
        slots: 1,
        learns_slots: false,
        has_status: false,
        reserve: false,
    };
    let options = PlanOptions {
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
    };
    Plan::new(&[server], options)
}

fn send(plan: &mut Plan, task: u64) {
    let task = TaskId::new(task);
    plan.handle(Event::TaskSent { task, cost: 0 }, Duration::ZERO);
}

fn return_call(plan: &mut Plan) {
    let started = std::iter::from_fn(|| plan.poll_action()).find_map(|action| match action {
        Action::StartCall { call, .. } => Some(call),
        _ => None,
    });
    let call = started.expect("a call has started");
    let outcome = Ok(());
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
