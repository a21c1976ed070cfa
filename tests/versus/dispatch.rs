//! The speed of `reparte` beside a thread port in Python, Dask and Ray, in one run.
//!
//! `cargo run --release --bin dispatch` in this folder; `rate` or `tail` after it for that part
//! alone. `PYTHON` names a Python 3.13, with `dask[distributed]` and `ray` where they are to
//! take part; `ROUNDS` says how often ours and the port take turns. Two server processes of
//! this same program serve both, or as many as `SERVERS` says.

mod figures;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use figures::median;
use reparte::{Options, Repartidor, XmlRpc};
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

const TASKS: i32 = 30_000;
const ONE_BY_ONE: i32 = 3000;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => serve(),
        Some("rate") => rates(),
        Some("tail") => heavy_tail(),
        Some(other) => panic!("{other}: rate, tail, or nothing for both"),
        None => {
            rates();
            heavy_tail();
        }
    }
}

/// The figures of one round: of ours, and of the port if there is a Python.
struct Round {
    ours: f64,
    port: Option<f64>,
    one_by_one: f64,
    first: f64,
}

fn rates() {
    let number = |name, default| {
        let given = std::env::var(name);
        given.map_or(default, |text| text.parse::<usize>().expect(name))
    };
    let servers: Vec<Server> = (0..number("SERVERS", 2)).map(|_| Server::start()).collect();
    let addresses: Vec<&str> = servers.iter().map(|server| &*server.address).collect();
    let rounds = number("ROUNDS", 5);
    let rounds: Vec<Round> = (0..rounds)
        .map(|_| Round {
            ours: rate(&addresses),
            port: rival("port", &addresses),
            one_by_one: one_by_one(&addresses[..1]),
            first: first_result(&addresses),
        })
        .collect();
    let memory = peak_memory();
    println!(
        "| no-op tasks, {} local servers | tasks/s, median | of the rounds |",
        servers.len()
    );
    println!("| --- | --- | --- |");
    let ours: Vec<f64> = rounds.iter().map(|round| round.ours).collect();
    row("reparte", &ours);
    let port: Vec<f64> = rounds.iter().filter_map(|round| round.port).collect();
    row("port", &port);
    for name in ["dask", "ray"] {
        row(name, rival(name, &addresses).as_slice());
    }
    let ratios = rounds
        .iter()
        .filter_map(|round| Some(round.ours / round.port?));
    let ratios: Vec<f64> = ratios.collect();
    println!(
        "\ntimes the port: {:.2} {ratios:.2?}",
        median(ratios.clone())
    );
    let median_of = |what: fn(&Round) -> f64| median(rounds.iter().map(what).collect());
    println!("one by one: {:.3} ms", median_of(|round| round.one_by_one));
    println!(
        "first result: {:.1} ms after the start",
        median_of(|round| round.first)
    );
    println!("client's peak memory: {memory:.1} MiB");
}

fn row(name: &str, rates: &[f64]) {
    match rates {
        [] => println!("| {name} | does not run here | |"),
        rates => println!("| {name} | {:.0} | {rates:.0?} |", median(rates.to_vec())),
    }
}

fn serve() {
    let mut service = Service::new();
    service.register("noop", |n: i32| n).expect("a free name");
    let nap =
        |micros: i32| thread::sleep(Duration::from_micros(u64::try_from(micros).unwrap_or(0)));
    service.register("nap", nap).expect("a free name");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("it listens"));
    let mut options = hyper::Options::default();
    options.workers = 1;
    let builder = hyper::Server::builder(listener, service).options(options);
    let server = builder.start().expect("it starts");
    server.wait().expect("it serves");
}

