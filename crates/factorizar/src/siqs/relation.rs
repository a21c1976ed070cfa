//! Relations, packed to be sent and stored, and their exact check.
//!
//! A relation is a polynomial and an x at which its value is a product of base primes and large
//! primes. These two numbers determine everything else. The large primes and the base primes that
//! are sieved travel along, so that a check multiplies instead of searching: it divides the value
//! by them, and then by the few primes that are not sieved. What is left must be 1. So a relation
//! that passes is true, wherever it came from.
//!
//! | field | as |
//! | --- | --- |
//! | number of the polynomial within its family | varint |
//! | x | varint, zigzag |
//! | number of large primes, large primes | varints |
//! | number of listed primes, their base indices ascending, as differences | varints |
//!
//! A varint has seven bits a byte, the lowest first; the top bit says that another byte follows.
//!
//! Cost of a check: one division for each prime, some 0.5 us.

use std::fmt;

use crate::siqs::family::{Family, Polynomial};
use crate::siqs::instance::Instance;
use crate::siqs::value::Value;

/// A relation that was checked.
#[derive(Debug)]
pub(super) struct Relation {
    /// |u|, whose square is the product of all the primes and of 4 a, modulo n.
    pub(super) square_root: Value,
    /// The sign of the value.
    pub(super) negative: bool,
    /// The base indices of the value's primes, with multiplicity, in any order.
    pub(super) primes: Vec<u32>,
    /// The large primes; 1 for none.
    pub(super) large: [u32; 2],
}

/// The reason why packed relations were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationError {
    /// The bytes end within a relation.
    Truncated,
    /// A number has too many bytes, or is out of its range.
    OutOfRange,
    /// The primes do not multiply to the polynomial's value.
    WrongProduct,
    /// A relation is there twice.
    Repeated,
}

impl fmt::Display for RelationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RelationError::Truncated => "the relations are cut off: send the unit again",
            RelationError::OutOfRange => {
                "a number of a relation is out of range: sieve with the same n and version"
            }
            RelationError::WrongProduct => {
                "the primes of a relation do not multiply to its value: sieve the unit again"
            }
            RelationError::Repeated => "a relation is there twice: sieve the unit again",
        })
    }
}

impl std::error::Error for RelationError {}

/// Appends a relation. `listed` has the base indices of the sieved primes, ascending.
pub(super) fn pack(to: &mut Vec<u8>, polynomial: u32, x: i32, large: &[u32], listed: &[u32]) {
    put(to, polynomial);
    put(to, (x << 1 ^ x >> 31) as u32);
    put(to, large.len() as u32);
    large.iter().for_each(|&prime| put(to, prime));
    put(to, listed.len() as u32);
    let mut before = 0;
    for &index in listed {
        put(to, index - before);
        before = index;
    }
}

pub(super) fn put(to: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

pub(super) fn take(from: &mut &[u8]) -> Result<u32, RelationError> {
    let mut number = 0u32;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = from.split_first().ok_or(RelationError::Truncated)?;
        *from = rest;
        let bits = u32::from(byte & 0x7f);
        if shift == 28 && bits > 0xf {
            return Err(RelationError::OutOfRange);
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(RelationError::OutOfRange)
}

/// The most primes that a relation lists: more would multiply to more than any value.
const MAX_LISTED: u32 = 32;

/// The polynomial of the last relation that was read: the next one mostly has the same.
pub(super) type LastPolynomial = Option<(u32, Polynomial)>;

/// Reads and checks the next relation of `family`.
///
/// # Errors
///
/// The reason why it is refused.
pub(super) fn unpack(
    from: &mut &[u8],
    instance: &Instance,
    family: &Family,
    last: &mut LastPolynomial,
) -> Result<Relation, RelationError> {
    let out_of_range = |is: bool| {
        if is {
            Err(RelationError::OutOfRange)
        } else {
            Ok(())
        }
    };
    let number = take(from)?;
    let zigzag = take(from)?;
    let x = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
    out_of_range(number >= family.len() || x.unsigned_abs() > instance.parameters.interval() / 2)?;
    let polynomial = match *last {
        Some((same, polynomial)) if same == number => polynomial,
        _ => family.polynomial(instance, number),
    };
    *last = Some((number, polynomial));
    let (mut rest, negative) = polynomial.value(x).unsigned();
    let mut relation = Relation {
        square_root: polynomial.square_root(x).unsigned().0,
        negative,
        primes: Vec::new(),
        large: [1, 1],
    };
    let large = take(from)?;
    out_of_range(large > 2 || rest.is_zero())?;
    let mut exact = true;
    // One large prime is an edge between 1 and it.
    for place in relation.large.iter_mut().rev().take(large as usize) {
        let prime = take(from)?;
        out_of_range(prime < 3 || prime >= instance.large_bound)?;
        exact &= rest.divide_exactly(prime);
        *place = prime;
    }
    let listed = take(from)?;
    out_of_range(listed > MAX_LISTED)?;
    let mut index = 0u32;
    for _ in 0..listed {
        index = index
            .checked_add(take(from)?)
            .ok_or(RelationError::OutOfRange)?;
        let prime = instance.base.primes.get(index as usize);
        let prime = *prime.ok_or(RelationError::OutOfRange)?;
        exact &= rest.divide_exactly(prime);
        relation.primes.push(index);
    }
    if !exact || rest.is_zero() {
        return Err(RelationError::WrongProduct);
    }
    let twos = rest.divide_by_twos();
    relation.primes.extend((0..twos).map(|_| 0));
    for (index, &prime) in instance.base.primes[..instance.first_sieved]
        .iter()
        .enumerate()
        .skip(1)
    {
        while rest.divide_exactly(prime) {
            relation.primes.push(index as u32);
        }
    }
    match rest.to_u64() {
        Some(1) => Ok(relation),
        _ => Err(RelationError::WrongProduct),
    }
}
