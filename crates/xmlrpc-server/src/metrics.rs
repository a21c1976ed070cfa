//! The figures of a service, and their text for Prometheus.

use std::fmt::Write as _;
use std::time::Duration;

/// The figures of a service at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metrics {
    /// Time since the service was made.
    pub(crate) uptime: Duration,
    /// Calls of functions that have ended, with a value or a fault.
    pub(crate) calls: u64,
    /// Calls of functions that have ended with a fault.
    pub(crate) faults: u64,
    /// Requests that no function answered, except those of the server's own methods.
    pub(crate) refused: u64,
    /// Calls that run.
    pub(crate) busy: usize,
    /// Calls that can run at a time, on all fronts together.
    pub(crate) slots: usize,
    /// Calls that wait for their turn.
    pub(crate) waiting: usize,
}

impl Metrics {
    /// Returns the figures in Prometheus' text format, version 0.0.4.
    pub(crate) fn to_prometheus(self) -> String {
        let mut text = String::new();
        for (name, kind, help, value) in [
            (
                "xmlrpc_calls_total",
                "counter",
                "Calls of functions that have ended.",
                self.calls as f64,
            ),
            (
                "xmlrpc_faults_total",
                "counter",
                "Calls of functions that ended with a fault.",
                self.faults as f64,
            ),
            (
                "xmlrpc_refused_total",
                "counter",
                "Requests that were refused before any function was called, or given up.",
                self.refused as f64,
            ),
            (
                "xmlrpc_workers",
                "gauge",
                "Calls that can run at a time.",
                self.slots as f64,
            ),
            (
                "xmlrpc_workers_busy",
                "gauge",
                "Calls that run.",
                self.busy as f64,
            ),
            (
                "xmlrpc_calls_waiting",
                "gauge",
                "Calls that wait for a worker.",
                self.waiting as f64,
            ),
            (
                "xmlrpc_uptime_seconds",
                "gauge",
                "Time since the start.",
                self.uptime.as_secs_f64(),
            ),
        ] {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_a_line_of_its_own() {
        let metrics = Metrics {
            uptime: Duration::from_millis(1500),
            calls: 3,
            faults: 2,
            refused: 7,
            busy: 1,
            slots: 4,
            waiting: 5,
        };
        let text = metrics.to_prometheus();
        let figures: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            figures,
            [
                "xmlrpc_calls_total 3",
                "xmlrpc_faults_total 2",
                "xmlrpc_refused_total 7",
                "xmlrpc_workers 4",
                "xmlrpc_workers_busy 1",
                "xmlrpc_calls_waiting 5",
                "xmlrpc_uptime_seconds 1.5",
            ]
        );
    }
}
