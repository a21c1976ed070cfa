//! The facts about one start of the server: its name, and the time at which it ends.

use std::time::SystemTime;

use crate::service::Service;

impl Service {
    /// Returns the name of this start of the server, as `reparte.status` tells it. Another start
    /// has another one.
    #[must_use]
    pub fn instance(&self) -> &str {
        self.calls.instance()
    }

    /// Sets the time at which the server will end, such as the end of its batch job.
    /// `reparte.status` tells how many seconds are left, and dispatchers make no calls that would
    /// not end in time. It ends nothing by itself. `None`, the default: that is not known.
    pub fn set_end(&mut self, at: impl Into<Option<SystemTime>>) -> &mut Self {
        self.calls.set_end(at.into());
        self
    }

    /// Returns the time at which the server will end, if that is known.
    #[must_use]
    pub fn ends_at(&self) -> Option<SystemTime> {
        self.calls.ends_at()
    }
}
