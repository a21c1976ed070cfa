//! The layer between ureq and a connection that reads the heads of responses.
//!
//! | stage | meaning | what ureq reads |
//! | --- | --- | --- |
//! | `Body` | a request is being sent, or a body read | the connection's own bytes |
//! | `Awaiting` | the request is out, its response's head is to come | nothing |
//! | `Head` | the head is there | the simplified head |
//! | `NotHttp` | what came is no head, or ended too early | all bytes since the request |
//!
//! First bytes of another protocol, such as TLS, are an error.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use crate::transport::other_protocol::OtherProtocol;
use crate::transport::response_head::{HeadState, ResponseHead};

/// Puts a [`HeadReader`] over a connection.
#[derive(Debug)]
pub(super) struct HeadReaderConnector;

impl<In: Transport> Connector<In> for HeadReaderConnector {
    type Out = HeadReader<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|connection| HeadReader {
            connection,
            stage: Stage::Body,
            head: ServedHead::default(),
            has_had_head: false,
        }))
    }
}

/// A connection whose responses have simple heads, and no interim responses before them.
#[derive(Debug)]
pub(super) struct HeadReader<T> {
    connection: T,
    stage: Stage,
    head: ServedHead,
    /// True once a head has come on the connection: the server speaks HTTP.
    has_had_head: bool,
}

#[derive(Debug)]
enum Stage {
    Body,
    Awaiting,
    Head,
    NotHttp,
}

impl<T: Transport> HeadReader<T> {
    /// Reads heads up to that of the response itself. Returns whether it is there.
    fn read_head(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let mut head = ResponseHead::default();
        // The first wait also sends what the connection holds of the request.
        let mut is_open = self.connection.await_input(timeout)?;
        loop {
            let buffers = self.connection.buffers();
            let taken = head.take(buffers.input());
            let (bytes, state) = taken.map_err(|error| Error::Other(Box::new(error)))?;
            buffers.input_consume(bytes);
            self.has_had_head |= state == HeadState::Whole;
            match state {
                HeadState::Whole if head.is_interim() => head = ResponseHead::default(),
                HeadState::Whole => {
                    self.stage = Stage::Head;
                    self.head = ServedHead::new(head.simplified());
                    return Ok(true);
                }
                HeadState::Partial if is_open => {
                    is_open = self.connection.await_input(timeout)?;
                }
                HeadState::Partial | HeadState::NotHttp => {
                    if let Some(protocol) = self.other_protocol(&head) {
                        return Err(Error::Other(Box::new(protocol)));
                    }
                    self.stage = Stage::NotHttp;
                    self.head = ServedHead::new(head.into_raw());
                    return Ok(is_open);
                }
            }
        }
    }
}

impl<T> HeadReader<T> {
    /// Returns the protocol that the first bytes of a connection tell, if it is not HTTP.
    fn other_protocol(&self, head: &ResponseHead) -> Option<OtherProtocol> {
        match self.has_had_head || head.is_http() {
            true => None,
            false => OtherProtocol::of(head.raw()),
        }
    }
}

impl<T: Transport> Transport for HeadReader<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        if let Stage::Head = self.stage
            && self.head.input().is_empty()
        {
            self.stage = Stage::Body;
        }
        match self.stage {
            Stage::Body | Stage::Awaiting => self.connection.buffers(),
            Stage::Head | Stage::NotHttp => &mut self.head,
        }
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stage = Stage::Awaiting;
        self.connection.transmit_output(amount, timeout)
    }

    fn maybe_await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        match matches!(self.stage, Stage::Awaiting) {
            false if self.buffers().can_use_input() => Ok(true),
            _ => self.await_input(timeout),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        match self.stage {
            Stage::Awaiting => self.read_head(timeout),
            Stage::Body | Stage::Head => self.connection.await_input(timeout),
            Stage::NotHttp => {
                let is_open = self.connection.await_input(timeout)?;
                let buffers = self.connection.buffers();
                self.head.bytes.extend_from_slice(buffers.input());
                let length = buffers.input().len();
                buffers.input_consume(length);
                Ok(is_open)
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}

/// A head that ureq reads from memory.
#[derive(Debug, Default)]
struct ServedHead {
    bytes: Vec<u8>,
    consumed: usize,
}

impl ServedHead {
    fn new(bytes: Vec<u8>) -> Self {
        ServedHead { bytes, consumed: 0 }
    }
}

/// Nothing is sent and nothing is received while a head is served, so only the methods that
/// read have a buffer.
impl Buffers for ServedHead {
    fn output(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input(&self) -> &[u8] {
        self.bytes.get(self.consumed..).unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input_appended(&mut self, _: usize) {}

    fn input_consume(&mut self, amount: usize) {
        self.consumed += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        (&mut [], &mut [])
    }

    fn can_use_input(&self) -> bool {
        self.consumed > 0 && !self.input().is_empty()
    }
}
