//! The time at which a server ends, and its end then.

use std::env;
use std::thread;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use crate::exit::Failure;

/// The variable in which Slurm tells a job the time of its end, in seconds since 1970.
const SLURM_END: &str = "SLURM_JOB_END_TIME";

/// The longest time for which the clock is not read again: somebody may set it.
const STEP: Duration = Duration::from_secs(60);

/// Reads a time to come: RFC 3339, such as `2026-12-01T18:00:00+01:00`; seconds since 1970, such
/// as `@1796148000`; or the time from now on, such as `+2h30m`.
pub(super) fn end_time(text: &str) -> Result<SystemTime, String> {
    let form = "give a time with its offset, such as 2026-12-01T18:00:00+01:00 or \
                2026-12-01T17:00:00Z; seconds since 1970, such as @1796148000; or the time from \
                now on, such as +2h30m";
    let Some(after) = text.strip_prefix('+') else {
        let at = match text.strip_prefix('@') {
            Some(seconds) => seconds.parse().ok().and_then(since_1970),
            None => text.parse::<Timestamp>().ok().map(SystemTime::from),
        };
        let at = at.ok_or(form)?;
        return match at > SystemTime::now() {
            true => Ok(at),
            false => Err("that time has passed: give one to come".to_owned()),
        };
    };
    let is_unit = |c: char| c.is_ascii_digit() || matches!(c, 'h' | 'm' | 's');
    let after = Some(after).filter(|after| after.chars().all(is_unit));
    let after: Option<SignedDuration> = after.and_then(|after| after.parse().ok());
    let after = after.and_then(|after| Duration::try_from(after).ok());
    let after = after.ok_or(form)?;
    if after.is_zero() {
        return Err("the server would end at once: give a time to come, such as +2h30m".to_owned());
    }
    SystemTime::now()
        .checked_add(after)
        .ok_or_else(|| form.to_owned())
}

/// Returns the time at which the server ends: `until`, or else that of its Slurm job.
pub(super) fn known_end(until: Option<SystemTime>) -> Option<SystemTime> {
    until.or_else(|| slurm_end(&env::var(SLURM_END).ok()?))
}

fn since_1970(seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn slurm_end(text: &str) -> Option<SystemTime> {
    let end = text.trim().parse().ok().and_then(since_1970);
    if end.is_none_or(|end| end <= SystemTime::now()) {
        log::warn!(
            "{SLURM_END} is no time to come, so the server tells no end: name one with --until"
        );
        return None;
    }
    end
}

/// Runs `stop` on a thread of its own once the time has come.
pub(super) fn at(end: SystemTime, stop: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let watch = move || {
        while let Ok(left) = end.duration_since(SystemTime::now())
            && !left.is_zero()
        {
            thread::sleep(left.min(STEP));
        }
        stop();
    };
    thread::Builder::new()
        .name("end".to_owned())
        .spawn(watch)
        .map(drop)
        .map_err(|error| Failure::server(format_args!("can't start a thread: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_time_or_a_duration() {
        let now = SystemTime::now();
        for (text, seconds) in [
            ("+2h30m", 9000),
            ("+90m", 5400),
            ("+45s", 45),
            ("+100h", 360_000),
            ("+1h1m1s", 3661),
        ] {
            let left = end_time(text).unwrap().duration_since(now).unwrap();
            assert_eq!(left.as_secs(), seconds, "{text}");
        }
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(32_503_680_000);
        for text in [
            "3000-01-01T00:00:00Z",
            "3000-01-01T01:00:00+01:00",
            "@32503680000",
        ] {
            assert_eq!(end_time(text), Ok(at), "{text}");
        }
        for text in [
            "",
            "+",
            "+0s",
            "2h",
            "+2",
            "+-2h",
            "+2h ago",
            "+1d",
            "tomorrow",
            "3000-01-01",
            "3000-01-01T00:00:00",
            "+99999999999999999h",
        ] {
            let error = end_time(text).unwrap_err();
            assert!(error.contains("+2h30m"), "{text}: {error}");
        }
        let now = end_time("+0s").unwrap_err();
        assert!(now.contains("end at once"), "{now}");
        for text in ["2020-01-01T00:00:00Z", "@1000"] {
            let past = end_time(text).unwrap_err();
            assert!(past.contains("has passed"), "{past}");
        }
    }

    #[test]
    fn the_end_of_a_job_is_in_seconds_since_1970() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(32_503_680_000);
        assert_eq!(slurm_end("32503680000"), Some(at));
        for text in ["", "0", "1000", "-1", "soon", "99999999999999999999"] {
            assert_eq!(slurm_end(text), None, "{text}");
        }
    }
}
