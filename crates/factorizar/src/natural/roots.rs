//! Integer roots of natural numbers, by Newton's iteration from above.
//!
//! Cost: a power and a division for each turn, of which there are some log2(bits).

use crate::natural::Natural;

impl Natural {
    /// Returns the square root, rounded down.
    #[must_use]
    pub fn isqrt(&self) -> Self {
        self.root(2)
    }

    /// Returns the root of this degree, rounded down; the number itself for degrees 0 and 1.
    #[must_use]
    pub fn root(&self, degree: u32) -> Self {
        if degree < 2 || self.bits() < 2 {
            return self.clone();
        }
        if degree >= self.bits() {
            return Natural::from(1u64);
        }
        // Above the root. Each turn comes closer, until it would not become smaller.
        let mut root = &Natural::from(1u64) << self.bits().div_ceil(degree);
        loop {
            let power = root.pow(degree - 1);
            let Some((quotient, _)) = self.div_rem(&power) else {
                return root;
            };
            let sum = &root.mul_add_u64(u64::from(degree) - 1, 0) + &quotient;
            match sum.div_rem_u64(degree.into()) {
                Some((next, _)) if next < root => root = next,
                _ => return root,
            }
        }
    }

    /// Returns a root and its prime degree if the number is a power with an exponent of 2 or more
    /// of a number above 1.
    ///
    /// The root may be a power itself.
    #[must_use]
    pub fn perfect_power(&self) -> Option<(Self, u32)> {
        let is_prime = |n: u32| {
            (2..n)
                .take_while(|d| d * d <= n)
                .all(|d| !n.is_multiple_of(d))
        };
        let degrees = (2..self.bits()).filter(|&degree| is_prime(degree));
        degrees
            .map(|degree| (self.root(degree), degree))
            .take_while(|(root, _)| !root.is_one())
            .find(|(root, degree)| root.pow(*degree) == *self)
    }
}
