#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod batch;
mod control;
mod digits;
mod ecm;
mod error;
mod factor;
mod factors;
mod ladder;
mod lucas;
mod montgomery;
mod powers;
mod primality;
mod qs;
mod range;
mod rho;
mod simd;
mod sum;
mod trial;
mod unfinished;
mod word;

pub use batch::factor_batch;
pub use control::{Cancel, Control, Progress, Stop};
pub use digits::Digits;
pub use error::Error;
pub use factor::{factor, factor_with};
pub use factors::{Certainty, Factors};
pub use primality::is_prime;
pub use range::{SumRange, factoriz_sum_range, factoriz_sum_range_with};
pub use sum::{factoriz_sum, factoriz_sum_with, sum_of_prime_factors, sum_of_prime_factors_with};
pub use unfinished::Unfinished;
