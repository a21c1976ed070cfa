//! A server of SCGI in the test's own process.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::thread;

use xmlrpc_server::Service;

/// A server that answers as rTorrent does: each call on a connection of its own, by one thread.
/// It ends with the test's process.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScgiServer {
    /// The URL at which it is called.
    pub url: String,
}

impl ScgiServer {
    /// Starts a server of `service` on a port that the system chooses.
    pub fn start(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("scgi://{}", listener.local_addr().unwrap());
        serve(service, move || Ok(listener.accept()?.0));
        ScgiServer { url }
    }

    /// Starts a server of `service` on a Unix socket.
    pub fn on_socket(service: Service, socket: &str) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        serve(service, move || Ok(listener.accept()?.0));
        ScgiServer {
            url: format!("scgi+unix:{socket}"),
        }
    }
}

fn serve<S: Read + Write + Send + 'static>(
    service: Service,
    accept: impl Fn() -> io::Result<S> + Send + 'static,
) {
    let service = Arc::new(service);
    thread::spawn(move || {
        while let Ok(mut stream) = accept() {
            let service = Arc::clone(&service);
            // A client may only look whether somebody listens.
            thread::spawn(move || answer(&mut stream, &service));
        }
    });
}

fn answer(stream: &mut (impl Read + Write), service: &Service) -> io::Result<()> {
    let mut body = vec![0; read_head(stream)?];
    stream.read_exact(&mut body)?;
    let answer = service.answer(&body);
    let head = format!(
        "Status: 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        answer.len()
    );
    stream.write_all(&[head.as_bytes(), &answer].concat())
}

/// Reads the head of a request. Returns the length of its body.
fn read_head(stream: &mut impl Read) -> io::Result<usize> {
    let mut length = 0;
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte)?;
        match byte[0] {
            b':' => break,
            digit @ b'0'..=b'9' if length < 1_000_000 => {
                length = length * 10 + usize::from(digit - b'0');
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    let mut fields = vec![0; length + 1];
    stream.read_exact(&mut fields)?;
    let text = String::from_utf8_lossy(&fields);
    let mut texts = text.split('\0');
    match (texts.next(), texts.next().map(str::parse)) {
        (Some("CONTENT_LENGTH"), Some(Ok(length))) if text.ends_with("\0,") => Ok(length),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
