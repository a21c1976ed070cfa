//! The members of a `<struct>`.

use std::collections::{HashMap, HashSet};

use crate::Value;

/// The members of a `<struct>`: names and values, in the order of the wire.
///
/// Names are unique: inserting a name again replaces its value and keeps its place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Struct {
    members: Vec<(String, Value)>,
}

impl Struct {
    /// A struct without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a member, or `None` where there is no such member.
    ///
    /// Takes time in proportion to the number of members.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members
            .iter()
            .find_map(|(own, value)| (own == name).then_some(value))
    }

    /// Sets a member and returns the value it had before.
    ///
    /// Takes time in proportion to the number of members; collect an iterator of
    /// pairs to make a large struct in one go.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.members.iter_mut().find(|(own, _)| *own == name) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.members.push((name, value));
                None
            }
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().position(|(own, _)| own == name)?;
        Some(self.members.remove(at).1)
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.members
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }
}

/// Of members with the same name the last one wins, in the place of the first.
impl<N: Into<String>> FromIterator<(N, Value)> for Struct {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(pairs: I) -> Self {
        let members: Vec<(String, Value)> = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value))
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

/// Looks at each pair of names where they are few, and hashes them where they are many.
fn are_unique(members: &[(String, Value)]) -> bool {
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

impl IntoIterator for Struct {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_names_wins_in_the_place_of_the_first() {
        let pairs = [("a", 1), ("b", 2), ("a", 3)];
        let collected: Struct = pairs.map(|(n, v)| (n, Value::Int(v))).into_iter().collect();
        let mut inserted = Struct::new();
        for (name, number) in pairs {
            inserted.insert(name, Value::Int(number));
        }
        assert_eq!(collected, inserted);
        assert_eq!(
            collected.iter().collect::<Vec<_>>(),
            [("a", &Value::Int(3)), ("b", &Value::Int(2))]
        );
    }

    #[test]
    fn members_come_and_go() {
        let mut members = Struct::new();
        assert!(members.is_empty());
        assert_eq!(members.insert("a", Value::Int(1)), None);
        assert_eq!(members.insert("a", Value::Nil), Some(Value::Int(1)));
        assert_eq!(members.get("a"), Some(&Value::Nil));
        assert_eq!(members.len(), 1);
        assert_eq!(members.remove("a"), Some(Value::Nil));
        assert_eq!(members.remove("a"), None);
    }
}
