//! The choice of the ring for a modulus, by its length.

use crate::montgomery::limbs::LimbRing;
use crate::montgomery::list::ListRing;
use crate::montgomery::ring::RingComputation;
use crate::natural::Natural;

/// Runs a computation in the fastest ring for `modulus`, which is odd and above 1: arrays of 2 to 6
/// limbs, or lists of any length.
pub(crate) fn run<C: RingComputation>(modulus: &Natural, computation: C) -> C::Output {
    fn fixed<const L: usize, C: RingComputation>(modulus: &Natural, computation: C) -> C::Output {
        match modulus.to_array::<L>() {
            Some(limbs) => computation.run(&LimbRing::new(limbs)),
            None => computation.run(&ListRing::new(modulus)),
        }
    }
    match modulus.as_limbs().len() {
        0..=2 => fixed::<2, C>(modulus, computation),
        3 => fixed::<3, C>(modulus, computation),
        4 => fixed::<4, C>(modulus, computation),
        5 => fixed::<5, C>(modulus, computation),
        6 => fixed::<6, C>(modulus, computation),
        _ => computation.run(&ListRing::new(modulus)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::montgomery::ring::Ring;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Compares every operation with that of natural numbers.
    struct AsNaturals<'a>(&'a Natural, &'a Natural);

    impl RingComputation for AsNaturals<'_> {
        type Output = ();

        fn run<R: Ring>(self, ring: &R) {
            let n = &ring.modulus();
            let [a, b] = [self.0, self.1].map(|number| number.rem(n).unwrap());
            let [x, y] = [self.0, self.1].map(|number| ring.residue(number));
            let is = |residue: R::Residue, number: Natural| {
                assert_eq!(ring.number(&residue), number.rem(n).unwrap(), "{a} {b} {n}");
            };
            is(x.clone(), a.clone());
            is(ring.zero(), Natural::ZERO);
            is(ring.one(), Natural::from(1u64));
            is(ring.add(&x, &y), &a + &b);
            is(ring.sub(&x, &y), (&a + n).checked_sub(&b).unwrap());
            is(ring.mul(&x, &y), &a * &b);
            is(ring.square(&x), &a * &a);
            is(ring.pow(&x, &Natural::from(37u64)), a.pow(37));
            is(ring.pow(&x, &Natural::ZERO), Natural::from(1u64));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn as_natural_numbers(
            n in vec(prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)], 1..9),
            a in vec(prop_oneof![any::<u64>(), Just(u64::MAX)], 0..12),
            b in vec(any::<u64>(), 0..9),
        ) {
            let n = Natural::from_limbs(&n);
            let n = if n.is_odd() { n } else { n.mul_add_u64(1, 1) };
            if !n.is_one() {
                run(&n, AsNaturals(&Natural::from_limbs(&a), &Natural::from_limbs(&b)));
                let list = ListRing::new(&n);
                AsNaturals(&Natural::from_limbs(&a), &Natural::from_limbs(&b)).run(&list);
            }
        }
    }
}
