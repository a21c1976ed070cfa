//! The announcement of a server: a small file in a directory that servers and clients share.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};
use xmlrpc_client::Fingerprint;

/// The end of the name of each announcement.
const SUFFIX: &str = ".reparte";

/// The most bytes of an announcement.
pub(crate) const MAX_BYTES: usize = 4096;

/// The time between two signs of life of a server: it sets the time of its file.
#[cfg(unix)]
pub(crate) const TOUCH_INTERVAL: Duration = Duration::from_secs(5);

/// The facts that a server tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// The URL by which clients call it.
    pub(crate) url: String,
    /// The function that it publishes.
    pub(crate) function: String,
    /// The number of calls that it takes at a time.
    pub(crate) slots: usize,
    /// The name of this start of the server, as its status has it.
    pub(crate) instance: String,
    /// The fingerprint of its certificate, if it speaks TLS.
    pub(crate) certificate: Option<Fingerprint>,
    /// The time at which it ends, to the second, if it knows that.
    pub(crate) ends_at: Option<SystemTime>,
}

impl Announcement {
    /// Returns the name of the file. A server that starts again has another one.
    #[cfg(unix)]
    pub(crate) fn file_name(&self) -> String {
        let (_, place) = self.url.split_once("://").unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let mut name: String = place
            .chars()
            .map(|c| if is_part(c) { c } else { '_' })
            .take(100)
            .collect();
        // A hidden file would be no announcement.
        if name.starts_with('.') {
            name.insert(0, '_');
        }
        let _ = write!(name, "-{}{SUFFIX}", self.instance);
        name
    }

    /// Returns the text of the file.
    #[cfg(unix)]
    pub(crate) fn text(&self) -> String {
        let mut members = json!({
            "reparte": 1,
            "url": self.url,
            "function": self.function,
            "slots": self.slots,
            "instance": self.instance,
        });
        if let Some(certificate) = self.certificate {
            members["certificate"] = certificate.to_string().into();
        }
        if let Some(end) = self
            .ends_at
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
        {
            members["ends"] = end.as_secs().into();
        }
        format!("{members}\n")
    }

    /// Reads the text of a file. Members of other names are passed over.
    ///
    /// # Errors
    ///
    /// The reason why it is no announcement.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let members: Json =
            serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        let string = |name: &str| match members.get(name).and_then(Json::as_str) {
            Some(text) if is_plain(text) => Ok(text.to_owned()),
            _ => Err(format!("\"{name}\" is no text without spaces")),
        };
        if members.get("reparte") != Some(&Json::from(1)) {
            return Err("\"reparte\" is not 1".to_owned());
        }
        let url = string("url")?;
        let is_secure = url.starts_with("https://");
        let (scheme, place) = url.split_once("://").unwrap_or_default();
        if !matches!(scheme, "http" | "https") || place.contains(['@', '/', '?', '#']) {
            return Err("\"url\" is not http://host:port or https://host:port".to_owned());
        }
        let slots = members.get("slots").and_then(Json::as_u64);
        let slots = slots.and_then(|slots| usize::try_from(slots).ok());
        let certificate = match members.get("certificate") {
            None => None,
            Some(_) if !is_secure => return Err("\"certificate\" without https://".to_owned()),
            Some(_) => {
                let text = string("certificate")?;
                Some(
                    text.parse()
                        .map_err(|error| format!("\"certificate\": {error}"))?,
                )
            }
        };
        Ok(Announcement {
            url,
            function: string("function")?,
            slots: slots
                .filter(|slots| (1..=1024).contains(slots))
                .ok_or("\"slots\" is no number from 1 to 1024")?,
            instance: string("instance")?,
            certificate,
            ends_at: match members.get("ends") {
                None => None,
                Some(end) => Some(
                    end.as_u64()
                        .and_then(|end| UNIX_EPOCH.checked_add(Duration::from_secs(end)))
                        .ok_or("\"ends\" is no number of seconds since 1970")?,
                ),
            },
        })
    }
}

/// Returns whether a file of this name is an announcement.
#[cfg(unix)]
pub(crate) fn is_announcement(name: &str) -> bool {
    name.ends_with(SUFFIX) && !name.starts_with('.')
}

/// Returns whether a text is one printable word.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement() -> Announcement {
        Announcement {
            url: "https://node7:42283".to_owned(),
            function: "primes".to_owned(),
            slots: 4,
            instance: "0123456789abcdef".to_owned(),
            certificate: Some(Fingerprint::of_pem(PEM).unwrap()),
            ends_at: Some(UNIX_EPOCH + Duration::from_secs(32_503_680_000)),
        }
    }

    /// Any bytes will do for a fingerprint.
    const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n";

    #[cfg(unix)]
    #[test]
    fn an_announcement_is_read_as_it_was_written() {
        let with = announcement();
        assert_eq!(Announcement::read(&with.text()).unwrap(), with);
        assert_eq!(with.file_name(), "node7_42283-0123456789abcdef.reparte");
        let without = Announcement {
            url: "http://[::1]:9".to_owned(),
            certificate: None,
            ends_at: None,
            ..with
        };
        assert_eq!(Announcement::read(&without.text()).unwrap(), without);
        let hidden = Announcement {
            url: "https://../x:9".to_owned(),
            ..without
        };
        assert!(hidden.file_name().starts_with("_.._x_9-"), "{hidden:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_member_that_is_wrong_is_named() {
        let good: Json = serde_json::from_str(&announcement().text()).unwrap();
        for (name, value) in [
            ("reparte", json!(2)),
            ("url", json!("ftp://a:1")),
            ("url", json!("https://me:password@a:1")),
            ("url", json!("http://a:1/https://b:2")),
            ("url", json!("http://a:1?https://")),
            ("url", json!("https://a:1\n2/b:1")),
            ("url", json!(null)),
            ("function", json!("")),
            ("slots", json!(0)),
            ("slots", json!(1025)),
            ("slots", json!("4")),
            ("instance", json!(5)),
            ("certificate", json!("sha256:ab")),
            ("certificate", json!(null)),
            ("ends", json!(-1)),
            ("ends", json!("soon")),
        ] {
            let mut wrong = good.clone();
            wrong[name] = value.clone();
            let error = Announcement::read(&wrong.to_string()).unwrap_err();
            assert!(error.contains(&format!("\"{name}\"")), "{value}: {error}");
        }
        let mut clear = good;
        clear["url"] = json!("http://a:1");
        let error = Announcement::read(&clear.to_string()).unwrap_err();
        assert!(error.contains("without https"), "{error}");
        assert!(Announcement::read("{").unwrap_err().contains("no JSON"));
    }

    #[test]
    fn members_that_a_later_version_adds_are_passed_over() {
        let text = r#"{"reparte":1,"url":"http://a:1","function":"f","slots":1,"instance":"i",
            "later":[1]}"#;
        assert!(Announcement::read(text).is_ok());
    }
}
