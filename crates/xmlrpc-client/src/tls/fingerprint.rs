//! The fingerprint of a certificate.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use ureq::tls::{PemItem, parse_pem};

use crate::error::Error;
use crate::option_name::OptionName;

/// The SHA-256 hash of a certificate, in DER, by which a server is known.
///
/// Its text is `sha256:` and 64 hexadecimal digits.
///
/// ```
/// # use xmlrpc_client::{Error, Fingerprint};
/// let text = format!("sha256:{}", "0a".repeat(32));
/// let fingerprint: Fingerprint = text.parse()?;
/// assert_eq!(fingerprint.to_string(), text);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// The name of the hash, before its digits.
const PREFIX: &str = "sha256:";

impl Fingerprint {
    /// Returns the fingerprint of the first certificate in a text of PEM: the server's own.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] where it has none.
    pub fn of_pem(chain: &[u8]) -> Result<Self, Error> {
        let certificate = parse_pem(chain).find_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        certificate
            .map(|certificate| Fingerprint::of_der(certificate.der()))
            .ok_or_else(|| bad("there is no certificate as PEM"))
    }

    /// Returns the fingerprint of a certificate.
    pub(crate) fn of_der(certificate: &[u8]) -> Self {
        let hash = digest(&SHA256, certificate);
        let mut bytes = [0; 32];
        for (byte, hashed) in bytes.iter_mut().zip(hash.as_ref()) {
            *byte = *hashed;
        }
        Fingerprint(bytes)
    }
}

impl FromStr for Fingerprint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || bad("it is not sha256: and 64 hexadecimal digits");
        let digits = text.strip_prefix(PREFIX).ok_or_else(wrong)?.as_bytes();
        if digits.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for &digit in pair {
                let value = char::from(digit).to_digit(16).ok_or_else(wrong)?;
                *byte = *byte << 4 | u8::try_from(value).map_err(|_| wrong())?;
            }
        }
        Ok(Fingerprint(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn bad(reason: &'static str) -> Error {
    Error::BadOption {
        option: OptionName::TlsFingerprint,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_fingerprint_or_refused() {
        // NIST's example of SHA-256.
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let expected = Fingerprint::of_der(b"abc");
        assert_eq!(expected.to_string(), abc);
        for good in [abc, &abc.replace("ba7816bf", "BA7816BF")] {
            assert_eq!(good.parse::<Fingerprint>().unwrap(), expected);
        }
        for wrong in [
            "",
            "sha256:",
            &abc[7..],
            &abc[..70],
            &abc.replace("ad", "xy"),
        ] {
            let error = wrong.parse::<Fingerprint>().unwrap_err();
            assert!(error.to_string().contains("64 hexadecimal"), "{error}");
        }
        let longer = format!("{abc}0");
        assert!(longer.parse::<Fingerprint>().is_err());
        assert!(Fingerprint::of_pem(b"no PEM").is_err());
    }
}
