//! The certificates of a private authority.

use jiff::{Timestamp, ToSpan as _, Zoned};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, Error, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use xmlrpc_client::{Identity, Options, ServerProxy};

use crate::exit::Failure;

/// A certificate and its key, as PEM.
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// An authority, which makes certificates.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

/// The number of days for which a certificate is good; None: it does not expire.
type Days = Option<u16>;

impl Authority {
    /// Makes an authority, with its certificate and its key.
    pub(super) fn new() -> Result<(Self, Pair), Failure> {
        let made = KeyPair::generate().and_then(|key| {
            let params = authority_params()?;
            let pair = pair(&params.self_signed(&key)?, &key);
            let issuer = Issuer::new(params, key);
            Ok((Authority { issuer }, pair))
        });
        made.map_err(|error| Failure::argument(format_args!("can't make an authority ({error})")))
    }

    /// Reads the authority of an earlier run, from its certificate and its key.
    ///
    /// # Errors
    ///
    /// The reason why they are none, as the end of a sentence.
    pub(super) fn read(certificate: &[u8], key: &[u8]) -> Result<Self, String> {
        let mut options = Options::default();
        options.tls.identity = Some(Identity::new(certificate.to_vec(), key.to_vec()));
        let checked = ServerProxy::builder("https://localhost").options(options);
        // It checks that the key is that of the certificate.
        checked.build().map_err(|error| error.to_string())?;
        let text = std::str::from_utf8(key).map_err(|_| "the key is no PEM".to_owned())?;
        let key = KeyPair::from_pem(text).map_err(|error| error.to_string())?;
        let params = authority_params().map_err(|error| error.to_string())?;
        Ok(Authority {
            issuer: Issuer::new(params, key),
        })
    }

    /// Makes a certificate for the server of a machine with these names.
    pub(super) fn server(&self, names: &[String], days: Days) -> Result<Pair, Failure> {
        let made = self.make("server", names, ExtendedKeyUsagePurpose::ServerAuth, days);
        made.map_err(|error| {
            Failure::argument(format_args!(
                "can't make a certificate for {} ({error}): give names and addresses alone, such \
                 as --host maquina1 --host 192.0.2.11",
                names.join(", ")
            ))
        })
    }

    /// Makes a certificate for clients.
    pub(super) fn client(&self, days: Days) -> Result<Pair, Failure> {
        let made = self.make("client", &[], ExtendedKeyUsagePurpose::ClientAuth, days);
        made.map_err(|error| {
            Failure::argument(format_args!(
                "can't make a certificate for clients ({error})"
            ))
        })
    }

    fn make(
        &self,
        who: &str,
        names: &[String],
        purpose: ExtendedKeyUsagePurpose,
        days: Days,
    ) -> Result<Pair, Error> {
        let mut params = params_for(who, names)?;
        params.extended_key_usages = vec![purpose];
        params.use_authority_key_identifier_extension = true;
        if let Some(days) = days {
            // Clocks differ: from a day before now to the end of the last day.
            let now = Timestamp::now()
                .in_tz("UTC")
                .unwrap_or_else(|_| Zoned::now());
            let (year, month, day) = date_of(&now, -1);
            params.not_before = date_time_ymd(year, month, day);
            let (year, month, day) = date_of(&now, i32::from(days) + 1);
            params.not_after = date_time_ymd(year, month, day);
        }
        let key = KeyPair::generate()?;
        Ok(pair(&params.signed_by(&key, &self.issuer)?, &key))
    }
}

/// Returns the year, month and day that are so many days after `now`.
fn date_of(now: &Zoned, days: i32) -> (i32, u8, u8) {
    let date = now.date().saturating_add(days.days());
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    (date.year().into(), part(date.month()), part(date.day()))
}

fn pair(certificate: &Certificate, key: &KeyPair) -> Pair {
    Pair {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

/// Returns what an authority says of itself. Each of them says the same.
fn authority_params() -> Result<CertificateParams, Error> {
    let mut params = params_for("reparte's private CA", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn params_for(who: &str, names: &[String]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, who);
    Ok(params)
}
