//! P6: a server that lies, in the way of each row of a table, beside an honest one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use reparte::{Repartidor, RunSummary, ServerState, XmlRpc};
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

use test_support::{LocalServer, PATIENCE};

/// The calls of each run.
const TASKS: i64 = 12;

/// One way to lie about the square of a number.
struct Lie {
    name: &'static str,
    /// Answers a call of this number on a connection.
    tell: fn(&mut TcpStream, i64) -> std::io::Result<()>,
    /// True if only a check of the value detects it.
    plausible: bool,
    /// True if some of its answers are true.
    half_true: bool,
}

const fn lie(name: &'static str, tell: fn(&mut TcpStream, i64) -> std::io::Result<()>) -> Lie {
    Lie {
        name,
        tell,
        plausible: false,
        half_true: false,
    }
}

const fn plausible(lie: Lie) -> Lie {
    Lie {
        plausible: true,
        ..lie
    }
}

const fn half_true(lie: Lie) -> Lie {
    Lie {
        half_true: true,
        ..lie
    }
}

fn response(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><methodResponse><params><param><value>{value}</value></param>\
         </params></methodResponse>"
    )
}

fn int(n: i64) -> String {
    response(&format!("<int>{n}</int>"))
}

fn page(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    page("200 OK", "", body.as_ref())
}

/// Returns an answer with these header lines and this body.
fn head_and(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n{head}\r\n{body}").into_bytes()
}

/// Writes the same text again and again until nobody reads it.
fn endless(to: &mut TcpStream, first: &str, again: &str) -> std::io::Result<()> {
    to.write_all(first.as_bytes())?;
    let chunk = again.repeat(1 + 65_536 / again.len());
    loop {
        to.write_all(chunk.as_bytes())?;
    }
}

/// Writes nothing more, and waits until the other side closes the connection.
fn wait(to: &mut TcpStream) -> std::io::Result<()> {
    to.read_to_end(&mut Vec::new()).map(drop)
}

