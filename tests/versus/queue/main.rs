//! The crate `reparte-redis` beside RQ and Celery: no-op tasks over one redis-server, with two workers
//! each, in interleaved rounds.
//!
//! `cargo run --release --bin queue` in this folder. `ours` after it leaves the peers out. `by-address`
//! adds two XML-RPC servers that are called without a queue, and leaves the peers out. `PYTHON` names a
//! Python with `rq` and `celery[redis]`. `ROUNDS` says how often all take turns, `TASKS` how many tasks a round
//! of ours has. `memory TASKS` sends so many tasks in one run, and shows the server's memory and keys
//! before, meanwhile and after. Needs `redis-server`, which logs its writes as docs/engine.md says.

#[path = "../figures.rs"]
mod figures;
#[path = "../process.rs"]
mod process;

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use figures::median;
use process::Process;
use reparte::{Destino, Options, Repartidor, XmlRpc};
use reparte_redis::{RedisQueue, Worker};
use test_support::RedisServer;
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

/// The slots of each worker. The window is twice as many as both have, 256.
const SLOTS: &str = "64";
const WINDOW: usize = 256;
const ONE_BY_ONE: i32 = 2000;
/// A peer's round takes some seconds.
const PEERS_TASKS: &str = "500";
const PEERS_ONE_BY_ONE: &str = "100";
/// The tasks of a peer that starts a process for each, all at once and one by one.
const FORKED_TASKS: &str = "100";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["work", url, slots] => work(url, slots.parse().expect("a number")),
        ["serve"] => serve(),
        [] => measure(&["rq", "rq-forks", "celery"], false),
        ["ours"] => measure(&[], false),
        ["by-address"] => measure(&[], true),
        ["memory", tasks] => memory(tasks.parse().expect("a number")),
        _ => panic!("no argument, ours, by-address, or memory TASKS"),
    }
}

fn service() -> Service {
    let mut service = Service::new();
    service.register("noop", |n: i32| n).expect("a free name");
    service
}

/// A worker of ours, until it is killed.
fn work(url: &str, slots: usize) {
    let worker = Worker::builder(url.parse().expect("a URL"), "noop", service()).slots(slots);
    let worker = worker.start().expect("it starts");
    println!("{}", worker.name());
    worker.wait(Duration::ZERO);
}

/// A server of ours, until it is killed.
fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("it listens"));
    let server = hyper::Server::builder(listener, service()).start();
    server.expect("it starts").wait().expect("it serves");
}

/// One way to have tasks done, by workers that run already.
enum Way {
    Queue { url: String },
    Address { servers: Vec<Process> },
    Peer { peer: Peer },
}

impl Way {
    fn name(&self) -> &str {
        match self {
            Way::Queue { .. } => "reparte over Redis",
            Way::Address { .. } => "reparte by address",
            Way::Peer { peer } => peer.name,
        }
    }

    /// Tasks a second.
    fn rate(&self) -> f64 {
        let tasks = number("TASKS", 20_000);
        match self {
            Way::Queue { url } => rate([queue(url, WINDOW)], tasks),
            Way::Address { servers } => rate(by_address(servers), tasks),
            Way::Peer { peer } => peer.measure("rate", peer.count(PEERS_TASKS)),
        }
    }

    /// Milliseconds a task, each sent once the one before has ended.
    fn one_by_one(&self) -> f64 {
        match self {
            Way::Queue { url } => one_by_one([queue(url, 1)]),
            Way::Address { servers } => one_by_one(by_address(&servers[..1])),
            Way::Peer { peer } => peer.measure("latency", peer.count(PEERS_ONE_BY_ONE)),
        }
    }
}

fn measure(peers: &[&'static str], with_addresses: bool) {
    let redis = RedisServer::start();
    let url = redis.url();
    let _workers = [(); 2].map(|()| Process::start(&["work", &url, SLOTS]));
    let mut ways = vec![Way::Queue { url }];
    if with_addresses {
        let servers = [(); 2].map(|()| Process::start(&["serve"])).into();
        ways.push(Way::Address { servers });
    }
    for (database, name) in (1..).zip(peers) {
        // Two kinds of workers in one database would take each other's tasks.
        let url = format!("redis://127.0.0.1:{}/{database}", redis.port());
        match Peer::start(name, url) {
            Some(peer) => ways.push(Way::Peer { peer }),
            None => eprintln!("{name} does not run here, and is left out"),
        }
    }
    let mut rates = vec![Vec::new(); ways.len()];
    let mut times = rates.clone();
    for _ in 0..number("ROUNDS", 5) {
        for (at, way) in ways.iter().enumerate() {
            rates[at].push(way.rate());
            times[at].push(way.one_by_one());
        }
    }
    println!("| two workers | tasks/s, median | of the rounds | one by one, ms | of the rounds |");
    println!("| --- | --- | --- | --- | --- |");
    for ((way, rates), times) in ways.iter().zip(rates).zip(times) {
        let (rate, time) = (median(rates.clone()), median(times.clone()));
        let name = way.name();
        println!("| {name} | {rate:.0} | {rates:.0?} | {time:.3} | {times:.3?} |");
    }
}

/// The server's memory over one run, whose results are read as they come.
fn memory(tasks: i32) {
    let redis = RedisServer::start();
    let url = redis.url();
    let _workers = [(); 2].map(|()| Process::start(&["work", &url, SLOTS]));
    // Whatever a first run leaves is there before the second.
    rate([queue(&url, WINDOW)], 1000);
    println!("| | used_memory, bytes | of it data | keys | tasks/s so far |");
    println!("| --- | --- | --- | --- | --- |");
    let began = Instant::now();
    let row = |when: &str, rate: f64| {
        let info = ask(&redis, &["INFO", "memory"]);
        let field = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name));
            line.map_or("", |value| value.trim_start_matches(':').trim())
                .to_owned()
        };
        let (used, data) = (field("used_memory:"), field("used_memory_dataset:"));
        let keys = ask(&redis, &["DBSIZE"]);
        println!("| {when} | {used} | {data} | {} | {rate:.0} |", keys.trim());
    };
    // Until the first run has closed.
    std::thread::sleep(Duration::from_secs(3));
    row("before", f64::NAN);
    let numbers = (0..tasks).map(|n| (n,));
    let results = repartidor([queue(&url, WINDOW)], WINDOW).map(numbers);
    let tenth = (tasks / 10).max(1);
    for (at, (_, result)) in (1..).zip(results) {
        assert_eq!(result.expect("a result"), at - 1);
        if at % tenth == 0 {
            let rate = f64::from(at) / began.elapsed().as_secs_f64();
            row(&format!("{at} results"), rate);
        }
    }
    std::thread::sleep(Duration::from_secs(3));
    row("after", f64::NAN);
    println!("{}", ask(&redis, &["KEYS", "*"]));
}