/// A server process, killed when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let this = std::env::current_exe().expect("a program knows its path");
        let mut command = Command::new(this);
        let mut child = command
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("it is a pipe");
        BufReader::new(stdout)
            .read_line(&mut address)
            .expect("its address");
        let address = address.trim().to_owned();
        Server { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn repartidor(servers: &[&str], function: &str, read_ahead: usize) -> Repartidor<(i32,), i32> {
    let mut options = Options::default();
    options.read_ahead = read_ahead;
    let servers = XmlRpc::list(servers, function).expect("addresses");
    Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .expect("servers")
}

fn rate(servers: &[&str]) -> f64 {
    let started = Instant::now();
    let mut reparto = repartidor(servers, "noop", 100);
    for n in 0..TASKS {
        reparto.enviar((n,)).expect("it is taken");
    }
    let results = reparto.terminar().expect("all results");
    let took = started.elapsed().as_secs_f64();
    assert!(results.into_iter().eq(0..TASKS));
    f64::from(TASKS) / took
}

/// Milliseconds a task, each sent once the one before has ended.
fn one_by_one(servers: &[&str]) -> f64 {
    let mut reparto = repartidor(servers, "noop", 0);
    reparto.enviar((0,)).expect("it is taken");
    let started = Instant::now();
    for n in 1..=ONE_BY_ONE {
        reparto.enviar((n,)).expect("it is taken");
    }
    reparto.terminar().expect("all results");
    started.elapsed().as_secs_f64() * 1e3 / f64::from(ONE_BY_ONE)
}

fn first_result(servers: &[&str]) -> f64 {
    let started = Instant::now();
    let mut results = repartidor(servers, "noop", 0).map((0..10).map(|n| (n,)));
    results.next().expect("a task").1.expect("a result");
    started.elapsed().as_secs_f64() * 1e3
}

/// MiB.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

/// A rival's tasks a second, if it runs here.
fn rival(name: &str, servers: &[&str]) -> Option<f64> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/dispatch.py");
    let mut command = Command::new(python);
    let ran = command.arg(script).arg(name).args(servers).output().ok()?;
    let told = String::from_utf8_lossy(&ran.stdout);
    told.lines().last()?.trim().parse().ok()
}

/// 200 tasks of Pareto's durations on 4 servers, against perfect placement.
fn heavy_tail() {
    let tasks = pareto();
    let mut longest_first = tasks.clone();
    longest_first.sort_unstable_by_key(|&micros| std::cmp::Reverse(micros));
    for (name, read_ahead, perfect) in [
        ("in order of sending", 0, placed(&tasks)),
        (
            "longest first, with cost hints",
            200,
            placed(&longest_first),
        ),
    ] {
        // New ones: those of the run before may still be at a nap that was sent twice.
        let servers = [(); 4].map(|()| Server::start());
        let addresses = servers.each_ref().map(|server| server.address.as_str());
        let started = Instant::now();
        let mut options = Options::default();
        options.read_ahead = read_ahead;
        let nap = XmlRpc::list(&addresses, "nap").expect("addresses");
        let mut reparto: Repartidor<(i32,), ()> = Repartidor::builder()
            .destinos(nap)
            .options(options)
            .cost(|&(micros,)| u64::try_from(micros).unwrap_or(0))
            .start()
            .expect("servers");
        for &micros in &tasks {
            reparto.enviar((micros,)).expect("it is taken");
        }
        reparto.terminar().expect("all results");
        let took = started.elapsed().as_secs_f64();
        let over = (took / perfect - 1.0) * 100.0;
        println!("heavy tail, {name}: {took:.3} s, {over:+.2} % of perfect ({perfect:.3} s)");
    }
}

/// Microseconds: Pareto's distribution, alpha 1.2, a fixed seed, 20 s in all.
fn pareto() -> Vec<i32> {
    let mut state = 20_050_822_u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    };
    let raw: Vec<f64> = (0..200).map(|_| uniform().powf(-1.0 / 1.2)).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|x| (x / sum * 20e6) as i32).collect()
}

/// Seconds until the last of 4 servers is done, each taking the next task when free.
fn placed(tasks: &[i32]) -> f64 {
    let mut free = [0_i64; 4];
    for &micros in tasks {
        let first = free.iter_mut().min().expect("there are four");
        *first += i64::from(micros);
    }
    free.iter().copied().max().unwrap_or(0) as f64 / 1e6
}
