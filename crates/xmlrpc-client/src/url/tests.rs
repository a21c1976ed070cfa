//! Tests of addresses: those that are read, and why others are not.

use super::*;

#[test]
fn addresses_are_read() {
    for (text, url, server) in [
        (
            "localhost:9000",
            "http://localhost:9000/RPC2",
            "localhost:9000",
        ),
        (
            "http://localhost:9000",
            "http://localhost:9000/RPC2",
            "localhost:9000",
        ),
        (
            "http://localhost:9000/",
            "http://localhost:9000/",
            "localhost:9000",
        ),
        (
            "HTTP://Example.ORG/a/b?c=d",
            "http://example.org:80/a/b?c=d",
            "example.org:80",
        ),
        (
            "10.12.33.112:9000",
            "http://10.12.33.112:9000/RPC2",
            "10.12.33.112:9000",
        ),
        ("host", "http://host:80/RPC2", "host:80"),
        ("host:1/RPC2", "http://host:1/RPC2", "host:1"),
        ("[::1]:9000", "http://[::1]:9000/RPC2", "[::1]:9000"),
        (
            "[fe80::1%eth0]:9000",
            "http://[fe80::1%eth0]:9000/RPC2",
            "[fe80::1%eth0]:9000",
        ),
        (
            "http://[fe80::1%25en-1]/",
            "http://[fe80::1%en-1]:80/",
            "[fe80::1%en-1]:80",
        ),
        (
            "http://[FE80:0::1]/x",
            "http://[fe80::1]:80/x",
            "[fe80::1]:80",
        ),
        ("host:65535/a://b", "http://host:65535/a://b", "host:65535"),
        ("host?x=1", "http://host:80/?x=1", "host:80"),
        ("a_b.c-d.:1", "http://a_b.c-d.:1/RPC2", "a_b.c-d.:1"),
        #[cfg(unix)]
        (
            "unix:/run/supervisor.sock",
            "unix:/run/supervisor.sock:/RPC2",
            "unix:/run/supervisor.sock",
        ),
        #[cfg(unix)]
        (
            "unix:/a:b/ñ:/x?y=:/z",
            "unix:/a:b/ñ:/x?y=:/z",
            "unix:/a:b/ñ",
        ),
        #[cfg(unix)]
        ("unix:///s:/", "unix:/s:/", "unix:/s"),
        ("scgi://[::1]:5000", "scgi://[::1]:5000/RPC2", "[::1]:5000"),
        ("SCGI://a:5000/x", "scgi://a:5000/x", "a:5000"),
        #[cfg(unix)]
        (
            "scgi+unix:/run/rpc.socket",
            "scgi+unix:/run/rpc.socket:/RPC2",
            "scgi+unix:/run/rpc.socket",
        ),
        #[cfg(unix)]
        ("scgi+unix:///s:/x", "scgi+unix:/s:/x", "scgi+unix:/s"),
    ] {
        let parsed = ServerUrl::parse(text).unwrap();
        assert_eq!(parsed.to_string(), url, "{text}");
        assert_eq!(parsed.server(), server, "{text}");
    }
}

