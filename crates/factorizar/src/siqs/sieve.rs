//! The sieve: finds the positions of an interval whose values are likely to be products of base
//! primes.
//!
//! Each byte stands for a position, and starts at 128 less the threshold. The logarithm of each
//! prime is added to the bytes at which it divides. A byte that reaches 128 is a candidate; the
//! search tests the top bits of many bytes at once.
//!
//! The interval is sieved in blocks that the first-level cache holds. Primes below 256 are not
//! sieved: they cost the most and add the least. Primes below a block and a half step through; a prime
//! takes the same number of steps in each, and a last step that leaves the block falls behind it,
//! where nothing is read. Larger primes hit a block at most once a root. Their hits are
//! sorted by block while the roots step to the next polynomial ([`Bucket`]).
//!
//! Cost: some 1.2 cycles for each hit of a prime below 2^15, 4 for each hit of a larger one.
//!
//! Source: Kazumaro Aoki and Hiroki Ueda, "Sieving using bucket sort", Asiacrypt 2004.

use crate::control::{Control, StopReason};
use crate::simd::bucket::{Bucket, RootSlices, SLICE};
use crate::simd::level::Level;
use crate::simd::roots::{marked, narrow, step, step_and_sort};
use crate::siqs::family::{Family, Roots};
use crate::siqs::instance::Instance;
use crate::siqs::parameters::BLOCK;

/// The bytes of a block and room behind it. A `u16` cannot index beyond it, which saves bounds
/// checks.
type Bytes = [u8; 1 << 16];

/// Neighbouring primes of the base with one logarithm, that are sieved through a bucket.
#[derive(Debug)]
pub(super) struct Slice {
    /// Indices of the base.
    pub(super) start: usize,
    end: usize,
    log: u8,
    pub(super) bucket: Bucket,
}

/// The sieve of the polynomials of one family after the other.
#[derive(Debug)]
pub(super) struct Sieve<'a> {
    instance: &'a Instance,
    pub(super) level: Level,
    pub(super) roots: Roots,
    pub(super) slices: Vec<Slice>,
    bytes: Box<Bytes>,
    /// The primes that step through the blocks.
    stepping: Vec<u16>,
    /// Their numbers of steps in a block, with the number of primes.
    classes: Vec<(usize, usize)>,
    /// The next positions of those primes, relative to the next block.
    positions: [Vec<u16>; 2],
    /// The candidates of a block.
    found: Vec<u32>,
}

impl<'a> Sieve<'a> {
    /// Creates a sieve for these vector instructions. The first family allocates most of its memory.
    pub(super) fn new(instance: &'a Instance, level: Level) -> Self {
        let stepping = &instance.base.primes[instance.first_sieved..instance.first_bucket];
        let stepping: Vec<u16> = stepping.iter().map(|&p| p as u16).collect();
        Sieve {
            instance,
            level,
            roots: Roots::default(),
            slices: Vec::new(),
            bytes: Box::new([0; 1 << 16]),
            classes: step_classes(&stepping),
            positions: [vec![0; stepping.len()], vec![0; stepping.len()]],
            stepping,
            found: Vec::new(),
        }
    }

    /// Allocates the buckets, some tens of megabytes at 100 digits.
    fn slices(&self, control: &Control) -> Result<Vec<Slice>, StopReason> {
        let logs = &self.instance.logs;
        let mut slices: Vec<Slice> = Vec::new();
        let mut start = self.instance.first_bucket;
        while start < logs.len() {
            control.poll()?;
            let log = logs[start];
            let same = logs[start..].iter().take_while(|&&other| other == log);
            let len = same.take(SLICE).count();
            slices.push(Slice {
                start,
                end: start + len,
                log,
                bucket: Bucket::new(len, self.instance.parameters.blocks),
            });
            start += len;
        }
        Ok(slices)
    }