const LIES: &[Lie] = &[
    lie("no answer at all", |_, _| Ok(())),
    lie("silence", |to, _| wait(to)),
    lie("a body that ends early", |to, n| {
        let whole = ok(int(n * n));
        to.write_all(&whole[..whole.len() - 30])
    }),
    lie("a body without a length that ends early", |to, n| {
        let body = int(n * n);
        to.write_all(b"HTTP/1.0 200 OK\r\n\r\n")?;
        to.write_all(&body.as_bytes()[..body.len() - 30])
    }),
    plausible(lie("the answer to another task", |to, n| {
        to.write_all(&ok(int((n + 1) * (n + 1))))
    })),
    plausible(lie("a wrong value", |to, n| {
        to.write_all(&ok(int(n * n + 1)))
    })),
    plausible(lie("the same value for all", |to, _| {
        to.write_all(&ok(int(-1)))
    })),
    lie("a value of another type", |to, n| {
        to.write_all(&ok(response(&format!("<string>{}</string>", n * n))))
    }),
    lie("a number beyond 64 bits", |to, _| {
        to.write_all(&ok(response("<int>99999999999999999999999</int>")))
    }),
    lie("a double", |to, n| {
        to.write_all(&ok(response(&format!("<double>{}.5</double>", n * n))))
    }),
    lie("an endless body", |to, _| {
        endless(to, "HTTP/1.0 200 OK\r\n\r\n<methodResponse>", " ")
    }),
    lie("an endless body in chunks", |to, _| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        endless(to, head, "8\r\n        \r\n")
    }),
    lie("endless heads", |to, _| {
        endless(to, "HTTP/1.1 200 OK\r\n", "X-More: y\r\n")
    }),
    lie("an endless line", |to, _| {
        endless(to, "HTTP/1.1 200 OK\r\nX: ", "y")
    }),
    lie("a storm of 1xx", |to, _| {
        endless(to, "", "HTTP/1.1 100 Continue\r\n\r\n")
    }),
    lie("a huge header", |to, n| {
        let header = format!("X-Huge: {}\r\n", "y".repeat(4 << 20));
        to.write_all(&page("200 OK", &header, int(n * n).as_bytes()))
    }),
    lie("a drip", |to, n| {
        for byte in ok(int(n * n + 1)) {
            to.write_all(&[byte])?;
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }),
    lie("XML that is no XML-RPC", |to, n| {
        to.write_all(&ok(format!("<square of=\"{n}\">{}</square>", n * n)))
    }),
    lie("a page of HTML", |to, _| {
        to.write_all(&ok("<!DOCTYPE html><html><body><p>It works!</body></html>"))
    }),
    lie("two answers in a body", |to, n| {
        to.write_all(&ok(int(n * n) + &int(n * n + 1)))
    }),
    half_true(lie("a second answer that nobody asked for", |to, n| {
        to.write_all(&[ok(int(n * n)), ok(int(-1)), ok(int(-2))].concat())
    })),
    // Sent when the next call is on its way, it looks like that call's answer.
    plausible(half_true(lie(
        "a second answer, a little later",
        |to, n| {
            to.write_all(&ok(int(n * n)))?;
            thread::sleep(Duration::from_millis(20));
            to.write_all(&ok(int(-1)))
        },
    ))),
    lie("the answer to a call that was given up", |to, _| {
        thread::sleep(Duration::from_secs(3));
        to.write_all(&ok(int(-1)))
    }),
    lie("a length that is too short", |to, n| {
        to.write_all(&head_and("Content-Length: 60\r\n", &int(n * n)))
    }),
    lie("a length that is too long", |to, n| {
        to.write_all(&head_and("Content-Length: 9999\r\n", &int(n * n)))?;
        wait(to)
    }),
    lie("a length beyond all", |to, n| {
        let head = "Content-Length: 99999999999999999999999\r\n";
        to.write_all(&head_and(head, &int(n * n)))
    }),
    lie("a length that is no number", |to, n| {
        to.write_all(&head_and("Content-Length: many\r\n", &int(n * n)))
    }),
    lie("two lengths", |to, n| {
        let head = "Content-Length: 60\r\nContent-Length: 9999\r\n";
        to.write_all(&head_and(head, &int(n * n)))
    }),
    lie("chunks of no length", |to, n| {
        let body = format!("zz\r\n{}\r\n0\r\n\r\n", int(n * n));
        to.write_all(&head_and("Transfer-Encoding: chunked\r\n", &body))
    }),
    lie("gzip that is none", |to, n| {
        let body = int(n * n);
        to.write_all(&page(
            "200 OK",
            "Content-Encoding: gzip\r\n",
            body.as_bytes(),
        ))
    }),
    lie("another place to ask", |to, n| {
        let headers = "Location: /elsewhere\r\n";
        to.write_all(&page("302 Found", headers, int(n * n).as_bytes()))
    }),
    lie("a part of it", |to, n| {
        to.write_all(&page("206 Partial Content", "", int(n * n).as_bytes()))
    }),
    lie("an error with an answer", |to, n| {
        to.write_all(&page("500 Oh", "", int(n * n).as_bytes()))
    }),
    lie("an empty body", |to, _| to.write_all(&ok(""))),
    lie("a mark of another encoding", |to, n| {
        to.write_all(&ok(
            [b"\xff\xfe\xef\xbb\xbf", int(n * n).as_bytes()].concat()
        ))
    }),
    lie("bytes that are no text", |to, n| {
        let (head, tail) = (b"<?xml version=\"1.0\"?>\xc3\x28", int(n * n));
        to.write_all(&ok([head, tail.as_bytes()].concat()))
    }),
    lie("deep nesting", |to, _| {
        let deep = "<value><array><data>".repeat(200_000);
        to.write_all(&ok(format!("<methodResponse><params><param>{deep}")))
    }),
    lie("NUL bytes", |to, n| {
        to.write_all(&ok(int(n * n).replace("<int>", "<int>\0")))
    }),
    lie("nothing but NUL bytes", |to, _| {
        to.write_all(&ok([0; 4096]))
    }),
    lie("entities of entities", |to, _| {
        let body = "<!DOCTYPE a [<!ENTITY b \"lol\"><!ENTITY c \"&b;&b;&b;\">]>\
                    <methodResponse><params><param><value>&c;</value></param></params>\
                    </methodResponse>";
        to.write_all(&ok(body))
    }),
    lie("a fault without a code", |to, _| {
        let body = "<methodResponse><fault><value><struct><member><name>faultString</name>\
                    <value>oh</value></member></struct></value></fault></methodResponse>";
        to.write_all(&ok(body))
    }),
    lie("a fault and a value", |to, n| {
        let fault = "<fault><value><int>1</int></value></fault></methodResponse>";
        to.write_all(&ok(int(n * n).replace("</methodResponse>", fault)))
    }),
    lie("no value", |to, _| {
        to.write_all(&ok("<methodResponse><params></params></methodResponse>"))
    }),
    lie("two values", |to, n| {
        let two = "</param><param><value><int>1</int></value></param>";
        to.write_all(&ok(int(n * n).replace("</param>", two)))
    }),
    lie("a call", |to, n| {
        to.write_all(&ok(int(n * n).replace("methodResponse", "methodCall")))
    }),
    lie("no HTTP", |to, _| to.write_all(b"SSH-2.0-OpenSSH_9.6\r\n")),
    lie("an answer without a head", |to, n| {
        to.write_all(int(n * n).as_bytes())
    }),
];

