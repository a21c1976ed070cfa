//! The connector that ureq is given for TLS.

use std::sync::Arc;

use ureq::Error;
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, Either, RustlsConnector, Transport,
};

use crate::progress::CallProgress;
use crate::tls::Tls;
use crate::transport::pinned_tls::{PinnedConnector, PinnedTransport};

/// Adds TLS to a connection where the address asks for it, as a part of connecting.
#[derive(Debug)]
pub(super) struct TlsConnector {
    rustls: RustlsConnector,
    /// The connector in its place for a server that is known by its certificate.
    pinned: Option<PinnedConnector>,
    progress: Arc<CallProgress>,
}

impl TlsConnector {
    pub(super) fn new(tls: &Tls, progress: Arc<CallProgress>) -> Self {
        TlsConnector {
            rustls: RustlsConnector::default(),
            pinned: PinnedConnector::new(tls),
            progress,
        }
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<<RustlsConnector as Connector<In>>::Out, PinnedTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        self.progress.set_in_handshake(true);
        let connected = match (&self.pinned, chained) {
            (Some(pinned), Some(transport)) => pinned
                .connect(details, transport)
                .map(|connected| Some(Either::B(connected))),
            (_, chained) => {
                let connected = self.rustls.connect(details, chained);
                connected.map(|connected| connected.map(Either::A))
            }
        };
        // A handshake that failed stays one: its error belongs to connecting.
        self.progress.set_in_handshake(connected.is_err());
        connected
    }
}
