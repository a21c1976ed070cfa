//! P4: a network that drops or resets, in a network namespace of its own. Needs root,
//! iproute2 and nftables.

use std::process::Command;
use std::time::{Duration, Instant};

use reparte::{Event, Options, Reason};

use crate::common::Running;
use crate::watch::Watch;
use crate::{is_aside, repartidor, server};

/// A server behind a wire that can be cut.
struct Island {
    name: String,
    /// The server runs in the namespace, and ends before it.
    server: Option<Running>,
    address: String,
}

#[track_caller]
fn sh(line: &str) {
    let ran = Command::new("sh").args(["-c", line]).output();
    let ran = ran.unwrap_or_else(|error| panic!("sh does not start: {error}"));
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(
        ran.status.success(),
        "this test needs root, iproute2 and nftables: {line}: {told}"
    );
}

impl Island {
    fn new(number: u8) -> Self {
        let name = format!("reparte-p4-{}-{number}", std::process::id());
        let (here, there) = (format!("10.213.{number}.1"), format!("10.213.{number}.2"));
        let (near, far) = (format!("rp4n{number}"), format!("rp4f{number}"));
        assert!(
            rustix::process::geteuid().is_root(),
            "this test needs to be root, to make network namespaces"
        );
        sh(&format!("ip netns add {name}"));
        let mut island = Island {
            name: name.clone(),
            server: None,
            address: String::new(),
        };
        sh(&format!(
            "ip link add {near} type veth peer name {far} netns {name}"
        ));
        sh(&format!(
            "ip addr add {here}/24 dev {near} && ip link set {near} up"
        ));
        island.sh(&format!(
            "ip link set lo up && ip addr add {there}/24 dev {far} && ip link set {far} up"
        ));
        let through = ["ip", "netns", "exec", &name];
        let (server, address) = server::start_at(&format!("{there}:0"), 1, &through);
        island.server = Some(server);
        island.address = address;
        island
    }

    /// Runs a command in the namespace.
    #[track_caller]
    fn sh(&self, line: &str) {
        sh(&format!("ip netns exec {} sh -c '{line}'", self.name));
    }

    fn cut(&self) {
        self.sh("nft add table inet p4 && nft add chain inet p4 in \"{ type filter hook input priority 0; policy drop; }\"");
    }

    fn mend(&self) {
        self.sh("nft delete table inet p4");
    }
}

impl Drop for Island {
    fn drop(&mut self) {
        drop(self.server.take());
        let deleted = Command::new("ip")
            .args(["netns", "del", &self.name])
            .output();
        drop(deleted);
    }
}

fn is_retry(event: &Event) -> bool {
    matches!(
        event,
        Event::Started {
            reason: Reason::Retry,
            ..
        }
    )
}

/// P4: packets dropped: as a hang, and taken back when they flow again.
#[test]
#[ignore = "needs root, iproute2 and nftables"]
fn p4_a_partition_is_found_out_as_a_hang_is() {
    let island = Island::new(1);
    let (_other, second) = server::start(1);
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
        |event| matches!(event, Event::Back { server } if **server == *island.address),
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
