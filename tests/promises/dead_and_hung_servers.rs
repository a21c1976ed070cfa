//! P1 to P3: servers that die or hang are noticed, and cost no result.

use std::time::{Duration, Instant};

use reparte::{CallReason, Event, Options};
use rustix::process::Signal;

use crate::event_watch::{EventWatch, later};
use crate::{full, is_set_aside, nap_server, repartidor};

/// P1: all results arrive, once, no matter how many of the servers are killed, and when.
#[test]
fn p1_killed_servers_cost_no_result() {
    let (seeds, tasks) = if full() { (200, 2000) } else { (3, 300) };
    for seed in 0..seeds {
        kill_some(seed, tasks);
    }
}

fn kill_some(seed: u32, tasks: i32) {
    // Any numbers will do, as long as another seed gives others.
    let random =
        |n: u32, below: u32| (seed * 7919 + n * 104_729).wrapping_mul(2_654_435_761) % below;
    let mut servers: Vec<_> = (0..4).map(|_| nap_server::start(1)).collect();
    let addresses: Vec<String> = servers.iter().map(|(_, address)| address.clone()).collect();
    let mut reparto = repartidor(&addresses.iter().collect::<Vec<_>>(), Options::default());
    let handle = reparto.handle();
    let kills: Vec<_> = (0..1 + random(0, 3))
        .map(|n| {
            let (victim, _) = servers.swap_remove(random(n + 1, servers.len() as u32) as usize);
            let after = Duration::from_micros(u64::from(random(n + 9, 250 * tasks.unsigned_abs())));
            later(after, move || victim.kill())
        })
        .collect();
    for n in 0..tasks {
        reparto.enviar((1, n)).unwrap();
    }
    let results = reparto.terminar().unwrap();
    assert_eq!(results, (0..tasks).collect::<Vec<_>>(), "seed {seed}");
    let account = handle.summary();
    assert_eq!(
        (account.done, account.lost()),
        (u64::from(tasks.unsigned_abs()), 0)
    );
    kills.into_iter().for_each(|kill| drop(kill.join()));
}

/// P2: a server that hangs is noticed. Its task runs on another server, and its late answer is
/// dropped.
#[test]
fn p2_a_hung_server_is_noticed() {
    let (hung, first) = nap_server::start(1);
    let (_other, second) = nap_server::start(1);
    let mut options = Options::default();
    options.hedge = false;
    let mut reparto = repartidor(&[&first, &second], options);
    let handle = reparto.handle();
    let mut watch = EventWatch::new(handle.events(1000));
    reparto.enviar((2500, 0)).unwrap();
    reparto.enviar((100, 1)).unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    hung.signal(Signal::STOP);
    let stopped = Instant::now();
    let found = watch.after(stopped, |event| is_set_aside(event, &first));
    let again = watch.after(stopped, |event| {
        matches!(
            event,
            Event::CallStarted {
                reason: CallReason::Retry,
                ..
            }
        )
    });
    eprintln!(
        "P2: a hang is found after {found:?}, its task runs elsewhere {:?} later",
        again - found
    );
    assert!(found <= Duration::from_millis(3500), "{found:?}");
    assert!(again - found <= Duration::from_secs(1), "{again:?}");
    // It continues, and answers at once. One of the two answers is dropped.
    hung.signal(Signal::CONT);
    assert_eq!(reparto.terminar().unwrap(), [0, 1]);
    let account = handle.summary();
    assert_eq!(
        (account.done, account.executions, account.lost()),
        (2, 3, 0)
    );
}

/// P3: a death is noticed at once, and a return soon.
#[test]
fn p3_a_death_is_noticed_and_so_is_the_return() {
    let (dead, first) = nap_server::start(1);
    let mut options = Options::default();
    options.outage = None;
    let mut reparto = repartidor(&[&first], options);
    let mut watch = EventWatch::new(reparto.handle().events(1000));
    reparto.enviar((300, 0)).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let killed = Instant::now();
    let restarted = later(Duration::from_secs(1), {
        let address = first.clone();
        move || (nap_server::start_at(&address, 1, &[]), Instant::now())
    });
    drop(dead.kill());
    let noticed = watch.after(killed, |event| is_set_aside(event, &first));
    let (_again, up) = restarted.join().unwrap();
    let flows = watch.after(killed, |event| {
        matches!(
            event,
            Event::CallStarted {
                reason: CallReason::Retry,
                ..
            }
        )
    });
    let flows = flows.saturating_sub(up.duration_since(killed));
    eprintln!("P3: a death is noticed after {noticed:?}, work flows {flows:?} after the return");
    assert!(noticed <= Duration::from_millis(100), "{noticed:?}");
    assert!(flows <= Duration::from_secs(5), "{flows:?}");
    assert_eq!(reparto.terminar().unwrap(), [0]);
}
