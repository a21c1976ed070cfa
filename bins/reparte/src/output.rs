//! Text from servers, for standard output.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _};

use untrusted_text::multi_line;

/// Returns text from a server as standard output gets it: unchanged in a file or a pipe; on a
/// terminal, which obeys some characters, with those escaped.
pub(crate) fn for_reader(text: &str) -> Cow<'_, str> {
    match io::stdout().is_terminal() {
        true => Cow::Owned(multi_line(text)),
        false => Cow::Borrowed(text),
    }
}
