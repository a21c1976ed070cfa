//! The servers that a task avoids, because they have failed it.

use crate::ids::ServerId;

/// Two lists of servers, each in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Avoid {
    /// The servers with which it has a case: it waits for another one that can come.
    strictly: Vec<ServerId>,
    /// The servers that have lost its calls: it goes back to them when others are at
    /// work for long.
    rather: Vec<ServerId>,
}

impl Avoid {
    /// Returns the lists with another server.
    pub(super) fn with(&self, server: ServerId, strictly: bool) -> Self {
        let mut with = self.clone();
        if with.is_strictly(server) {
            return with;
        }
        let list = match strictly {
            true => &mut with.strictly,
            false => &mut with.rather,
        };
        if let Err(at) = list.binary_search(&server) {
            list.insert(at, server);
        }
        with
    }

    /// Returns the lists with no server avoided strictly.
    pub(super) fn relaxed(&self) -> Self {
        let mut rather = self.rather.clone();
        rather.extend(&self.strictly);
        rather.sort_unstable();
        rather.dedup();
        Self {
            strictly: Vec::new(),
            rather,
        }
    }

    /// Returns the lists with this server not avoided strictly.
    pub(super) fn with_relaxed(&self, server: ServerId) -> Self {
        let mut with = self.clone();
        if let Ok(at) = with.strictly.binary_search(&server) {
            with.strictly.remove(at);
            return with.with(server, false);
        }
        with
    }

    /// Returns whether some server is avoided strictly.
    pub(super) fn is_strict(&self) -> bool {
        !self.strictly.is_empty()
    }

    /// Returns whether the server is avoided strictly.
    pub(super) fn is_strictly(&self, server: ServerId) -> bool {
        self.strictly.binary_search(&server).is_ok()
    }

    /// Returns the servers that are avoided.
    pub(super) fn servers(&self) -> impl Iterator<Item = ServerId> {
        let rather = self
            .rather
            .iter()
            .filter(|&&server| !self.is_strictly(server));
        self.strictly.iter().chain(rather).copied()
    }

    /// Returns whether the server is avoided at all.
    pub(super) fn contains(&self, server: ServerId) -> bool {
        self.is_strictly(server) || self.rather.binary_search(&server).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_avoided_strictly_or_rather() {
        let [one, two] = [1, 2].map(ServerId::new);
        let avoid = Avoid::default().with(two, false).with(one, true);
        assert!(avoid.is_strict() && avoid.is_strictly(one) && !avoid.is_strictly(two));
        assert!(avoid.contains(one) && avoid.contains(two));
        assert_eq!(avoid.with(one, false), avoid, "strictly counts");
        let one_relaxed = avoid.with_relaxed(one);
        assert_eq!(
            one_relaxed,
            Avoid::default().with(one, false).with(two, false)
        );
        assert_eq!(one_relaxed.with_relaxed(one), one_relaxed);
        let relaxed = avoid.with(two, true).relaxed();
        assert!(!relaxed.is_strict() && relaxed.contains(one) && relaxed.contains(two));
        assert_eq!(relaxed, Avoid::default().with(one, false).with(two, false));
    }
}
