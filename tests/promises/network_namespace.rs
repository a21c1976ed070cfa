//! A server in its own network namespace. Needs root, iproute2 and nftables.

use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::nap_server;
use test_support::Running;

/// A server in a network namespace, whose connection to this one can be cut.
pub(crate) struct NetworkNamespace {
    name: String,
    /// The network interface in the namespace.
    far: String,
    /// The server runs in the namespace, and ends before it.
    server: Option<Running>,
    pub(crate) address: String,
}

/// The number of the next namespace: its name, interfaces and addresses are its own.
static NEXT: AtomicU8 = AtomicU8::new(1);

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

impl NetworkNamespace {
    pub(crate) fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("reparte-p4-{}-{number}", std::process::id());
        let (here, there) = (format!("10.213.{number}.1"), format!("10.213.{number}.2"));
        let (near, far) = (format!("rp4n{number}"), format!("rp4f{number}"));
        assert!(
            rustix::process::geteuid().is_root(),
            "this test needs to be root, to make network namespaces"
        );
        sh(&format!("ip netns add {name}"));
        let mut namespace = NetworkNamespace {
            name: name.clone(),
            far: far.clone(),
            server: None,
            address: String::new(),
        };
        sh(&format!(
            "ip link add {near} type veth peer name {far} netns {name}"
        ));
        sh(&format!(
            "ip addr add {here}/24 dev {near} && ip link set {near} up"
        ));
        namespace.sh(&format!(
            "ip link set lo up && ip addr add {there}/24 dev {far} && ip link set {far} up"
        ));
        let through = ["ip", "netns", "exec", &name];
        let (server, address) = nap_server::start_at(&format!("{there}:0"), 1, &through);
        namespace.server = Some(server);
        namespace.address = address;
        namespace
    }

    /// Runs a command in the namespace.
    #[track_caller]
    pub(crate) fn sh(&self, line: &str) {
        sh(&format!("ip netns exec {} sh -c '{line}'", self.name));
    }

    /// Drops all packets that arrive in the namespace.
    pub(crate) fn cut(&self) {
        self.sh("nft add table inet p4 && nft add chain inet p4 in \"{ type filter hook input priority 0; policy drop; }\"");
    }

    /// Ends what [`cut`](NetworkNamespace::cut) began.
    pub(crate) fn mend(&self) {
        self.sh("nft delete table inet p4");
    }
}

impl Drop for NetworkNamespace {
    fn drop(&mut self) {
        drop(self.server.take());
        let NetworkNamespace { name, far, .. } = self;
        // The interface would be removed with the namespace too, but some time later.
        for gone in [
            &["-n", name, "link", "del", far][..],
            &["netns", "del", name],
        ] {
            drop(Command::new("ip").args(gone).output());
        }
    }
}
