//! Access to a struct's members, and structs from pairs of names and values.

use std::collections::{HashMap, HashSet};
use std::iter::FusedIterator;
use std::{slice, vec};

use crate::value::{Struct, Value};

impl Struct {
    /// Creates a struct without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of a member, or `None` if there is no such member.
    ///
    /// Takes time in proportion to the number of members.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members
            .iter()
            .find_map(|(own, value)| (own == name).then_some(value))
    }

    /// Returns the value of a member, to be changed, or `None` if there is no such member.
    ///
    /// Takes time in proportion to the number of members.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.members
            .iter_mut()
            .find_map(|(own, value)| (own == name).then_some(value))
    }

    /// Returns whether there is a member of this name.
    ///
    /// Takes time in proportion to the number of members.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a member and returns its previous value.
    ///
    /// Takes time in proportion to the number of members. Collect an iterator of pairs to
    /// build a large struct.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.get_mut(&name) {
            Some(old) => Some(std::mem::replace(old, value)),
            None => {
                self.members.push((name, value));
                None
            }
        }
    }

    /// Removes a member and returns its value. The other members keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().position(|(own, _)| own == name)?;
        Some(self.members.remove(at).1)
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns the members' names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Returns the members' values, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }

    /// Returns the members, in order.
    pub fn iter(&self) -> Members<'_> {
        Members(self.members.iter())
    }

    /// Returns the members, in order, with values to be changed.
    pub fn iter_mut(&mut self) -> MembersMut<'_> {
        MembersMut(self.members.iter_mut())
    }
}

/// The members of a [`Struct`], in order: names and values.
#[derive(Debug, Clone)]
pub struct Members<'s>(slice::Iter<'s, (String, Value)>);

impl<'s> Iterator for Members<'s> {
    type Item = (&'s str, &'s Value);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.next()?;
        Some((name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Members<'_> {}
impl FusedIterator for Members<'_> {}

/// The members of a [`Struct`], in order: names, and values to be changed.
#[derive(Debug)]
pub struct MembersMut<'s>(slice::IterMut<'s, (String, Value)>);

impl<'s> Iterator for MembersMut<'s> {
    type Item = (&'s str, &'s mut Value);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.next()?;
        Some((name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for MembersMut<'_> {}
impl FusedIterator for MembersMut<'_> {}

impl<'s> IntoIterator for &'s Struct {
    type Item = (&'s str, &'s Value);
    type IntoIter = Members<'s>;

    fn into_iter(self) -> Members<'s> {
        self.iter()
    }
}

impl<'s> IntoIterator for &'s mut Struct {
    type Item = (&'s str, &'s mut Value);
    type IntoIter = MembersMut<'s>;

    fn into_iter(self) -> MembersMut<'s> {
        self.iter_mut()
    }
}

impl IntoIterator for Struct {
    type Item = (String, Value);
    type IntoIter = vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<N: Into<String>, V: Into<Value>, const L: usize> From<[(N, V); L]> for Struct {
    fn from(pairs: [(N, V); L]) -> Self {
        pairs.into_iter().collect()
    }
}

/// Of equal names the last value counts, in the place of the first.
impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Struct {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let members: Vec<(String, Value)> = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        if are_unique(&members) {
            return Struct { members };
        }
        let mut unique: Vec<(String, Value)> = Vec::new();
        let mut places = HashMap::<String, usize>::new();
        for (name, value) in members {
            match places.get(&name) {
                Some(&at) => unique[at].1 = value,
                None => {
                    places.insert(name.clone(), unique.len());
                    unique.push((name, value));
                }
            }
        }
        Struct { members: unique }
    }
}

/// Of equal names the last value counts, in the place of the first.
impl<N: Into<String>, V: Into<Value>> Extend<(N, V)> for Struct {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        let own = std::mem::take(self);
        let added = pairs.into_iter().map(|(n, v)| (n.into(), v.into()));
        *self = own.into_iter().chain(added).collect();
    }
}

/// Compares each pair of names if they are few, and hashes them if they are many.
fn are_unique(members: &[(String, Value)]) -> bool {
    // Up to about 16 names, comparing all pairs is cheaper than hashing each name.
    if members.len() <= 16 {
        let mut rest = members;
        while let Some(((name, _), others)) = rest.split_first() {
            if others.iter().any(|(other, _)| other == name) {
                return false;
            }
            rest = others;
        }
        return true;
    }
    let mut seen = HashSet::with_capacity(members.len());
    members.iter().all(|(name, _)| seen.insert(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_names_wins_in_the_place_of_the_first() {
        let pairs = [("a", 1), ("b", 2), ("a", 3)];
        let collected: Struct = pairs.into_iter().collect();
        let mut inserted = Struct::new();
        for (name, number) in pairs {
            inserted.insert(name, number);
        }
        let mut extended = Struct::from([("a", 0)]);
        extended.extend(pairs);
        assert_eq!(collected, inserted);
        assert_eq!(collected, extended);
        assert_eq!(
            collected.iter().collect::<Vec<_>>(),
            [("a", &Value::Int(3)), ("b", &Value::Int(2))]
        );
    }

    #[test]
    fn of_equal_names_alone_one_is_left() {
        let collected: Struct = [("a", 1), ("a", 2)].into_iter().collect();
        assert_eq!(
            collected.iter().collect::<Vec<_>>(),
            [("a", &Value::Int(2))]
        );
    }

    #[test]
    fn many_equal_names_are_found_too() {
        let pairs = (0..40).map(|n| (format!("n{}", n % 20), n));
        let collected: Struct = pairs.collect();
        let expected: Struct = (0..20).map(|n| (format!("n{n}"), n + 20)).collect();
        assert_eq!(collected, expected);
    }

    #[test]
    fn members_come_and_go() {
        let mut members = Struct::new();
        assert!(members.is_empty());
        assert_eq!(members.insert("a", 1), None);
        assert_eq!(members.insert("a", Value::Nil), Some(Value::Int(1)));
        assert_eq!(members.get("a"), Some(&Value::Nil));
        assert_eq!(members.len(), 1);
        assert!(!members.is_empty());
        assert!(members.contains_key("a") && !members.contains_key("b"));
        *members.get_mut("a").unwrap() = Value::Int(2);
        assert_eq!(members.get_mut("b"), None);
        members.insert("b", 3);
        assert_eq!(members.len(), 2);
        assert_eq!(members.remove("a"), Some(Value::Int(2)));
        assert_eq!(members.remove("a"), None);
    }

    #[test]
    fn references_iterate_in_order() {
        let mut members = Struct::from([("b", 1), ("a", 2)]);
        for (_, value) in &mut members {
            *value = Value::from(value.as_i64().unwrap() * 10);
        }
        let pairs: Vec<_> = (&members).into_iter().collect();
        assert_eq!(pairs, [("b", &Value::Int(10)), ("a", &Value::Int(20))]);
        assert_eq!(members.names().collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(members.values().len(), 2);
        assert_eq!((members.iter().len(), members.iter_mut().len()), (2, 2));
    }
}