    /// Prepares the first polynomial of a family.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    pub(super) fn start(&mut self, family: &Family, control: &Control) -> Result<(), StopReason> {
        if self.slices.is_empty() {
            self.slices = self.slices(control)?;
        }
        family.roots(self.instance, self.level, control, &mut self.roots)?;
        control.poll()?;
        // A step of nothing, which sorts the hits.
        let zeros = vec![0; self.instance.base.len()];
        let deltas = std::mem::replace(&mut self.roots.deltas, vec![zeros]);
        self.sort(0, true);
        self.roots.deltas = deltas;
        Ok(())
    }

    /// Goes on to the polynomial with this number, from 1 on.
    pub(super) fn next(&mut self, family: &Family, number: u32) {
        let (term, up) = Family::step(number);
        let end = self.instance.first_bucket;
        let roots = RootSlices {
            primes: &self.instance.base.primes[..end],
            first: &mut self.roots.first[..end],
            second: &mut self.roots.second[..end],
            deltas: &self.roots.deltas[term][..end],
        };
        step(self.level, roots, up);
        self.sort(term, up);
        // The sentinels do not stay what they are.
        for &index in family.factors.iter().chain(&[0]) {
            self.roots.first[index] = super::family::NO_ROOT;
            self.roots.second[index] = super::family::NO_ROOT;
        }
    }

    fn sort(&mut self, term: usize, up: bool) {
        let interval = self.instance.parameters.interval();
        for slice in &mut self.slices {
            slice.bucket.clear();
            let range = slice.start..slice.end;
            let roots = RootSlices {
                primes: &self.instance.base.primes[range.clone()],
                first: &mut self.roots.first[range.clone()],
                second: &mut self.roots.second[range.clone()],
                deltas: &self.roots.deltas[term][range],
            };
            step_and_sort(self.level, roots, up, interval, &mut slice.bucket);
        }
    }

    /// Sieves all blocks, and passes each candidate to `receive`: its block, its position in
    /// it, the sum of its logarithms.
    pub(super) fn sieve(&mut self, mut receive: impl FnMut(&Self, (usize, usize, u8))) {
        let range = self.instance.first_sieved..self.instance.first_bucket;
        let roots = [&self.roots.first, &self.roots.second];
        for (positions, roots) in self.positions.iter_mut().zip(roots) {
            narrow(self.level, &roots[range.clone()], positions);
        }
        for block in 0..self.instance.parameters.blocks {
            self.bytes[..BLOCK].fill(self.instance.initial_byte);
            let [first, second] = &mut self.positions;
            let primes = Steppers {
                primes: &self.stepping,
                logs: &self.instance.logs[range.clone()],
                first,
                second,
            };
            step_through(&mut self.bytes, primes, &self.classes);
            for slice in &self.slices {
                add_hits(&mut self.bytes, slice.bucket.block(block), slice.log);
            }
            let mut found = std::mem::take(&mut self.found);
            marked(self.level, &self.bytes[..BLOCK], &mut found);
            for position in found.drain(..) {
                let position = position as usize;
                let sum = self.bytes[position] - self.instance.initial_byte;
                receive(self, (block, position, sum));
            }
            self.found = found;
        }
    }
}

/// Adds a logarithm at each position of a bucket.
#[inline(never)]
fn add_hits(bytes: &mut Bytes, entries: &[u32], log: u8) {
    for &entry in entries {
        let byte = &mut bytes[entry as usize % BLOCK];
        *byte = byte.wrapping_add(log);
    }
}

/// Primes that take the same number of steps through a block, with their next positions.
struct Steppers<'a> {
    primes: &'a [u16],
    logs: &'a [u8],
    first: &'a mut [u16],
    second: &'a mut [u16],
}

/// Returns the numbers of primes that take the same number of steps through a block, with that
/// number. The first have more than 8 steps each, and stand together.
fn step_classes(primes: &[u16]) -> Vec<(usize, usize)> {
    let steps = |p: &u16| BLOCK.div_ceil(usize::from(*p));
    let many = primes.partition_point(|p| steps(p) > UNROLLED_STEPS);
    let mut classes = vec![(UNROLLED_STEPS + 1, many)];
    for class in primes[many..].chunk_by(|one, other| steps(one) == steps(other)) {
        classes.push((steps(&class[0]), class.len()));
    }
    classes
}

