//! The page and the metrics of serv_processes, as a browser and Prometheus read them. The
//! script checks both itself.

use std::process::Command;

use crate::common::server;
use test_support::Running;

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn a_browser_shows_the_page_and_prometheus_reads_the_figures() {
    let (_serv, address) = server("serv_processes", &["--workers", "2"]);
    // Debian's own Python, which has Debian's prometheus_client.
    let mut look = Command::new("/usr/bin/python3");
    look.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/page.py"))
        .args([&address, env!("CARGO_TARGET_TMPDIR")]);
    let ended = Running::start(look).end();
    assert_eq!(ended.expect_code(0).stdout, "ok\n");
}
