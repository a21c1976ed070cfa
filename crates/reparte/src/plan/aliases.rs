//! The instances that report at several addresses: each is used at one of them.
//!
//! A user may list a server twice: by name and by number, or by two networks. The first address at
//! which an instance reports has it. The others are aliases, which get no calls and are still
//! probed. Once the first one no longer has it, the next one that reports it has.

use std::collections::BTreeMap;

use crate::ids::ServerId;

/// The server that has each instance.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    holders: BTreeMap<u64, ServerId>,
}

impl Aliases {
    /// Records that a server has reported an instance, which it had not if `before` is another one.
    /// Returns the server of which it is an alias, if `still_has` says that one has it.
    pub(super) fn report(
        &mut self,
        server: ServerId,
        instance: u64,
        before: Option<u64>,
        still_has: impl FnOnce(ServerId) -> bool,
    ) -> Option<ServerId> {
        if let Some(before) = before.filter(|&before| before != instance) {
            self.forget(server, before);
        }
        let holder = *self.holders.entry(instance).or_insert(server);
        if holder != server && still_has(holder) {
            return Some(holder);
        }
        self.holders.insert(instance, server);
        None
    }

    /// Records that a server does not have an instance.
    pub(super) fn forget(&mut self, server: ServerId, instance: u64) {
        if self.holders.get(&instance) == Some(&server) {
            self.holders.remove(&instance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_has_an_instance_until_it_no_longer_does() {
        let [first, second, third] = [0, 1, 2].map(ServerId::new);
        let mut aliases = Aliases::default();
        assert_eq!(aliases.report(first, 7, None, |_| unreachable!()), None);
        assert_eq!(aliases.report(second, 7, None, |_| true), Some(first));
        assert_eq!(aliases.report(first, 7, Some(7), |_| unreachable!()), None);
        assert_eq!(aliases.report(third, 8, None, |_| unreachable!()), None);
        // The first one is silent.
        let is_asked = |holder| {
            assert_eq!(holder, first);
            false
        };
        assert_eq!(aliases.report(second, 7, Some(7), is_asked), None);
        assert_eq!(aliases.report(first, 7, Some(7), |_| true), Some(second));
        // The second one was started anew.
        assert_eq!(aliases.report(second, 9, Some(7), |_| unreachable!()), None);
        assert_eq!(aliases.report(first, 7, Some(7), |_| unreachable!()), None);
        assert_eq!(aliases.report(first, 9, Some(7), |_| true), Some(second));
    }

    #[test]
    fn a_server_without_an_instance_of_its_own_has_none() {
        let [proxy, server] = [0, 1].map(ServerId::new);
        let mut aliases = Aliases::default();
        assert_eq!(aliases.report(proxy, 7, None, |_| unreachable!()), None);
        aliases.forget(proxy, 7);
        assert_eq!(aliases.report(server, 7, None, |_| unreachable!()), None);
        aliases.forget(proxy, 7);
        assert_eq!(aliases.report(proxy, 7, None, |_| true), Some(server));
    }
}
