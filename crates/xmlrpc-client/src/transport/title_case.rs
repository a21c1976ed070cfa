//! The layer between ureq and a connection that writes the names of headers in title case.
//!
//! ureq writes them in small letters. Some servers compare them as they are.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Puts a [`TitleCase`] over a connection.
#[derive(Debug)]
pub(super) struct TitleCaseConnector {
    /// The names are changed.
    pub(super) is_on: bool,
}

impl<In: Transport> Connector<In> for TitleCaseConnector {
    type Out = TitleCase<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|connection| TitleCase {
            connection,
            place: self.is_on.then_some(Place::FirstLine),
        }))
    }
}

/// A connection that changes the heads of requests.
#[derive(Debug)]
pub(super) struct TitleCase<T> {
    connection: T,
    /// The place of the next byte to be sent. `None` if nothing is changed.
    place: Option<Place>,
}

/// A place in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    FirstLine,
    /// At the beginning of a name, or behind one of its hyphens.
    WordStart,
    Word,
    Value,
    Body,
}

impl Place {
    /// Changes a byte that is to be sent from here, and returns the place behind it.
    fn pass(self, byte: &mut u8) -> Place {
        match (self, *byte) {
            (Place::Body, _) => Place::Body,
            (Place::FirstLine | Place::Value, b'\n') => Place::WordStart,
            (Place::FirstLine | Place::Value, _) => self,
            // The empty line that ends a head.
            (Place::WordStart, b'\r' | b'\n') => Place::Body,
            (Place::WordStart | Place::Word, b':') => Place::Value,
            (Place::WordStart | Place::Word, b'-') => Place::WordStart,
            (Place::WordStart, _) => {
                byte.make_ascii_uppercase();
                Place::Word
            }
            (Place::Word, _) => Place::Word,
        }
    }
}

impl<T: Transport> Transport for TitleCase<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if let Some(place) = &mut self.place {
            let output = self.connection.buffers().output();
            for byte in output.iter_mut().take(amount) {
                *place = place.pass(byte);
            }
        }
        self.connection.transmit_output(amount, timeout)
    }

    fn maybe_await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.connection.maybe_await_input(timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        // A response is read once its request has been sent: another one follows.
        if let Some(place) = &mut self.place {
            *place = Place::FirstLine;
        }
        self.connection.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}
