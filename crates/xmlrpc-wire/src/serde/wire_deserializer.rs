//! The deserializer of a document, which reads from the fast reader's scanner.

use std::borrow::Cow;
use std::fmt::{self, Display};

use ::serde::de::value::{CowStrDeserializer, SeqDeserializer};
use ::serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use ::serde::forward_to_deserialize_any;

use crate::decode::fast::scanner::{Scanner, ValueStart};
use crate::serde::key_deserializer::KeyDeserializer;
use crate::serde::own_types::OwnType;
use crate::serde::value_deserializer::visit_scalar;
use crate::value::Value;

/// A document that is unusual or does not fit the type. It is read again through a value.
#[derive(Debug)]
pub(super) struct Declined;

impl Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("declined")
    }
}

impl std::error::Error for Declined {}

impl de::Error for Declined {
    fn custom<T: Display>(_: T) -> Self {
        Declined
    }
}

/// A value whose beginning has been read.
pub(super) struct WireDeserializer<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    start: ValueStart<'de>,
    depth: usize,
}

impl<'s, 'de> WireDeserializer<'s, 'de> {
    /// Reads the beginning of a value whose `<value>` has been read.
    pub(super) fn new(scanner: &'s mut Scanner<'de>, depth: usize) -> Option<Self> {
        let start = scanner.value_start(depth)?;
        Some(WireDeserializer {
            scanner,
            start,
            depth,
        })
    }
}

impl<'s, 'de> Deserializer<'de> for WireDeserializer<'s, 'de> {
    type Error = Declined;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        match self.start {
            ValueStart::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            ValueStart::Text(Cow::Owned(text)) => visitor.visit_string(text),
            ValueStart::Scalar(value) => visit_scalar(value, visitor),
            ValueStart::Array | ValueStart::EmptyArray => {
                let mut items = WireSeqAccess {
                    more: matches!(self.start, ValueStart::Array),
                    scanner: self.scanner,
                    depth: self.depth + 1,
                };
                let read = visitor.visit_seq(&mut items)?;
                // The visitor of a tuple stops before it has asked for the end.
                items.end()?;
                Ok(read)
            }
            ValueStart::Struct | ValueStart::EmptyStruct => {
                let mut members = WireMapAccess {
                    more: matches!(self.start, ValueStart::Struct),
                    scanner: self.scanner,
                    depth: self.depth + 1,
                };
                let read = visitor.visit_map(&mut members)?;
                if members.more {
                    return Err(Declined);
                }
                Ok(read)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        match self.start {
            ValueStart::Scalar(Value::Nil) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Declined> {
        match OwnType::from_name(name) {
            Some(_) => self.deserialize_any(visitor),
            None => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        match self.start {
            ValueStart::Scalar(Value::Base64(bytes)) => {
                visitor.visit_seq(SeqDeserializer::new(bytes.into_iter()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Declined> {
        match self.start {
            ValueStart::Text(name) => visitor.visit_enum(CowStrDeserializer::new(name)),
            ValueStart::Struct => {
                let name = self.scanner.next_member().flatten().ok_or(Declined)?;
                let scanner = &mut *self.scanner;
                let read = visitor.visit_enum(WireEnumAccess {
                    scanner: &mut *scanner,
                    name,
                    depth: self.depth + 1,
                })?;
                scanner.member_end().ok_or(Declined)?;
                match scanner.next_member() {
                    Some(None) => Ok(read),
                    _ => Err(Declined),
                }
            }
            _ => Err(Declined),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

/// The items of an array that are still to be read.
struct WireSeqAccess<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    /// False once the container has been read to its end.
    more: bool,
    /// The depth of the values in it.
    depth: usize,
}

impl WireSeqAccess<'_, '_> {
    /// Reads the array's end.
    fn end(&mut self) -> Result<(), Declined> {
        if self.more && self.scanner.next_item() != Some(false) {
            return Err(Declined);
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut WireSeqAccess<'_, 'de> {
    type Error = Declined;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Declined> {
        if !self.more {
            return Ok(None);
        }
        self.more = self.scanner.next_item().ok_or(Declined)?;
        if !self.more {
            return Ok(None);
        }
        let item = WireDeserializer::new(self.scanner, self.depth).ok_or(Declined)?;
        seed.deserialize(item).map(Some)
    }
}

/// The members of a struct that are still to be read.
struct WireMapAccess<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    /// False once the container has been read to its end.
    more: bool,
    /// The depth of the values in it.
    depth: usize,
}

impl<'de> MapAccess<'de> for &mut WireMapAccess<'_, 'de> {
    type Error = Declined;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Declined> {
        if !self.more {
            return Ok(None);
        }
        match self.scanner.next_member().ok_or(Declined)? {
            Some(name) => seed.deserialize(KeyDeserializer::new(name)).map(Some),
            None => {
                self.more = false;
                Ok(None)
            }
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Declined> {
        let value = WireDeserializer::new(self.scanner, self.depth).ok_or(Declined)?;
        let read = seed.deserialize(value)?;
        self.scanner.member_end().ok_or(Declined)?;
        Ok(read)
    }
}

/// A variant that holds a value.
struct WireEnumAccess<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    name: Cow<'de, str>,
    depth: usize,
}

impl<'s, 'de> EnumAccess<'de> for WireEnumAccess<'s, 'de> {
    type Error = Declined;
    type Variant = WireDeserializer<'s, 'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Self::Variant), Declined> {
        let variant = seed.deserialize(CowStrDeserializer::new(self.name))?;
        let value = WireDeserializer::new(self.scanner, self.depth).ok_or(Declined)?;
        Ok((variant, value))
    }
}

impl<'de> VariantAccess<'de> for WireDeserializer<'_, 'de> {
    type Error = Declined;

    fn unit_variant(self) -> Result<(), Declined> {
        ::serde::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Declined> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Declined> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Declined> {
        self.deserialize_any(visitor)
    }
}
