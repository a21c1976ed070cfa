//! The configuration of ureq's agents.

use std::time::Duration;

use ureq::config::{AutoHeaderValue, Config};

use crate::error::Error;
#[cfg(feature = "tls")]
use crate::option_name::OptionName;
use crate::options::Options;
use crate::transport::response_head::MAX_BYTES;
use crate::url::ServerUrl;

/// Bytes of each of a connection's two buffers; ureq's own are eight times that.
pub(super) const BUFFER_BYTES: usize = 16 * 1024;
/// The longest time for which a connection waits for the next call. A server that closes
/// it in the very moment in which a call is sent leaves open whether that call has run; so
/// the client lets go first. The shortest idle time-out seen among common servers is
/// gunicorn's 2 s.
pub(super) const MAX_IDLE: Duration = Duration::from_secs(1);

pub(super) fn new(url: &ServerUrl, options: &Options) -> Result<Config, Error> {
    #[cfg(feature = "gzip")]
    let encoding = match options.gzip {
        true => AutoHeaderValue::Default,
        false => AutoHeaderValue::None,
    };
    #[cfg(not(feature = "gzip"))]
    let encoding = AutoHeaderValue::None;
    let builder = Config::builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .user_agent(&options.user_agent)
        .accept_encoding(encoding)
        // `ResponseHead` has the limits that count.
        .max_response_header_size(2 * MAX_BYTES)
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .max_idle_age(MAX_IDLE)
        // `CallProgress` keeps the same time-outs more strictly, as totals of each phase.
        .timeout_resolve(Some(options.connect_timeout))
        .timeout_connect(Some(options.connect_timeout))
        .timeout_send_request(Some(options.send_timeout))
        .timeout_send_body(Some(options.send_timeout))
        .timeout_recv_response(Some(options.response_timeout))
        .timeout_recv_body(Some(options.response_timeout));
    #[cfg(feature = "tls")]
    if url.scheme.is_secure() {
        return Ok(builder.tls_config(options.tls.ureq_config()?).build());
    }
    #[cfg(feature = "tls")]
    if options.tls.fingerprint.is_some() {
        return Err(Error::BadOption {
            option: OptionName::TlsFingerprint,
            reason: "only a server with https:// has a certificate",
        });
    }
    #[cfg(not(feature = "tls"))]
    let _ = url;
    Ok(builder.build())
}
