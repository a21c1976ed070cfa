//! The summary of a run as JSON.

use std::fmt::Write;
use std::time::Duration;

use crate::plan::action::WaitCause;
use crate::summary::server::ServerSummary;
use crate::summary::{RunSummary, Waiting};

impl RunSummary {
    /// Returns the summary as a JSON object (RFC 8259): each figure under the name of its
    /// field here, times in seconds.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json)
            .expect("a String takes all that is written to it");
        json
    }

    fn write_json(&self, json: &mut String) -> std::fmt::Result {
        write!(json, "{{\"elapsed\":{}", Seconds(self.elapsed))?;
        for (name, figure) in [
            ("tasks", self.tasks),
            ("done", self.done),
            ("resumed", self.resumed),
            ("failed", self.failed),
            ("cancelled", self.cancelled),
            ("pending", self.pending),
            ("not_run", self.not_run),
            ("lost", self.lost()),
            ("executions", self.executions),
            ("retries", self.retries),
            ("hedges", self.hedges),
            ("hedges_won", self.hedges_won),
            ("hedges_lost", self.hedges_lost),
        ] {
            write!(json, ",\"{name}\":{figure}")?;
        }
        write!(json, ",\"stopping\":{}", self.is_stopping)?;
        json.push_str(",\"waiting\":");
        match &self.waiting {
            Some(waiting) => waiting.write_json(json)?,
            None => json.push_str("null"),
        }
        json.push_str(",\"servers\":[");
        for (n, server) in self.servers.iter().enumerate() {
            json.push_str(if n == 0 { "" } else { "," });
            server.write_json(json)?;
        }
        json.push_str("]}");
        Ok(())
    }
}

impl Waiting {
    fn write_json(&self, json: &mut String) -> std::fmt::Result {
        let cause = match self.cause {
            WaitCause::Outage => "outage",
            WaitCause::Busy => "busy",
            WaitCause::SecondOpinion => "second opinion",
            WaitCause::TimeLeft => "time left",
            WaitCause::LastCalls => "last calls",
        };
        let since = Seconds(self.since);
        write!(json, "{{\"cause\":\"{cause}\",\"since\":{since},\"until\":")?;
        match self.until {
            Some(until) => write!(json, "{}", Seconds(until))?,
            None => json.write_str("null")?,
        }
        let (text, ends) = (self.cause.text(), self.cause.end_text());
        write!(json, ",\"text\":\"{text}\",\"ends\":\"{ends}\"}}")
    }
}

impl ServerSummary {
    fn write_json(&self, json: &mut String) -> std::fmt::Result {
        json.push_str("{\"name\":");
        write_string(json, &self.name)?;
        if let Some(host) = &self.host {
            json.push_str(",\"host\":");
            write_string(json, host)?;
        }
        if let Some(of) = &self.alias_of {
            json.push_str(",\"alias_of\":");
            write_string(json, of)?;
        }
        write!(json, ",\"state\":\"{}\"", self.state)?;
        for (name, figure) in [
            ("slots", self.slots as u64),
            ("running", self.running as u64),
            ("tasks", self.tasks),
            ("executions", self.executions),
            ("deaths", self.deaths),
            ("silences", self.silences),
        ] {
            write!(json, ",\"{name}\":{figure}")?;
        }
        for (name, time) in [
            ("busy", self.busy),
            ("slot_time", self.slot_time),
            ("downtime", self.downtime),
        ] {
            write!(json, ",\"{name}\":{}", Seconds(time))?;
        }
        write!(json, ",\"busy_share\":{:.4}", self.busy_share())?;
        json.push_str(",\"failures\":{");
        for (n, (kind, count)) in self.failures.iter().enumerate() {
            json.push_str(if n == 0 { "" } else { "," });
            write_string(json, kind)?;
            write!(json, ":{count}")?;
        }
        json.push_str("},\"last_error\":");
        match &self.last_error {
            Some(error) => write_string(json, &error.to_string())?,
            None => json.push_str("null"),
        }
        json.push('}');
        Ok(())
    }
}

/// Displays a time in seconds, as a JSON number.
struct Seconds(Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.6}", self.0.as_secs_f64())
    }
}

fn write_string(json: &mut String, text: &str) -> std::fmt::Result {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(json, "\\{c}")?,
            c if c.is_control() => write!(json, "\\u{:04x}", u32::from(c))?,
            c => json.push(c),
        }
    }
    json.push('"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::call::{CallError, ErrorKind};
    use crate::summary::server::ServerState;

    #[test]
    fn every_figure_is_in_the_json() {
        let mut server = ServerSummary::new("a\"\n".into(), 2, ServerState::Up);
        server.tasks = 3;
        server.executions = 4;
        server.busy = Duration::from_millis(1500);
        server.slot_time = Duration::from_secs(2);
        server.failures = [("timed out", 1)].into();
        server.last_error = Some(CallError::new(ErrorKind::TimedOut, "after 2 s"));
        let summary = RunSummary {
            servers: vec![server],
            tasks: 3,
            done: 3,
            executions: 4,
            hedges: 1,
            hedges_won: 1,
            waiting: Some(Waiting {
                cause: WaitCause::Busy,
                since: Duration::from_millis(1500),
                until: None,
            }),
            elapsed: Duration::from_secs(1),
            ..RunSummary::default()
        };
        assert_eq!(
            summary.to_json(),
            "{\"elapsed\":1.000000,\"tasks\":3,\"done\":3,\"resumed\":0,\"failed\":0,\"cancelled\":0,\
             \"pending\":0,\"not_run\":0,\"lost\":0,\"executions\":4,\"retries\":0,\"hedges\":1,\
             \"hedges_won\":1,\"hedges_lost\":0,\"stopping\":false,\"waiting\":{\"cause\":\"busy\",\
             \"since\":1.500000,\"until\":null,\"text\":\"waits for a server\",\
             \"ends\":\"the run ends\"},\"servers\":[{\"name\":\"a\\\"\\u000a\",\
             \"state\":\"up\",\"slots\":2,\"running\":0,\"tasks\":3,\"executions\":4,\
             \"deaths\":0,\"silences\":0,\"busy\":1.500000,\"slot_time\":2.000000,\"downtime\":0.000000,\
             \"busy_share\":0.7500,\"failures\":{\"timed out\":1},\
             \"last_error\":\"timed out: after 2 s\"}]}"
        );
    }
}
