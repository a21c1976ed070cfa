//! The codec beside its rivals: four documents, decoded and encoded, in CPU time.
//!
//!     cargo run --release --bin codec -- [path of Python 3.13] [rounds]
//!
//! Every round measures every codec once over each document; the figures are medians
//! over the rounds, per document, and `peak` is the heap's above what there was before.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rustix::time::{ClockId, clock_gettime};
use xmlrpc_wire::readers::{complete, fast};
use xmlrpc_wire::{Bytes, DateTime, Limits, Struct, Value, decode_call, decode_response};
use xmlrpc_wire::{encode_call, encode_response};

/// The system's allocator, which counts what is allocated and how much of it at once.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn grown(bytes: usize) {
    COUNT.fetch_add(1, Relaxed);
    PEAK.fetch_max(NOW.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: everything is the system allocator's; the counters only watch.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        NOW.fetch_sub(layout.size(), Relaxed);
        grown(size);
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Sample {
    name: &'static str,
    xml: String,
    is_call: bool,
    /// Repeats that take some milliseconds.
    repeats: usize,
}

fn samples() -> Vec<Sample> {
    let ints: Vec<i32> = (0..10_000).map(|n: i32| n.wrapping_mul(214_013)).collect();
    let structs: Vec<Struct> = (0..1_000).map(person).collect();
    let bytes: Vec<u8> = (0..4 << 20)
        .map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let answer = |name, value: Value, repeats| Sample {
        name,
        xml: String::from_utf8(encode_response(&value).unwrap()).unwrap(),
        is_call: false,
        repeats,
    };
    let call = encode_call("factoriz_sum", &[Value::from("23434252232434")]).unwrap();
    vec![
        Sample {
            name: "tiny call",
            xml: String::from_utf8(call).unwrap(),
            is_call: true,
            repeats: 10_000,
        },
        answer("10,000 ints", Value::from(ints), 10),
        answer("1,000 structs", Value::from(structs), 10),
        answer("4 MiB base64", Value::Base64(bytes), 4),
    ]
}

fn person(n: i32) -> Struct {
    let moment = DateTime::new(2026, 11, (n % 28 + 1) as u8, 12, (n % 60) as u8, 0).unwrap();
    [
        ("id", Value::from(n)),
        ("name", Value::from(format!("Server number {n}"))),
        (
            "address",
            Value::from("http://machine.example:9000/RPC2?a=1&b=2"),
        ),
        ("load", Value::from(f64::from(n) / 7.0)),
        ("busy", Value::from(n % 3 == 0)),
        ("since", Value::from(moment)),
        ("key", Value::Base64(n.to_be_bytes().repeat(6))),
        ("ports", Value::from(vec![9000, 9000 + n])),
    ]
    .into_iter()
    .collect()
}

/// Work of a codec on a sample; `None` if the codec can't do it.
type Work<'s> = Option<Box<dyn Fn() + 's>>;

fn ours(sample: &Sample) -> [Work<'_>; 2] {
    let (xml, limits) = (sample.xml.as_bytes(), Limits::default());
    if sample.is_call {
        let call = decode_call(xml, &limits).unwrap();
        return [
            Some(Box::new(move || {
                drop(black_box(decode_call(xml, &limits).unwrap()))
            })),
            Some(Box::new(move || {
                drop(black_box(encode_call(&call.method, &call.params).unwrap()))
            })),
        ];
    }
    assert!(fast::decode_response(xml, &limits).is_some());
    let value = decode_response(xml, &limits).unwrap().unwrap();
    [
        Some(Box::new(move || {
            drop(black_box(decode_response(xml, &limits).unwrap()))
        })),
        Some(Box::new(move || {
            drop(black_box(encode_response(&value).unwrap()))
        })),
    ]
}

fn referee(sample: &Sample) -> [Work<'_>; 2] {
    let (xml, limits) = (sample.xml.as_bytes(), Limits::default());
    let decode: Box<dyn Fn()> = if sample.is_call {
        Box::new(move || drop(black_box(complete::decode_call(xml, &limits).unwrap())))
    } else {
        Box::new(move || drop(black_box(complete::decode_response(xml, &limits).unwrap())))
    };
    [Some(decode), None]
}

fn dxr(sample: &Sample) -> [Work<'_>; 2] {
    let xml = &sample.xml;
    if sample.is_call {
        let call = dxr::MethodCall::from_xml(xml).unwrap();
        return [
            Some(Box::new(move || {
                drop(black_box(dxr::MethodCall::from_xml(xml).unwrap()))
            })),
            Some(Box::new(move || drop(black_box(call.to_xml().unwrap())))),
        ];
    }
    let response = dxr::MethodResponse::from_xml(xml).unwrap();
    [
        Some(Box::new(move || {
            drop(black_box(dxr::MethodResponse::from_xml(xml).unwrap()))
        })),
        Some(Box::new(move || {
            drop(black_box(response.to_xml().unwrap()))
        })),
    ]
}

fn serde_xmlrpc(sample: &Sample) -> [Work<'_>; 2] {
    use serde_xmlrpc as other;
    let xml = &sample.xml;
    if sample.is_call {
        // It takes the arguments by value: their copy is one short string.
        let (name, params) = other::request_from_str(xml).unwrap();
        return [
            Some(Box::new(move || {
                drop(black_box(other::request_from_str(xml).unwrap()))
            })),
            Some(Box::new(move || {
                drop(black_box(
                    other::request_to_string(&name, params.clone()).unwrap(),
                ))
            })),
        ];
    }
    // Encoding takes the value by value, and a copy would be measured with it.
    let read = move || {
        drop(black_box(
            other::response_from_str::<other::Value>(xml).unwrap(),
        ))
    };
    [Some(Box::new(read)), None]
}

struct Said<'s>(&'s str);

