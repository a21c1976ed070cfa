//! Certificates of primes: made, printed, parsed, checked, and refused where they are damaged.

use std::sync::atomic::{AtomicUsize, Ordering};

use factorizar::{
    Certificate, CertificateError, Control, Natural, Primality, StopReason, prove_prime,
};

fn number(text: &str) -> Natural {
    text.parse().expect("digits")
}

/// Returns 2^`exponent` - `less`.
fn below_power(exponent: u32, less: u64) -> Natural {
    let power = Natural::from(2u64).pow(exponent);
    power.checked_sub(&less.into()).expect("a small number")
}

fn certificate_of(n: &Natural) -> Certificate {
    match prove_prime(n, &Control::new()) {
        Ok(Primality::Certified(certificate)) => certificate,
        other => panic!("{n} has no certificate: {other:?}"),
    }
}

fn check(text: &str) -> Result<Natural, CertificateError> {
    let certificate: Certificate = text.parse()?;
    certificate.check(&Control::new())?;
    Ok(certificate.prime().clone())
}

/// Returns the smallest prime above `q` whose predecessor is a multiple of it.
fn prime_above(q: &Natural) -> Natural {
    let primes = (2..).step_by(2).map(|k| q.mul_add_u64(k, 1));
    primes.into_iter().find(Natural::is_prime).expect("a prime")
}

/// Primes of 30 to 157 digits whose predecessors are factored within the effort.
fn primes() -> Vec<Natural> {
    // The large factor of its predecessor needs a proof, and the factor of that once more.
    let tower = prime_above(&prime_above(&below_power(127, 1)));
    let mut primes = vec![
        tower,
        below_power(107, 1),
        below_power(127, 1),
        below_power(521, 1),
        number("10000000000000000000000000000000000000121"),
        number("1000000000000000000000000000057"),
    ];
    // The next prime after powers of ten, whatever its predecessor is.
    for digits in [25, 33, 50, 64, 77, 99] {
        let mut n = Natural::from(10u64).pow(digits).mul_add_u64(1, 1);
        while !n.is_prime() {
            n = n.mul_add_u64(1, 2);
        }
        primes.push(n);
    }
    primes
}

#[test]
fn certificates_are_read_back_and_hold() {
    let mut certified = 0;
    for n in primes() {
        let certificate = match prove_prime(&n, &Control::new()).unwrap() {
            Primality::Certified(certificate) => certificate,
            other => {
                assert_eq!(other, Primality::Probable, "{n}");
                continue;
            }
        };
        assert_eq!(certificate.prime(), &n);
        let text = certificate.to_string();
        assert_eq!(text.parse(), Ok(certificate), "{text}");
        assert_eq!(check(&text), Ok(n), "{text}");
        certified += 1;
    }
    assert!(certified >= 10, "{certified} of {}", primes().len());
}

/// Returns the texts of certificates with one step and with several.
fn texts() -> Vec<String> {
    let texts = primes()
        .into_iter()
        .take(5)
        .map(|n| certificate_of(&n).to_string());
    let texts: Vec<String> = texts.collect();
    let steps = |text: &String| text.matches("prime ").count() - 1;
    assert!(texts.iter().any(|text| steps(text) == 1), "{texts:?}");
    assert!(texts.iter().any(|text| steps(text) > 1), "{texts:?}");
    texts
}

