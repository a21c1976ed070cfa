//! The limits of one execution of a program.

use std::time::Duration;

use xmlrpc_wire::Limits as DocumentLimits;

/// The bytes of an answer beside the text of its one value, and some to spare.
const ENVELOPE: u64 = 512;

/// The most that a call may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) time: Duration,
    /// The most bytes on standard output.
    pub(crate) output_bytes: u64,
    /// The time for which a process that the program has left may hold its output in silence.
    pub(crate) output_grace: Duration,
    /// The most bytes that are kept of the end of the error output.
    pub(crate) error_bytes: usize,
}

impl Limits {
    /// Returns the most bytes of output that clients read unless they are told to read more, if
    /// these are fewer than the program may print.
    pub(crate) fn most_readable(&self, as_base64: bool) -> Option<u64> {
        let answer = DocumentLimits::default().bytes as u64 - ENVELOPE;
        let most = match as_base64 {
            // Four characters for three bytes.
            true => answer / 4 * 3,
            // Fewer if many are `<`, `>` and `&`, which are escaped.
            false => answer,
        };
        (self.output_bytes > most).then_some(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_client_reads_is_below_its_limit_on_answers() {
        let limits = |output_bytes| Limits {
            time: Duration::ZERO,
            output_bytes,
            output_grace: Duration::ZERO,
            error_bytes: 0,
        };
        for as_base64 in [false, true] {
            let most = limits(u64::MAX).most_readable(as_base64).unwrap();
            assert_eq!(limits(most).most_readable(as_base64), None);
            assert_eq!(limits(most + 1).most_readable(as_base64), Some(most));
            let value = match as_base64 {
                true => xmlrpc_wire::Bytes(vec![0; most as usize]).into(),
                false => xmlrpc_wire::Value::String("a".repeat(most as usize)),
            };
            let document = xmlrpc_wire::encode_response(&value).unwrap();
            let read = xmlrpc_wire::decode_response(&document, &DocumentLimits::default());
            assert_eq!(read.unwrap(), Ok(value));
        }
    }
}
