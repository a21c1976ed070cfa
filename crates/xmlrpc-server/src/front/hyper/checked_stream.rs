//! The stream between the socket and hyper, which passes on no head before it is checked.
//!
//! | state | bytes that come | then |
//! | --- | --- | --- |
//! | head | are held, until the head is whole and not ambiguous | body, or pass-through |
//! | head | make an ambiguous head | refused |
//! | head | make a head longer than [`MAX_HEAD`] | pass-through, and hyper refuses it |
//! | head | are empty lines before the first line | head; too many are refused |
//! | body | are passed on, up to the declared length | head |
//! | pass-through | are passed on: a body in chunks | no other; the connection closes after it |
//! | refused | are dropped; hyper gets [`REFUSED_HEAD`], answers 400 and closes | no other |
//!
//! A client may close its writing side once it has sent its last request, and says so with
//! `Connection: close` or HTTP/1.0. hyper would take the end of the stream for the client's
//! going, and is not told of it: the answer is sent, and ends the connection.
//!
//! Each byte of a head is looked at once, and nothing is kept that has been passed on: a
//! connection holds one head and one read at most.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::front::body_framing::BodyFraming;
use crate::front::hyper::chunked_body::ChunkedBody;
use crate::front::hyper::socket::OverSocket;
use crate::front::raw_head::{self, AmbiguousHead, MAX_HEAD};

/// The most bytes that are read at once while a head is awaited.
const HEAD_PIECE: usize = 4 * 1024;

/// The most bytes of a body that are read at once.
const BODY_PIECE: usize = 64 * 1024;

/// The bytes that hyper gets in place of a refused head: it answers 400, and closes.
const REFUSED_HEAD: &[u8] = b"\0\r\n\r\n";

/// A stream of requests that each have one end, whoever reads them.
#[derive(Debug)]
pub(crate) struct CheckedStream<S> {
    inner: S,
    /// Bytes that have been read: at most one head and one piece. The first `passed` of them
    /// have been passed on, and are let go at the next read.
    held: Vec<u8>,
    passed: usize,
    /// The number of held bytes, after the passed ones, that may be passed on.
    cleared: usize,
    /// The number of held bytes, after the passed ones, that have been searched for the end
    /// of a head. Not 0 only while nothing is cleared.
    searched: usize,
    /// The number of empty lines since the last request.
    empty_lines: usize,
    /// Bytes of the body that are yet to be cleared.
    body: u64,
    is_pass_through: bool,
    is_refused: bool,
    /// The request that was passed on last is the client's last one.
    is_last: bool,
    /// The cleared bytes are a head's.
    is_head: bool,
    /// The body in chunks that is passed through.
    chunks: ChunkedBody,
}

impl<S> CheckedStream<S> {
    pub(crate) fn new(inner: S) -> Self {
        CheckedStream {
            inner,
            held: Vec::new(),
            passed: 0,
            cleared: 0,
            searched: 0,
            empty_lines: 0,
            body: 0,
            is_pass_through: false,
            is_refused: false,
            is_last: false,
            is_head: false,
            chunks: ChunkedBody::new(),
        }
    }

    /// Passes on what is cleared. Returns whether there was anything.
    fn pass_on(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let length = self.cleared.min(buffer.remaining());
        buffer.put_slice(&self.held[self.passed..self.passed + length]);
        if self.is_pass_through && !self.is_head {
            let bytes = &self.held[self.passed..self.passed + length];
            self.chunks.advance(bytes);
        }
        self.passed += length;
        self.cleared -= length;
        if self.passed == self.held.len() {
            self.release();
        }
        length > 0
    }

    /// Returns whether the client has sent its last request to its end.
    fn is_complete(&self) -> bool {
        let is_whole = match self.is_pass_through {
            true => self.chunks.is_whole(),
            false => self.body == 0 && self.passed == self.held.len(),
        };
        self.is_last && is_whole
    }

