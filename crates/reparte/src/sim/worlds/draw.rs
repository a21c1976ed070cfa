//! The draws of the worlds.

use std::ops::Range;
use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::options::RetryFaults;
use crate::plan::random::SplitMix;
use crate::sim::scenario::Scenario;
use crate::sim::troubles::{BadTasks, CONTESTED, Flaw, Gap, Troubles};

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const FAULT: ErrorKind = ErrorKind::Fault { code: 2 };

/// A quiet world: so many servers of these slots, and nothing goes wrong.
pub(super) fn quiet(random: &mut SplitMix, servers: u64) -> Scenario {
    let any = Scenario::any(random);
    Scenario {
        slots: (0..servers).map(|_| 1 + random.below(4) as usize).collect(),
        tasks: 20 + random.below(150),
        max_attempts: 10,
        outage: Some(120_000 * MS),
        time_limit: None,
        time_limit_medians: None,
        retry_faults: RetryFaults::None,
        poison_tasks: 0,
        malformed: 0,
        deaths: 0,
        hangs: 0,
        returns: true,
        additions: 0,
        removals: 0,
        cancellations: 0,
        refusals: false,
        reserves: 0,
        journal_fails: false,
        machines_go: false,
        drained: false,
        failures_percent: 0,
        slow_percent: 0,
        ..any
    }
}

pub(super) fn pick<T: Copy>(random: &mut SplitMix, from: &[T]) -> T {
    from[random.below(from.len() as u64) as usize]
}

pub(super) fn draw_bad(random: &mut SplitMix) -> BadTasks {
    BadTasks {
        first: pick(random, &[0, 0, 1, 5]),
        every: pick(random, &[0, 2, 7, 50]),
        last: random.below(2) == 0,
        kind: match random.below(2) {
            0 => None,
            _ => Some(pick(random, &CONTESTED)),
        },
    }
}

/// Some tasks fail on every server, each in its own way or all in one.
pub(super) fn bad_tasks(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    Scenario {
        troubles: Troubles {
            bad: draw_bad(random),
            ..Troubles::default()
        },
        ..quiet(random, servers)
    }
}

/// Every task gives a fault on every server.
pub(super) fn all_bad(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5, 40]);
    Scenario {
        troubles: Troubles {
            bad: BadTasks {
                every: 1,
                kind: Some(FAULT),
                ..BadTasks::default()
            },
            ..Troubles::default()
        },
        ..quiet(random, servers)
    }
}

/// Some servers fail every call, in any way, and one at least is good.
pub(super) fn broken_servers(random: &mut SplitMix) -> Scenario {
    let (broken, good) = pick(random, &[(1, 1), (1, 2), (2, 1), (1, 5), (4, 2)]);
    let mut scenario = with_flaws(random, broken, good, |random| {
        Flaw::Always(pick(random, &CONTESTED))
    });
    let mut flaws = scenario.troubles.flaws.iter();
    if !flaws.any(|(_, flaw)| matches!(flaw, Flaw::Always(ErrorKind::Overran))) {
        // Time limits that pass count as attempts at once.
        scenario.max_attempts = pick(random, &[1, 2, 10]);
    }
    scenario
}

/// One server gives faults for every call, one unreadable answers for four in five, and two are
/// good.
pub(super) fn broken_beside_partly(random: &mut SplitMix) -> Scenario {
    let mut scenario = with_flaws(random, 2, 2, |_| Flaw::Always(FAULT));
    scenario.troubles.flaws[0].1 = Flaw::Often(80, ErrorKind::Malformed);
    scenario
}

/// The first tasks fail on each of many servers without a result.
pub(super) fn bad_tasks_on_many(random: &mut SplitMix) -> Scenario {
    let calm = quiet(random, 20);
    let mut troubles = Troubles::default();
    troubles.bad.first = 5;
    troubles.bad.kind = Some(pick(random, &[ErrorKind::Malformed, ErrorKind::Panicked]));
    Scenario {
        slots: vec![1; 20],
        max_attempts: 2,
        troubles,
        ..calm
    }
}

/// One server fails some calls, and the others are good.
pub(super) fn partly_broken_server(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2, 5]);
    with_flaws(random, 1, good, partly)
}

