//! P9: slots are busy while tasks remain.

use reparte::Options;

use crate::{full, nap_server, repartidor};

/// P9: each server is busy for 95 % of the time while tasks remain.
#[test]
fn p9_slots_are_busy_while_tasks_remain() {
    let servers = [nap_server::start(2), nap_server::start(2)];
    let tasks = if full() { 1000 } else { 120 };
    let mut reparto = repartidor(&[&servers[0].1, &servers[1].1], Options::default());
    let handle = reparto.handle();
    for n in 0..tasks {
        reparto.enviar((20 + n % 5 * 10, n)).unwrap();
    }
    // The last task was given a slot just now. Up to here, a task waited for each slot.
    let account = handle.summary();
    let shares: Vec<f64> = account.servers.iter().map(|s| s.busy_share()).collect();
    eprintln!("P9: busy shares {shares:.3?}");
    assert!(
        account.servers.iter().all(|server| server.slots == 2),
        "{account}"
    );
    assert!(shares.iter().all(|&share| share >= 0.95), "{shares:?}");
    reparto.terminar().unwrap();
}
