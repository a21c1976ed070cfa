//! The time of a call, beside a bare exchange of as many bytes and beside dxr, in one run.
//!
//! `cargo run --release --bin calls` in this folder, with `-- ROUNDS CALLS` for other numbers
//! of rounds and of calls in each than 9 and 3,000. `-- table CLIENTS THREADS ROUNDS` measures
//! many clients at once instead, such as `-- table 1,8,32,128 default,2,4 5`. Each server is a
//! process of its own: this same program.

mod bare;
mod dxr;
mod ours;
#[path = "../process.rs"]
mod process;
mod stalls;
mod table;

use std::thread;
use std::time::{Duration, Instant};

use process::{Process, own_cpu_time};
use table::Table;

const CLIENTS: i32 = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().expect("a number");
    match arguments[..] {
        ["serve", "ours"] => ours::serve(0),
        ["serve", "ours", threads] => ours::serve(number(threads)),
        ["serve", "dxr"] => dxr::serve(),
        ["serve", "bare", sent, answered] => bare::serve(number(sent), number(answered)),
        // One client of one kind, for a profiler to look at.
        ["call", address, calls] => {
            let mut client = ours::Client::new(address);
            (0..number(calls)).for_each(|n| assert_eq!(client.call(n as i32), (n * n) as i32));
        }
        ["table", ..] => Table::from_arguments(&arguments[1..]).print(),
        [] => compare(9, 3000),
        [rounds, calls] => compare(number(rounds), number(calls)),
        _ => panic!("no arguments, ROUNDS CALLS, or table CLIENTS THREADS ROUNDS"),
    }
}

fn compare(rounds: usize, calls: usize) {
    let calls = i32::try_from(calls).expect("fewer calls");
    let ours = Process::start(&["serve", "ours"]);
    let dxr = Process::start(&["serve", "dxr"]);
    let bytes = bare::measure(&ours.said, |relay| {
        ours::Client::new(relay).call(7);
    });
    let bare = Process::start(&["serve", "bare", &bytes.0.to_string(), &bytes.1.to_string()]);
    println!("a call: {} bytes there, {} back\n", bytes.0, bytes.1);

    let mut figures: [Vec<Times>; 3] = Default::default();
    let mut totals: [Vec<f64>; 2] = Default::default();
    for _ in 0..rounds {
        let mut client = bare::Client::new(&bare.said, bytes);
        figures[0].push(times(&bare, calls, |_| client.exchange()));
        let mut client = ours::Client::new(&ours.said);
        figures[1].push(times(&ours, calls, |n| assert_eq!(client.call(n), n * n)));
        let mut client = dxr::Client::new(&dxr.said);
        figures[2].push(times(&dxr, calls, |n| assert_eq!(client.call(n), n * n)));
        let each = calls / 2;
        let connect = || ours::Client::new(&ours.said);
        totals[0].push(alone(each, connect, ours::Client::call));
        // Whichever way suits it better.
        let shared = dxr::shared(&dxr.said, CLIENTS, each);
        let connect = || dxr::Client::new(&dxr.said);
        totals[1].push(shared.max(alone(each, connect, dxr::Client::call)));
    }

    println!("| one client | p50 µs | p99 | p99.9 | calls/s | client's CPU µs | server's |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let all = figures.map(|rounds| Times::median(&rounds));
    for (name, times) in ["bare exchange", "ours", "dxr"].into_iter().zip(&all) {
        let [p50, p99, p999, rate, client, server] = times.0;
        println!(
            "| {name} | {p50:.1} | {p99:.1} | {p999:.1} | {rate:.0} | {client:.0} | {server:.0} |"
        );
    }
    let [bare, ours, dxr] = all;
    println!("\np50, ours / bare: {:.2}", ours.0[0] / bare.0[0]);
    println!("p50, dxr / ours: {:.2}", dxr.0[0] / ours.0[0]);
    println!("calls/s, ours / dxr: {:.2}", ours.0[3] / dxr.0[3]);
    let [ours, dxr] = totals.map(median);
    println!("\n{CLIENTS} clients, calls/s: ours {ours:.0}, dxr {dxr:.0}");
    println!("ours / dxr: {:.2}", ours / dxr);
    stalls::look();
}

/// Of some calls in a row: p50, p99 and p99.9 in µs, calls/s, and the µs of CPU time that a
/// call took of the client and of the server.
struct Times([f64; 6]);

impl Times {
    fn median(rounds: &[Times]) -> Self {
        Times(std::array::from_fn(|at| {
            median(rounds.iter().map(|times| times.0[at]).collect())
        }))
    }
}

fn times(server: &Process, calls: i32, mut call: impl FnMut(i32)) -> Times {
    (0..100).for_each(&mut call);
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let (client_before, server_before) = (own_cpu_time(), server.cpu_time());
    let started = Instant::now();
    let mut each: Vec<f64> = (0..calls)
        .map(|n| {
            let started = Instant::now();
            call(n);
            micros(started.elapsed())
        })
        .collect();
    let took = started.elapsed();
    let cpu = |before, after: Duration| micros(after - before) / f64::from(calls);
    let client = cpu(client_before, own_cpu_time());
    let server = cpu(server_before, server.cpu_time());
    each.sort_unstable_by(f64::total_cmp);
    Times([
        at(&each, 0.5),
        at(&each, 0.99),
        at(&each, 0.999),
        f64::from(calls) / took.as_secs_f64(),
        client,
        server,
    ])
}

/// Calls/s of [`CLIENTS`] threads, each with a client, `calls` each.
fn alone<C>(
    calls: i32,
    connect: impl Fn() -> C + Sync,
    call: impl Fn(&mut C, i32) -> i32 + Sync,
) -> f64 {
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = connect();
                (0..calls).for_each(|n| assert_eq!(call(&mut client, n), n * n));
            });
        }
    });
    f64::from(CLIENTS * calls) / started.elapsed().as_secs_f64()
}

/// A quantile of what is sorted.
fn at(sorted: &[f64], quantile: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * quantile).round() as usize]
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    at(&all, 0.5)
}
