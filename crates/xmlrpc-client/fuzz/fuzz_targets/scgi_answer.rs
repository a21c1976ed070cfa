//! No head of an SCGI answer makes the reader panic, and it is read alike however it comes.
#![no_main]

use libfuzzer_sys::fuzz_target;

// The reader is not public.
#[allow(dead_code)]
#[path = "../../src/transport/scgi/answer_head.rs"]
mod answer_head;

#[allow(dead_code)]
#[path = "../../src/transport/other_protocol.rs"]
mod other_protocol;

// Where the reader looks for it.
mod transport {
    pub(crate) use crate::other_protocol;
}

use answer_head::{AnswerHead, HeadError};

/// Reads a head from bytes that come `step` at a time: the head, and the number of its bytes.
fn read(bytes: &[u8], step: usize) -> Result<Option<(AnswerHead, usize)>, HeadError> {
    let (mut head, mut at) = (AnswerHead::default(), 0);
    for piece in bytes.chunks(step) {
        let (taken, is_whole) = head.take(piece)?;
        assert!(is_whole || taken == piece.len());
        at += taken;
        if is_whole {
            return Ok(Some((head, at)));
        }
    }
    Ok(None)
}

fuzz_target!(|input: &[u8]| {
    let Some((step, bytes)) = input.split_first() else {
        return;
    };
    let whole = read(bytes, usize::MAX);
    assert_eq!(whole, read(bytes, usize::from(*step).max(1)));
    let Ok(Some((head, taken))) = whole else {
        return;
    };
    assert!(bytes[..taken].ends_with(b"\n"));
    assert!((200..600).contains(&head.status()));
    // A head that is whole says nothing of what is behind it.
    assert_eq!(read(&bytes[..taken], 1), Ok(Some((head, taken))));
});