#[test]
fn every_changed_digit_is_noticed() {
    let (mut accepted, mut refused) = (0, 0);
    for text in texts() {
        let n = check(&text).unwrap();
        let places = text.char_indices().filter(|(_, c)| c.is_ascii_digit());
        for (place, digit) in places {
            let line = text[..place].rsplit('\n').next().unwrap_or_default();
            for other in "0123456789".chars().filter(|&other| other != digit) {
                let mut damaged = text.clone();
                damaged.replace_range(place..=place, &other.to_string());
                match check(&damaged) {
                    Err(_) => refused += 1,
                    // Another witness may be one as well, and another prime may be a factor. That
                    // is a proof, too; but no other number is proven.
                    Ok(prime) => {
                        assert!(
                            prime == n && !line.starts_with("prime"),
                            "{text} with {other} at {place}"
                        );
                        accepted += 1;
                    }
                }
            }
        }
    }
    assert!(
        accepted < refused / 20,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn every_missing_doubled_or_moved_line_is_noticed() {
    for text in texts() {
        let lines: Vec<&str> = text.lines().collect();
        let is_refused = |lines: &[&str]| {
            let damaged = lines.join("\n");
            assert!(check(&damaged).is_err(), "{damaged}");
        };
        for index in 0..lines.len() {
            let mut damaged = lines.clone();
            damaged.insert(index, lines[index]);
            is_refused(&damaged);
            damaged.drain(index..index + 2);
            is_refused(&damaged);
            if index + 1 < lines.len() {
                let mut damaged = lines.clone();
                damaged.swap(index, index + 1);
                is_refused(&damaged);
            }
        }
    }
}

#[test]
fn what_is_refused_and_why() {
    const P: &str = "170141183460469231731687303715884105727";
    let text = certificate_of(&number(P)).to_string();
    let body = text.split_once('\n').unwrap().1;
    let factor = |line: &str| format!("factorizar prime certificate 1\nprime {P}\n{line}\n");
    let long = "1".repeat(1_001);
    let many = "factor 3 witness 2\n".repeat(300);
    let steps = "prime 7\n".repeat(70);
    let cases = [
        (String::new(), CertificateError::Version),
        (
            format!("factorizar prime certificate 2\n{body}"),
            CertificateError::Version,
        ),
        (
            "factorizar prime certificate 1\n".to_owned(),
            CertificateError::Malformed { line: 2 },
        ),
        (
            "factorizar prime certificate 1\nfactor 2 witness 3".to_owned(),
            CertificateError::Malformed { line: 2 },
        ),
        (factor("factor 2"), CertificateError::Malformed { line: 3 }),
        (
            factor("factor 2 witness "),
            CertificateError::Malformed { line: 3 },
        ),
        (
            factor("factor 2 witness 03"),
            CertificateError::Malformed { line: 3 },
        ),
        (
            factor("factor 2 witness -3"),
            CertificateError::Malformed { line: 3 },
        ),
        (
            factor("factor 2 witness 18446744073709551616"),
            CertificateError::Malformed { line: 3 },
        ),
        (factor(""), CertificateError::Malformed { line: 3 }),
        (
            factor(&format!("factor {long} witness 2")),
            CertificateError::TooLong { line: 3 },
        ),
        (factor(&many), CertificateError::TooMany),
        (factor(&steps), CertificateError::TooMany),
        (
            factor(&format!("prime {P}")),
            CertificateError::Order { number: number(P) },
        ),
        (
            factor("factor 3 witness 3\nfactor 2 witness 3"),
            CertificateError::Order {
                number: number("2"),
            },
        ),
        (
            factor("factor 9 witness 3"),
            CertificateError::NotPrime {
                number: number("9"),
            },
        ),
        (
            factor("factor 0 witness 3"),
            CertificateError::NotPrime {
                number: number("0"),
            },
        ),
        (
            factor("factor 1 witness 3"),
            CertificateError::NotPrime {
                number: number("1"),
            },
        ),
        (
            factor("factor 11 witness 3"),
            CertificateError::NotAFactor {
                prime: number(P),
                factor: number("11"),
            },
        ),
        (
            factor("factor 2 witness 1"),
            CertificateError::Witness {
                prime: number(P),
                factor: number("2"),
                witness: 1,
            },
        ),
        (
            factor("factor 2 witness 0"),
            CertificateError::Witness {
                prime: number(P),
                factor: number("2"),
                witness: 0,
            },
        ),
        (
            factor("factor 2 witness 3"),
            CertificateError::TooFewFactors { prime: number(P) },
        ),
        (
            factor(&format!("factor {P} witness 3")),
            CertificateError::Unproven { factor: number(P) },
        ),
        (
            "factorizar prime certificate 1\nprime 91\n".to_owned(),
            CertificateError::NotPrime {
                number: number("91"),
            },
        ),
        (
            "factorizar prime certificate 1\nprime 0\n".to_owned(),
            CertificateError::NotPrime {
                number: number("0"),
            },
        ),
        (
            "factorizar prime certificate 1\nprime 8\nfactor 7 witness 3\n".to_owned(),
            CertificateError::NotPrime {
                number: number("8"),
            },
        ),
    ];
    for (text, wanted) in cases {
        let error = check(&text).expect_err(&text);
        assert_eq!(error, wanted, "{text}");
        assert!(!error.to_string().ends_with('.'), "{error}");
    }
    assert_eq!(
        check("factorizar prime certificate 1\nprime 97"),
        Ok(number("97"))
    );
}

/// Carmichael numbers, strong pseudoprimes to many bases, products of primes with smooth
/// predecessors: all composite, without a certificate.
#[test]
fn pseudoprimes_are_composite() {
    // François Arnault's strong pseudoprimes to all prime bases below 200 and below 307, 1995.
    let p = number(
        "29674495668685510550154174642905332730771991799853043350995075531276838753171770199594238\
         596428121188033664754218345562493168782883",
    );
    let times = |factor: u64| p.checked_sub(&1u64.into()).unwrap().mul_add_u64(factor, 1);
    let arnault = &(&p * &times(313)) * &times(353);
    let chernick = |m: &Natural| {
        let term = |factor: u64| m.mul_add_u64(factor, 1);
        (term(6), term(12), term(18))
    };
    // The first m from 10^20 on for which 6 m + 1, 12 m + 1 and 18 m + 1 are prime.
    let mut m = Natural::from(10u64).pow(20);
    let carmichael = loop {
        let (a, b, c) = chernick(&m);
        if a.is_prime() && b.is_prime() && c.is_prime() {
            break &(&a * &b) * &c;
        }
        m = m.mul_add_u64(1, 1);
    };
    let square = below_power(127, 1).pow(2);
    for n in [
        arnault,
        carmichael,
        square,
        number("0"),
        number("1"),
        number("561"),
    ] {
        assert_eq!(
            prove_prime(&n, &Control::new()),
            Ok(Primality::Composite),
            "{n}"
        );
    }
    assert_eq!(
        prove_prime(&number("2"), &Control::new()),
        Ok(Primality::Proven)
    );
}

#[test]
fn a_stop_is_an_error() {
    let stopped = Control::new().deadline(|| true);
    let n = below_power(127, 1);
    assert_eq!(prove_prime(&n, &stopped), Err(StopReason::OutOfTime));
    let certificate = certificate_of(&n);
    let error = CertificateError::Stopped(StopReason::OutOfTime);
    assert_eq!(certificate.check(&stopped), Err(error));
    // At every question of the test, of the search and of the check.
    for stage in 0..2 {
        let mut polls = 0;
        let stopped_after = |polls: usize| {
            let asked = AtomicUsize::new(0);
            let control =
                Control::new().deadline(move || asked.fetch_add(1, Ordering::Relaxed) >= polls);
            match stage {
                0 => prove_prime(&n, &control).is_err(),
                _ => certificate.check(&control).is_err(),
            }
        };
        while stopped_after(polls) {
            polls += 1 + polls / 4;
        }
        assert!(polls > 4, "{polls} questions of stage {stage}");
    }
}
