//! The draws of worlds with other options, and with servers that are no use for a time.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::options::{Halt, RetryFaults};
use crate::plan::random::SplitMix;
use crate::sim::scenario::Scenario;
use crate::sim::troubles::{BadTasks, CONTESTED, Flaw, Spell, Troubles};
use crate::sim::worlds::draw::{FAULT, MS, draw_bad, mixed_gaps, pick, quiet, with_flaws};

/// Faults are tried again. Some servers give nothing else, and some tasks have nothing else.
pub(super) fn retried_faults(random: &mut SplitMix) -> Scenario {
    let (broken, good) = pick(
        random,
        &[(0, 1), (0, 3), (1, 1), (1, 2), (2, 1), (1, 5), (4, 2)],
    );
    let mut scenario = with_flaws(random, broken, good, |_| Flaw::Always(FAULT));
    scenario.retry_faults = match random.below(2) {
        0 => RetryFaults::All,
        _ => RetryFaults::Codes(vec![2, 5]),
    };
    scenario.max_attempts = pick(random, &[1, 2, 10]);
    scenario.troubles.bad = draw_bad(random);
    if broken > 0 {
        // If the first eight tasks of each good server are bad, faults are believed.
        let bad = &mut scenario.troubles.bad;
        bad.first = bad.first.min(1);
        bad.every = bad.every.max(7);
    }
    scenario
}

/// Some tasks pass the time limit on every server, and all tasks do on one that is broken. With
/// this, the tasks that the broken server has need another attempt.
pub(super) fn overruns(random: &mut SplitMix) -> Scenario {
    let (broken, good) = pick(random, &[(0, 1), (0, 3), (1, 1), (1, 4)]);
    let mut scenario = with_flaws(random, broken, good, |_| Flaw::Always(ErrorKind::Overran));
    scenario.time_limit = Some(pick(random, &[500, 2000, 10_000]) * MS);
    scenario.longest_ms = 100;
    scenario.retry_time_outs = random.below(2) == 0;
    scenario.max_attempts = match broken {
        0 => pick(random, &[1, 2, 10]),
        _ => pick(random, &[2, 10]),
    };
    scenario.troubles.bad = BadTasks {
        kind: Some(ErrorKind::Overran),
        ..draw_bad(random)
    };
    scenario
}

/// Some tasks are bad, and the run ends after a number or a share of failed ones.
pub(super) fn halted(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    Scenario {
        halt: Some(match random.below(2) {
            0 => Halt::Tasks(pick(random, &[0, 1, 5, 20])),
            _ => Halt::Percent(pick(random, &[1, 10, 50])),
        }),
        troubles: Troubles {
            bad: draw_bad(random),
            ..Troubles::default()
        },
        ..quiet(random, servers)
    }
}

/// Some servers take no call for a time, and at least one does.
pub(super) fn passing_refusals(random: &mut SplitMix) -> Scenario {
    let (refusing, good) = pick(random, &[(1, 1), (1, 3), (4, 1)]);
    let mut scenario = with_flaws(random, 0, refusing + good, |_| Flaw::Crashes);
    scenario.max_attempts = pick(random, &[1, 2, 10]);
    scenario.longest_ms = pick(random, &[100, 20_000]);
    for server in 0..refusing {
        let mut spell = draw_spell(random, server, |random| {
            pick(
                random,
                &[
                    ErrorKind::Refused,
                    ErrorKind::Unfit,
                    ErrorKind::NotFound,
                    ErrorKind::Forbidden,
                ],
            )
        });
        if matches!(spell.answer, ErrorKind::NotFound | ErrorKind::Forbidden) {
            // Two servers that have given results and then agree on this are believed.
            spell.time.start = Duration::ZERO;
        }
        scenario.troubles.spells.push(spell);
    }
    scenario
}

/// Servers can't run the function, now or ever, and one at least can.
pub(super) fn unfit_servers(random: &mut SplitMix) -> Scenario {
    let (unfit, good) = pick(random, &[(1, 1), (1, 3), (4, 1)]);
    let mut scenario = with_flaws(random, unfit, good, |_| Flaw::Always(ErrorKind::Unfit));
    scenario.max_attempts = pick(random, &[1, 2, 10]);
    scenario
}

/// Every server is busy for a time, or now and then.
pub(super) fn busy_servers(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    let mut scenario = match random.below(2) {
        0 => quiet(random, servers),
        _ => with_flaws(random, servers as usize, 0, |random| {
            Flaw::Often(pick(random, &[5, 30, 60]), draw_busy(random))
        }),
    };
    if scenario.troubles.flaws.is_empty() {
        for server in 0..scenario.slots.len() {
            let spell = draw_spell(random, server, draw_busy);
            scenario.troubles.spells.push(spell);
        }
    }
    scenario.max_attempts = pick(random, &[1, 2, 10]);
    scenario
}

/// Number of calls that a server has memory for at a time in [`short_of_memory`].
pub(super) const ROOM: usize = 2;

/// Each server has memory for two calls at a time, and takes more.
pub(super) fn short_of_memory(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    let calm = quiet(random, servers);
    Scenario {
        slots: calm.slots.iter().map(|slots| 4 * slots).collect(),
        tasks: 300 + random.below(300),
        longest_ms: 100,
        max_attempts: pick(random, &[1, 10]),
        troubles: Troubles {
            room: Some(ROOM),
            ..Troubles::default()
        },
        ..calm
    }
}

fn draw_busy(random: &mut SplitMix) -> ErrorKind {
    ErrorKind::Busy {
        retry_after: pick(random, &[None, Some(700 * MS), Some(90_000 * MS)]),
    }
}

/// Draws a time of up to a minute in the first minute.
fn draw_spell(random: &mut SplitMix, server: usize, draw: fn(&mut SplitMix) -> ErrorKind) -> Spell {
    let from = pick(random, &[0, 500, 3000]) * MS;
    let time = from..from + random.below(60_000) as u32 * MS;
    Spell {
        server,
        time,
        answer: draw(random),
    }
}

/// Mixed troubles and gaps, where some servers answer all calls in some way for a time, faults
/// and time limits are tried again, and attempts have a limit.
pub(super) fn varied(random: &mut SplitMix) -> Scenario {
    let mut scenario = mixed_gaps(random);
    for server in 0..scenario.slots.len() {
        if random.below(3) == 0 {
            let spell = draw_spell(random, server, |random| match random.below(2) {
                0 => draw_busy(random),
                _ => pick(random, &CONTESTED),
            });
            // A run whose servers have no function, and never gave a result, ends at once.
            let spell = match spell.answer {
                ErrorKind::NotFound | ErrorKind::Forbidden => Spell {
                    answer: ErrorKind::Malformed,
                    ..spell
                },
                _ => spell,
            };
            scenario.troubles.spells.push(spell);
        }
    }
    scenario.time_limit = pick(random, &[None, Some(30_000 * MS)]);
    scenario.retry_time_outs = random.below(2) == 0;
    scenario.retry_faults = match random.below(3) {
        0 => RetryFaults::All,
        1 => RetryFaults::Codes(vec![2]),
        _ => RetryFaults::None,
    };
    scenario.max_attempts = pick(random, &[1, 2, 10]);
    scenario.halt = pick(random, &[None, None, Some(Halt::Percent(80))]);
    scenario
}