    /// Lets go of what has been passed on, with the memory: an idle connection holds none.
    fn release(&mut self) {
        self.held = self.held.split_off(self.passed);
        self.passed = 0;
    }

    /// Takes bytes that have been read.
    fn hold(&mut self, bytes: &[u8]) {
        if self.passed > 0 {
            self.release();
        }
        self.held.extend_from_slice(bytes);
    }

    /// Clears as much of the held bytes as belongs to a checked request.
    fn clear(&mut self) {
        let rest = self.held.len() - self.passed;
        self.is_head = false;
        if self.is_pass_through {
            self.cleared = rest;
        } else if self.body > 0 {
            let length = usize::try_from(self.body).unwrap_or(usize::MAX);
            self.cleared = length.min(rest);
            self.body -= self.cleared as u64;
        } else if rest > 0 {
            match self.check_head() {
                Ok(length) => (self.cleared, self.is_head) = (length, true),
                Err(AmbiguousHead) => {
                    (self.held, self.passed) = (REFUSED_HEAD.to_vec(), 0);
                    (self.cleared, self.is_refused) = (REFUSED_HEAD.len(), true);
                }
            }
        }
    }

    /// Checks the head that is held. Returns its length, or 0 if it is not whole.
    fn check_head(&mut self) -> Result<usize, AmbiguousHead> {
        if self.searched == 0 {
            let bytes = &self.held[self.passed..];
            self.passed += raw_head::skip_empty_lines(bytes, &mut self.empty_lines)?;
        }
        let bytes = &self.held[self.passed..];
        if bytes == b"\r" {
            // Of an empty line, perhaps.
            return Ok(0);
        }
        let Some(length) = raw_head::find_end(bytes, self.searched)? else {
            self.searched = bytes.len();
            self.is_pass_through = bytes.len() > MAX_HEAD;
            self.is_last = false;
            return Ok(if self.is_pass_through { bytes.len() } else { 0 });
        };
        (self.searched, self.empty_lines) = (0, 0);
        let framing = raw_head::request_framing(&bytes[..length])?;
        self.is_last = framing.is_last;
        match framing.body {
            BodyFraming::Undeclared => {}
            BodyFraming::Length(length) => self.body = length,
            BodyFraming::Chunked => self.is_pass_through = true,
        }
        Ok(length)
    }
}

impl<S: AsyncRead + OverSocket + Unpin> CheckedStream<S> {
    /// Returns the end of a read of `length` bytes. 0 are the end of the stream, which is kept
    /// back where only the answer is left to come.
    fn end(&self, length: usize) -> Poll<io::Result<()>> {
        match length == 0 && self.is_complete() {
            true => Poll::Pending,
            false => Poll::Ready(Ok(())),
        }
    }

    /// Reads more of a request. If a part of it has come and the rest has to be waited for,
    /// that part is acknowledged.
    fn read_more(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        let is_amid_request = self.body > 0 || self.is_pass_through || !self.held.is_empty();
        if read.is_pending() && is_amid_request {
            self.inner.acknowledge();
        }
        read
    }
}

impl<S: AsyncRead + OverSocket + Unpin> AsyncRead for CheckedStream<S> {
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
            if this.pass_on(buffer) || this.is_refused || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            // Nothing is held in these two states: bytes go from the socket to hyper without
            // a copy.
            if this.held.is_empty() && this.is_pass_through {
                let before = buffer.filled().len();
                ready!(this.read_more(context, buffer))?;
                let bytes = &buffer.filled()[before..];
                this.chunks.advance(bytes);
                return this.end(bytes.len());
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
            let mut piece = [0; HEAD_PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(this.read_more(context, &mut piece))?;
            if piece.filled().is_empty() {
                // A head that is not whole never will be.
                return this.end(0);
            }
            this.hold(piece.filled());
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CheckedStream<S> {
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

#[cfg(test)]
mod tests;