/// Starts a server that lies about squares. Returns its address, and its count of calls.
fn liar(lie: &'static Lie) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let calls = Arc::<AtomicU64>::default();
    let counted = Arc::clone(&calls);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let calls = Arc::clone(&counted);
            thread::spawn(move || {
                // The client may close the connection in the middle of an answer.
                let _ = converse(stream, lie, &calls);
            });
        }
    });
    (address, calls)
}

/// Answers calls on a connection until one side closes it.
fn converse(mut stream: TcpStream, lie: &Lie, calls: &AtomicU64) -> std::io::Result<()> {
    let mut from = BufReader::new(stream.try_clone()?);
    while let Some(body) = read_request(&mut from)? {
        let number = body.split(['>', '<']).find_map(|word| word.parse().ok());
        let Some(number) = number.filter(|_| body.contains("<methodName>cuad<")) else {
            // Like Python's server, it does not have the method reparte.status.
            let body = "<methodResponse><fault><value><struct><member><name>faultCode</name>\
                        <value><int>1</int></value></member><member><name>faultString</name>\
                        <value>no such method</value></member></struct></value></fault>\
                        </methodResponse>";
            stream.write_all(&ok(body))?;
            continue;
        };
        calls.fetch_add(1, SeqCst);
        (lie.tell)(&mut stream, number)?;
        if !lie.half_true {
            return stream.shutdown(Shutdown::Write);
        }
    }
    Ok(())
}

fn read_request(from: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(String::from_utf8(body).ok())
}

/// Starts an honest server of squares, which all runs share.
fn honest() -> LocalServer {
    let mut service = Service::new();
    service.register("cuad", |n: i64| n * n).unwrap();
    let mut options = hyper::Options::default();
    options.workers = LIES.len();
    LocalServer::with(service, options)
}

fn run(lie: &'static Lie, honest: &str) -> (Vec<i64>, RunSummary, u64) {
    let (liar, calls) = liar(lie);
    // The first idle server in the list gets the first call.
    let servers = [format!("1/{liar}"), format!("1/{honest}")];
    let servers = XmlRpc::list(&servers, "cuad").unwrap();
    let mut run = Repartidor::builder().destinos(servers);
    if lie.plausible {
        run = run.verify(|&(n,): &(i64,), square| match n * n == *square {
            true => Ok(()),
            false => Err(format!("{square} is not the square of {n}")),
        });
    }
    let mut reparto = run.start().unwrap();
    let handle = reparto.handle();
    for n in 0..TASKS {
        reparto.enviar((n,)).unwrap();
    }
    let results = reparto.terminar().unwrap();
    (results, handle.summary(), calls.load(SeqCst))
}

/// P6: no lie reaches the output, and none keeps the run from its end.
#[test]
fn p6_no_lie_reaches_the_output() {
    let honest = honest();
    let (sender, ended) = channel();
    for lie in LIES {
        let (honest, sender) = (honest.address.clone(), sender.clone());
        thread::spawn(move || drop(sender.send((lie.name, run(lie, &honest)))));
    }
    drop(sender);
    let mut left: Vec<&str> = LIES.iter().map(|lie| lie.name).collect();
    while !left.is_empty() {
        let Ok((name, (results, account, calls))) = ended.recv_timeout(PATIENCE) else {
            panic!("a run failed, or did not end: {left:?}");
        };
        left.retain(|&other| other != name);
        let lie = LIES.iter().find(|lie| lie.name == name).unwrap();
        let squares: Vec<i64> = (0..TASKS).map(|n| n * n).collect();
        assert_eq!(results, squares, "{name}");
        assert!(calls > 0, "{name}: it was never asked");
        let liar = &account.servers[0];
        assert!(lie.half_true || liar.tasks == 0, "{name}: {account}");
        assert_eq!(account.lost(), 0, "{name}");
        if lie.plausible && !lie.half_true {
            assert_eq!((liar.state, calls), (ServerState::Quarantined, 1), "{name}");
        }
    }
    eprintln!("P6: {} lies, none delivered", LIES.len());
}
