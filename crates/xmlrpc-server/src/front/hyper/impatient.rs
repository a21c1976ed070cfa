//! An answer has a time in which its client has to take it.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::places::Guest;
use super::tcp::Tcp;

/// A stream that fails when what is written to it is not all taken in a time, which begins
/// when the system can buffer no more of it. A client that reads drop by drop does not
/// extend it.
#[derive(Debug)]
pub(super) struct Impatient<'a, S> {
    inner: S,
    guest: &'a Guest<'a>,
    patience: Duration,
    end: Option<Pin<Box<Sleep>>>,
}

impl<'a, S> Impatient<'a, S> {
    /// Tells `guest` when all of an answer is written.
    pub(super) fn new(inner: S, guest: &'a Guest<'a>, patience: Duration) -> Self {
        Impatient {
            inner,
            guest,
            patience,
            end: None,
        }
    }

    /// Passes on what a write came to, unless the time is up.
    fn judge<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let patience = self.patience;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(end.as_mut().poll(context));
        let late = io::Error::new(ErrorKind::TimedOut, "the client does not read its answer");
        Poll::Ready(Err(late))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(context, written)
    }

    /// What hyper does once all of an answer is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        let flushed = ready!(self.judge(context, flushed));
        self.end = None;
        self.guest.has_written();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.judge(context, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, pieces);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

impl<S: Tcp> Tcp for Impatient<'_, S> {
    fn tcp(&self) -> &TcpStream {
        self.inner.tcp()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}
