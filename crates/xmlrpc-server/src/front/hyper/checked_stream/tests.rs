//! Tests of the checked stream over a connection whose bytes come in given pieces.

use std::collections::VecDeque;
use std::task::Waker;

use super::*;
use crate::front::hyper::socket::Socket;

/// A connection from which bytes come, and into which bytes are written.
#[derive(Debug, Default)]
struct Script {
    pieces: VecDeque<Vec<u8>>,
    /// The stream ends behind the pieces; otherwise it is silent.
    ends: bool,
    /// The number of times that bytes were acknowledged.
    acknowledged: std::cell::Cell<usize>,
    written: Vec<u8>,
    is_vectored: bool,
    is_flushed: bool,
    is_shut_down: bool,
}

impl Script {
    fn new(bytes: &[u8], piece: usize) -> Self {
        Script {
            pieces: bytes.chunks(piece).map(<[u8]>::to_vec).collect(),
            ..Script::default()
        }
    }

    fn ending(bytes: &[u8], piece: usize) -> Self {
        Script {
            ends: true,
            ..Script::new(bytes, piece)
        }
    }
}

impl OverSocket for Script {
    fn socket(&self) -> &Socket {
        panic!("it has none")
    }

    fn acknowledge(&self) {
        self.acknowledged.set(self.acknowledged.get() + 1);
    }
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let ends = self.ends;
        let Some(piece) = self.pieces.front_mut() else {
            return if ends {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            };
        };
        let length = piece.len().min(buffer.remaining());
        buffer.put_slice(&piece[..length]);
        piece.drain(..length);
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_shut_down = true;
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let before = self.written.len();
        for piece in pieces {
            self.written.extend_from_slice(piece);
        }
        Poll::Ready(Ok(self.written.len() - before))
    }

    fn is_write_vectored(&self) -> bool {
        self.is_vectored
    }
}

/// The end of what a stream gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The end of the stream.
    Closed,
    /// More is waited for.
    Silent,
}

/// Reads once, into a buffer of this size.
fn read(stream: &mut CheckedStream<Script>, size: usize) -> Result<Vec<u8>, End> {
    let mut buffer = vec![0; size];
    let mut buffer = ReadBuf::new(&mut buffer);
    let mut context = Context::from_waker(Waker::noop());
    match Pin::new(stream).poll_read(&mut context, &mut buffer) {
        Poll::Ready(Ok(())) if buffer.filled().is_empty() => Err(End::Closed),
        Poll::Ready(Ok(())) => Ok(buffer.filled().to_vec()),
        Poll::Ready(Err(error)) => panic!("{error}"),
        Poll::Pending => Err(End::Silent),
    }
}

/// Reads all that a stream gives.
fn read_all(stream: &mut CheckedStream<Script>, size: usize) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    for _ in 0..1 << 20 {
        let most = stream.held.len();
        assert!(most <= MAX_HEAD + 2 * HEAD_PIECE, "it holds {most}");
        match read(stream, size) {
            Ok(piece) => bytes.extend(piece),
            Err(end) => return (bytes, end),
        }
    }
    panic!("it never ends")
}

const SIZES: [usize; 6] = [1, 2, 3, 17, 4096, 100_000];

/// Reads `bytes` in pieces and buffers of many sizes, and checks what the stream gives.
fn check(bytes: &[u8], expected: &[u8], end: End) {
    for piece in SIZES {
        for size in SIZES {
            let context = || format!("{piece} {size} {}", bytes.escape_ascii());
            let mut stream = CheckedStream::new(Script::ending(bytes, piece));
            let (given, found) = read_all(&mut stream, size);
            assert!(given == expected, "{}: {}", context(), given.escape_ascii());
            assert_eq!(found, end, "{}", context());
            // It stays ended.
            assert_eq!(read(&mut stream, size), Err(end), "{}", context());
        }
    }
}

const CLOSING: &str = "POST / HTTP/1.1\r\nConnection: close\r\n";

#[test]
fn requests_pass_in_pieces_of_any_size() {
    let first = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n<?xml";
    let second = "GET /a HTTP/1.1\r\n\r\n";
    for bytes in [
        first.to_owned(),
        format!("{first}{second}{first}"),
        format!("{second}{first}{second}"),
        // The end of a body of another length is no head.
        "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n\0\r\n\r\n\0\r\n\r\n\0".to_owned(),
    ] {
        check(bytes.as_bytes(), bytes.as_bytes(), End::Closed);
    }
    // Empty lines before a request are dropped, eight at most each time.
    let empty = "\r\n".repeat(8);
    let bytes = format!("{empty}{second}{empty}{first}{empty}");
    let expected = format!("{second}{first}");
    check(bytes.as_bytes(), expected.as_bytes(), End::Closed);
}

#[test]
fn bytes_behind_a_body_in_chunks_are_passed_on_unchecked() {
    let bytes = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\0\r\n\r\n\r\n";
    check(bytes, bytes, End::Closed);
}

#[test]
fn an_ambiguous_head_is_replaced_by_one_that_is_refused() {
    let right = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n<?xml";
    let refused = [right.as_bytes(), REFUSED_HEAD].concat();
    for head in [
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\nHost: h\n\n",
        &"\r\n".repeat(9),
    ] {
        for rest in ["", "GET / HTTP/1.1\r\n\r\n"] {
            let bytes = format!("{right}{head}{rest}");
            check(bytes.as_bytes(), &refused, End::Closed);
        }
    }
}

