//! The time limit on the writing of an answer.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::front::hyper::connection_limit::TrackedConnection;
use crate::front::hyper::socket::{OverSocket, Socket};

/// A stream that fails if its client does not take an answer in time.
///
/// The time begins when the system can buffer no more of the answer, and ends when all of it
/// is flushed. A client that reads a little now and then does not extend it.
#[derive(Debug)]
pub(crate) struct WriteTimeout<'a, S> {
    inner: S,
    connection: &'a TrackedConnection<'a>,
    limit: Duration,
    /// Runs from the first write that had to wait to the flush.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<'a, S> WriteTimeout<'a, S> {
    /// Returns a stream that tells `connection` when all of an answer is written.
    pub(crate) fn new(inner: S, connection: &'a TrackedConnection<'a>, limit: Duration) -> Self {
        WriteTimeout {
            inner,
            connection,
            limit,
            timer: None,
        }
    }

    /// Returns the result of a write, or an error if it waits and the time has passed.
    fn limit<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(context));
        let late = io::Error::new(ErrorKind::TimedOut, "the client does not read its answer");
        Poll::Ready(Err(late))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.limit(context, written)
    }

    /// Flushes, which hyper does once all of an answer is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        let flushed = ready!(self.limit(context, flushed));
        self.timer = None;
        self.connection.mark_written();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.limit(context, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, pieces);
        self.limit(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

impl<S: OverSocket> OverSocket for WriteTimeout<'_, S> {
    fn socket(&self) -> &Socket {
        self.inner.socket()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}
