//! The encoding of types as bytes that are equal in every run.

/// A type that a [`Journal`](crate::Journal) can hold: its bytes are equal in every run, on
/// every machine.
///
/// It is implemented for integers of a fixed width, floats, `bool`, `String`, `()`, and for
/// options, vectors and tuples of such types. Other types can implement it, or use the
/// closures of [`Journal::open_with`](crate::Journal::open_with).
///
/// | type | bytes |
/// | --- | --- |
/// | integers, floats | little-endian, at their width |
/// | `bool` | 0 or 1 |
/// | `()` | 0 |
/// | `String` | its length in bytes, a `u64`, and its UTF-8 |
/// | `Vec<T>` | its length, a `u64`, and each item |
/// | `Option<T>` | 0; or 1 and the value |
/// | tuples | each member |
pub trait Persist: Sized {
    /// Appends the name of the type, such as `(string, i64)`. A journal of other types is
    /// an error.
    fn type_name(to: &mut String);

    /// Appends the bytes of the value, at least one.
    fn write(&self, to: &mut Vec<u8>);

    /// Reads a value from the front of `from`, and removes its bytes; `None` if there is no
    /// such value.
    fn read(from: &mut &[u8]) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        impl Persist for $number {
            fn type_name(to: &mut String) {
                to.push_str(stringify!($number));
            }

            fn write(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }

            fn read(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64);

impl Persist for bool {
    fn type_name(to: &mut String) {
        to.push_str("bool");
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match u8::read(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Persist for () {
    fn type_name(to: &mut String) {
        to.push_str("()");
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.push(0);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        (u8::read(from)? == 0).then_some(())
    }
}

/// Reads a length; None if fewer bytes follow, which each item would need.
fn read_length(from: &mut &[u8]) -> Option<usize> {
    let length = usize::try_from(u64::read(from)?).ok()?;
    (length <= from.len()).then_some(length)
}

impl Persist for String {
    fn type_name(to: &mut String) {
        to.push_str("string");
    }

    fn write(&self, to: &mut Vec<u8>) {
        (self.len() as u64).write(to);
        to.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let length = read_length(from)?;
        let (text, rest) = from.split_at_checked(length)?;
        *from = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }
}

impl<T: Persist> Persist for Vec<T> {
    fn type_name(to: &mut String) {
        to.push('[');
        T::type_name(to);
        to.push(']');
    }

    fn write(&self, to: &mut Vec<u8>) {
        (self.len() as u64).write(to);
        self.iter().for_each(|item| item.write(to));
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let length = read_length(from)?;
        (0..length).map(|_| T::read(from)).collect()
    }
}

impl<T: Persist> Persist for Option<T> {
    fn type_name(to: &mut String) {
        T::type_name(to);
        to.push('?');
    }

    fn write(&self, to: &mut Vec<u8>) {
        self.is_some().write(to);
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match bool::read(from)? {
            true => Some(Some(T::read(from)?)),
            false => Some(None),
        }
    }
}

macro_rules! tuples {
    ($(($first:ident $($other:ident)*))*) => {$(
        impl<$first: Persist, $($other: Persist),*> Persist for ($first, $($other,)*) {
            fn type_name(to: &mut String) {
                to.push('(');
                $first::type_name(to);
                $(
                    to.push_str(", ");
                    $other::type_name(to);
                )*
                to.push(')');
            }

            #[allow(non_snake_case, reason = "each value is named as its type")]
            fn write(&self, to: &mut Vec<u8>) {
                let ($first, $($other,)*) = self;
                $first.write(to);
                $($other.write(to);)*
            }

            fn read(from: &mut &[u8]) -> Option<Self> {
                Some(($first::read(from)?, $($other::read(from)?,)*))
            }
        }
    )*};
}

tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F));

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: Persist + PartialEq + std::fmt::Debug>(value: T, form: &str, bytes: &[u8]) {
        let mut written = Vec::new();
        value.write(&mut written);
        assert_eq!(written, bytes, "{value:?}");
        let mut left = bytes;
        assert_eq!(T::read(&mut left).as_ref(), Some(&value));
        assert!(left.is_empty(), "{value:?}");
        for cut in 0..bytes.len() {
            assert_eq!(T::read(&mut &bytes[..cut]), None, "{value:?} cut at {cut}");
        }
        let mut named = String::new();
        T::type_name(&mut named);
        assert_eq!(named, form);
    }

    #[test]
    fn each_type_has_its_bytes() {
        check(1_u8, "u8", &[1]);
        check(-2_i32, "i32", &[254, 255, 255, 255]);
        check(1.5_f64, "f64", &[0, 0, 0, 0, 0, 0, 248, 63]);
        check(true, "bool", &[1]);
        check((), "()", &[0]);
        check("añ".to_owned(), "string", b"\x03\0\0\0\0\0\0\0a\xc3\xb1");
        check(vec![7_u8, 8], "[u8]", &[2, 0, 0, 0, 0, 0, 0, 0, 7, 8]);
        check(vec![()], "[()]", &[1, 0, 0, 0, 0, 0, 0, 0, 0]);
        check(Some(7_u8), "u8?", &[1, 7]);
        check(None::<u8>, "u8?", &[0]);
        check((1_u8, false), "(u8, bool)", &[1, 0]);
        check((9_u8,), "(u8)", &[9]);
    }

    #[test]
    fn what_is_no_value_is_none() {
        assert_eq!(bool::read(&mut &[2][..]), None);
        assert_eq!(<()>::read(&mut &[1][..]), None);
        let endless = u64::MAX.to_le_bytes();
        assert_eq!(Vec::<()>::read(&mut &endless[..]), None);
        let not_utf8 = [1, 0, 0, 0, 0, 0, 0, 0, 0xff];
        assert_eq!(String::read(&mut &not_utf8[..]), None);
    }
}
