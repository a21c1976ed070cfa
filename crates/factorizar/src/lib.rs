#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod factor;
mod factors;
mod lucas;
mod montgomery;
mod natural;
mod primality;
mod rho;
mod sum;
mod trial;
mod word;

pub use error::Error;
pub use factor::factor;
pub use factors::Factors;
pub use primality::is_prime;
pub use sum::{factoriz_sum, sum_of_prime_factors};