/// Several servers fail some calls: those that agree are believed.
pub(super) fn partly_broken_servers(random: &mut SplitMix) -> Scenario {
    let (broken, good) = pick(random, &[(2, 1), (4, 2), (3, 0)]);
    let mut scenario = with_flaws(random, broken, good, partly);
    for (_, flaw) in &mut scenario.troubles.flaws {
        if let Flaw::Often(_, kind) | Flaw::OneKind(kind) | Flaw::From(_, kind) = flaw
            && good == 0
            && matches!(kind, ErrorKind::Http { status: 502 | 504 })
        {
            // The last tasks that end the server behind its proxy, wherever they are, end the run.
            *kind = ErrorKind::Http { status: 500 };
        }
    }
    scenario
}

pub(super) fn partly(random: &mut SplitMix) -> Flaw {
    let kind = pick(random, &CONTESTED);
    match random.below(3) {
        0 => Flaw::Often(pick(random, &[5, 30, 80]), kind),
        1 => Flaw::OneKind(kind),
        _ => Flaw::From(50, kind),
    }
}

/// 99 of 100 servers give faults.
pub(super) fn most_broken(random: &mut SplitMix) -> Scenario {
    with_flaws(random, 99, 1, |_| Flaw::Always(FAULT))
}

pub(super) fn with_flaws(
    random: &mut SplitMix,
    flawed: usize,
    good: usize,
    draw: fn(&mut SplitMix) -> Flaw,
) -> Scenario {
    let mut servers: Vec<usize> = (0..flawed + good).collect();
    let mut flaws = Vec::new();
    for _ in 0..flawed {
        let at = random.below(servers.len() as u64) as usize;
        flaws.push((servers.swap_remove(at), draw(random)));
    }
    Scenario {
        troubles: Troubles {
            flaws,
            ..Troubles::default()
        },
        ..quiet(random, (flawed + good) as u64)
    }
}

/// A server gives faults at once, while the good one is at work for an hour, or
/// away.
pub(super) fn black_hole(random: &mut SplitMix) -> Scenario {
    let mut scenario = with_flaws(random, 1, 1, |_| Flaw::Always(FAULT));
    let good = 1 - scenario.troubles.flaws[0].0;
    match random.below(2) {
        0 => scenario.troubles.slow_first = Some(good),
        _ => {
            let from = random.below(2000) as u32 * MS;
            let to = from + random.below(60_000) as u32 * MS;
            let server = good;
            scenario.troubles.gaps = vec![Gap { server, from, to }];
        }
    }
    scenario
}

/// Two machines die of every call, beside a good one.
pub(super) fn crash_loops(random: &mut SplitMix) -> Scenario {
    Scenario {
        hedge: random.below(2) == 0,
        ..with_flaws(random, 2, 1, |_| Flaw::Crashes)
    }
}

/// Every server is away, or behind a proxy that answers 502, for less than the
/// outage.
pub(super) fn gaps(random: &mut SplitMix) -> Scenario {
    let servers = 1 + random.below(5);
    let mut scenario = quiet(random, servers);
    scenario.tasks = pick(random, &[1, 2, 20, scenario.tasks]);
    let from = random.below(3000) as u32 * MS;
    let to = from + random.below(60_000) as u32 * MS;
    match random.below(2) {
        0 => scenario.troubles.proxy = proxy_gaps(random, to),
        _ => {
            let gaps = (0..scenario.slots.len()).map(|server| Gap { server, from, to });
            scenario.troubles.gaps = gaps.collect();
        }
    }
    scenario
}

/// Every server is away, behind a forwarder that takes connections and breaks them.
pub(super) fn forwarded_gaps(random: &mut SplitMix) -> Scenario {
    let all_serial = random.below(2) == 0;
    let servers = match all_serial {
        // A task that ends three foreign servers looks like one that meets three gaps.
        true => 1 + random.below(2),
        false => 1 + random.below(5),
    };
    let mut scenario = quiet(random, servers);
    scenario.tasks = pick(random, &[1, 2, 20, scenario.tasks]);
    scenario.all_serial = all_serial;
    scenario.all_report_status = !all_serial;
    scenario.troubles.forwarded = true;
    let from = random.below(3000) as u32 * MS;
    let to = from + random.below(60_000) as u32 * MS;
    let gaps = (0..scenario.slots.len()).map(|server| Gap { server, from, to });
    scenario.troubles.gaps = gaps.collect();
    scenario
}

