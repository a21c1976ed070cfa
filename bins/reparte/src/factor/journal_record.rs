//! The records of a factorization's journal, as bytes.

use std::ops::Range;
use std::time::Duration;

use factorizar::{CurveRange, Digits, Natural};
use reparte::Persist;

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Record {
    /// The run has begun this number.
    Number(Natural),
    /// A composite, and a divisor of it.
    Divisor(Natural, Natural),
    /// A composite of which p - 1 has found no factor, with these bounds.
    PMinus1(Natural, u32, u64),
    /// A composite of which these curves have found no factor.
    Curves(Natural, CurveRange),
    /// Relations of a composite.
    Sieved(SievedRecord),
    /// A composite, and leading coefficients that are to be sieved again.
    Withdrawn(Natural, Range<u64>),
}

/// The relations of some leading coefficients.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SievedRecord {
    pub(super) n: Natural,
    pub(super) version: u32,
    pub(super) range: Range<u64>,
    pub(super) server: String,
    /// The duration of the call.
    pub(super) time: Duration,
    /// The CPU time that the server has told.
    pub(super) cpu: Duration,
    pub(super) packed: Vec<u8>,
}

impl Record {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Vec::new();
        match self {
            Record::Number(n) => (b'n', n.to_string()).write(&mut to),
            Record::Divisor(n, divisor) => {
                (b'd', n.to_string(), divisor.to_string()).write(&mut to);
            }
            Record::PMinus1(n, b1, b2) => (b'p', n.to_string(), *b1, *b2).write(&mut to),
            Record::Curves(n, curves) => {
                (b'c', n.to_string(), curves.b1(), curves.b2()).write(&mut to);
                (curves.first_sigma(), curves.count()).write(&mut to);
            }
            Record::Sieved(sieved) => {
                let times = (nanoseconds(sieved.time), nanoseconds(sieved.cpu));
                let range = (sieved.range.start, sieved.range.end);
                (b's', sieved.n.to_string(), sieved.version, range).write(&mut to);
                (sieved.server.clone(), times).write(&mut to);
                to.extend_from_slice(&sieved.packed);
            }
            Record::Withdrawn(n, range) => {
                (b'w', n.to_string(), (range.start, range.end)).write(&mut to);
            }
        }
        to
    }

    /// Returns the record with these bytes, if one has.
    pub(super) fn read(mut from: &[u8]) -> Option<Self> {
        let from = &mut from;
        let (kind, n) = <(u8, String)>::read(from)?;
        let n = natural(&n)?;
        let record = match kind {
            b'n' => Record::Number(n),
            b'd' => Record::Divisor(n, natural(&String::read(from)?)?),
            b'p' => Record::PMinus1(n, u32::read(from)?, u64::read(from)?),
            b'c' => {
                let (b1, b2, sigma, count) = <(u32, u64, u64, u64)>::read(from)?;
                Record::Curves(n, CurveRange::new(b1, b2, sigma, count).ok()?)
            }
            b's' => Record::Sieved(SievedRecord {
                n,
                version: u32::read(from)?,
                range: read_range(from)?,
                server: String::read(from)?,
                time: Duration::from_nanos(u64::read(from)?),
                cpu: Duration::from_nanos(u64::read(from)?),
                packed: std::mem::take(from).to_vec(),
            }),
            b'w' => Record::Withdrawn(n, read_range(from)?),
            _ => return None,
        };
        from.is_empty().then_some(record)
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Reads a number. Those of more digits than the command takes are none.
fn natural(text: &str) -> Option<Natural> {
    Digits::new(text).ok()?.to_natural().ok()
}

/// Reads a range that is not empty.
fn read_range(from: &mut &[u8]) -> Option<Range<u64>> {
    let (start, end) = <(u64, u64)>::read(from)?;
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_read_back_and_a_part_of_it_is_none() {
        let n: Natural = "1234567890123456789012345678901234567890".parse().unwrap();
        let sieved = SievedRecord {
            n: n.clone(),
            version: 1,
            range: 7..9,
            server: "host:9000".to_owned(),
            time: Duration::from_millis(1_500),
            cpu: Duration::from_millis(1_400),
            packed: b"relations".to_vec(),
        };
        let records = [
            (Record::Number(n.clone()), 49),
            (Record::Divisor(n.clone(), Natural::from(90u64)), 59),
            (Record::PMinus1(n.clone(), 100, 1 << 33), 61),
            (
                Record::Curves(n.clone(), CurveRange::new(100, 1_000, 6, 8).unwrap()),
                77,
            ),
            (Record::Withdrawn(n.clone(), 3..4), 65),
            // Up to the relations.
            (Record::Sieved(sieved), 102),
        ];
        for (record, len) in records {
            let bytes = record.to_bytes();
            assert_eq!(Record::read(&bytes).as_ref(), Some(&record));
            for cut in 0..len {
                assert_eq!(Record::read(&bytes[..cut]), None, "{record:?} to {cut}");
            }
            if !matches!(record, Record::Sieved(_)) {
                assert_eq!(bytes.len(), len, "{record:?}");
                let longer = [&bytes[..], b"x"].concat();
                assert_eq!(Record::read(&longer), None, "{record:?}");
            }
            let mut other = bytes;
            other[0] = b'?';
            assert_eq!(Record::read(&other), None, "{record:?}");
        }
        let empty = Record::Withdrawn(n, 4..4);
        assert_eq!(Record::read(&empty.to_bytes()), None);
    }
}
