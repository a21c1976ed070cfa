//! Servers as the command line names them.

use crate::Error;

/// Servers with their slots, in the order in which each address first comes.
/// An address that comes again adds to its slots: listed twice, a server is
/// called twice at a time, as in the article.
pub(super) fn read<S: AsRef<str>>(servers: &[S]) -> Result<Vec<(String, usize)>, Error> {
    let mut read: Vec<(String, usize)> = Vec::new();
    for server in servers {
        let (address, slots) = read_one(server.as_ref())?;
        match read.iter_mut().find(|(known, _)| *known == address) {
            Some((_, known)) => *known = known.saturating_add(slots),
            None => read.push((address, slots)),
        }
    }
    Ok(read)
}

/// `address` or `N/address` (GNU parallel's form).
fn read_one(given: &str) -> Result<(String, usize), Error> {
    let bad = |reason: &str| Error::BadAddress {
        address: given.to_owned(),
        reason: reason.to_owned(),
    };
    let (slots, address) = match given.split_once('/') {
        Some((count, rest)) if !count.contains(':') => match count.parse() {
            Ok(0) => return Err(bad("0 calls at a time is none")),
            Ok(slots) => (slots, rest),
            Err(_) => return Err(bad("what comes before the first / must be a number")),
        },
        _ => (1, given),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[&str], expected: &[(&str, usize)]) {
        let read = read(given).expect("good addresses");
        let read: Vec<_> = read.iter().map(|(a, n)| (a.as_str(), *n)).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn addresses_have_slots() {
        check(&["a:1", "b:2"], &[("a:1", 1), ("b:2", 1)]);
        check(&["4/a:1"], &[("a:1", 4)]);
        check(&["http://a:1/RPC2"], &[("http://a:1/RPC2", 1)]);
        check(&["3/http://a:1/"], &[("http://a:1/", 3)]);
        check(&["[::1]:9000"], &[("[::1]:9000", 1)]);
    }

    #[test]
    fn an_address_listed_twice_is_two_slots() {
        check(&["a:1", "b:1", "a:1", "2/a:1"], &[("a:1", 4), ("b:1", 1)]);
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
}