/// Times at which a proxy answers 502: from the start until `to`, or for up to four short
/// times.
fn proxy_gaps(random: &mut SplitMix, to: Duration) -> Vec<Range<Duration>> {
    match random.below(2) {
        0 => vec![Duration::ZERO..to],
        _ => {
            let gaps = 2 + random.below(3);
            let mut at = Duration::ZERO;
            (0..gaps)
                .map(|_| {
                    let from = at + random.below(3000) as u32 * MS;
                    at = from + random.below(2000) as u32 * MS;
                    from..at
                })
                .collect()
        }
    }
}

/// Every server is away, or behind a proxy that answers 502, for longer than the
/// outage.
pub(super) fn long_gaps(random: &mut SplitMix) -> Scenario {
    let mut scenario = gaps(random);
    let long = 60_000 * MS;
    scenario.tasks += 500;
    scenario.outage = Some(1000 * MS);
    match scenario.troubles.proxy.is_empty() {
        true => scenario.troubles.gaps.iter_mut().for_each(|gap| {
            gap.from = 10 * MS;
            gap.to = long;
        }),
        false => scenario.troubles.proxy = vec![Duration::ZERO..long],
    }
    scenario
}

/// Bad tasks, flawed servers, deaths and hangs at once. A partly broken server
/// gives no faults: it would be believed, once others have confirmed those of bad
/// tasks.
pub(super) fn mixed(random: &mut SplitMix) -> Scenario {
    let mut scenario = match random.below(2) {
        0 => broken_servers(random),
        _ => partly_broken_server(random),
    };
    for (_, flaw) in &mut scenario.troubles.flaws {
        if let Flaw::Often(_, kind) | Flaw::OneKind(kind) | Flaw::From(_, kind) = flaw
            && matches!(kind, ErrorKind::Fault { .. } | ErrorKind::Overran)
        {
            *kind = ErrorKind::Malformed;
        }
    }
    scenario.troubles.bad = draw_bad(random);
    scenario.deaths = random.below(4);
    scenario.hangs = random.below(3);
    scenario.max_attempts = u32::MAX;
    scenario
}

/// Mixed troubles, while servers are away at times of their own, or a proxy answers 502 in
/// place of all of them for a time. Behind the proxy no server has a flaw: if every other
/// one answers that it has no server, a flawed one is believed.
pub(super) fn mixed_gaps(random: &mut SplitMix) -> Scenario {
    let mut scenario = mixed(random);
    let mut gap = || {
        let from = random.below(3000) as u32 * MS;
        from..from + random.below(60_000) as u32 * MS
    };
    scenario.troubles.proxy = vec![gap()];
    let gaps = (0..scenario.slots.len()).map(|server| (server, gap()));
    let gaps = gaps.map(|(server, Range { start, end })| Gap {
        server,
        from: start,
        to: end,
    });
    scenario.troubles.gaps = gaps.collect();
    match random.below(3) {
        0 => scenario.troubles.gaps.clear(),
        1 => scenario.troubles.proxy.clear(),
        _ => {}
    }
    if !scenario.troubles.proxy.is_empty() {
        scenario.troubles.flaws.clear();
    }
    scenario
}

/// Foreign servers of one thread are stopped, and go on. They stay at work on calls
/// that are given up, by a time limit or since a hedge was quicker, and the next call
/// waits behind these.
pub(super) fn stopped_foreign_servers(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    let calm = quiet(random, servers);
    Scenario {
        all_serial: true,
        longest_ms: 300,
        hangs: 1 + random.below(5),
        time_limit: pick(random, &[None, Some(3000 * MS)]),
        max_attempts: u32::MAX,
        ..calm
    }
}

/// Every server fails every call, in one way or each in its own.
pub(super) fn nobody_good(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5, 100]);
    let mut scenario = with_flaws(random, servers, 0, |random| {
        Flaw::Always(pick(random, &CONTESTED))
    });
    if random.below(2) == 0 {
        let kind = pick(random, &CONTESTED);
        for (_, flaw) in &mut scenario.troubles.flaws {
            *flaw = Flaw::Always(kind);
        }
    }
    scenario.outage = Some(20_000 * MS);
    scenario
}
