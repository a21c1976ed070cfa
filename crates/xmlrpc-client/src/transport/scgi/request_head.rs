//! The head of an SCGI request.

/// The fields of a request, as CGI names them (RFC 3875, section 4.1).
///
/// SCGI writes them as a netstring: its length, a colon, the fields with a zero byte behind each
/// name and each value, and a comma.
#[derive(Debug)]
pub(super) struct RequestHead(Vec<(String, String)>);

impl RequestHead {
    /// Begins the head of a request with a body of this length.
    pub(super) fn new(body_bytes: usize) -> Self {
        RequestHead(Vec::new())
            // The protocol asks for this one first.
            .field("CONTENT_LENGTH", &body_bytes.to_string())
            .field("SCGI", "1")
    }

    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header of HTTP. The values of headers of one name become one.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        let name = format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                known.push_str(", ");
                known.push_str(value);
            }
            None => self.0.push((name, value.to_owned())),
        }
        self
    }

    /// Returns the head as it is sent.
    pub(super) fn netstring(&self) -> Vec<u8> {
        let mut fields = String::new();
        for text in self.0.iter().flat_map(|(name, value)| [name, value]) {
            fields.push_str(text);
            fields.push('\0');
        }
        format!("{}:{fields},", fields.len()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_netstring_that_begins_with_the_length() {
        let head = RequestHead::new(27)
            .field("REQUEST_METHOD", "POST")
            .field("QUERY_STRING", "")
            .header("X-Key", "a")
            .header("Accept", "ñ")
            .header("x-key", "b");
        let fields = "CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0QUERY_STRING\0\0\
                      HTTP_X_KEY\0a, b\0HTTP_ACCEPT\0ñ\0";
        assert_eq!(fields.len(), 90);
        let expected = format!("90:{fields},");
        assert_eq!(head.netstring(), expected.as_bytes());
    }
}
