//! Large runs: a thousand slots in a process, a million results in order.

use std::time::{Duration, Instant};

use reparte::{Options, Repartidor, from_fn};

use crate::{nap_server, repartidor};

/// Returns a figure of this process from /proc/self/status: memory in kB.
fn figure(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let words = line.and_then(|line| line.strip_prefix(':'));
    let figure = words.and_then(|words| words.split_whitespace().next());
    figure.unwrap().parse().unwrap()
}

/// 1,000 slots on 10 servers are busy at once.
#[test]
#[ignore = "for its figures, by itself"]
fn scale_a_thousand_slots() {
    const SLOTS: u64 = 1000;
    let servers: Vec<_> = (0..10).map(|_| nap_server::start(100)).collect();
    let addresses: Vec<String> = servers
        .iter()
        .map(|(_, address)| format!("100/{address}"))
        .collect();
    let (before, threads) = (figure("VmRSS"), figure("Threads"));
    let mut options = Options::default();
    options.hedge = false;
    let mut reparto = repartidor(&addresses.iter().collect::<Vec<_>>(), options);
    let handle = reparto.handle();
    let idle = figure("VmRSS");
    let started = Instant::now();
    // Each nap is longer than the time to begin all of them.
    for n in 0..5000 {
        reparto.enviar((2000, n)).unwrap();
    }
    let at_work: usize = handle.summary().servers.iter().map(|s| s.running).sum();
    let (busy, all_threads) = (figure("VmRSS"), figure("Threads"));
    let results = reparto.terminar().unwrap();
    assert_eq!(results, (0..5000).collect::<Vec<_>>());
    let account = handle.summary();
    assert_eq!((account.executions, account.lost()), (5000, 0), "{account}");
    eprintln!(
        "1,000 slots: {} threads more, {} kB idle, {} kB with {at_work} calls in flight \
         (peak of the process {} kB); 5,000 naps of 2 s in {:.1} s",
        all_threads - threads,
        idle - before,
        busy - before,
        figure("VmHWM"),
        started.elapsed().as_secs_f64(),
    );
    assert!(all_threads - threads >= SLOTS);
}

/// A million results in order take no more memory than the window.
#[test]
#[ignore = "for its figures, by itself"]
fn scale_a_million_results_in_order() {
    const TASKS: u64 = 1_000_000;
    let servers = ["one", "two"].map(|name| from_fn(name, |n: &u64| Ok(*n)).with_slots(4));
    let started = Instant::now();
    let mut read = 0;
    let mut after_a_tenth = 0;
    let reparto = Repartidor::builder().destinos(servers).start().unwrap();
    for (_, result) in reparto.map(0..TASKS) {
        assert_eq!(result.unwrap(), read);
        read += 1;
        if read == TASKS / 10 {
            after_a_tenth = figure("VmRSS");
        }
    }
    assert_eq!(read, TASKS);
    let after_all = figure("VmRSS");
    eprintln!(
        "1,000,000 results in order: {after_a_tenth} kB after a tenth, {after_all} kB after \
         all, peak {} kB; {:.0} s",
        figure("VmHWM"),
        started.elapsed().as_secs_f64(),
    );
    // Some pages come and go. A result that stayed would take 8 bytes or more.
    assert!(after_all < after_a_tenth + 2048, "it grows");
}

/// Behind one slow task, no more results than the window wait.
#[test]
#[ignore = "for its figures, by itself"]
fn scale_a_slow_task_holds_up_no_more_than_the_window() {
    let mut options = Options::default();
    options.hedge = false;
    let window = options.window as u64;
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let slow = from_fn("one", |&n: &u64| {
        if n == 0 {
            std::thread::sleep(Duration::from_secs(2));
        }
        Ok(n)
    });
    let reparto = Repartidor::builder()
        .destinos([slow.with_slots(4)])
        .options(options)
        .start()
        .unwrap();
    let counted = std::sync::Arc::clone(&sent);
    let tasks = (0..1_000_000_u64).inspect(move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    });
    let mut results = reparto.map(tasks);
    assert_eq!(results.next().unwrap().1.unwrap(), 0);
    let sent = sent.load(std::sync::atomic::Ordering::SeqCst);
    eprintln!("behind a task of 2 s {sent} of a million were sent; the window is {window}");
    assert!(sent <= window, "{sent}");
}
