//! The addresses of servers, as a command line has them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::error::Error;

/// A server's address, and the number of calls that it takes at a time, if it was given.
type Server = (String, Option<usize>);

/// Reads servers and their slots, in the order in which each address first comes.
///
/// An address that comes again adds to its slots: a server that is listed twice is called
/// twice at a time, as in the article.
pub(super) fn read<S: AsRef<str>>(servers: &[S]) -> Result<Vec<Server>, Error> {
    let mut read: Vec<Server> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for server in servers {
        let (address, slots) = read_one(server.as_ref())?;
        match places.entry(address) {
            Entry::Occupied(place) => {
                if let Some((_, known)) = read.get_mut(*place.get()) {
                    let all = known.unwrap_or(1).saturating_add(slots.unwrap_or(1));
                    *known = Some(all);
                }
            }
            Entry::Vacant(place) => {
                read.push((place.key().clone(), slots));
                place.insert(read.len() - 1);
            }
        }
    }
    Ok(read)
}

/// Reads `address` or `N/address` (GNU parallel's form).
fn read_one(given: &str) -> Result<Server, Error> {
    let bad = |reason: &str| Error::BadAddress {
        address: shown(given),
        reason: reason.to_owned(),
    };
    let (slots, address) = match given.split_once('/') {
        Some((count, rest)) if !count.contains(':') => match count.parse() {
            Ok(0) => return Err(bad("0 calls at a time is none")),
            Ok(slots) => (Some(slots), rest),
            Err(_) => return Err(bad("what comes before the first / must be a number")),
        },
        _ => (None, given),
    };
    if address.is_empty() {
        return Err(bad("no address"));
    }
    let has_port = address.rfind(':') > address.rfind(']');
    if !address.contains("://") && !has_port {
        return Err(bad(
            "it has no port; write host:port, such as localhost:9000",
        ));
    }
    Ok((address.to_owned(), slots))
}

/// Returns an address without what stands before an @, which may be a password. The @ of a Unix
/// socket's path is a part of it.
pub(super) fn without_credentials(address: &str) -> String {
    let prefixes = ["unix:", "scgi+unix:"].into_iter();
    let mut unix = prefixes.filter_map(|prefix| Some((prefix, address.strip_prefix(prefix)?)));
    let Some((prefix, rest)) = unix.next() else {
        return address.rsplit('@').next().unwrap_or_default().to_owned();
    };
    let begin = rest.find('/').unwrap_or(rest.len());
    let begin = rest[..begin].rfind('@').map_or(0, |at| at + 1);
    format!("{prefix}{}", &rest[begin..])
}

/// Returns an address as an error shows it, without what stands before an @, which may be a
/// password.
pub(super) fn shown(address: &str) -> String {
    match address.rsplit_once('@') {
        None => address.to_owned(),
        Some((_, rest)) => format!("***@{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks what is read; 0 stands for slots that were not given.
    fn check(given: &[&str], expected: &[(&str, usize)]) {
        let read = read(given).expect("good addresses");
        let read = read.iter().map(|(a, n)| (a.as_str(), n.unwrap_or(0)));
        let read: Vec<_> = read.collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn addresses_have_slots() {
        check(&["a:1", "1/b:2"], &[("a:1", 0), ("b:2", 1)]);
        check(&["4/a:1"], &[("a:1", 4)]);
        check(&["http://a:1/RPC2"], &[("http://a:1/RPC2", 0)]);
        check(&["3/http://a:1/"], &[("http://a:1/", 3)]);
        check(&["[::1]:9000"], &[("[::1]:9000", 0)]);
        check(
            &["unix:/run/a", "2/unix:/b:/RPC2"],
            &[("unix:/run/a", 0), ("unix:/b:/RPC2", 2)],
        );
        check(
            &["scgi://a:5000", "2/scgi://a:1/x", "3/scgi+unix:/run/a"],
            &[
                ("scgi://a:5000", 0),
                ("scgi://a:1/x", 2),
                ("scgi+unix:/run/a", 3),
            ],
        );
    }

    #[test]
    fn a_servers_name_has_no_password() {
        for (address, name) in [
            ("http://a:1/RPC2", "http://a:1/RPC2"),
            ("http://me:p@ss@a:1", "a:1"),
            ("unix:/run/a", "unix:/run/a"),
            ("unix:me:p@ss@/run/a@b:/x", "unix:/run/a@b:/x"),
            ("unix:", "unix:"),
            ("scgi://me:p@ss@a:1", "a:1"),
            ("scgi+unix:me:p@ss@/run/a@b:/x", "scgi+unix:/run/a@b:/x"),
        ] {
            assert_eq!(without_credentials(address), name);
        }
    }

    #[test]
    fn an_address_listed_twice_is_two_slots() {
        check(&["a:1", "b:1", "a:1", "2/a:1"], &[("a:1", 4), ("b:1", 0)]);
    }

    #[test]
    fn bad_addresses_are_named() {
        for given in [
            "",
            "0/a:1",
            "x/a:1",
            "-1/a:1",
            "/a:1",
            "4/",
            "99999999999999999999/a:1",
            "localhost",
            "4/localhost",
            "[::1]",
        ] {
            let error = read(&["a:1", given]).expect_err(given);
            assert!(
                matches!(&error, Error::BadAddress { address, .. } if address == given),
                "{given}: {error}"
            );
        }
    }

    #[test]
    fn a_bad_address_is_named_without_its_password() {
        for given in [
            "x/any:TOKEN@host:1",
            "0/any:TOKEN@host:1",
            "any:TO@KEN@[::1]",
            "me/any:TO/KEN@host:1",
        ] {
            let error = read(&[given]).expect_err(given).to_string();
            assert!(!error.contains("KEN") && error.contains("***@"), "{error}");
        }
    }
}
