//! The digest of a virtual run: a hash of all events and actions in order, with
//! their times, and of what the plan says after each step.
//!
//! The first seeds of each scenario must give the digests in `digests.txt`. A
//! change that is to leave the plan's behaviour as it is keeps them. After a
//! change that is to alter it, renew them with
//!
//! ```text
//! BLESS=1 cargo test -p reparte --lib sim::digest
//! ```
//!
//! and say in the commit why they differ. `DIGESTS=file DIGEST_SEEDS=10000` with
//! the same command writes the digests of so many seeds to a file instead, and
//! the whole text of the first [`WHOLE`] of them: two versions of the plan are
//! compared by these files.

use std::fmt::Write;
use std::time::Duration;

use crate::plan::Plan;
use crate::plan::action::Action;
use crate::plan::event::Event;
use crate::plan::random::SplitMix;
use crate::plan::tests::write::{action_line, event_line};
use crate::sim::scenarios::SCENARIOS;
use crate::sim::world::World;

/// Number of seeds of each scenario whose digests are recorded.
const RECORDED: u64 = 100;
/// Number of seeds of each scenario whose whole text goes into the file.
const WHOLE: u64 = 5;

/// A hash of text (FNV-1a, 64 bits) and, if wanted, the text.
pub(super) struct Digest {
    hash: u64,
    text: String,
    keeps_text: bool,
    events: u64,
}

impl Digest {
    fn new(keeps_text: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            text: String::new(),
            keeps_text,
            events: 0,
        }
    }

    pub(super) fn event(&mut self, event: Event, now: Duration) {
        self.events += 1;
        let line = event_line(event);
        writeln!(self.text, "at {} {line}", now.as_nanos()).unwrap();
    }

    pub(super) fn action(&mut self, action: Action) {
        writeln!(self.text, "  {}", action_line(action)).unwrap();
        if let Action::SetAside { until, .. } = action {
            writeln!(self.text, "  until {}", until.as_nanos()).unwrap();
        }
    }

    /// Adds what the plan says after all actions of a step.
    pub(super) fn settled(&mut self, plan: &Plan) {
        writeln!(
            self.text,
            "  next {:?} wants {} {} open {} in flight {} pays {}",
            plan.next_timer().map(|at| at.as_nanos()),
            plan.accepts_task(),
            plan.should_wake_sender(),
            plan.open_tasks(),
            plan.in_flight(),
            plan.pays_for_retries()
        )
        .unwrap();
        if !self.keeps_text {
            self.hash_text();
            self.text.clear();
        }
    }

    fn hash_text(&mut self) {
        for byte in self.text.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Returns a line for each seed of each scenario, and the whole text of the
/// first ones.
fn digests(seeds: u64, whole: u64) -> String {
    let mut lines = String::new();
    for (name, scenario) in SCENARIOS {
        for seed in 0..seeds {
            let mut random = SplitMix::new(seed);
            let scenario = scenario(&mut random);
            let world = World::digested(scenario, random, Digest::new(seed < whole));
            let mut digest = world.run().digest.expect("the world has one");
            digest.hash_text();
            let (events, hash) = (digest.events, digest.hash);
            writeln!(lines, "{name} {seed} {events} {hash:016x}").unwrap();
            lines.push_str(&digest.text);
        }
    }
    lines
}

#[test]
fn the_first_seeds_of_each_scenario_go_as_recorded() {
    let variable = |name| std::env::var(name).ok();
    if let Some(file) = variable("DIGESTS") {
        let seeds = variable("DIGEST_SEEDS").map_or(RECORDED, |n| n.parse().unwrap());
        return std::fs::write(file, digests(seeds, WHOLE)).unwrap();
    }
    let digests = digests(RECORDED, 0);
    if variable("BLESS").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/digests.txt");
        return std::fs::write(file, digests).unwrap();
    }
    for (now, recorded) in digests.lines().zip(include_str!("digests.txt").lines()) {
        assert_eq!(now, recorded, "it goes otherwise: see the module's docs");
    }
    assert_eq!(digests.len(), include_str!("digests.txt").len());
}