#[test]
fn bad_addresses_say_why() {
    let long = &format!("unix:/{}", "s".repeat(107));
    for (text, why) in [
        ("", "no host"),
        ("http://", "no host"),
        ("http:///RPC2", "no host"),
        (":9000", "no host"),
        ("9000", "localhost: before it"),
        ("local host:9000", "a space"),
        ("localhost:9000 ", "a space"),
        ("localhost:9000\n", "a space"),
        ("año:9000", "outside ASCII"),
        ("localhost:", "its port"),
        ("localhost:0", "its port"),
        ("localhost:65536", "its port"),
        ("localhost:+80", "its port"),
        ("localhost:nine", "its port"),
        ("::1", "brackets"),
        ("::1:9000", "brackets"),
        ("[::1", "no ]"),
        ("[fe80::1%]:9000", "comes an interface"),
        ("[fe80::1%a b]:9000", "a space"),
        ("[fe80::1%a/b]:9000", "has no ]"),
        ("[::1]9000", "after an IPv6"),
        ("[::g]:9000", "not an IPv6"),
        ("[10.0.0.1]:9000", "not an IPv6"),
        ("10.0.0.256:9000", "not an IPv4"),
        ("10.1:9000", "not an IPv4"),
        ("a/b:9000<", "percent-encoded"),
        ("a*b:9000", "not a name"),
        ("host:1/#x", "fragment"),
        ("ftp://host/", "only http"),
        ("://host", "only http"),
        ("unix:", "whole path"),
        ("unix:run/s", "whole path"),
        ("unix://host/s", "whole path"),
        ("unix:/s s", "a space"),
        ("unix:/s:/ñ", "outside ASCII"),
        ("unix:/s:/a#b", "fragment"),
        ("unix:a%:b@/s", "hexadecimal"),
        (long, "107 bytes"),
        ("scgi://host", "no port"),
        ("scgi://:5000", "no host"),
        ("scgi+unix:run/s", "whole path"),
        ("scgi+unix://host/s", "whole path"),
        ("scgi+unix+x:/s", "not a name"),
    ] {
        let error = ServerUrl::parse(text).unwrap_err();
        let Error::BadUrl { reason, .. } = &error else {
            panic!("{text}: {error}")
        };
        assert!(reason.contains(why), "{text}: {reason}");
        assert!(
            error.to_string().contains("http://host:port/path"),
            "{error}"
        );
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn tls_is_refused_by_name() {
    for text in ["https://host", "HTTPS://host:1/x"] {
        let error = ServerUrl::parse(text).unwrap_err();
        assert!(matches!(error, Error::TlsUnsupported { .. }), "{error}");
    }
}

#[cfg(feature = "tls")]
#[test]
fn tls_has_a_port_of_its_own() {
    for (text, url) in [
        ("https://host", "https://host:443/RPC2"),
        ("HTTPS://host:1/x", "https://host:1/x"),
    ] {
        assert_eq!(ServerUrl::parse(text).unwrap().to_string(), url);
    }
}

#[test]
fn credentials_are_read_and_not_shown() {
    for (text, user, password) in [
        ("http://user:sec%40ret@host:9000/RPC2", "user", "sec@ret"),
        ("user:secret@host:9000", "user", "secret"),
        ("http://user:sec@secret@host:9000", "user", "sec@secret"),
    ] {
        let url = ServerUrl::parse(text).unwrap();
        assert_eq!(url.credentials, Some(Credentials::basic(user, password)));
        assert_eq!(url.to_string(), "http://host:9000/RPC2");
        let seen = format!("{url:?}");
        assert!(!seen.contains("secret") && !seen.contains("sec@"), "{seen}");
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_has_credentials_and_its_own_way_to_be_named() {
    let url = ServerUrl::parse("unix:user:sec%40ret@/run/a@b.sock:/x").unwrap();
    assert_eq!(url.credentials, Some(Credentials::basic("user", "sec@ret")));
    assert_eq!(url.to_string(), "unix:/run/a@b.sock:/x");
    assert_eq!(url.for_http(), "http://localhost/x");
    let scgi = ServerUrl::parse("scgi+unix:user:sec%40ret@/a@b:/x").unwrap();
    assert_eq!(scgi.credentials, url.credentials);
    assert_eq!(scgi.for_http(), "http://localhost/x");
    let other = url.with_path("/y").unwrap();
    assert_eq!(other.to_string(), "unix:/run/a@b.sock:/y");
}

#[test]
fn a_password_is_never_shown() {
    for text in [
        "unix:user:secret@run/s",
        "scgi+unix:user:secret@run/s",
        "scgi://user:secret@host",
        "unix:user:sec%ret@/s",
        "user:secret@",
        "user:secret@a b",
        "htp://user:secret@host",
        "http://user:secret%4@host",
        "http://user:secret/secret@host",
        "http://user:secret?secret@host",
        "http://user:se cret@host",
        "http://user:secret@host:99999",
    ] {
        let error = ServerUrl::parse(text).unwrap_err();
        let seen = format!("{error} {error:?}");
        assert!(!seen.contains("sec") && !seen.contains("cret"), "{seen}");
    }
}
