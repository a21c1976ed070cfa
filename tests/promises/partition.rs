//! P4: a network that drops packets, or resets connections. Needs root, iproute2 and nftables.

use std::time::{Duration, Instant};

use reparte::{CallReason, Event, Options};
use xmlrpc_client::{Error, ServerProxy};

use crate::event_watch::EventWatch;
use crate::remote_server::RemoteServer;
use crate::{is_set_aside, nap_server, repartidor};

fn is_retry(event: &Event) -> bool {
    matches!(
        event,
        Event::CallStarted {
            reason: CallReason::Retry,
            ..
        }
    )
}

/// P4: a server behind dropped packets is treated like one that hangs, and is taken back when
/// packets arrive again.
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn p4_a_partition_is_noticed_like_a_hang() {
    let namespace = RemoteServer::start();
    let (_other, second) = nap_server::start(1);
    let mut options = Options::default();
    options.hedge = false;
    let mut reparto = repartidor(&[&namespace.address, &second], options);
    let handle = reparto.handle();
    let mut watch = EventWatch::new(handle.events(1000));
    reparto.enviar((20_000, 0)).unwrap();
    reparto.enviar((100, 1)).unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    namespace.cut();
    let cut = Instant::now();
    let found = watch.after(cut, |event| is_set_aside(event, &namespace.address));
    let again = watch.after(cut, is_retry);
    assert!(found <= Duration::from_millis(3500), "{found:?}");
    assert!(again - found <= Duration::from_secs(1), "{again:?}");
    namespace.mend();
    let mended = Instant::now();
    let back = watch.after(
        mended,
        |event| matches!(event, Event::ServerTakenBack { server, .. } if **server == *namespace.address),
    );
    eprintln!("P4: a partition is found after {found:?}; back {back:?} after it is mended");
    assert!(back <= Duration::from_secs(5), "{back:?}");
    handle.cancel_all();
    assert!(reparto.terminar().is_err());
}

/// A call whose connection a firewall has forgotten: no packet of the client arrives, and no
/// time-out is near. The system notices it.
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn p4_a_forgotten_connection_is_lost_and_not_waited_for() {
    let namespace = RemoteServer::start();
    let mut options = xmlrpc_client::Options::default();
    options.tcp_keepalive = Some(Duration::from_secs(3));
    let builder = ServerProxy::builder(&namespace.address).options(options);
    let server = builder.build().unwrap();
    let called = std::thread::spawn(move || server.call::<i32>("nap", (600_000, 0)));
    std::thread::sleep(Duration::from_millis(500));
    namespace.cut();
    let cut = Instant::now();
    let error = called.join().unwrap().unwrap_err();
    let found = cut.elapsed();
    eprintln!("P4: a forgotten connection is found after {found:?}: {error}");
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert!(found <= Duration::from_secs(10), "{found:?}");
}

/// A request that never arrives, on a connection that was made: the system asks nothing while it
/// is not acknowledged, and sent it again for a quarter of an hour.
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn p4_a_request_that_is_not_acknowledged_is_lost() {
    let namespace = RemoteServer::start();
    namespace.drop_data();
    let mut options = xmlrpc_client::Options::default();
    options.tcp_keepalive = Some(Duration::from_secs(3));
    let builder = ServerProxy::builder(&namespace.address).options(options);
    let server = builder.build().unwrap();
    let called = Instant::now();
    let error = server.call::<i32>("nap", (1, 0)).unwrap_err();
    let found = called.elapsed();
    eprintln!("P4: a request that is not acknowledged is given up after {found:?}: {error}");
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert!(found <= Duration::from_secs(12), "{found:?}");
    namespace.mend();
    assert_eq!(server.call::<i32>("nap", (1, 0)).unwrap(), 0);
}

/// P4: a reset connection is noticed like a death.
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn p4_a_reset_is_noticed_like_a_death() {
    let namespace = RemoteServer::start();
    let mut reparto = repartidor(&[&namespace.address], Options::default());
    let mut watch = EventWatch::new(reparto.handle().events(1000));
    reparto.enviar((400, 0)).unwrap();
    std::thread::sleep(Duration::from_millis(150));
    let reset = Instant::now();
    let (_, port) = namespace.address.rsplit_once(':').unwrap();
    namespace.sh(&format!("ss -K state established sport = :{port}"));
    let command = reset.elapsed();
    let noticed = watch.after(reset, |event| is_set_aside(event, &namespace.address));
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