impl<'s> xmlrpc::Transport for Said<'s> {
    type Stream = &'s [u8];

    fn transmit(
        self,
        _: &xmlrpc::Request<'_>,
    ) -> Result<Self::Stream, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.as_bytes())
    }
}

fn xmlrpc(sample: &Sample) -> [Work<'_>; 2] {
    if sample.is_call {
        return [None, None]; // a client, it reads answers only
    }
    let xml = &sample.xml;
    let read = move || xmlrpc::Request::new("m").call(Said(xml)).unwrap();
    let request = xmlrpc::Request::new("m").arg(read());
    [
        Some(Box::new(move || drop(black_box(read())))),
        Some(Box::new(move || {
            let mut out = Vec::new();
            request.write_as_xml(&mut out).unwrap();
            drop(black_box(out));
        })),
    ]
}

/// A struct of the third document, read with serde.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Person {
    id: i32,
    name: String,
    address: String,
    load: f64,
    busy: bool,
    since: DateTime,
    key: Bytes,
    ports: Vec<i32>,
}

/// Rust structs by serde, straight and through a `Value`.
fn people(sample: &Sample) -> Option<[(&'static str, [Work<'_>; 2]); 2]> {
    use xmlrpc_wire::serde as with_serde;
    if sample.name != "1,000 structs" {
        return None;
    }
    let (xml, limits) = (sample.xml.as_bytes(), Limits::default());
    type People = Vec<Person>;
    let people: People = with_serde::decode_response(xml, &limits).unwrap().unwrap();
    let (through, tight) = (people.clone(), limits.clone());
    Some([
        (
            "xmlrpc-wire, serde",
            [
                Some(Box::new(move || {
                    let read = with_serde::decode_response::<People>(xml, &limits);
                    drop(black_box(read.unwrap().unwrap()));
                })),
                Some(Box::new(move || {
                    drop(black_box(with_serde::encode_response(&people).unwrap()))
                })),
            ],
        ),
        (
            "the same through Value",
            [
                Some(Box::new(move || {
                    let value = decode_response(xml, &tight).unwrap().unwrap();
                    drop(black_box(with_serde::from_value::<People>(value).unwrap()));
                })),
                Some(Box::new(move || {
                    let value = with_serde::to_value(&through).unwrap();
                    drop(black_box(encode_response(&value).unwrap()));
                })),
            ],
        ),
    ])
}

