//! The buffer of a request's body, which grows with its share of the memory as the body comes.
//!
//! While others are refused for want of memory, a body that stops or slows down gives way: in each
//! [`PERIOD`] it has to bring a part of its room. A body that declares its length, and comes steadily
//! within a minute, does that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::front::memory_budget::{MAX_SHORT, MemoryBudget, MemoryShare};
use crate::front::refusal::Refusal;

/// The bytes for which there is room before any has come, whatever length a body declares.
const FIRST_STEP: usize = MAX_SHORT;

/// The time after which the pace of a body is checked. A network may well pause for a second.
const PERIOD: Duration = Duration::from_secs(2);

/// The part of its room that a body brings in each period at least. A body that takes the usual
/// 30 seconds, which is 15 periods, brings twice as much on average.
const PACE: usize = 32;

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
    period: Period,
}

/// A period in which a body has to bring a part of its room, and what there was at its start.
#[derive(Debug)]
struct Period {
    end: Instant,
    /// The bytes that had come.
    come: usize,
    /// The refusals of the budget.
    refusals: usize,
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
        let share = share.ok_or(Refusal::NO_MEMORY)?;
        Ok(BodyBuffer {
            period: Period {
                end: Instant::now() + PERIOD,
                come: 0,
                refusals: share.refusals(),
            },
            share,
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

    /// Returns the time of the next check of the pace.
    pub(crate) fn next_check(&self) -> Instant {
        self.period.end
    }

    /// Checks the pace, if it is time for that. Its callers wait for more until then.
    ///
    /// # Errors
    ///
    /// Others were refused, and the body has brought too little.
    pub(crate) fn check_pace(&mut self, now: Instant) -> Result<(), Refusal> {
        if now < self.period.end {
            return Ok(());
        }
        let (come, refusals) = (self.bytes.len(), self.share.refusals());
        let has_refused = refusals != self.period.refusals;
        if has_refused && come - self.period.come < self.room / PACE {
            return Err(Refusal::GIVES_WAY);
        }
        self.period = Period {
            end: now + PERIOD,
            come,
            refusals,
        };
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

    #[test]
    fn a_body_that_slows_down_gives_way_while_others_are_refused() {
        let refused = Err(Refusal::GIVES_WAY);
        let least = MIB / PACE;
        for (others_refused, brought, expected) in [
            (false, 0, Ok(())),
            (true, 0, refused),
            (true, least - 1, refused),
            (true, least, Ok(())),
        ] {
            let memory = MemoryBudget::new(4 * MIB, 0);
            let mut buffer = BodyBuffer::new(&memory, MIB, 1, 0).unwrap();
            buffer.push(&vec![b'a'; MIB / 2 + 1]).unwrap();
            buffer.push(b"a").unwrap();
            assert_eq!(buffer.room, MIB);
            // Neither what came nor who was refused before a period counts in it.
            assert!(memory.reserve(usize::MAX, 1).is_none());
            let start = buffer.next_check();
            buffer.check_pace(start).unwrap();
            buffer.push(&vec![b'a'; brought]).unwrap();
            if others_refused {
                assert!(memory.reserve(usize::MAX, 1).is_none());
            }
            let early = start + PERIOD / 2;
            buffer.check_pace(early).unwrap();
            let checked = buffer.check_pace(buffer.next_check());
            assert_eq!(checked, expected, "{others_refused} {brought}");
        }
    }

    #[test]
    fn a_body_of_which_nothing_comes_gives_way_too() {
        let memory = MemoryBudget::new(4 * MIB, 0);
        let mut buffer = BodyBuffer::new(&memory, MIB, 1, 0).unwrap();
        assert!(memory.reserve(usize::MAX, 1).is_none());
        let checked = buffer.check_pace(buffer.next_check());
        assert_eq!(checked, Err(Refusal::GIVES_WAY));
    }

    #[test]
    fn a_body_that_comes_steadily_within_a_minute_keeps_its_share() {
        let memory = MemoryBudget::new(32 * MIB, 0);
        let mut buffer = BodyBuffer::new(&memory, 15 * MIB, 1, 0).unwrap();
        for _ in 0..30 {
            buffer.push(&vec![b'a'; MIB / 2]).unwrap();
            assert!(memory.reserve(usize::MAX, 1).is_none());
            buffer.check_pace(buffer.next_check()).unwrap();
        }
        assert!(buffer.finish().is_ok());
    }
}
