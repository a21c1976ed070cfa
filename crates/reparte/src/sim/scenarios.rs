//! The named scenarios.

use crate::options::RetryFaults;
use crate::plan::random::SplitMix;
use crate::sim::scenario::Scenario;

/// Draws a scenario.
pub(super) type Draw = fn(&mut SplitMix) -> Scenario;

/// Every named scenario.
pub(super) const SCENARIOS: [(&str, Draw); 6] = [
    ("any", Scenario::any),
    ("no_outage", no_outage),
    ("silences", silences),
    ("poisoned", poisoned),
    ("machines_go", machines_go),
    ("sick", sick),
];

/// Nothing ends the run early, and some server is always left.
pub(super) fn no_outage(random: &mut SplitMix) -> Scenario {
    Scenario {
        outage: None,
        returns: true,
        refusals: false,
        removals: 0,
        journal_fails: false,
        drained: false,
        max_attempts: u32::MAX,
        ..Scenario::any(random)
    }
}

/// Servers that report their status fail by silence alone: hangs must be found
/// and returns noticed in time.
pub(super) fn silences(random: &mut SplitMix) -> Scenario {
    Scenario {
        failures_percent: 0,
        refusals: false,
        reserves: 0,
        journal_fails: false,
        drained: false,
        returns: true,
        outage: None,
        removals: 0,
        slow_percent: 0,
        hangs: 4,
        deaths: 4,
        poison_tasks: 0,
        malformed: 0,
        all_report_status: true,
        strict_times: true,
        ..Scenario::any(random)
    }
}

/// Tasks kill their servers, and nothing else fails.
pub(super) fn poisoned(random: &mut SplitMix) -> Scenario {
    Scenario {
        machines_go: false,
        tasks: 15 + random.below(100),
        poison_tasks: 1 + random.below(3),
        deaths: 0,
        hangs: 0,
        hedge: false,
        failures_percent: 0,
        slow_percent: 0,
        refusals: false,
        malformed: 0,
        removals: 0,
        cancellations: 0,
        outage: None,
        time_limit: None,
        time_limit_medians: None,
        max_attempts: u32::MAX,
        journal_fails: false,
        drained: false,
        ..Scenario::any(random)
    }
}

/// Tasks kill their servers, some with their machines.
pub(super) fn machines_go(random: &mut SplitMix) -> Scenario {
    Scenario {
        machines_go: true,
        ..poisoned(random)
    }
}

/// Most calls fail: by malformed answers, by faults that are tried again, or
/// otherwise.
pub(super) fn sick(random: &mut SplitMix) -> Scenario {
    let any = Scenario::any(random);
    Scenario {
        tasks: 20 + random.below(100),
        failures_percent: 60,
        retry_faults: RetryFaults::All,
        malformed: (any.slots.len() as u64 - 1).min(any.malformed),
        poison_tasks: 0,
        refusals: false,
        journal_fails: false,
        drained: false,
        returns: true,
        outage: None,
        removals: 0,
        cancellations: 0,
        max_attempts: u32::MAX,
        ..any
    }
}
