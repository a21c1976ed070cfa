//! The replay of a script.

use std::fmt::Write;
use std::time::Duration;

use crate::ids::ServerId;
use crate::options::{Halt, RetryFaults};
use crate::plan::Plan;
use crate::plan::action::Action;
use crate::plan::event::Event;
use crate::plan::options::PlanOptions;
use crate::plan::tests::read::{read_config, read_event, read_faults, read_ms};
use crate::plan::tests::write::{action_line, ms};

/// Gives the plan the events of a script, and returns the script with the
/// actions that the plan asks for in place of its own.
pub(crate) fn replay(script: &str) -> String {
    let mut options = PlanOptions {
        read_ahead: 0,
        max_attempts: 10,
        max_fault_attempts: 10,
        outage: Some(Duration::from_secs(5)),
        outage_before_answer: Some(Duration::from_secs(5)),
        time_limit: None,
        time_limit_medians: None,
        retry_faults: RetryFaults::None,
        retry_time_outs: false,
        halt: None,
        hedge: true,
        seed: 1,
    };
    let mut plan = None;
    let mut configs = Vec::new();
    let mut now = Duration::ZERO;
    let mut replayed = String::new();
    for line in script.lines().filter(|line| !line.starts_with("  ")) {
        writeln!(replayed, "{line}").unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let events: Vec<Event> = match words[..] {
            [] | ["#", ..] => continue,
            ["servers", ..] => {
                configs = words[1..].iter().map(|word| read_config(word)).collect();
                continue;
            }
            ["option", name, ref values @ ..] => {
                set_option(&mut options, name, values);
                continue;
            }
            ["at", time] => {
                now = read_ms(time);
                continue;
            }
            ["send", ..] => words[1..]
                .iter()
                .map(|w| read_event(&["send", w]))
                .collect(),
            _ => vec![read_event(&words)],
        };
        let plan = plan.get_or_insert_with(|| Plan::new(&configs, options.clone()));
        for event in events {
            match event {
                Event::TimerFired if words[0] == "wake" => {
                    now = plan.next_timer().expect("a timer is set");
                    writeln!(replayed, "  it is {}", ms(now)).unwrap();
                }
                Event::TaskSent { .. } if !plan.accepts_task() => {
                    writeln!(replayed, "  not wanted").unwrap();
                    continue;
                }
                _ => {}
            }
            plan.handle(event, now);
            while let Some(action) = plan.poll_action() {
                writeln!(replayed, "  {}", action_line(action)).unwrap();
                if let Action::StartCall { call, .. } = action {
                    write_avoided(&mut replayed, &plan.workers_to_avoid(call));
                }
            }
            assert!(
                plan.next_timer().is_none_or(|at| at > now),
                "a timer in the past"
            );
        }
    }
    replayed
}

fn write_avoided(replayed: &mut String, workers: &[ServerId]) {
    if !workers.is_empty() {
        let workers: Vec<String> = workers.iter().map(ToString::to_string).collect();
        writeln!(replayed, "    not by {}", workers.join(", ")).unwrap();
    }
}

fn set_option(options: &mut PlanOptions, name: &str, values: &[&str]) {
    let time = |value| (value != "none").then(|| read_ms(value));
    match (name, values) {
        ("read_ahead", &[n]) => options.read_ahead = n.parse().unwrap(),
        ("max_attempts", &[n]) => options.max_attempts = n.parse().unwrap(),
        ("max_fault_attempts", &[n]) => options.max_fault_attempts = n.parse().unwrap(),
        ("outage", &[value]) => {
            options.outage = time(value);
            options.outage_before_answer = time(value);
        }
        ("outage_before_answer", &[value]) => options.outage_before_answer = time(value),
        ("retry_time_outs", &[yes]) => options.retry_time_outs = yes.parse().unwrap(),
        ("halt", &[n]) => {
            options.halt = Some(match n.strip_suffix('%') {
                Some(percent) => Halt::Percent(percent.parse().unwrap()),
                None => Halt::Tasks(n.parse().unwrap()),
            });
        }
        ("seed", &[n]) => options.seed = n.parse().unwrap(),
        ("retry_faults", codes) => options.retry_faults = read_faults(codes),
        ("hedge", &[yes]) => options.hedge = yes.parse().unwrap(),
        ("limit", &[value]) => options.time_limit = time(value),
        ("limit_medians", &[n]) => options.time_limit_medians = n.parse().ok(),
        _ => panic!("unknown option {name:?} {values:?}"),
    }
}