/// Asks the server by Debian's program.
fn ask(redis: &RedisServer, words: &[&str]) -> String {
    let mut command = Command::new("redis-cli");
    command.args(["-p", &redis.port().to_string()]).args(words);
    let ran = command.output().expect("redis-cli");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

fn number(name: &str, default: i32) -> i32 {
    let given = std::env::var(name);
    given.map_or(default, |text| text.parse().expect(name))
}

fn queue(url: &str, window: usize) -> RedisQueue {
    let queue = RedisQueue::builder(url.parse().expect("a URL"), "noop");
    queue.most_slots(window).start().expect("a queue")
}

fn by_address(servers: &[Process]) -> Vec<XmlRpc> {
    let addresses: Vec<&str> = servers.iter().map(|server| &*server.said).collect();
    XmlRpc::list(&addresses, "noop").expect("addresses")
}

fn repartidor<D: Destino<(i32,), i32> + 'static>(
    destinos: impl IntoIterator<Item = D>,
    read_ahead: usize,
) -> Repartidor<(i32,), i32> {
    let mut options = Options::default();
    options.read_ahead = read_ahead;
    let run = Repartidor::builder().destinos(destinos).options(options);
    run.start().expect("it starts")
}

fn rate<D: Destino<(i32,), i32> + 'static>(
    destinos: impl IntoIterator<Item = D>,
    tasks: i32,
) -> f64 {
    let started = Instant::now();
    let mut run = repartidor(destinos, WINDOW);
    for n in 0..tasks {
        run.enviar((n,)).expect("it is taken");
    }
    let results = run.terminar().expect("all results");
    let took = started.elapsed().as_secs_f64();
    assert!(results.into_iter().eq(0..tasks));
    f64::from(tasks) / took
}

fn one_by_one<D: Destino<(i32,), i32> + 'static>(destinos: impl IntoIterator<Item = D>) -> f64 {
    let mut run = repartidor(destinos, 0);
    run.enviar((0,)).expect("it is taken");
    let started = Instant::now();
    for n in 1..=ONE_BY_ONE {
        run.enviar((n,)).expect("it is taken");
    }
    run.terminar().expect("all results");
    started.elapsed().as_secs_f64() * 1e3 / f64::from(ONE_BY_ONE)
}

/// Two workers of a peer, killed when dropped.
struct Peer {
    name: &'static str,
    url: String,
    workers: Vec<Child>,
}

impl Peer {
    /// Starts the workers. None if the peer does not run here.
    fn start(name: &'static str, url: String) -> Option<Self> {
        let program = match name {
            "rq" => "rq.cli worker -q -w rq.SimpleWorker -u",
            "rq-forks" => "rq.cli worker -q -u",
            _ => "celery -A peers worker -P solo -l ERROR --without-gossip --without-mingle -n",
        };
        let mut workers = Vec::new();
        for worker in ["one", "two"] {
            let mut command = python(&url);
            command.arg("-m").args(program.split(' '));
            command.arg(if name == "celery" { worker } else { &*url });
            command.stdout(Stdio::null()).stderr(Stdio::null());
            workers.push(command.spawn().ok()?);
        }
        let peer = Peer { name, url, workers };
        // The first task shows that a worker is there.
        peer.ask("latency", "1").map(|_| peer)
    }

    fn count(&self, usual: &'static str) -> &'static str {
        match self.name {
            "rq-forks" => FORKED_TASKS,
            _ => usual,
        }
    }

    fn measure(&self, what: &str, count: &str) -> f64 {
        self.ask(what, count).expect("a figure")
    }

    fn ask(&self, what: &str, count: &str) -> Option<f64> {
        let mut command = python(&self.url);
        let library = self.name.split('-').next()?;
        // Its functions are to have the module's name: RQ takes none of a program.
        command.args(["-c", "import peers; peers.main()", what, library, count]);
        let ran = command.output().ok()?;
        if !ran.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&ran.stderr));
        }
        String::from_utf8_lossy(&ran.stdout).trim().parse().ok()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

/// A Python that finds peers.py and the server.
fn python(url: &str) -> Command {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    command.env("QUEUE_URL", url);
    command.env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/queue"));
    command
}
