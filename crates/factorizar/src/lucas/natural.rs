//! The strong Lucas test for moduli of any length, by the same sequences as for two words.
//!
//! Cost: three products for each bit of n, and four more for each bit that is set in n + 1.
//!
//! Source: Robert Baillie and Samuel S. Wagstaff, "Lucas pseudoprimes", Mathematics of Computation
//! 35 (1980).

use crate::control::{Control, StopReason};
use crate::lucas::{SMALLEST_D, small_jacobi};
use crate::montgomery::ring::Ring;
use crate::natural::Natural;

/// Bits of the index between two questions to the control.
const BETWEEN_POLLS: u32 = 64;

/// Returns whether the modulus, which is odd and above 1000, is a strong Lucas probable prime.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn is_strong_probable_prime<R: Ring>(
    ring: &R,
    control: &Control,
) -> Result<bool, StopReason> {
    let n = ring.modulus();
    let Some(discriminant) = discriminant(&n) else {
        return Ok(false);
    };
    let even = n.mul_add_u64(1, 1);
    let twos = even.trailing_zeros();
    let Terms { u, mut v, mut q } = terms(ring, discriminant, &(&even >> twos), control)?;
    if u == ring.zero() || v == ring.zero() {
        return Ok(true);
    }
    for index in 1..twos {
        if index % BETWEEN_POLLS == 0 {
            control.poll()?;
        }
        v = ring.sub(&ring.square(&v), &ring.add(&q, &q));
        q = ring.square(&q);
        if v == ring.zero() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns Selfridge's D, or `None` if the search shows that n is composite.
fn discriminant(n: &Natural) -> Option<i64> {
    // A square has no D with symbol -1: the search would not end.
    if n.isqrt().pow(2) == *n {
        return None;
    }
    let mut size = SMALLEST_D;
    loop {
        let remainder = n.rem_u64(size)?;
        let n_is_three = n.bit(0) && n.bit(1);
        // (-1/n) for the sign of D, then quadratic reciprocity.
        let (d, sign) = match size % 4 {
            1 => (size as i64, 1),
            _ => (-(size as i64), if n_is_three { -1 } else { 1 }),
        };
        let reciprocity = if size % 4 == 3 && n_is_three { -1 } else { 1 };
        match sign * reciprocity * small_jacobi(remainder, size) {
            -1 => return Some(d),
            0 => return None,
            _ => size += 2,
        }
    }
}

/// The terms of both sequences at an index.
struct Terms<T> {
    u: T,
    v: T,
    /// Q to the power of the index.
    q: T,
}

/// Returns U_k, V_k and Q^k for P = 1 and an index `k` above zero, by doubling and adding along the
/// bits of `k`.
fn terms<R: Ring>(
    ring: &R,
    discriminant: i64,
    k: &Natural,
    control: &Control,
) -> Result<Terms<R::Residue>, StopReason> {
    let d = signed(ring, discriminant);
    let q = signed(ring, (1 - discriminant) / 4);
    let half = ring.residue(&(&ring.modulus().mul_add_u64(1, 1) >> 1));
    let (mut u, mut v, mut power) = (ring.one(), ring.one(), q.clone());
    for index in (0..k.bits() - 1).rev() {
        if index % BETWEEN_POLLS == 0 {
            control.poll()?;
        }
        u = ring.mul(&u, &v);
        v = ring.sub(&ring.square(&v), &ring.add(&power, &power));
        power = ring.square(&power);
        if k.bit(index) {
            let sums = (ring.add(&u, &v), ring.add(&ring.mul(&d, &u), &v));
            (u, v) = (ring.mul(&sums.0, &half), ring.mul(&sums.1, &half));
            power = ring.mul(&power, &q);
        }
    }
    Ok(Terms { u, v, q: power })
}

/// Returns the residue of a number that may be negative.
fn signed<R: Ring>(ring: &R, number: i64) -> R::Residue {
    let size = ring.small(number.unsigned_abs());
    if number < 0 {
        ring.sub(&ring.zero(), &size)
    } else {
        size
    }
}
