//! Trust by TLS: a private authority, and certificates on both sides.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod live;
mod peer;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use live::Live;
use peer::options;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection};
use xmlrpc_client::{Error, ErrorKind, Fingerprint, Identity, Options, ServerProxy};
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper::{self, Tls};

const HERE: &[&str] = &["localhost", "127.0.0.1"];

/// An authority that vouches for others' certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().unwrap();
        Authority(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    /// A certificate for these names, and its key.
    fn certificate(&self, names: &[&str]) -> [Vec<u8>; 2] {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let params = CertificateParams::new(names).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        [certificate.pem(), key.serialize_pem()].map(String::into_bytes)
    }

    fn identity(&self) -> Identity {
        let [chain, key] = self.certificate(&[]);
        Identity::new(chain, key)
    }
}

/// A server whose one function counts its calls.
struct Secure {
    live: Live,
    calls: Arc<AtomicUsize>,
}

impl Secure {
    fn start(tls: Tls) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let mut service = Service::new();
        service
            .register("cuad", move |n: i32| {
                counted.fetch_add(1, SeqCst);
                n * n
            })
            .unwrap();
        let mut options = hyper::Options::default();
        options.tls = Some(tls);
        let live = Live::start(service, options);
        Secure { live, calls }
    }

    /// Calls as a client that trusts `authority`, or else those of the public web.
    fn call(&self, authority: Option<&Authority>, own: Option<Identity>) -> Result<i32, Error> {
        let mut options = options();
        options.tls.authorities = authority.map(Authority::pem);
        options.tls.identity = own;
        self.call_with(options)
    }

    /// Calls as a client that expects the certificate of this fingerprint.
    fn call_pinned(&self, chain: &[u8], own: Option<Identity>) -> Result<i32, Error> {
        let mut options = options();
        options.tls.fingerprint = Some(Fingerprint::of_pem(chain).unwrap());
        options.tls.identity = own;
        self.call_with(options)
    }

    fn call_with(&self, options: Options) -> Result<i32, Error> {
        let url = format!("https://{}", self.live.address);
        ServerProxy::builder(&url)
            .options(options)
            .build()?
            .call("cuad", (7,))
    }

    /// Checks that the call was refused, and that this many others have run.
    #[track_caller]
    fn refused(&self, called: Result<i32, Error>, told: &str, others: usize) {
        let error = called.unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{error}");
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(self.calls.load(SeqCst), others);
    }
}

#[test]
fn a_server_is_trusted_for_its_authority() {
    let (own, other) = (Authority::new("own"), Authority::new("other"));
    let [chain, key] = own.certificate(HERE);
    let server = Secure::start(Tls::from_pem(&chain, &key).unwrap());
    assert_eq!(server.call(Some(&own), None).unwrap(), 49);
    // A certificate that nobody asks for does no harm.
    assert_eq!(server.call(Some(&own), Some(other.identity())).unwrap(), 49);
    server.refused(server.call(Some(&other), None), "UnknownIssuer", 2);
    server.refused(server.call(None, None), "UnknownIssuer", 2);
}

#[test]
fn a_server_is_trusted_for_its_name() {
    let own = Authority::new("own");
    let [chain, key] = own.certificate(&["elsewhere.example", "192.0.2.1"]);
    let server = Secure::start(Tls::from_pem(&chain, &key).unwrap());
    server.refused(server.call(Some(&own), None), "not valid for name", 0);
}

#[test]
fn a_server_that_asks_for_a_certificate_takes_its_authoritys_alone() {
    let (own, other) = (Authority::new("own"), Authority::new("other"));
    let [chain, key] = own.certificate(HERE);
    let server = Secure::start(Tls::for_clients_of(&own.pem(), &chain, &key).unwrap());
    assert_eq!(server.call(Some(&own), Some(own.identity())).unwrap(), 49);
    server.refused(server.call(Some(&own), None), "CertificateRequired", 1);
    let strange = server.call(Some(&own), Some(other.identity()));
    server.refused(strange, "UnknownCA", 1);
    assert_eq!(server.call(Some(&own), Some(own.identity())).unwrap(), 49);
}

