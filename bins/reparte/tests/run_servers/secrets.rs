//! The token and the keys of a run.

use test_support::TestDirectory;

use crate::common;
use crate::common::server::serve;
use crate::start;

#[test]
fn a_token_and_keys_are_shown_to_the_servers() {
    let files = TestDirectory::new("secure");
    let keys = files.path("keys");
    common::run(&["keys", &keys]).expect_code(0);
    let file = |name: &str| format!("{keys}/{name}");
    let (token, ca) = (file("token"), file("ca.pem"));
    let (cert, key) = (file("client.pem"), file("client.key"));
    let (server_cert, server_key) = (file("server.pem"), file("server.key"));
    let (_server, address) = serve(&[
        "--function",
        "f",
        "--token-file",
        &token,
        "--tls-cert",
        &server_cert,
        "--tls-key",
        &server_key,
        "--tls-client-ca",
        &ca,
        "--",
        "echo",
        "got",
        "{}",
    ]);
    let url = format!("https://{address}");
    let all = [
        "--token-file",
        &token,
        "--ca",
        &ca,
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
    ];
    let called = [&*url, "--function", "f"];
    start(&files, "1\n", &[&called[..], &all].concat())
        .end()
        .expect("got 1\n");
    for (without, part) in [
        (0..2, "refused"),
        (2..4, "UnknownIssuer"),
        (4..8, "refused"),
    ] {
        let mut some = all.to_vec();
        some.drain(without.clone());
        let has_token = without.start > 0;
        let ended = start(&files, "1\n", &[&called[..], &some].concat()).end();
        ended.expect_code(4);
        let remedy = "give the token of the servers with --token-file or --keys";
        assert_eq!(
            ended.stderr.contains(remedy),
            !has_token,
            "{}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains(part),
            "no {part:?} in: {}",
            ended.stderr
        );
    }
}
