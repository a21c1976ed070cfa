//! Numbers of the shapes that factoring programs get wrong.

use factorizar::{factor, is_prime};

/// Checks that `primes`, each with its exponent, are the factors of their product.
fn check(primes: &[(u128, u32)]) {
    let n: u128 = primes
        .iter()
        .map(|&(p, exponent)| p.pow(exponent))
        .product();
    let expected: Vec<u128> = primes
        .iter()
        .flat_map(|&(p, exponent)| (0..exponent).map(move |_| p))
        .collect();
    assert_eq!(factor(n).as_slice(), expected, "{n}");
    assert_eq!(is_prime(n), expected.len() == 1, "{n}");
}

fn check_prime(n: u128) {
    check(&[(n, 1)]);
}

#[test]
fn zero_and_one_have_no_factors() {
    for n in [0, 1] {
        assert!(factor(n).is_empty() && !is_prime(n), "{n}");
    }
}

#[test]
fn powers_of_primes() {
    check(&[(2, 127)]);
    check(&[(3, 80)]);
    check(&[(2, 64)]);
    for p in [
        3,
        251,
        1_021,
        1_031,
        65_521,
        65_537,
        2_097_143,
        2_147_483_647,
        4_294_967_291,
    ] {
        let most = (1..).take_while(|&exponent| u128::checked_pow(p, exponent).is_some());
        for exponent in most {
            check(&[(p, exponent)]);
        }
    }
    check(&[(18_446_744_073_709_551_557, 2)]);
    check(&[(4_398_046_511_093, 3)]);
    check(&[(6_981_463_658_303, 3)]);
}

#[test]
fn powers_of_composites() {
    check(&[(1_031, 2), (1_033, 2)]);
    check(&[(1_031, 6), (1_033, 6)]);
    check(&[(65_537, 3), (65_539, 3)]);
    check(&[(3, 20), (1_031, 3), (4_294_967_291, 2)]);
    check(&[(2, 3), (2_147_483_647, 4)]);
}

#[test]
fn products_of_close_primes() {
    check(&[(1_031, 1), (1_033, 1)]);
    check(&[(65_519, 1), (65_521, 1)]);
    check(&[(4_294_967_279, 1), (4_294_967_291, 1)]);
    check(&[(1_099_511_627_609, 1), (1_099_511_627_689, 1)]);
    check(&[(65_519, 1), (65_521, 1), (65_537, 1), (65_539, 1)]);
}

#[test]
fn primes_next_to_powers_of_two() {
    // 2^bits - below is the largest prime under 2^bits (OEIS A013603).
    let nearest = [
        (8, 5),
        (16, 15),
        (20, 3),
        (31, 1),
        (32, 5),
        (33, 9),
        (47, 115),
        (48, 59),
        (63, 25),
        (64, 59),
        (65, 49),
        (80, 65),
        (81, 51),
        (82, 57),
        (89, 1),
        (96, 17),
        (107, 1),
        (127, 1),
    ];
    for (bits, below) in nearest {
        let prime = (1u128 << bits) - below;
        check_prime(prime);
        for n in prime + 1..1 << bits {
            assert!(!is_prime(n), "{n}");
        }
    }
    check_prime(u128::MAX - 158);
    for n in u128::MAX - 157..=u128::MAX {
        assert!(!is_prime(n), "{n}");
    }
    for above in [(16, 1), (20, 7), (32, 15), (64, 13), (96, 61), (127, 29)] {
        check_prime((1u128 << above.0) + above.1);
    }
}

#[test]
fn numbers_next_to_powers_of_two() {
    // 2^128 - 1 is the product of the first seven Fermat numbers.
    check(&[
        (3, 1),
        (5, 1),
        (17, 1),
        (257, 1),
        (641, 1),
        (65_537, 1),
        (274_177, 1),
        (6_700_417, 1),
        (67_280_421_310_721, 1),
    ]);
    assert_eq!(factor(u128::MAX).product(), u128::MAX);
    check(&[(274_177, 1), (67_280_421_310_721, 1)]);
    check(&[(193_707_721, 1), (761_838_257_287, 1)]);
    check(&[(3, 1), (768_614_336_404_564_651, 1)]);
    check(&[
        (3, 1),
        (5, 1),
        (17, 1),
        (257, 1),
        (641, 1),
        (65_537, 1),
        (6_700_417, 1),
    ]);
}

#[test]
fn carmichael_numbers() {
    check(&[(3, 1), (11, 1), (17, 1)]);
    check(&[(7, 1), (13, 1), (19, 1)]);
    // (6 k + 1) (12 k + 1) (18 k + 1) by Chernick (1939), without small factors.
    check(&[(1_171, 1), (2_341, 1), (3_511, 1)]);
    for k in [
        195,
        206,
        216,
        255,
        276,
        370,
        1_999_801,
        1_000_000_511,
        1_000_000_820,
    ] {
        check(&[(6 * k + 1, 1), (12 * k + 1, 1), (18 * k + 1, 1)]);
    }
}

#[test]
fn strong_pseudoprimes_to_several_bases() {
    // The smallest to the first 1, 2, 3, 4, 5, 6, 8, 11, 12 and 13 primes (OEIS A014233).
    check(&[(23, 1), (89, 1)]);
    check(&[(829, 1), (1_657, 1)]);
    check(&[(2_251, 1), (11_251, 1)]);
    check(&[(151, 1), (751, 1), (28_351, 1)]);
    check(&[(6_763, 1), (10_627, 1), (29_947, 1)]);
    check(&[(1_303, 1), (16_927, 1), (157_543, 1)]);
    check(&[(10_670_053, 1), (32_010_157, 1)]);
    check(&[(149_491, 1), (747_451, 1), (34_233_211, 1)]);
    check(&[(399_165_290_221, 1), (798_330_580_441, 1)]);
    check(&[(1_287_836_182_261, 1), (2_575_672_364_521, 1)]);
}
