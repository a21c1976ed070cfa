//! The buffer of a request's body, which grows with its share of the memory as the body comes.

use std::sync::Arc;

use crate::front::memory_budget::{MAX_SHORT, MemoryBudget, MemoryShare};
use crate::front::refusal::Refusal;

/// The bytes for which there is room before any has come, whatever length a body declares.
const FIRST_STEP: usize = MAX_SHORT;

/// A body, as far as it has come. Its room is never more than [`FIRST_STEP`], or twice what has
/// come.
#[derive(Debug)]
pub(crate) struct BodyBuffer {
    bytes: Vec<u8>,
    /// The bytes for which there is room.
    room: usize,
    /// The length that is declared, or the most that may come.
    most: usize,
    /// The number of times that a front holds each byte.
    copies: usize,
    /// The bytes that come of the body later, when its coding is taken off.
    hidden: usize,
    share: MemoryShare,
}

impl BodyBuffer {
    /// Returns an empty buffer for a body of at most so many bytes, of which each is held
    /// `copies` times, and `hidden` more in the end.
    ///
    /// # Errors
    ///
    /// There is no room for all of it now.
    pub(crate) fn new(
        memory: &Arc<MemoryBudget>,
        most: usize,
        copies: usize,
        hidden: usize,
    ) -> Result<Self, Refusal> {
        let room = most.min(FIRST_STEP);
        let whole = most.saturating_mul(copies).saturating_add(hidden);
        let share = memory.reserve(whole, room.saturating_mul(copies));
        Ok(BodyBuffer {
            share: share.ok_or(Refusal::NO_MEMORY)?,
            bytes: Vec::with_capacity(room),
            room,
            most,
            copies,
            hidden,
        })
    }

    /// Appends what has come.
    ///
    /// # Errors
    ///
    /// It is more than may come, or there is no room for it.
    pub(crate) fn push(&mut self, data: &[u8]) -> Result<(), Refusal> {
        if data.len() > self.most - self.bytes.len() {
            return Err(Refusal::TOO_LARGE);
        }
        let length = self.bytes.len() + data.len();
        if length > self.room {
            let room = self.room.saturating_mul(2).clamp(length, self.most);
            let grown = self.share.grow_to(room.saturating_mul(self.copies));
            grown.ok_or(Refusal::NO_MEMORY)?;
            self.bytes.reserve_exact(room - self.bytes.len());
            self.room = room;
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    /// Returns the whole body, with the share that it needs from now on.
    ///
    /// # Errors
    ///
    /// There is no room for what its coding hides.
    pub(crate) fn finish(mut self) -> Result<(Vec<u8>, MemoryShare), Refusal> {
        let length = self.bytes.len();
        let needed = length.saturating_mul(self.copies);
        let needed = needed.saturating_add(self.hidden);
        self.share.grow_to(needed).ok_or(Refusal::NO_MEMORY)?;
        self.share.shrink_to(needed);
        self.bytes.shrink_to_fit();
        Ok((self.bytes, self.share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn a_buffer_has_room_for_twice_what_has_come() {
        let memory = MemoryBudget::new(16 * MIB, 0);
        let mut buffer = BodyBuffer::new(&memory, MIB + 1, 1, 0).unwrap();
        let data = vec![b'a'; 1000];
        for count in 1..=1048 {
            buffer.push(&data).unwrap();
            let come = count * data.len();
            assert!((come..=FIRST_STEP.max(2 * come)).contains(&buffer.room));
            assert_eq!(buffer.bytes.capacity(), buffer.room);
        }
        assert_eq!(buffer.push(&data), Err(Refusal::TOO_LARGE));
        buffer.push(&data[..577]).unwrap();
        let (bytes, share) = buffer.finish().unwrap();
        assert_eq!((bytes.len(), bytes.capacity()), (MIB + 1, MIB + 1));
        assert_eq!(share.bytes(), MIB + 1);
    }

    #[test]
    fn a_body_counts_with_its_copies_and_what_its_coding_hides() {
        let memory = MemoryBudget::new(16 * MIB, 0);
        let mut buffer = BodyBuffer::new(&memory, MIB, 2, MIB).unwrap();
        assert_eq!(buffer.share.bytes(), 2 * FIRST_STEP);
        buffer.push(&vec![b'a'; MIB / 2]).unwrap();
        assert_eq!(buffer.share.bytes(), MIB);
        let (bytes, share) = buffer.finish().unwrap();
        assert_eq!((bytes.len(), share.bytes()), (MIB / 2, 2 * MIB));
    }

    #[test]
    fn a_body_is_refused_when_its_next_step_has_no_room() {
        let memory = MemoryBudget::new(4 * MIB, 0);
        let body = || BodyBuffer::new(&memory, 3 * MIB, 1, 0);
        let (mut first, mut second) = (body().unwrap(), body().unwrap());
        first.push(&vec![b'a'; 2 * MIB]).unwrap();
        second.push(&vec![b'a'; MIB]).unwrap();
        assert_eq!(body().unwrap_err(), Refusal::NO_MEMORY);
        assert_eq!(second.push(&vec![b'a'; MIB]), Err(Refusal::NO_MEMORY));
        drop(second);
        first.push(&vec![b'a'; MIB]).unwrap();
        drop(first);
        // What its coding hides needs room too.
        let mut packed = BodyBuffer::new(&memory, MIB, 1, 2 * MIB).unwrap();
        packed.push(b"a").unwrap();
        let _other = memory.reserve(2 * MIB, 2 * MIB).unwrap();
        assert_eq!(packed.finish().unwrap_err(), Refusal::NO_MEMORY);
    }
}
