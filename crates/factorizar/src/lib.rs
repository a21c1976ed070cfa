#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod batch;
mod control;
mod differential;
mod digits;
mod divisor;
mod ecm;
mod error;
mod factor;
mod factors;
mod lanes;
mod lucas;
mod montgomery;
mod natural;
mod p_minus_1;
mod parallel;
mod perfect_power;
mod primality;
mod prime_pairs;
mod prime_sieve;
mod qs;
mod range;
mod rho;
mod simd;
mod small_primes;
mod sum;
mod trial_division;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "numbers above 2^128 are not factored yet")
)]
mod unbalanced;
mod unfinished;
mod word;

pub use batch::factor_batch;
pub use control::{CancelFlag, Control, Progress, StopReason};
pub use digits::Digits;
pub use ecm::curve_range::{CurveError, CurveFactor, CurveRange, ecm_curves};
pub use error::Error;
pub use factor::{factor, factor_with};
pub use factors::{Certainty, Factors};
pub use natural::Natural;
pub use primality::is_prime;
pub use range::{SumRange, factoriz_sum_range, factoriz_sum_range_with};
pub use sum::{factoriz_sum, factoriz_sum_with, sum_of_prime_factors, sum_of_prime_factors_with};
pub use unfinished::Unfinished;