#[test]
fn a_long_head_is_passed_on() {
    for beyond in [0, 1, 10_000] {
        let bytes = format!("GET / HTTP/1.1\r\na: {}", "b".repeat(MAX_HEAD + beyond));
        let mut stream = CheckedStream::new(Script::ending(bytes.as_bytes(), 1000));
        let (given, end) = read_all(&mut stream, 1000);
        assert!(given == bytes.as_bytes(), "{}", given.len());
        assert_eq!(end, End::Closed);
    }
    // At the limit it may still end.
    let begin = "GET / HTTP/1.1\r\na: ";
    let bytes = format!("{begin}{}", "b".repeat(MAX_HEAD - begin.len()));
    let mut stream = CheckedStream::new(Script::ending(bytes.as_bytes(), 1000));
    assert_eq!(read_all(&mut stream, 1000), (Vec::new(), End::Closed));
}

#[test]
fn the_end_behind_the_last_request_is_kept_back() {
    let length = format!("{CLOSING}Content-Length: 5\r\n\r\n<?xml");
    let chunked = format!("{CLOSING}Transfer-Encoding: chunked\r\n\r\n5\r\n<?xml\r\n0\r\n\r\n");
    let old = "GET / HTTP/1.0\r\n\r\n";
    for whole in [&length, &chunked, old, &format!("{CLOSING}\r\n")] {
        check(whole.as_bytes(), whole.as_bytes(), End::Silent);
        let kept = format!("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n{whole}");
        check(kept.as_bytes(), kept.as_bytes(), End::Silent);
    }
    for broken in [&length, &chunked] {
        for missing in 1..5 {
            let bytes = &broken.as_bytes()[..broken.len() - missing];
            check(bytes, bytes, End::Closed);
        }
    }
    // A head that is not whole: of another request, or of the last one.
    let half = "GET / HTTP/1.1\r\n";
    check(
        format!("{length}{half}").as_bytes(),
        length.as_bytes(),
        End::Closed,
    );
    check(
        format!("{length}\r").as_bytes(),
        length.as_bytes(),
        End::Closed,
    );
    check(CLOSING.as_bytes(), b"", End::Closed);
    // One that may be followed by another.
    let kept = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    check(kept.as_bytes(), kept.as_bytes(), End::Closed);
}

#[test]
fn an_idle_connection_holds_nothing() {
    for bytes in [
        "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n<?xml",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        for piece in SIZES {
            for size in SIZES {
                let mut stream = CheckedStream::new(Script::new(bytes.as_bytes(), piece));
                let (given, end) = read_all(&mut stream, size);
                assert_eq!((given.as_slice(), end), (bytes.as_bytes(), End::Silent));
                assert_eq!((stream.held.len(), stream.passed), (0, 0), "{piece} {size}");
                assert_eq!(stream.held.capacity(), 0, "{piece} {size}");
            }
        }
    }
}

#[test]
fn what_has_been_passed_on_is_let_go_at_the_next_read() {
    let head = b"GET / HTTP/1.1\r\n\r\n";
    let mut stream = CheckedStream::new(Script::new(&head.repeat(10_000), 4096));
    for _ in 0..10_000 {
        assert_eq!(read(&mut stream, 4096).unwrap(), head);
        assert!(stream.held.len() < 2 * HEAD_PIECE, "{}", stream.held.len());
    }
}

#[test]
fn a_part_of_a_request_is_acknowledged() {
    let length = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n<?xml";
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (bytes, is_acknowledged) in [
        ("", false),
        ("P", true),
        (&length[..length.len() - 5], true),
        (&length[..length.len() - 1], true),
        (length, false),
        (chunked, true),
    ] {
        let mut stream = CheckedStream::new(Script::new(bytes.as_bytes(), 4096));
        assert_eq!(read_all(&mut stream, 4096).1, End::Silent);
        let acknowledged = stream.inner.acknowledged.get();
        assert_eq!(acknowledged > 0, is_acknowledged, "{bytes:?}");
    }
}

#[test]
fn a_body_is_read_in_large_pieces() {
    let body = "x".repeat(50_000);
    let head = "POST / HTTP/1.1\r\nContent-Length: 50000\r\n\r\n";
    let pieces = [head, &body].map(|bytes| bytes.as_bytes().to_vec());
    let mut stream = CheckedStream::new(Script {
        pieces: pieces.into(),
        ..Script::default()
    });
    assert_eq!(read(&mut stream, 100_000).unwrap(), head.as_bytes());
    assert_eq!(read(&mut stream, 100_000).unwrap(), body.as_bytes());
}

#[test]
fn a_full_buffer_takes_nothing() {
    let mut stream = CheckedStream::new(Script::new(b"GET / HTTP/1.1\r\n\r\n", 4096));
    assert_eq!(read(&mut stream, 0), Err(End::Closed));
    assert_eq!(stream.inner.acknowledged.get(), 0);
}

#[test]
fn answers_go_to_the_connection() {
    let mut stream = CheckedStream::new(Script::default());
    let context = &mut Context::from_waker(Waker::noop());
    assert!(matches!(
        Pin::new(&mut stream).poll_write(context, b"abc"),
        Poll::Ready(Ok(3))
    ));
    let pieces = [io::IoSlice::new(b"de"), io::IoSlice::new(b"fgh")];
    assert!(matches!(
        Pin::new(&mut stream).poll_write_vectored(context, &pieces),
        Poll::Ready(Ok(5))
    ));
    assert!(!stream.is_write_vectored());
    stream.inner.is_vectored = true;
    assert!(stream.is_write_vectored());
    assert!(Pin::new(&mut stream).poll_flush(context).is_ready());
    assert!(Pin::new(&mut stream).poll_shutdown(context).is_ready());
    assert_eq!(stream.inner.written, b"abcdefgh");
    assert!(stream.inner.is_flushed && stream.inner.is_shut_down);
}
