//! The steps and hits of eight primes at a time.

use std::arch::x86_64::{
    __m256i, _mm_cvtsi64_si128, _mm256_add_epi32, _mm256_castsi256_ps, _mm256_cmpeq_epi32,
    _mm256_cvtepu8_epi32, _mm256_loadu_si256, _mm256_min_epu32, _mm256_movemask_ps,
    _mm256_or_si256, _mm256_permutevar8x32_epi32, _mm256_set1_epi32, _mm256_setr_epi32,
    _mm256_slli_epi32, _mm256_storeu_si256, _mm256_sub_epi32,
};

use crate::simd::bucket::{Bucket, RootSlices, step_and_sort_from};

/// Lanes of a register.
const LANES: usize = 8;

/// Hits that are gathered before they are sorted, with room for those of one register more.
const GATHERED: usize = 512;

/// For each set of lanes, the lanes that are in it, in order, a byte each.
static COMPRESSED: [u64; 1 << LANES] = {
    let mut table = [0; 1 << LANES];
    let mut set = 0;
    while set < table.len() {
        let (mut lane, mut count) = (0, 0);
        while lane < LANES {
            if set >> lane & 1 == 1 {
                table[set] |= (lane as u64) << (8 * count);
                count += 1;
            }
            lane += 1;
        }
        set += 1;
    }
    table
};

/// Does what [`super::step_and_sort`] does. The processor has AVX2.
///
/// The hits are gathered, and sorted one by one.
pub(super) fn step_and_sort(roots: RootSlices<'_>, up: bool, interval: u32, bucket: &mut Bucket) {
    // Of a prime beyond the interval, each root has one hit at most.
    let once = roots.primes.first().is_some_and(|&p| p >= interval);
    #[allow(unsafe_code, reason = "safe functions for processors that have AVX2")]
    // SAFETY: the caller has asked for the features.
    unsafe {
        match (up, once) {
            (true, true) => run::<true, true>(roots, interval, bucket),
            (true, false) => run::<true, false>(roots, interval, bucket),
            (false, true) => run::<false, true>(roots, interval, bucket),
            (false, false) => run::<false, false>(roots, interval, bucket),
        }
    }
}

#[inline(always)]
fn load(from: &[u32; LANES]) -> __m256i {
    #[allow(unsafe_code, reason = "a load of as many bytes as the array has")]
    // SAFETY: the array has 32 bytes, and every caller runs with AVX2.
    unsafe {
        _mm256_loadu_si256(from.as_ptr().cast())
    }
}

#[inline(always)]
fn store(to: &mut [u32; LANES], value: __m256i) {
    #[allow(unsafe_code, reason = "a store of as many bytes as the array has")]
    // SAFETY: as for `load`.
    unsafe {
        _mm256_storeu_si256(to.as_mut_ptr().cast(), value);
    }
}

/// `ONCE` is set if no root has a second hit.
#[target_feature(enable = "avx2,bmi2,popcnt")]
fn run<const UP: bool, const ONCE: bool>(
    roots: RootSlices<'_>,
    interval: u32,
    bucket: &mut Bucket,
) {
    let mut gathered = [0u32; GATHERED + LANES];
    let mut len = 0;
    let last = _mm256_set1_epi32(interval as i32 - 1);
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let mut labels = _mm256_slli_epi32::<20>(lanes);
    let next_labels = _mm256_set1_epi32((LANES as i32) << 20);
    let whole = roots.primes.len() / LANES * LANES;
    let groups = roots.primes.as_chunks::<LANES>().0.iter();
    let groups = groups.zip(roots.deltas.as_chunks::<LANES>().0);
    let firsts = roots.first.as_chunks_mut::<LANES>().0.iter_mut();
    let pairs = firsts.zip(roots.second.as_chunks_mut::<LANES>().0);
    for ((primes, deltas), (first, second)) in groups.zip(pairs) {
        let (p, delta) = (load(primes), load(deltas));
        for root in [first, second] {
            let old = load(root);
            let mut position = if UP {
                let sum = _mm256_add_epi32(old, delta);
                _mm256_min_epu32(sum, _mm256_sub_epi32(sum, p))
            } else {
                let difference = _mm256_sub_epi32(old, delta);
                _mm256_min_epu32(difference, _mm256_add_epi32(difference, p))
            };
            store(root, position);
            loop {
                let within = _mm256_cmpeq_epi32(_mm256_min_epu32(position, last), position);
                let hits = _mm256_movemask_ps(_mm256_castsi256_ps(within)) as u32;
                if !ONCE && hits == 0 {
                    break;
                }
                let order = _mm_cvtsi64_si128(COMPRESSED[hits as usize % (1 << LANES)] as i64);
                let entries = _mm256_or_si256(labels, position);
                let entries = _mm256_permutevar8x32_epi32(entries, _mm256_cvtepu8_epi32(order));
                if let Some(room) = gathered[len..].first_chunk_mut::<LANES>() {
                    store(room, entries);
                }
                len += hits.count_ones() as usize;
                if len > GATHERED - LANES {
                    bucket.add(&gathered[..len]);
                    len = 0;
                }
                if ONCE {
                    break;
                }
                position = _mm256_add_epi32(position, p);
            }
        }
        labels = _mm256_add_epi32(labels, next_labels);
    }
    bucket.add(&gathered[..len]);
    step_and_sort_from(whole, roots, UP, interval, bucket);
}
