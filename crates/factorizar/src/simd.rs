//! Vector instructions, chosen at run time; the only module of the workspace with `unsafe`.
//!
//! The algorithms are written once, in safe Rust: a loop over floating-point numbers, most loops of
//! the sieve above 2^128, and the elliptic curves over any
//! [`LaneArithmetic`](crate::lanes::LaneArithmetic). This module compiles them for processors that
//! have AVX2, AVX-512 or AVX-512 IFMA. One step of the sieve is written for each of the first two
//! besides ([`roots`]). The `unsafe` blocks call code that
//! is compiled for those instructions, or the instructions themselves. They are sound because the
//! processor is asked for the instructions first. Without them the same factors are found, more
//! slowly; the tests compare both.

pub(crate) mod bucket;
pub(crate) mod divisibility;
pub(crate) mod family_roots;
pub(crate) mod ifma;
pub(crate) mod level;
pub(crate) mod roots;
