//! `factoriz_sum`, the function of the article: the sum of the prime factors.

use crate::control::Control;
use crate::digits::Digits;
use crate::error::Error;
use crate::factor::natural::factor_natural_with;
use crate::factor::{factor, factor_with};
use crate::unfinished::Unfinished;

/// Returns the sum of the prime factors of a number, with multiplicity, from decimal digits to
/// decimal digits, as the article sends them.
///
/// `"0"` and `"1"` give `"0"`. Leading zeros are accepted. It takes as long as [`factor`], and above
/// 2^128 as [`factor_natural`](crate::factor_natural).
///
/// # Errors
///
/// - [`Error::NotANumber`] if `digits` is empty or has any other character than ASCII digits: also
///   a sign, a space, a decimal point or a separator.
/// - [`Error::TooLong`] beyond 1,000 digits, after one pass over the text.
///
/// Source: the article's script `factorizar`, whose answer differs for n = 6, 8, p p and p (p + 2)
/// for primes p; see the crate page.
///
/// ```
/// use factorizar::{Error, factoriz_sum};
///
/// assert_eq!(factoriz_sum("23434252232434")?, "50914");
/// assert_eq!(factoriz_sum("012")?, "7");
/// assert_eq!(factoriz_sum("+12"), Err(Error::NotANumber));
/// # Ok::<(), Error>(())
/// ```
#[doc(alias = "sopfr")]
pub fn factoriz_sum(digits: &str) -> Result<String, Error> {
    factoriz_sum_with(digits, &Control::new())
}

/// Returns the sum of [`factoriz_sum`], by a computation that can be stopped.
///
/// # Errors
///
/// Those of [`factoriz_sum`], and if `control` stopped it, [`Error::Unfinished`] below 2^128 and
/// [`Error::Stopped`] above.
///
/// ```
/// use factorizar::{Control, Error, StopReason, factoriz_sum_with};
///
/// assert_eq!(factoriz_sum_with("23434252232434", &Control::new())?, "50914");
/// let late = Control::new().deadline(|| true);
/// match factoriz_sum_with("2305843011361177590", &late) {
///     Err(Error::Unfinished(left)) => assert_eq!(left.reason(), StopReason::OutOfTime),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn factoriz_sum_with(digits: &str, control: &Control) -> Result<String, Error> {
    let digits = Digits::new(digits)?;
    let Ok(n) = digits.to_u128() else {
        let factors = factor_natural_with(&digits.to_natural()?, control)?;
        return Ok(factors.sum().to_string());
    };
    let sum = sum_of_prime_factors_with(n, control).map_err(Error::Unfinished)?;
    Ok(sum.to_string())
}

/// Returns the sum of the prime factors of `n`, with multiplicity.
///
/// It is 0 for 0 and 1, and never more than `n`. OEIS calls it sopfr, sequence A001414.
///
/// ```
/// assert_eq!(factorizar::sum_of_prime_factors(12), 2 + 2 + 3);
/// ```
#[must_use]
#[doc(alias = "sopfr")]
pub fn sum_of_prime_factors(n: u128) -> u128 {
    factor(n).sum()
}

/// Returns the sum of [`sum_of_prime_factors`], by a computation that can be stopped.
///
/// # Errors
///
/// [`Unfinished`] if `control` stopped it. It holds the factors found so far, and the cofactor.
///
/// ```
/// use factorizar::{Control, sum_of_prime_factors_with};
///
/// assert_eq!(sum_of_prime_factors_with(12, &Control::new())?, 2 + 2 + 3);
/// # Ok::<(), factorizar::Unfinished>(())
/// ```
#[doc(alias = "sopfr")]
pub fn sum_of_prime_factors_with(n: u128, control: &Control) -> Result<u128, Unfinished> {
    factor_with(n, control).map(|factors| factors.sum())
}
