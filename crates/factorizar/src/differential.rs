//! Multiples in a group where two elements can be added only if their difference is known.
//!
//! Points of a Montgomery curve without y are such elements, and the terms V of a Lucas sequence.
//! The second stages of curves and of p - 1 take the same multiples of theirs: of the babies, and
//! of the giants ([`prime_pairs`](crate::prime_pairs)).
//!
//! Cost: an addition for each baby's odd number that is not a multiple of 3, and for each giant.
//!
//! Source: Peter L. Montgomery, "Speeding the Pollard and elliptic curve methods of factorization",
//! Mathematics of Computation 48 (1987).

use crate::control::{Control, StopReason};

/// Multiples between two questions whether to stop.
const POLL: usize = 32;

/// A group with differential addition.
pub(crate) trait DifferentialGroup {
    /// An element, without its sign: the inverse is the same.
    type Element: Clone;

    /// Returns `p + p`.
    fn double(&self, p: &Self::Element) -> Self::Element;

    /// Returns `p + q`, where `difference` is p - q or q - p.
    fn add(
        &self,
        p: &Self::Element,
        q: &Self::Element,
        difference: &Self::Element,
    ) -> Self::Element;

    /// Returns the multiples by `factor` and `factor + 1`, for a `factor` above 0, by Montgomery's
    /// ladder.
    fn ladder(&self, p: &Self::Element, factor: u64) -> (Self::Element, Self::Element) {
        let (mut low, mut high) = (p.clone(), self.double(p));
        for index in (0..factor.ilog2()).rev() {
            let sum = self.add(&low, &high, p);
            if factor >> index & 1 == 1 {
                (low, high) = (sum, self.double(&high));
            } else {
                (low, high) = (self.double(&low), sum);
            }
        }
        (low, high)
    }

    /// Returns the multiples by `factors`, which are ascending and coprime to 6.
    fn multiples(
        &self,
        p: &Self::Element,
        factors: &[u32],
        control: &Control,
    ) -> Result<Vec<Self::Element>, StopReason> {
        let two = self.double(p);
        let three = self.add(&two, p, p);
        let six = self.double(&three);
        let five = self.add(&three, &two, p);
        // The last two multiples by 6 i + 1 and by 6 i + 5, for i = -1 and 0.
        let mut ones = [five.clone(), p.clone()];
        let mut fives = [p.clone(), five];
        let mut at = 1;
        let mut multiples = Vec::with_capacity(factors.len());
        for (index, &factor) in factors.iter().enumerate() {
            if index.is_multiple_of(POLL) {
                control.poll()?;
            }
            let one = factor % 6 == 1;
            while at < if one { factor } else { factor - 4 } {
                for [before, last] in [&mut ones, &mut fives] {
                    let next = self.add(last, &six, before);
                    *before = std::mem::replace(last, next);
                }
                at += 6;
            }
            multiples.push(if one { &ones[1] } else { &fives[1] }.clone());
        }
        Ok(multiples)
    }
}

/// The multiples by k D for consecutive k.
#[derive(Debug)]
pub(crate) struct GiantSteps<E> {
    /// The multiple by D.
    stride: E,
    next: E,
    after: E,
}

impl<E: Clone> GiantSteps<E> {
    /// Prepares the multiples of `p` by `stride` times `first`, which is above 0, and from there on.
    pub(crate) fn new<G>(group: &G, p: &E, stride: u64, first: u64) -> Self
    where
        G: DifferentialGroup<Element = E>,
    {
        let (stride, _) = group.ladder(p, stride);
        let (next, after) = group.ladder(&stride, first);
        GiantSteps {
            stride,
            next,
            after,
        }
    }

    /// Replaces the elements of `multiples` by the next `count` multiples.
    pub(crate) fn take<G>(
        &mut self,
        group: &G,
        count: u64,
        multiples: &mut Vec<E>,
        control: &Control,
    ) -> Result<(), StopReason>
    where
        G: DifferentialGroup<Element = E>,
    {
        multiples.clear();
        for _ in 0..count {
            if multiples.len().is_multiple_of(POLL) {
                control.poll()?;
            }
            let following = group.add(&self.after, &self.stride, &self.next);
            let after = std::mem::replace(&mut self.after, following);
            multiples.push(std::mem::replace(&mut self.next, after));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The integers, without their sign.
    struct Integers;

    impl DifferentialGroup for Integers {
        type Element = i64;

        fn double(&self, p: &i64) -> i64 {
            2 * p
        }

        fn add(&self, p: &i64, q: &i64, difference: &i64) -> i64 {
            assert!([(p - q).abs(), p + q].contains(difference), "{p} and {q}");
            p + q
        }
    }

    #[test]
    fn multiples_of_integers() {
        for factor in 1..200 {
            let both = (7 * factor as i64, 7 * factor as i64 + 7);
            assert_eq!(Integers.ladder(&7, factor), both);
        }
        let babies = [1, 5, 7, 11, 23, 25, 101, 103, 113, 991];
        let multiples = Integers.multiples(&7, &babies, &Control::new());
        assert_eq!(
            multiples,
            Ok(babies.map(|baby| 7 * i64::from(baby)).to_vec())
        );
        let mut steps = GiantSteps::new(&Integers, &7, 30, 5);
        let mut giants = Vec::new();
        for first in [5, 8] {
            steps
                .take(&Integers, 3, &mut giants, &Control::new())
                .unwrap();
            let wanted = [0, 1, 2].map(|step| 210 * (first + step));
            assert_eq!(giants, wanted);
        }
    }
}
