//! The steps and hits of sixteen primes at a time.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_cmpeq_epi32_mask, _mm512_cmplt_epu32_mask,
    _mm512_loadu_si512, _mm512_maskz_compress_epi32, _mm512_min_epu32, _mm512_or_si512,
    _mm512_set1_epi32, _mm512_setr_epi32, _mm512_slli_epi32, _mm512_srli_epi32,
    _mm512_storeu_si512, _mm512_sub_epi32,
};

use crate::simd::bucket::{Bucket, RootSlices, step_and_sort_from};

/// Lanes of a register.
const LANES: usize = 16;

/// Hits that are gathered before they are sorted, with room for those of one register more.
const GATHERED: usize = 2_048;

/// Does what [`super::step_and_sort`] does. The processor has AVX-512.
///
/// For the usual small numbers of blocks a register of hits is compressed once for each block. For
/// others the hits are gathered, and sorted one by one.
pub(super) fn step_and_sort(roots: RootSlices<'_>, up: bool, interval: u32, bucket: &mut Bucket) {
    #[allow(
        unsafe_code,
        reason = "safe functions for processors that have AVX-512"
    )]
    // SAFETY: the caller has asked for the features.
    unsafe {
        match (interval >> 15, up) {
            (2, true) => run::<true, 2>(roots, interval, bucket),
            (2, false) => run::<false, 2>(roots, interval, bucket),
            (4, true) => run::<true, 4>(roots, interval, bucket),
            (4, false) => run::<false, 4>(roots, interval, bucket),
            (6, true) => run::<true, 6>(roots, interval, bucket),
            (6, false) => run::<false, 6>(roots, interval, bucket),
            (_, true) => run::<true, 0>(roots, interval, bucket),
            (_, false) => run::<false, 0>(roots, interval, bucket),
        }
    }
}

#[inline(always)]
fn load(from: &[u32; LANES]) -> __m512i {
    #[allow(unsafe_code, reason = "a load of as many bytes as the array has")]
    // SAFETY: the array has 64 bytes, and every caller runs with AVX-512.
    unsafe {
        _mm512_loadu_si512(from.as_ptr().cast())
    }
}

#[inline(always)]
fn store(to: &mut [u32; LANES], value: __m512i) {
    #[allow(unsafe_code, reason = "a store of as many bytes as the array has")]
    // SAFETY: as for `load`.
    unsafe {
        _mm512_storeu_si512(to.as_mut_ptr().cast(), value);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,avx2,popcnt")]
fn run<const UP: bool, const BLOCKS: usize>(
    roots: RootSlices<'_>,
    interval: u32,
    bucket: &mut Bucket,
) {
    let (mut parts, mut ends) = bucket.take::<BLOCKS>();
    let entries_of_all = parts.as_mut_slice();
    let mut gathered = [0u32; GATHERED + LANES];
    let mut len = 0;
    let limit = _mm512_set1_epi32(interval as i32);
    let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut labels = _mm512_slli_epi32::<20>(lanes);
    let next_labels = _mm512_set1_epi32((LANES as i32) << 20);
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
                let sum = _mm512_add_epi32(old, delta);
                _mm512_min_epu32(sum, _mm512_sub_epi32(sum, p))
            } else {
                let difference = _mm512_sub_epi32(old, delta);
                _mm512_min_epu32(difference, _mm512_add_epi32(difference, p))
            };
            store(root, position);
            if BLOCKS > 0 {
                while _mm512_cmplt_epu32_mask(position, limit) != 0 {
                    let entries = _mm512_or_si512(labels, position);
                    let blocks = _mm512_srli_epi32::<15>(position);
                    for (block, end) in ends.iter_mut().enumerate() {
                        let hits = _mm512_cmpeq_epi32_mask(blocks, _mm512_set1_epi32(block as i32));
                        let entries = _mm512_maskz_compress_epi32(hits, entries);
                        if let Some(room) = entries_of_all
                            .get_mut(*end..)
                            .and_then(<[u32]>::first_chunk_mut)
                        {
                            store(room, entries);
                            *end += hits.count_ones() as usize;
                        }
                    }
                    position = _mm512_add_epi32(position, p);
                }
                continue;
            }
            loop {
                let hits = _mm512_cmplt_epu32_mask(position, limit);
                if hits == 0 {
                    break;
                }
                let entries = _mm512_or_si512(labels, position);
                let entries = _mm512_maskz_compress_epi32(hits, entries);
                if let Some(room) = gathered[len..].first_chunk_mut::<LANES>() {
                    store(room, entries);
                }
                len += hits.count_ones() as usize;
                if len > GATHERED - LANES {
                    bucket.add(&gathered[..len]);
                    len = 0;
                }
                position = _mm512_add_epi32(position, p);
            }
        }
        labels = _mm512_add_epi32(labels, next_labels);
    }
    bucket.put_back(parts, ends);
    bucket.add(&gathered[..len]);
    step_and_sort_from(whole, roots, UP, interval, bucket);
}
