//! The place that a line of a list names, without its marks.

/// The mark of a line whose server is dropped.
pub(super) const DROPPED: char = '!';

/// Returns whether a line of a file names the server of this URL, with or without the scheme.
#[cfg(unix)]
pub(super) fn is_at(line: &str, url: &str) -> bool {
    let named = place(line.trim_start_matches(DROPPED).trim()).trim_end_matches('/');
    named == url || url.split_once("://").is_some_and(|(_, at)| at == named)
}

/// Returns an address without the number of calls before it.
pub(super) fn place(address: &str) -> &str {
    match address.split_once('/') {
        Some((number, place)) if number.bytes().all(|byte| byte.is_ascii_digit()) => place,
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_dropped_server_is_named_by_its_address_or_its_url() {
        let url = "https://maquina1:9000";
        for line in [
            "maquina1:9000",
            "!maquina1:9000",
            url,
            "4/maquina1:9000",
            "https://maquina1:9000/",
        ] {
            assert!(is_at(line, url), "{line}");
        }
        for line in [
            "maquina1:9001",
            "maquina1",
            "http://maquina1:9000",
            "aquina1:9000",
            "",
        ] {
            assert!(!is_at(line, url), "{line}");
        }
    }

    #[test]
    fn an_address_has_a_place_with_a_number_or_without() {
        for (address, expected) in [
            ("2/host:9000", "host:9000"),
            ("host:9000", "host:9000"),
            ("12/https://host:9000/RPC2", "https://host:9000/RPC2"),
            ("https://host:9000", "https://host:9000"),
            ("unix:/run/a.sock", "unix:/run/a.sock"),
        ] {
            assert_eq!(place(address), expected);
        }
    }
}
