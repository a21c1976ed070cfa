//! The answers of the article's script, and the numbers for which it was wrong.

use factorizar::{Error, factor, factoriz_sum, sum_of_prime_factors};

/// The ten numbers of the article, their prime factors and the sums that its script prints.
const TEN: [(u128, &[u128], &str); 10] = [
    (23_434_252_232_434, &[2, 409, 443, 1_327, 48_733], "50914"),
    (
        23_434_252_232_435,
        &[5, 11, 23, 347, 2_741, 19_477],
        "22604",
    ),
    (
        23_434_252_232_436,
        &[2, 2, 3, 3, 3, 3, 19, 59, 64_520_909],
        "64521003",
    ),
    (23_434_252_232_437, &[73, 54_767, 5_861_507], "5916347"),
    (23_434_252_232_438, &[2, 9_631, 1_216_605_349], "1216614982"),
    (23_434_252_232_439, &[3, 193, 31_793, 1_273_037], "1305026"),
    (
        23_434_252_232_440,
        &[2, 2, 2, 5, 7, 7, 7, 13_229, 129_113],
        "142374",
    ),
    (23_434_252_232_441, &[23_434_252_232_441], "23434252232441"),
    (
        23_434_252_232_442,
        &[2, 3, 2_267, 1_722_853_421],
        "1722855693",
    ),
    (
        23_434_252_232_443,
        &[13, 1_802_634_787_111],
        "1802634787124",
    ),
];

#[test]
fn the_ten_numbers() {
    for (n, primes, sum) in TEN {
        assert_eq!(factor(n).as_slice(), primes, "{n}");
        assert_eq!(factoriz_sum(&n.to_string()).as_deref(), Ok(sum), "{n}");
        assert_eq!(sum_of_prime_factors(n).to_string(), sum, "{n}");
    }
}

/// The numbers for which the script gives n itself, with the true sum.
const WRONG: [(u128, u128); 10] = [
    (6, 5),
    (8, 6),
    (9, 6),
    (15, 8),
    (25, 10),
    (35, 12),
    (49, 14),
    (121, 22),
    (143, 24),
    (169, 26),
];

#[test]
fn the_numbers_that_the_script_was_wrong_for() {
    for (n, sum) in WRONG {
        assert_eq!(sum_of_prime_factors(n), sum, "{n}");
        assert_eq!(factoriz_sum(&n.to_string()), Ok(sum.to_string()), "{n}");
    }
}

/// Returns the script's sum: trial division by 2, 3, ... up to one short of floor(sqrt(n)).
fn one_short(n: u128) -> u128 {
    let (mut rest, mut sum) = (n, 0);
    for p in 2..n.isqrt() {
        while rest.is_multiple_of(p) {
            rest /= p;
            sum += p;
        }
    }
    if rest > 1 { sum + rest } else { sum }
}

#[test]
fn the_script_was_wrong_for_no_other_number_up_to_200() {
    let wrong: Vec<(u128, u128)> = (0..=200)
        .filter(|&n| one_short(n) != sum_of_prime_factors(n))
        .map(|n| (one_short(n), sum_of_prime_factors(n)))
        .collect();
    assert_eq!(wrong, WRONG);
}

#[test]
fn digit_strings() {
    let cases = [
        ("0", "0"),
        ("1", "0"),
        ("0000", "0"),
        ("10", "7"),
        ("012", "7"),
        ("0000000000000000000000000000000000000000000012", "7"),
        (
            "340282366920938463463374607431768211297",
            "340282366920938463463374607431768211297",
        ),
    ];
    for (digits, sum) in cases {
        assert_eq!(factoriz_sum(digits).as_deref(), Ok(sum), "{digits:?}");
    }
}

#[test]
fn malformed_strings() {
    let cases = [
        "", "abc", "12 ", " 12", "+12", "-5", "1_000", "0x10", "12.0", "1e3", "\u{663}", "12\n",
    ];
    for digits in cases {
        let error = factoriz_sum(digits).expect_err(digits);
        assert_eq!(error, Error::NotANumber, "{digits:?}");
        assert!(
            error
                .to_string()
                .contains("El valor recibido debe ser string o entero!")
        );
    }
}

#[test]
fn strings_too_large() {
    let cases = [
        (format!("1{}", "0".repeat(1_000)), 1_001),
        ("9".repeat(4_000_000), 4_000_000),
    ];
    for (digits, length) in cases {
        assert_eq!(
            factoriz_sum(&digits),
            Err(Error::TooLong { digits: length })
        );
    }
}

#[test]
fn strings_beyond_the_articles_309_digits() {
    for (digits, sum) in [
        (
            "340282366920938463463374607431768211456".to_string(),
            2 * 128,
        ),
        (format!("1{}", "0".repeat(308)), 7 * 308),
    ] {
        assert_eq!(factoriz_sum(&digits), Ok(sum.to_string()));
    }
}
