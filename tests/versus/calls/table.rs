//! Calls per second of many clients at once, for several numbers of the server's threads.

use std::thread;
use std::time::{Duration, Instant};

use crate::process::{Process, own_cpu_time};
use crate::{bare, dxr, median, ours};

/// The calls or exchanges of all clients together, in one measurement.
const CALLS: usize = 24_000;

/// A table to be measured.
pub struct Table {
    /// The numbers of clients: a row each.
    pub clients: Vec<usize>,
    /// The numbers of threads with which our server speaks with clients: a column each. 0 is
    /// the server's default.
    pub threads: Vec<usize>,
    pub rounds: usize,
}

/// A measurement: calls per second, and the µs of CPU time of a call, of the server and of the
/// clients.
#[derive(Clone, Copy)]
struct Figures([f64; 3]);

impl Figures {
    fn median(rounds: &[Figures]) -> Self {
        Figures(std::array::from_fn(|at| {
            median(rounds.iter().map(|figures| figures.0[at]).collect())
        }))
    }
}

impl Table {
    /// Reads `CLIENTS THREADS ROUNDS`: two lists with commas, in which `default` may stand for a
    /// number of threads, and a number. Those that are left out are 1, 8, 32 and 128 clients, the
    /// default number of threads, and 5 rounds.
    pub fn from_arguments(arguments: &[&str]) -> Self {
        let list = |at: usize, default: &str| {
            let list = arguments
                .get(at)
                .unwrap_or(&default)
                .replace("default", "0");
            let numbers = list.split(',').map(|text| text.parse());
            numbers.collect::<Result<Vec<usize>, _>>()
        };
        let numbers = (list(0, "1,8,32,128"), list(1, "default"), list(2, "5"));
        match (numbers, arguments.len()) {
            ((Ok(clients), Ok(threads), Ok(rounds)), ..=3)
                if !clients.contains(&0) && rounds.len() == 1 && rounds[0] > 0 =>
            {
                Table {
                    clients,
                    threads,
                    rounds: rounds[0],
                }
            }
            _ => panic!("after table: CLIENTS THREADS ROUNDS, such as 1,8 default,2,4 5"),
        }
    }

    /// Measures the table and prints it. Rounds are interleaved.
    pub fn print(&self) {
        let threads = self.threads.iter().map(usize::to_string);
        let ours: Vec<Process> = threads
            .map(|threads| Process::start(&["serve", "ours", &threads]))
            .collect();
        let bytes = bare::measure(&ours[0].said, |relay| {
            ours::Client::new(relay).call(7);
        });
        let (sent, answered) = (bytes.0.to_string(), bytes.1.to_string());
        let bare = Process::start(&["serve", "bare", &sent, &answered]);
        let dxr = Process::start(&["serve", "dxr"]);

        print!("| clients | bare exchange | dxr |");
        for threads in &self.threads {
            match threads {
                0 => print!(" ours, threads by default |"),
                threads => print!(" ours, {threads} threads |"),
            }
        }
        println!("\n|{}", " --- |".repeat(3 + self.threads.len()));
        for &clients in &self.clients {
            let mut rounds: Vec<Vec<Figures>> = vec![Vec::new(); 2 + ours.len()];
            for _ in 0..self.rounds {
                rounds[0].push(together(
                    &bare,
                    clients,
                    || bare::Client::new(&bare.said, bytes),
                    |client, _| client.exchange(),
                ));
                rounds[1].push(rival(&dxr, clients));
                for (column, server) in ours.iter().enumerate() {
                    rounds[2 + column].push(together(
                        server,
                        clients,
                        || ours::Client::new(&server.said),
                        |client, n| assert_eq!(client.call(n), n * n),
                    ));
                }
            }
            let medians: Vec<Figures> = rounds.iter().map(|all| Figures::median(all)).collect();
            let rival = medians[1].0[0];
            print!("| {clients} |");
            for (column, Figures([rate, server, own])) in medians.iter().enumerate() {
                print!(" {rate:.0}");
                if column > 1 {
                    print!(" ({:.2} × dxr)", rate / rival);
                }
                print!("; {server:.0} + {own:.0} µs |");
            }
            println!();
        }
        println!(
            "\nCalls/s, and µs of CPU time a call of the server + the clients. A call is {} bytes \
             there and {} back.",
            bytes.0, bytes.1
        );
    }
}

/// Measures dxr in the way that suits it better: a client for each thread, or one for all tasks.
fn rival(server: &Process, clients: usize) -> Figures {
    let alone = together(
        server,
        clients,
        || dxr::Client::new(&server.said),
        |client, n| assert_eq!(client.call(n), n * n),
    );
    let each = CALLS / clients;
    let before = (server.cpu_time(), own_cpu_time());
    let rate = dxr::shared(&server.said, as_i32(clients), as_i32(each));
    let shared = figures(rate, clients * each, server, before);
    match shared.0[0] > alone.0[0] {
        true => shared,
        false => alone,
    }
}

/// Measures the calls of some threads, each with a client that has called once before.
fn together<C: Send>(
    server: &Process,
    clients: usize,
    connect: impl Fn() -> C,
    call: impl Fn(&mut C, i32) + Sync,
) -> Figures {
    let each = CALLS / clients;
    let all: Vec<C> = (0..clients)
        .map(|_| {
            let mut client = connect();
            call(&mut client, 7);
            client
        })
        .collect();
    let before = (server.cpu_time(), own_cpu_time());
    let started = Instant::now();
    thread::scope(|scope| {
        for mut client in all {
            let call = &call;
            scope.spawn(move || (0..as_i32(each)).for_each(|n| call(&mut client, n)));
        }
    });
    let calls = clients * each;
    let rate = calls as f64 / started.elapsed().as_secs_f64();
    figures(rate, calls, server, before)
}

fn as_i32(count: usize) -> i32 {
    i32::try_from(count).expect("few enough")
}

fn figures(rate: f64, calls: usize, server: &Process, before: (Duration, Duration)) -> Figures {
    let a_call =
        |before: Duration, after: Duration| (after - before).as_secs_f64() * 1e6 / calls as f64;
    Figures([
        rate,
        a_call(before.0, server.cpu_time()),
        a_call(before.1, own_cpu_time()),
    ])
}
