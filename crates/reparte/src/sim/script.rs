//! The script of a virtual run, as the plan's tests replay it.

use std::fmt::Write;
use std::time::Duration;

use crate::options::Halt;
use crate::plan::action::Action;
use crate::plan::event::{Event, ServerConfig};
use crate::plan::tests::replay::replay;
use crate::plan::tests::write::{action_line, config_word, event_line, exact_ms, faults_words};
use crate::sim::scenario::Scenario;

/// The most lines that are printed. Only an endless run has more.
const PRINTED: usize = 5000;

/// A script that is written while its run goes on, and printed if that panics.
pub(super) struct RunScript {
    script: String,
    at: Duration,
}

impl Drop for RunScript {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines = self.script.lines().take(PRINTED);
            let script: Vec<&str> = lines.collect();
            eprintln!("to replay it in the plan's tests:\n{}", script.join("\n"));
        }
    }
}

impl RunScript {
    pub(super) fn new(scenario: &Scenario, configs: &[ServerConfig], seed: u64) -> Self {
        let mut script = String::new();
        let time = |time: Option<Duration>| time.map_or("none".to_owned(), exact_ms);
        let number = |n: Option<u32>| n.map_or("none".to_owned(), |n| n.to_string());
        for (name, value) in [
            ("seed", seed.to_string()),
            ("read_ahead", scenario.read_ahead.to_string()),
            ("max_attempts", scenario.max_attempts.to_string()),
            ("max_fault_attempts", scenario.max_attempts.to_string()),
            ("outage", time(scenario.outage)),
            ("limit", time(scenario.time_limit)),
            ("limit_medians", number(scenario.time_limit_medians)),
            ("hedge", scenario.hedge.to_string()),
            ("retry_faults", faults_words(&scenario.retry_faults)),
            ("retry_time_outs", scenario.retry_time_outs.to_string()),
        ] {
            writeln!(script, "option {name} {value}").unwrap();
        }
        match scenario.halt {
            Some(Halt::Tasks(tasks)) => writeln!(script, "option halt {tasks}").unwrap(),
            Some(Halt::Percent(percent)) => writeln!(script, "option halt {percent}%").unwrap(),
            None => {}
        }
        let configs: Vec<String> = configs.iter().map(|&c| config_word(c)).collect();
        writeln!(script, "servers {}", configs.join(" ")).unwrap();
        Self {
            script,
            at: Duration::ZERO,
        }
    }

    pub(super) fn event(&mut self, event: Event, now: Duration) {
        if now != self.at {
            self.at = now;
            writeln!(self.script, "at {}", exact_ms(now)).unwrap();
        }
        writeln!(self.script, "{}", event_line(event)).unwrap();
    }

    pub(super) fn action(&mut self, action: Action) {
        writeln!(self.script, "  {}", action_line(action)).unwrap();
    }

    /// Checks that a replay of the script has the plan ask for the same.
    pub(super) fn check_replay(&self) {
        assert!(replay(&self.script) == self.script, "it goes otherwise");
    }
}
