//! Trust by TLS: a private authority, and certificates on both sides.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod live;
mod peer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use live::Live;
use peer::options;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use xmlrpc_client::{Error, ErrorKind, Identity, ServerProxy};
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
