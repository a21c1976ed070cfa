//! A cost by the square is found, and so is memory beyond the bound.

use std::hint::black_box;
use std::panic::catch_unwind;

use cost_support::{Clock, PeakAlloc, Proportion};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const SIZE: usize = 1 << 20;

/// The bytes that are looked at by the square: those of a quarter take no processor less than the time
/// that counts as noise.
const SQUARE: usize = if cfg!(debug_assertions) {
    1 << 15
} else {
    1 << 17
};

/// Looks at each byte, once or more often, in a way that no optimisation makes quicker.
fn look(bytes: &[u8], times: usize) {
    for _ in 0..times {
        for byte in bytes {
            black_box(byte);
        }
    }
}

/// Returns the text of the panic with which a bound is broken.
fn broken(check: impl FnOnce(Proportion) + std::panic::UnwindSafe) -> Option<String> {
    let bound = Proportion::of("bytes").clock(Clock::Thread);
    let panic = catch_unwind(|| check(bound)).err()?;
    panic.downcast_ref::<String>().cloned()
}

/// One test: a panic's own memory would count in another.
#[test]
fn a_bound_is_broken_by_the_square_and_by_memory_alone() {
    let bytes = |size| vec![1_u8; size];
    let once = broken(|bound| bound.check(SIZE, bytes, |bytes| look(bytes, 1)));
    assert_eq!(once, None);
    let square = broken(|bound| bound.check(SQUARE, bytes, |bytes| look(bytes, bytes.len() / 64)));
    let square = square.expect("a cost by the square is in proportion");
    assert!(square.contains("took [("), "{square}");
    let copy = |bytes: &Vec<u8>| drop(black_box([&bytes[..], bytes].concat()));
    let memory = broken(|bound| bound.check(SIZE, bytes, copy));
    let memory = memory.expect("the memory is within the bound");
    assert!(memory.contains("of memory"), "{memory}");
    let allowed = broken(|bound| bound.bytes_per_byte(2).check(SIZE, bytes, copy));
    assert_eq!(allowed, None);
}
