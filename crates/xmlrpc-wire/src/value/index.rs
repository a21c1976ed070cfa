//! Parts of a value by name or index.

use std::fmt;
use std::ops::Index;

use crate::value::Value;

/// The place of a part in a value: a member's name (`&str`, `String`) in a struct, or an
/// item's index (`usize`) in an array.
///
/// No other type implements this trait.
pub trait ValueIndex: sealed::Find + fmt::Debug {}

impl ValueIndex for usize {}
impl ValueIndex for str {}
impl ValueIndex for String {}
impl<I: ValueIndex + ?Sized> ValueIndex for &I {}

mod sealed {
    use crate::value::Value;

    /// The search for a part; outside this crate nothing can name it.
    pub trait Find {
        fn find_in<'v>(&self, value: &'v Value) -> Option<&'v Value>;
        fn find_in_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value>;
    }

    impl Find for usize {
        fn find_in<'v>(&self, value: &'v Value) -> Option<&'v Value> {
            value.as_array()?.get(*self)
        }

        fn find_in_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
            value.as_array_mut()?.get_mut(*self)
        }
    }

    impl Find for str {
        fn find_in<'v>(&self, value: &'v Value) -> Option<&'v Value> {
            value.as_struct()?.get(self)
        }

        fn find_in_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
            value.as_struct_mut()?.get_mut(self)
        }
    }

    impl Find for String {
        fn find_in<'v>(&self, value: &'v Value) -> Option<&'v Value> {
            self.as_str().find_in(value)
        }

        fn find_in_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
            self.as_str().find_in_mut(value)
        }
    }

    impl<F: Find + ?Sized> Find for &F {
        fn find_in<'v>(&self, value: &'v Value) -> Option<&'v Value> {
            (**self).find_in(value)
        }

        fn find_in_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
            (**self).find_in_mut(value)
        }
    }
}

impl Value {
    /// Returns a struct's member by its name, or an array's item by its index.
    ///
    /// `None` if there is no such part, or the value is of another type.
    ///
    /// ```
    /// use xmlrpc_wire::{Struct, Value};
    ///
    /// let value = Value::from(Struct::from([("ports", vec![9000, 9001])]));
    /// let port = value.get("ports").and_then(|ports| ports.get(1));
    /// assert_eq!(port, Some(&Value::Int(9001)));
    /// assert_eq!(value.get(0), None);
    /// ```
    pub fn get(&self, index: impl ValueIndex) -> Option<&Value> {
        index.find_in(self)
    }

    /// Returns a struct's member or an array's item, to be changed.
    ///
    /// `None` if there is no such part, or the value is of another type.
    pub fn get_mut(&mut self, index: impl ValueIndex) -> Option<&mut Value> {
        index.find_in_mut(self)
    }
}

/// A struct's member by its name, or an array's item by its index.
///
/// # Panics
///
/// If there is no such part, or the value is of another type, as for a slice and a map of the
/// standard library. [`Value::get`] returns `None` instead, and is the one for values from
/// another peer.
impl<I: ValueIndex> Index<I> for Value {
    type Output = Value;

    #[track_caller]
    fn index(&self, index: I) -> &Value {
        match index.find_in(self) {
            Some(part) => part,
            None => panic!("no {index:?} in a value of type {}", self.type_name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{Struct, Value};

    #[test]
    fn parts_are_found_by_name_and_by_index() {
        let ports = Value::from([9000, 9001]);
        let mut value = Value::from(Struct::from([("ports", ports.clone())]));
        assert_eq!(value["ports"], ports);
        assert_eq!(value["ports"][1], Value::Int(9001));
        assert_eq!(value.get(String::from("ports")), Some(&ports));
        assert_eq!(value.get("port"), None);
        assert_eq!(value.get(0), None);
        assert_eq!(ports.get(2), None);
        assert_eq!(ports.get("ports"), None);
        *value.get_mut("ports").unwrap().get_mut(0).unwrap() = Value::Nil;
        assert_eq!(value.to_string(), r#"{"ports": [nil, 9001]}"#);
        assert_eq!(value.get_mut("port"), None);
        assert_eq!(value.get_mut(String::from("port")), None);
        *value.get_mut(String::from("ports")).unwrap() = Value::Int(1);
        assert_eq!(value["ports"], Value::Int(1));
    }

    #[test]
    #[should_panic(expected = "no \"port\" in a value of type struct")]
    fn a_part_that_is_not_there_panics() {
        let _ = &Value::from(Struct::from([("ports", 1)]))["port"];
    }
}