/// Steps up to which a loop is written out.
const UNROLLED_STEPS: usize = 8;

/// Adds the logarithms of the primes that step through a block, and moves their positions to the
/// next one.
fn step_through(bytes: &mut Bytes, mut primes: Steppers<'_>, classes: &[(usize, usize)]) {
    for &(steps, len) in classes {
        let class;
        (class, primes) = primes.split_at(len);
        match steps {
            1 => step_once(bytes, class),
            2 => step_class::<2>(bytes, class),
            3 => step_class::<3>(bytes, class),
            4 => step_class::<4>(bytes, class),
            5 => step_class::<5>(bytes, class),
            6 => step_class::<6>(bytes, class),
            7 => step_class::<7>(bytes, class),
            8 => step_class::<8>(bytes, class),
            _ => step_class::<0>(bytes, class),
        }
    }
}

impl<'a> Steppers<'a> {
    fn split_at(self, index: usize) -> (Self, Self) {
        let (primes, later_primes) = self.primes.split_at(index);
        let (logs, later_logs) = self.logs.split_at(index);
        let (first, later_first) = self.first.split_at_mut(index);
        let (second, later_second) = self.second.split_at_mut(index);
        let later = Steppers {
            primes: later_primes,
            logs: later_logs,
            first: later_first,
            second: later_second,
        };
        let head = Steppers {
            primes,
            logs,
            first,
            second,
        };
        (head, later)
    }
}

/// Takes a step from both positions of each prime, which are between a block and a block and a half:
/// they may be behind the block.
#[inline(never)]
fn step_once(bytes: &mut Bytes, primes: Steppers<'_>) {
    let positions = primes.first.iter_mut().zip(primes.second);
    for ((&p, &log), (first, second)) in primes.primes.iter().zip(primes.logs).zip(positions) {
        if *first >= p {
            continue;
        }
        for position in [first, second] {
            let byte = &mut bytes[usize::from(*position)];
            *byte = byte.wrapping_add(log);
            // In the block, it goes on by p; behind it, the next block has it.
            let next = position.wrapping_sub(BLOCK as u16);
            *position = next.min(next.wrapping_add(p));
        }
    }
}

/// Takes `STEPS` steps from both positions of each prime; for 0, as many as reach the block's end.
#[inline(never)]
fn step_class<const STEPS: usize>(bytes: &mut Bytes, primes: Steppers<'_>) {
    let mut steps = match (STEPS, primes.primes.first()) {
        (0, Some(&smallest)) => BLOCK.div_ceil(usize::from(smallest)),
        _ => STEPS,
    };
    let positions = primes.first.iter_mut().zip(primes.second);
    for ((&p, &log), (first, second)) in primes.primes.iter().zip(primes.logs).zip(positions) {
        let (mut one, mut other) = (*first, *second);
        // A prime of a has no positions.
        if one >= p {
            continue;
        }
        let mut mark = |position: u16| {
            let byte = &mut bytes[usize::from(position)];
            *byte = byte.wrapping_add(log);
        };
        if STEPS == 0 {
            while (steps - 1) * usize::from(p) >= BLOCK {
                steps -= 1;
            }
        }
        for _ in 0..steps / 4 {
            for _ in 0..4 {
                mark(one);
                mark(other);
                (one, other) = (one.wrapping_add(p), other.wrapping_add(p));
            }
        }
        for _ in 0..steps % 4 {
            mark(one);
            mark(other);
            (one, other) = (one.wrapping_add(p), other.wrapping_add(p));
        }
        // Either all steps were within the block, or the last one was the first beyond it.
        let next_block = |position: u16| {
            let next = position.wrapping_sub(BLOCK as u16);
            next.min(next.wrapping_sub(p))
        };
        (*first, *second) = (next_block(one), next_block(other));
    }
}
