//! The roots of the quadratic sieve's polynomials: their steps, their hits and their matches.
//!
//! Each loop is written once and compiled for every processor of the target, for AVX2, and for
//! AVX-512; the search for hits has instructions of its own for both. Cost with AVX-512: some 8
//! instructions for sixteen primes, and 3 for each hit; with AVX2 for eight primes. Each hit takes
//! some 9 more where it is put into its block one by one.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use crate::simd::bucket::{Bucket, RootSlices, step_and_sort_from};
use crate::simd::level::{Level, by_level};

by_level! {
    /// Adds the deltas to the roots (`up`), or subtracts them, modulo the primes.
    pub(crate) step = step_body(roots: RootSlices<'_>, up: bool)
}

#[inline(always)]
fn step_body(mut roots: RootSlices<'_>, up: bool) {
    roots.step(up);
}

by_level! {
    /// Copies roots to 16 bits. Those of primes beyond 2^16 lose their high bits.
    pub(crate) narrow = narrow_body(roots: &[u32], to: &mut [u16])
}

#[inline(always)]
fn narrow_body(roots: &[u32], to: &mut [u16]) {
    for (to, &root) in to.iter_mut().zip(roots) {
        *to = root as u16;
    }
}

by_level! {
    /// Appends the positions of the bytes whose top bit is set.
    pub(crate) marked = marked_body(bytes: &[u8], found: &mut Vec<u32>)
}

#[inline(always)]
fn marked_body(bytes: &[u8], found: &mut Vec<u32>) {
    const TOGETHER: usize = 128;
    for (index, group) in bytes.as_chunks::<TOGETHER>().0.iter().enumerate() {
        if group.iter().fold(0, |bits, byte| bits | byte) >= 128 {
            let offsets = (0..TOGETHER).filter(|&offset| group[offset] >= 128);
            found.extend(offsets.map(|offset| (TOGETHER * index + offset) as u32));
        }
    }
}

/// Primes that [`matches()`] tests together.
const GROUP: usize = 16;

by_level! {
    /// Appends the indices of the primes for which `x` is congruent to one of the roots.
    ///
    /// The primes are below 2^16 and `x` below 2^20. `reciprocals` has 1 / p, rounded.
    pub(crate) matches = matches_body(
        x: u32,
        primes: &[u32],
        reciprocals: &[f32],
        roots: (&[u32], &[u32]),
        found: &mut Vec<u32>
    )
}

#[inline(always)]
fn matches_body(
    x: u32,
    primes: &[u32],
    reciprocals: &[f32],
    roots: (&[u32], &[u32]),
    found: &mut Vec<u32>,
) {
    // The quotient is rounded to an integer by adding a number whose last bit is 1. Then the
    // remainder is exact, between -p and p.
    const ROUND: f32 = 12_582_912.0;
    let x = x as f32;
    let hit = |p: u32, reciprocal: f32, first: u32, second: u32| {
        let p = p as i32 as f32;
        let quotient = (x * reciprocal + ROUND) - ROUND;
        let rest = x - quotient * p;
        let above = rest + p;
        let (first, second) = (first as i32 as f32, second as i32 as f32);
        (rest == first) | (above == first) | (rest == second) | (above == second)
    };
    let len = primes.len();
    let (reciprocals, first, second) = (&reciprocals[..len], &roots.0[..len], &roots.1[..len]);
    let whole = len - len % GROUP;
    for start in (0..whole).step_by(GROUP) {
        let end = start + GROUP;
        let group = (
            primes[start..end].as_chunks::<GROUP>().0,
            reciprocals[start..end].as_chunks::<GROUP>().0,
            first[start..end].as_chunks::<GROUP>().0,
            second[start..end].as_chunks::<GROUP>().0,
        );
        let mut any = 0u32;
        for lane in 0..GROUP {
            any |= u32::from(hit(
                group.0[0][lane],
                group.1[0][lane],
                group.2[0][lane],
                group.3[0][lane],
            ));
        }
        if any != 0 {
            let lanes =
                (start..end).filter(|&i| hit(primes[i], reciprocals[i], first[i], second[i]));
            found.extend(lanes.map(|index| index as u32));
        }
    }
    let lanes = (whole..len).filter(|&i| hit(primes[i], reciprocals[i], first[i], second[i]));
    found.extend(lanes.map(|index| index as u32));
}

by_level! {
    /// Appends the entries of a bucket whose low 20 bits are `position`.
    pub(crate) entries_at = entries_at_body(bucket: &[u32], position: u32, found: &mut Vec<u32>)
}

#[inline(always)]
fn entries_at_body(bucket: &[u32], position: u32, found: &mut Vec<u32>) {
    let is_there = |entry: &u32| entry & 0xf_ffff == position;
    let (chunks, rest) = bucket.as_chunks::<32>();
    for chunk in chunks {
        let any = chunk.iter().fold(false, |any, entry| any | is_there(entry));
        if any {
            found.extend(chunk.iter().copied().filter(is_there));
        }
    }
    found.extend(rest.iter().copied().filter(is_there));
}

/// Steps the roots, as [`step`] does, and adds their hits below `interval` to `bucket`.
///
/// There are [`SLICE`](super::bucket::SLICE) primes at most, and `interval` is at most 2^20.
pub(crate) fn step_and_sort(
    level: Level,
    roots: RootSlices<'_>,
    up: bool,
    interval: u32,
    bucket: &mut Bucket,
) {
    #[cfg(target_arch = "x86_64")]
    match level.min(Level::detect()) {
        Level::Avx512 => return avx512::step_and_sort(roots, up, interval, bucket),
        Level::Avx2 => return avx2::step_and_sort(roots, up, interval, bucket),
        Level::Portable => {}
    }
    step_and_sort_from(0, roots, up, interval, bucket);
}
