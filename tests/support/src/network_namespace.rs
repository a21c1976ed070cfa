//! A network namespace. Needs root, iproute2 and nftables.

use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

/// A network namespace, whose connection to this one can be cut. What runs in it has to end before
/// this is dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct NetworkNamespace {
    name: String,
    /// The network interface in the namespace.
    far: String,
    /// The address of the namespace, as this one reaches it.
    pub host: String,
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
    /// Makes a namespace, and a link between it and this one.
    #[allow(
        clippy::new_without_default,
        reason = "it makes a part of the system, and fails without root"
    )]
    pub fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("reparte-p4-{}-{number}", std::process::id());
        let (here, there) = (format!("10.213.{number}.1"), format!("10.213.{number}.2"));
        let (near, far) = (format!("rp4n{number}"), format!("rp4f{number}"));
        assert!(
            rustix::process::geteuid().is_root(),
            "this test needs to be root, to make network namespaces"
        );
        sh(&format!("ip netns add {name}"));
        let namespace = NetworkNamespace {
            name: name.clone(),
            far: far.clone(),
            host: there.clone(),
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
        namespace
    }

    /// Returns the command line that runs another one in the namespace.
    #[must_use]
    pub fn through(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.name]
    }

    /// Runs a shell's line in the namespace. It has no single quotes.
    #[track_caller]
    pub fn sh(&self, line: &str) {
        sh(&format!("{} sh -c '{line}'", self.through().join(" ")));
    }

    /// Drops all packets that arrive in the namespace. Those that leave it pass.
    pub fn cut(&self) {
        self.filter("policy drop;", "");
    }

    /// Drops the packets with data that arrive in the namespace. Connections can still be made.
    pub fn drop_data(&self) {
        self.filter("policy accept;", "meta l4proto tcp meta length > 100 drop");
    }

    fn filter(&self, policy: &str, rule: &str) {
        self.sh(&format!(
            "nft add table inet p4 && nft add chain inet p4 in \"{{ type filter hook input priority 0; {policy} }}\""
        ));
        if !rule.is_empty() {
            self.sh(&format!("nft add rule inet p4 in {rule}").replace('>', "\\>"));
        }
    }

    /// Ends what [`cut`](NetworkNamespace::cut) or [`drop_data`](NetworkNamespace::drop_data) began.
    pub fn mend(&self) {
        self.sh("nft delete table inet p4");
    }
}

impl Drop for NetworkNamespace {
    fn drop(&mut self) {
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