fn cpu() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

struct Python {
    _child: Child,
    to: RefCell<ChildStdin>,
    from: RefCell<BufReader<ChildStdout>>,
}

impl Python {
    fn start(path: &str) -> Option<Python> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/codec.py");
        let mut child = Command::new(path)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        Some(Python {
            to: RefCell::new(child.stdin.take()?),
            from: RefCell::new(BufReader::new(child.stdout.take()?)),
            _child: child,
        })
    }

    fn seconds(&self, what: &str, path: &str, repeats: usize) -> f64 {
        writeln!(self.to.borrow_mut(), "{what} {path} {repeats}").unwrap();
        let mut line = String::new();
        self.from.borrow_mut().read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let mut args = std::env::args().skip(1);
    let python = args.next().and_then(|path| Python::start(&path));
    let rounds: usize = args.next().map_or(21, |text| text.parse().unwrap());
    println!("CPU time per document, medians of {rounds} rounds");
    println!("| document | | codec | µs | ratio to ours | peak bytes | allocations |");
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: |");
    for sample in samples() {
        let mut codecs: Vec<(&str, [Work<'_>; 2])> = vec![
            ("xmlrpc-wire", ours(&sample)),
            ("its complete reader", referee(&sample)),
            ("dxr 0.9", dxr(&sample)),
            ("serde_xmlrpc 0.2", serde_xmlrpc(&sample)),
            ("xmlrpc 0.15", xmlrpc(&sample)),
        ];
        codecs.extend(people(&sample).into_iter().flatten());
        let name = format!("versus-{}-{}.xml", std::process::id(), sample.xml.len());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, &sample.xml).unwrap();
        for (side, what) in ["decode", "encode"].into_iter().enumerate() {
            let mut figures: Vec<Vec<f64>> = vec![Vec::new(); codecs.len() + 1];
            for round in 0..=rounds {
                for (at, (_, works)) in codecs.iter().enumerate() {
                    let Some(work) = &works[side] else { continue };
                    let start = cpu();
                    (0..sample.repeats).for_each(|_| work());
                    // The first round warms up.
                    if round > 0 {
                        figures[at].push((cpu() - start) / sample.repeats as f64);
                    }
                }
                if let Some(python) = &python {
                    let repeats = sample.repeats.div_ceil(10);
                    let seconds = python.seconds(what, file.to_str().unwrap(), repeats);
                    if round > 0 {
                        figures[codecs.len()].push(seconds / repeats as f64);
                    }
                }
            }
            let best = median(&mut figures[0]);
            let size = sample.xml.len();
            let names = codecs
                .iter()
                .map(|(name, works)| (*name, works[side].as_deref()));
            for ((name, work), figures) in names.chain([("Python", None)]).zip(&mut figures) {
                if figures.is_empty() {
                    continue;
                }
                let seconds = median(figures);
                let (peak, count) = work.map(heap).unzip();
                let shown = |figure: Option<usize>| figure.map_or("".into(), |f| f.to_string());
                println!(
                    "| {} ({size} bytes) | {what} | {name} | {:.1} | {:.2} | {} | {} |",
                    sample.name,
                    seconds * 1e6,
                    seconds / best,
                    shown(peak),
                    shown(count)
                );
            }
        }
        let _ = std::fs::remove_file(&file);
    }
}

/// The heap's peak above what there was before, in bytes, and the number of allocations.
fn heap(work: &dyn Fn()) -> (usize, usize) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    COUNT.store(0, Relaxed);
    work();
    (PEAK.load(Relaxed) - before, COUNT.load(Relaxed))
}
