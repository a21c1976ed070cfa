//! The article's function.

use crate::control::Control;
use crate::digits::Digits;
use crate::error::Error;
use crate::factor::{factor, factor_with};
use crate::unfinished::Unfinished;

/// The sum of the prime factors of a number, with multiplicity: decimal digits in, decimal digits
/// out, as the article sends them.
///
/// `"0"` and `"1"` give `"0"`; leading zeros are accepted. Numbers below 2^128 are taken. For how
/// long it may take see [`factor`].
///
/// # Errors
///
/// [`Error::NotANumber`] when `digits` is anything but ASCII digits (so also for the empty text
/// and for one with a sign, a space, a point or a separator), and [`Error::TooLarge`] from 2^128
/// on, after one pass over the text however long it is.
///
/// Source: the article's script `factorizar`, whose answer differs for n = 6, 8, p p and p (p + 2);
/// see the crate page.
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
    let n = Digits::new(digits)?.to_u128()?;
    Ok(sum_of_prime_factors(n).to_string())
}

/// The same as [`factoriz_sum`], by a computation that can be stopped.
///
/// # Errors
///
/// Those of [`factoriz_sum`], and [`Error::Unfinished`] when `control` stopped it.
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
    let n = Digits::new(digits)?.to_u128()?;
    let sum = sum_of_prime_factors_with(n, control).map_err(Error::Unfinished)?;
    Ok(sum.to_string())
}

/// The sum of the prime factors of `n`, with multiplicity, for a caller that has an integer.
///
/// 0 for 0 and 1; never more than `n`. OEIS calls it sopfr, sequence A001414.
///
/// ```
/// assert_eq!(factorizar::sum_of_prime_factors(12), 2 + 2 + 3);
/// ```
#[must_use]
#[doc(alias = "sopfr")]
pub fn sum_of_prime_factors(n: u128) -> u128 {
    factor(n).sum()
}

/// Returns [`sum_of_prime_factors`] of `n`, by a computation that can be stopped.
///
/// # Errors
///
/// [`Unfinished`] if `control` stopped it: it has the factors found so far, and the cofactor.
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
