//! The connector that ureq is given for TLS.

use std::sync::Arc;

use ureq::Error;
use ureq::unversioned::transport::{ConnectionDetails, Connector, RustlsConnector, Transport};

use crate::progress::CallProgress;

/// Adds TLS to a connection where the address asks for it, as a part of connecting.
#[derive(Debug)]
pub(super) struct TlsConnector {
    rustls: RustlsConnector,
    progress: Arc<CallProgress>,
}

impl TlsConnector {
    pub(super) fn new(progress: Arc<CallProgress>) -> Self {
        TlsConnector {
            rustls: RustlsConnector::default(),
            progress,
        }
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        self.progress.set_in_handshake(true);
        let connected = self.rustls.connect(details, chained);
        // A handshake that failed stays one: its error belongs to connecting.
        self.progress.set_in_handshake(connected.is_err());
        connected
    }
}