/// ureq panicked at the first call.
#[test]
fn a_key_that_is_not_the_certificates_is_refused_before_any_call() {
    let own = Authority::new("own");
    let [chain, _] = own.certificate(HERE);
    let [_, other_key] = own.certificate(HERE);
    let mut options = options();
    options.tls.identity = Some(Identity::new(chain, other_key));
    let error = ServerProxy::builder("https://127.0.0.1:1")
        .options(options)
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(
        error.to_string().contains("not that of its certificate"),
        "{error}"
    );
}

#[test]
fn a_server_is_trusted_for_its_certificates_fingerprint_alone() {
    let own = Authority::new("own");
    let [chain, key] = own.certificate(&["elsewhere.example"]);
    let [other_chain, _] = own.certificate(HERE);
    let server = Secure::start(Tls::from_pem(&chain, &key).unwrap());
    assert_eq!(server.call_pinned(&chain, None).unwrap(), 49);
    assert_eq!(server.call_pinned(&chain, None).unwrap(), 49);
    let other = server.call_pinned(&other_chain, None);
    server.refused(other, "another certificate", 2);
}

/// Starts a server that shows a certificate whose key it does not have, for one connection.
/// Returns its address.
fn impostor(chain: &[u8], other_key: &[u8]) -> String {
    let chain = CertificateDer::pem_slice_iter(chain);
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(other_key).unwrap();
    let key = ring::sign::any_supported_type(&key).unwrap();
    let shown = SingleCertAndKey::from(CertifiedKey::new(chain, key));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        // The client gives up.
        let _ = connection.complete_io(&mut stream);
    });
    address
}

/// Whoever has the certificate alone, which every client sees, can't prove to have its key.
#[test]
fn a_pinned_certificate_with_another_key_is_refused() {
    let own = Authority::new("own");
    let [chain, _] = own.certificate(HERE);
    let [_, other_key] = own.certificate(HERE);
    let address = impostor(&chain, &other_key);
    let mut options = options();
    options.tls.fingerprint = Some(Fingerprint::of_pem(&chain).unwrap());
    let proxy = ServerProxy::builder(&format!("https://{address}"));
    let called = proxy.options(options).build().unwrap().call::<i32>("f", ());
    let error = called.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
    assert!(error.to_string().contains("BadSignature"), "{error}");
}

#[test]
fn a_pinned_server_may_ask_for_a_certificate() {
    let own = Authority::new("own");
    let [chain, key] = own.certificate(&[]);
    let server = Secure::start(Tls::for_clients_of(&own.pem(), &chain, &key).unwrap());
    let called = server.call_pinned(&chain, Some(own.identity()));
    assert_eq!(called.unwrap(), 49);
    server.refused(server.call_pinned(&chain, None), "CertificateRequired", 1);
}

#[test]
fn a_fingerprint_without_tls_is_refused_before_any_call() {
    let [chain, _] = Authority::new("own").certificate(HERE);
    let mut options = options();
    options.tls.fingerprint = Some(Fingerprint::of_pem(&chain).unwrap());
    let error = ServerProxy::builder("127.0.0.1:1")
        .options(options)
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("https"), "{error}");
}

/// Serves connections as Python's server for TLS does: it closes those on which a request comes
/// without. Returns its address. `hello` is its answer to the beginning of a handshake.
fn closes_what_is_no_handshake(hello: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let mut first = [0; 4096];
            if connection.read(&mut first).is_ok() && first[0] == 0x16 {
                let _ = connection.write_all(hello);
            }
        }
    });
    address
}

/// A run took its tasks for poison.
#[test]
fn a_server_for_tls_that_closes_other_connections_is_named() {
    const ALERT: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];
    let call = |hello| {
        let address = closes_what_is_no_handshake(hello);
        let proxy = ServerProxy::builder(&address).options(options()).build();
        proxy.unwrap().call::<i32>("f", ()).unwrap_err()
    };
    let error = call(ALERT);
    assert!(matches!(error, Error::OtherProtocol { .. }), "{error:?}");
    assert!(error.to_string().contains("call it by https://"), "{error}");
    for other in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let error = call(other);
        assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    }
}
