//! What stands between the socket and hyper: no head reaches hyper before the whole of
//! it has been judged.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::HEAD;
use super::framing::{self, Ambiguous, Framing};
use super::tcp::Tcp;

/// Bytes that are read at once while a head is awaited.
const PIECE: usize = 4 * 1024;

/// Bytes of a body that are read at once.
const BODY_PIECE: usize = 64 * 1024;

/// What hyper is given in place of a head that is refused: it answers 400, and closes.
const REFUSED: &[u8] = b"\0\r\n\r\n";

/// A connection whose requests have one end each, whoever reads them.
#[derive(Debug)]
pub(super) struct Strict<S> {
    inner: S,
    /// Bytes that have been read, of which `given` have been handed on.
    held: Vec<u8>,
    given: usize,
    /// How many of those that are held may be handed on.
    cleared: usize,
    /// How many of those that are held, and are not cleared, have been looked at.
    seen: usize,
    /// Bytes of the body that are yet to be cleared.
    body: u64,
    /// What comes is not looked at any more: a body in chunks, after which hyper is told
    /// to close the connection, or a head that is too long, which hyper refuses.
    is_open: bool,
    is_refused: bool,
}

impl<S> Strict<S> {
    pub(super) fn new(inner: S) -> Self {
        Strict {
            inner,
            held: Vec::new(),
            given: 0,
            cleared: 0,
            seen: 0,
            body: 0,
            is_open: false,
            is_refused: false,
        }
    }

    /// Hands on what may be, and tells whether there was anything.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let length = self.cleared.min(buffer.remaining());
        buffer.put_slice(&self.held[self.given..self.given + length]);
        self.given += length;
        self.cleared -= length;
        if self.given == self.held.len() {
            // An idle connection holds no memory here.
            (self.held, self.given) = (Vec::new(), 0);
        }
        length > 0
    }

    /// Clears of what is held as much as can be told to belong to a judged request.
    fn clear(&mut self) {
        let rest = self.held.len() - self.given;
        if self.is_open {
            self.cleared = rest;
        } else if self.body > 0 {
            let length = usize::try_from(self.body).unwrap_or(usize::MAX);
            self.cleared = length.min(rest);
            self.body -= self.cleared as u64;
        } else if rest > 0 {
            match self.judge() {
                Ok(length) => self.cleared = length,
                Err(Ambiguous) => {
                    (self.held, self.given) = (REFUSED.to_vec(), 0);
                    (self.cleared, self.is_refused) = (REFUSED.len(), true);
                }
            }
        }
    }

    /// The length of the head that is held; 0 until it is whole.
    fn judge(&mut self) -> Result<usize, Ambiguous> {
        let bytes = &self.held[self.given..];
        let Some(length) = framing::end(bytes, self.seen)? else {
            self.seen = bytes.len();
            self.is_open = bytes.len() > HEAD;
            return Ok(if self.is_open { bytes.len() } else { 0 });
        };
        self.seen = 0;
        match framing::judge(&bytes[..length])? {
            Framing::Sized(length) => self.body = length,
            Framing::Chunked => self.is_open = true,
        }
        Ok(length)
    }
}

impl<S: AsyncRead + Tcp + Unpin> Strict<S> {
    /// Reads more of a request; where a part of it is there already, the client is told
    /// so if there is a wait for the rest.
    fn read_more(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if read.is_pending() && (self.body > 0 || self.is_open || !self.held.is_empty()) {
            self.inner.acknowledge();
        }
        read
    }
}

impl<S: AsyncRead + Tcp + Unpin> AsyncRead for Strict<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if this.cleared == 0 {
                this.clear();
            }
            if this.give(buffer) || this.is_refused || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if this.held.is_empty() && this.is_open {
                return this.read_more(context, buffer);
            }
            if this.held.is_empty() && this.body > 0 {
                let body = usize::try_from(this.body).unwrap_or(usize::MAX);
                let most = body.min(buffer.remaining()).min(BODY_PIECE);
                let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
                ready!(this.read_more(context, &mut part))?;
                let length = part.filled().len();
                buffer.advance(length);
                this.body -= length as u64;
                return Poll::Ready(Ok(()));
            }
            let mut piece = [0; PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(this.read_more(context, &mut piece))?;
            if piece.filled().is_empty() {
                // Whatever was begun will not be ended.
                return Poll::Ready(Ok(()));
            }
            this.held.extend_from_slice(piece.filled());
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
