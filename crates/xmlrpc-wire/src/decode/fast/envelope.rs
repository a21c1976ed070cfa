//! The elements around values in the fast reader: calls, parameters and responses.

use crate::decode::fast::scanner::Scanner;

impl Scanner<'_> {
    /// Reads the beginning of a call, and returns its method's name.
    pub(crate) fn call_start(&mut self) -> Option<String> {
        self.tag(b"<methodCall>")?;
        self.tag(b"<methodName>")?;
        let method = self.name(b"</methodName>")?.into_owned();
        self.tag(b"<params>")?;
        Some(method)
    }

    /// Returns whether there is another parameter.
    ///
    /// If so, it has been read up to the contents of its `<value>`; else the call has been
    /// read to its end.
    pub(crate) fn next_param(&mut self) -> Option<bool> {
        if self.tag(b"<param>").is_some() {
            self.tag(b"<value>")?;
            return Some(true);
        }
        self.tag(b"</params>")?;
        self.tag(b"</methodCall>")?;
        Some(false)
    }

    /// Reads a response up to the contents of its `<value>`, and returns whether it is a
    /// result; else it is a fault.
    pub(crate) fn response_start(&mut self) -> Option<bool> {
        self.tag(b"<methodResponse>")?;
        let is_result = self.tag(b"<params>").is_some();
        if is_result {
            self.tag(b"<param>")?;
        } else {
            self.tag(b"<fault>")?;
        }
        self.tag(b"<value>")?;
        Some(is_result)
    }

    /// Reads the tags after the value of a response that is a result.
    pub(crate) fn result_end(&mut self) -> Option<()> {
        self.tag(b"</param>")?;
        self.tag(b"</params>")
    }
}
