//! P4: a network that drops or resets. Needs root, iproute2 and nftables.

use std::time::{Duration, Instant};

use reparte::{CallReason, Event, Options};

use crate::event_watch::Watch;
use crate::network_namespace::Island;
use crate::{is_aside, nap_server, repartidor};

fn is_retry(event: &Event) -> bool {
    matches!(
        event,
        Event::CallStarted {
            reason: CallReason::Retry,
            ..
        }
    )
}

/// P4: packets dropped: as a hang, and taken back when they flow again.
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn p4_a_partition_is_found_out_as_a_hang_is() {
    let island = Island::new(1);
    let (_other, second) = nap_server::start(1);
    let mut options = Options::default();
    options.hedge = false;
    let mut reparto = repartidor(&[&island.address, &second], options);
    let handle = reparto.handle();
    let mut watch = Watch::new(handle.events(1000));
    reparto.enviar((20_000, 0)).unwrap();
    reparto.enviar((100, 1)).unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    island.cut();
    let cut = Instant::now();
    let found = watch.after(cut, |event| is_aside(event, &island.address));
    let again = watch.after(cut, is_retry);
    assert!(found <= Duration::from_millis(3500), "{found:?}");
    assert!(again - found <= Duration::from_secs(1), "{again:?}");
    island.mend();
    let mended = Instant::now();
    let back = watch.after(
        mended,
        |event| matches!(event, Event::ServerTakenBack { server, .. } if **server == *island.address),
    );
    eprintln!("P4: a partition is found after {found:?}; back {back:?} after it is mended");
    assert!(back <= Duration::from_secs(5), "{back:?}");
    handle.cancel_all();
    assert!(reparto.terminar().is_err());
}

/// P4: a reset: as a death.
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn p4_a_reset_is_noticed_as_a_death_is() {
    let island = Island::new(2);
    let mut reparto = repartidor(&[&island.address], Options::default());
    let mut watch = Watch::new(reparto.handle().events(1000));
    reparto.enviar((400, 0)).unwrap();
    std::thread::sleep(Duration::from_millis(150));
    let reset = Instant::now();
    let (_, port) = island.address.rsplit_once(':').unwrap();
    island.sh(&format!("ss -K state established sport = :{port}"));
    let command = reset.elapsed();
    let noticed = watch.after(reset, |event| is_aside(event, &island.address));
    let flows = watch.after(reset, is_retry);
    eprintln!(
        "P4: a reset is noticed {noticed:?} after the command for it has started, which \
         takes {command:?}; work flows after {flows:?}"
    );
    assert!(
        noticed <= command + Duration::from_millis(100),
        "{noticed:?}"
    );
    assert!(flows <= Duration::from_secs(5), "{flows:?}");
    assert_eq!(reparto.terminar().unwrap(), [0]);
}
