//! The keys that the example `private_ca` makes, used as its documentation says. This needs no
//! peer.

use crate::common::{TEN, access_lines, run, server};
use crate::private_ca;
use test_support::TestDirectory;

/// The keys that the example makes for this machine.
pub(crate) struct Keys(TestDirectory);

impl Keys {
    pub(crate) fn make(name: &str) -> Self {
        let directory = TestDirectory::new(name);
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        private_ca::make(&directory.directory().join("keys"), &hosts).unwrap();
        Keys(directory)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path(&format!("keys/{name}"))
    }
}

#[test]
fn the_examples_client_key_lets_a_client_in_and_no_other_does() {
    let (keys, strange) = (Keys::make("own"), Keys::make("strange"));
    let [ca, pem, key] = ["ca.pem", "server.pem", "server.key"].map(|name| keys.path(name));
    let tls = [
        "--tls-cert",
        &pem,
        "--tls-key",
        &key,
        "--tls-client-ca",
        &ca,
    ];
    let (serv, address) = server("serv_processes", &tls);
    let url = format!("https://{address}");
    let call = |keys: &Keys, who: &str| {
        let [pem, key] = ["pem", "key"].map(|kind| keys.path(&format!("{who}.{kind}")));
        let identity = ["--tls-cert", &pem, "--tls-key", &key];
        run(
            "clnt_processes",
            &[&[&*url, "--ca", &ca][..], &identity].concat(),
        )
    };
    assert_eq!(call(&keys, "client").expect_code(0).results(), TEN);
    for refused in [
        // What a server has does not make it a client.
        call(&keys, "server"),
        call(&strange, "client"),
        run("clnt_processes", &[&url, "--ca", &ca]),
    ] {
        assert!(!refused.status.success(), "{refused:?}");
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
    let served = serv.interrupt();
    assert_eq!(access_lines(&served.expect_code(0).stderr), 10);
}
