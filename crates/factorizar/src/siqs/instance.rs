//! The sieve of one number: everything that follows from n and the version of the parameters.
//!
//! Any machine that makes the instance of an n has the same base, the same interval and the same
//! list of polynomials, so that a few numbers name a unit of sieving ([`unit`](super::unit)).
//!
//! Cost: that of the factor base.

use crate::control::Control;
use crate::natural::Natural;
use crate::simd::family_roots::Moduli;
use crate::siqs::coefficients::Coefficients;
use crate::siqs::factor_base::{FactorBase, NoBase};
use crate::siqs::multiplier::multiplier;
use crate::siqs::parameters::Parameters;

/// Primes below this are not sieved.
const SMALLEST_SIEVED: u32 = 256;

/// Primes from here on are sieved through buckets: a block and a half.
const BUCKETS_FROM: u32 = 3 << 14;

/// The value that the threshold has in a byte of the interval.
const THRESHOLD: f64 = 110.0;

/// Bits by which the logarithms of a relation may miss those of the largest value.
const MARGIN: f64 = 2.5;

/// The sieve of one number.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(super) n: Natural,
    /// k n, which is 1 modulo 8.
    pub(super) kn: Natural,
    pub(super) base: FactorBase,
    pub(super) moduli: Moduli,
    /// Half of the interval modulo each base prime.
    pub(super) offsets: Vec<u32>,
    pub(super) parameters: Parameters,
    pub(super) coefficients: Coefficients,
    /// The index of the first prime that is sieved.
    pub(super) first_sieved: usize,
    /// The index of the first prime that is sieved through buckets.
    pub(super) first_bucket: usize,
    /// Large primes are below this.
    pub(super) large_bound: u32,
    /// Products of two large primes are below this; 0 for one large prime.
    pub(super) product_bound: u64,
    /// The logarithm of each prime, in the unit of the interval's bytes.
    pub(super) logs: Vec<u8>,
    /// The initial value of the interval's bytes: 128 less the threshold.
    pub(super) initial_byte: u8,
    /// The sum of all logarithms from which a candidate may be a relation.
    pub(super) exact_threshold: u32,
}

impl Instance {
    /// Creates the instance of an odd `n`.
    ///
    /// # Errors
    ///
    /// The reason why there is none.
    pub(super) fn new(n: &Natural, control: &Control) -> Result<Self, NoBase> {
        Instance::with(n, Parameters::of(n.bits()), control)
    }

    /// Returns the power of the time with which cycles grow. With two large primes it was measured at
    /// 75 and 80 digits.
    pub(super) fn cycle_power(&self) -> f64 {
        match self.product_bound {
            0 => 2.0,
            _ => 2.6,
        }
    }

    /// Creates the instance of an odd `n` with other parameters than usual.
    pub(super) fn with(
        n: &Natural,
        parameters: Parameters,
        control: &Control,
    ) -> Result<Self, NoBase> {
        let multiplier = multiplier(n);
        let kn = n.mul_add_u64(multiplier.into(), 0);
        let base = FactorBase::new(n, multiplier, parameters.base_len, control)?;
        // Each of the lists that follow takes some milliseconds at 100 digits.
        let poll = || control.poll().map_err(NoBase::Stopped);
        poll()?;
        // Values are a x^2 + b x + c with b^2 - 4 a c = k n. With this a they are equally large in
        // the middle of the interval and at its ends.
        let middle = parameters.interval() / 2;
        let half_interval = f64::from(middle);
        let target = (kn.ln() - 8f64.ln()) / 2.0 - half_interval.ln();
        let coefficients = Coefficients::new(&base, target, parameters.coefficient_bits);
        poll()?;
        let moduli = Moduli::new(&base.primes);
        poll()?;
        let large_bound = base.largest().saturating_mul(parameters.large_multiple);
        let product_bound = match parameters.two_large {
            0.0 => 0,
            exponent => f64::from(large_bound).powf(exponent) as u64,
        };
        let first_sieved = base.index_from(SMALLEST_SIEVED);
        // The mean logarithm of a value's primes that are not sieved. The value has two twos.
        let roots = |index: usize| if base.roots[index] == 0 { 1.0 } else { 2.0 };
        let share = |index: usize| {
            let p = f64::from(base.primes[index]);
            roots(index) * p.log2() / (p - 1.0)
        };
        let unsieved: f64 = 2.0 + (1..first_sieved).map(share).sum::<f64>();
        let value = (kn.ln() - 8f64.ln()) / 2.0 + half_interval.ln();
        let tolerance = match product_bound {
            0 => f64::from(large_bound).log2(),
            bound => (bound as f64).log2(),
        };
        let threshold = value / std::f64::consts::LN_2 - tolerance - unsieved - parameters.slack;
        let unit = THRESHOLD / threshold.max(10.0);
        // All primes of a relation, less what rounding may take and what the value may be below its
        // largest.
        let exact = value / std::f64::consts::LN_2 - tolerance - MARGIN;
        let logs = base
            .primes
            .iter()
            .map(|&p| (f64::from(p).log2() * unit).round() as u8);
        Ok(Instance {
            n: n.clone(),
            first_sieved,
            first_bucket: base.index_from(BUCKETS_FROM),
            logs: logs.collect(),
            moduli,
            offsets: base.primes.iter().map(|p| middle % p).collect(),
            base,
            kn,
            parameters,
            coefficients,
            large_bound,
            product_bound,
            initial_byte: 128 - THRESHOLD as u8,
            exact_threshold: (exact * unit) as u32,
        })
    }
}
