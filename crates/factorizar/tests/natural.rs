//! Natural numbers against num-bigint.

use factorizar::{Error, Natural};
use num_bigint::BigUint;
use proptest::collection::vec;
use proptest::prelude::*;

fn oracle(n: &Natural) -> BigUint {
    BigUint::from_bytes_be(&n.to_be_bytes())
}

/// Checks a result, and that it has no leading zeros.
fn same(ours: &Natural, theirs: &BigUint) -> Result<(), TestCaseError> {
    prop_assert_eq!(&oracle(ours), theirs);
    prop_assert_ne!(ours.as_limbs().last(), Some(&0));
    Ok(())
}

/// Limbs with many zeros and ones, where carries and guesses of quotients go wrong.
fn limbs() -> impl Strategy<Value = Vec<u64>> {
    let limb = prop_oneof![
        any::<u64>(),
        Just(0),
        Just(u64::MAX),
        Just(1 << 63),
        0..4u64
    ];
    vec(limb, 0..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arithmetic_as_the_oracle(a in limbs(), b in limbs(), shift in 0u32..200, small: u64) {
        let (a, b) = (Natural::from_limbs(&a), Natural::from_limbs(&b));
        let (x, y) = (oracle(&a), oracle(&b));
        same(&(&a + &b), &(&x + &y))?;
        same(&(&a * &b), &(&x * &y))?;
        same(&(&a << shift), &(&x << shift))?;
        same(&(&a >> shift), &(&x >> shift))?;
        same(&a.mul_add_u64(small, !small), &(&x * small + !small))?;
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        prop_assert_eq!(u64::from(a.bits()), x.bits());
        prop_assert_eq!(a.bit(shift), x.bit(shift.into()));
        prop_assert_eq!(u64::from(a.trailing_zeros()), x.trailing_zeros().unwrap_or(0));
        match a.checked_sub(&b) {
            Some(difference) => same(&difference, &(&x - &y))?,
            None => prop_assert!(x < y),
        }
    }

    #[test]
    fn division_as_the_oracle(a in limbs(), b in limbs(), small in 1u64.., common in limbs()) {
        let (a, b) = (Natural::from_limbs(&a), Natural::from_limbs(&b));
        let (x, y) = (oracle(&a), oracle(&b));
        match a.div_rem(&b) {
            Some((quotient, remainder)) => {
                same(&quotient, &(&x / &y))?;
                same(&remainder, &(&x % &y))?;
            }
            None => prop_assert!(b.is_zero()),
        }
        let product = &a * &b;
        prop_assert_eq!(product.exact_quotient(&a).is_some(), !a.is_zero());
        prop_assert_eq!(BigUint::from(a.rem_u64(small).unwrap()), &x % small);
        let narrow = small as u32 | 1;
        prop_assert_eq!(BigUint::from(a.rem_u32(narrow).unwrap()), &x % narrow);
        let common = Natural::from_limbs(&common);
        let gcd = (&a * &common).gcd(&(&b * &common));
        same(&gcd, &euclid(oracle(&(&a * &common)), oracle(&(&b * &common))))?;
        if let Some(inverse) = a.inverse_modulo(&b) {
            prop_assert!(inverse < b);
            let one = (&inverse * &a).rem(&b).unwrap();
            prop_assert!(one.is_one() || b.is_one());
        } else {
            prop_assert!(!a.gcd(&b).is_one() || b.is_zero());
        }
    }

    #[test]
    fn roots_as_the_oracle(a in limbs(), degree in 2u32..9) {
        let a = Natural::from_limbs(&a);
        same(&a.isqrt(), &oracle(&a).sqrt())?;
        same(&a.root(degree), &oracle(&a).nth_root(degree))?;
        let power = a.pow(degree);
        same(&power, &oracle(&a).pow(degree))?;
        if a.bits() > 1 {
            let (root, exponent) = power.perfect_power().expect("a power");
            prop_assert_eq!(root.pow(exponent), power);
        }
    }

    #[test]
    fn text_and_bytes_as_the_oracle(a in limbs(), zeros in 0usize..9) {
        let a = Natural::from_limbs(&a);
        let text = oracle(&a).to_string();
        prop_assert_eq!(a.to_string(), text.clone());
        prop_assert_eq!(("0".repeat(zeros) + &text).parse::<Natural>(), Ok(a.clone()));
        prop_assert_eq!(a.digits(), if a.is_zero() { 0 } else { text.len() });
        let bytes = [vec![0; zeros], a.to_be_bytes()].concat();
        prop_assert_eq!(Natural::from_be_bytes(&bytes), a.clone());
        let low = [a.as_limbs(), &[0, 0]].concat();
        prop_assert_eq!(Natural::from_u128_limbs(&low), a.to_u128());
    }
}

trait FromLimbs {
    fn from_u128_limbs(limbs: &[u64]) -> Option<u128>;
}

impl FromLimbs for Natural {
    fn from_u128_limbs(limbs: &[u64]) -> Option<u128> {
        let high = limbs.get(2..).unwrap_or_default();
        let zeros = high.iter().all(|&limb| limb == 0);
        zeros.then(|| u128::from(limbs[1]) << 64 | u128::from(limbs[0]))
    }
}

fn euclid(a: BigUint, b: BigUint) -> BigUint {
    if b == BigUint::ZERO {
        return a;
    }
    let rest = a % &b;
    euclid(b, rest)
}

#[test]
fn beside_powers_of_ten_the_digits_are_exact() {
    for exponent in 1..=1_000 {
        let power = Natural::from(10u64).pow(exponent);
        assert_eq!(power.digits(), exponent as usize + 1);
        let below = power.checked_sub(&Natural::from(1u64)).unwrap();
        assert_eq!(below.digits(), exponent as usize);
    }
}

#[test]
fn text_is_read_up_to_a_thousand_digits() {
    let longest = "9".repeat(1_000);
    let n: Natural = longest.parse().unwrap();
    assert_eq!(n.to_string(), longest);
    let longer = format!("00{longest}0");
    assert_eq!(
        longer.parse::<Natural>(),
        Err(Error::TooLong { digits: 1_001 })
    );
    for text in ["", "-1", "+1", "1 ", "1_000", "0x10", "\u{663}"] {
        assert_eq!(text.parse::<Natural>(), Err(Error::NotANumber), "{text:?}");
    }
}

#[test]
fn no_power_is_taken_for_one_and_none_is_missed() {
    for n in 2u64..5_000 {
        let is_power = (2..n).take_while(|b| b * b <= n).any(|b| {
            let mut power = b * b;
            while power < n {
                power *= b;
            }
            power == n
        });
        assert_eq!(Natural::from(n).perfect_power().is_some(), is_power, "{n}");
    }
}
