//! A bare exchange: so many bytes there, so many back, over loopback TCP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Serves exchanges of `sent` bytes for `answered`, a thread for each connection.
pub fn serve(sent: usize, answered: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("it listens"));
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        thread::spawn(move || {
            let (mut request, answer) = (vec![0; sent], vec![b'x'; answered]);
            while stream.read_exact(&mut request).is_ok() {
                if stream.write_all(&answer).is_err() {
                    break;
                }
            }
        });
    }
}

pub struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    pub fn new(address: &str, (sent, answered): (usize, usize)) -> Self {
        let stream = TcpStream::connect(address).expect("a server");
        stream.set_nodelay(true).expect("an option");
        Client {
            stream,
            request: vec![b'x'; sent],
            answer: vec![0; answered],
        }
    }

    pub fn exchange(&mut self) {
        self.stream.write_all(&self.request).expect("a reader");
        self.stream.read_exact(&mut self.answer).expect("an answer");
    }
}

/// Counts the bytes that `exchange` sends to the server and receives from it. It is given the
/// address of a relay.
pub fn measure(server: &str, exchange: impl FnOnce(&str)) -> (usize, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it listens").to_string();
    let server = TcpStream::connect(server).expect("a server");
    let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let counted = Arc::clone(&counts);
    thread::spawn(move || {
        let (client, _) = listener.accept().expect("a client");
        let ways = [
            (client.try_clone(), server.try_clone()),
            (Ok(server), Ok(client)),
        ];
        for (way, (from, to)) in ways.into_iter().enumerate() {
            let (mut from, mut to) = (from.expect("a stream"), to.expect("a stream"));
            let counted = Arc::clone(&counted);
            thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(length @ 1..) = from.read(&mut piece) {
                    counted[way].fetch_add(length, Ordering::SeqCst);
                    to.write_all(&piece[..length]).expect("a reader");
                }
            });
        }
    });
    exchange(&address);
    let [sent, answered] = &*counts;
    (sent.load(Ordering::SeqCst), answered.load(Ordering::SeqCst))
}
