//! The deserializer of a value, whose errors have their path.

use std::fmt::Display;

use ::serde::de::value::SeqDeserializer;
use ::serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use ::serde::forward_to_deserialize_any;

use crate::error::Error;
use crate::serde::key_deserializer::KeyDeserializer;
use crate::serde::own_types::OwnType;
use crate::value::Value;

/// A value to deserialize from.
pub(super) struct ValueDeserializer(pub(super) Value);

impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Error::custom(message.to_string())
    }
}

/// Hands a visitor a value that is not an array or a struct. Types that serde does not have
/// are handed over as text.
pub(super) fn visit_scalar<'de, V, E>(value: Value, visitor: V) -> Result<V::Value, E>
where
    V: Visitor<'de>,
    E: de::Error,
{
    match value {
        Value::Int(number) => visitor.visit_i32(number),
        Value::Int64(number) => visitor.visit_i64(number),
        Value::BigInteger(number) => {
            let text = number.as_str();
            if let Ok(number) = text.parse() {
                visitor.visit_i64(number)
            } else if let Ok(number) = text.parse() {
                visitor.visit_u64(number)
            } else if let Ok(number) = text.parse() {
                visitor.visit_i128(number)
            } else if let Ok(number) = text.parse() {
                visitor.visit_u128(number)
            } else {
                visitor.visit_str(text)
            }
        }
        Value::BigDecimal(number) => visitor.visit_str(number.as_str()),
        Value::Bool(bool) => visitor.visit_bool(bool),
        Value::String(text) => visitor.visit_string(text),
        Value::Double(double) => visitor.visit_f64(double),
        Value::DateTime(moment) => visitor.visit_string(moment.to_string()),
        Value::InvalidDateTime(text) => visitor.visit_string(text),
        Value::Base64(bytes) => visitor.visit_byte_buf(bytes),
        Value::Nil => visitor.visit_unit(),
        Value::Array(_) | Value::Struct(_) => Err(E::custom("no scalar")),
    }
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = ValueSeqAccess {
                    rest: items.into_iter(),
                    count: 0,
                };
                let read = visitor.visit_seq(&mut items)?;
                match items.rest.len() {
                    0 => Ok(read),
                    more => Err(de::Error::invalid_length(
                        items.count + more,
                        &"fewer items in the array",
                    )),
                }
            }
            Value::Struct(members) => visitor.visit_map(ValueMapAccess {
                rest: members.into_iter(),
                next: None,
            }),
            scalar => visit_scalar(scalar, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match OwnType::from_name(name) {
            Some(_) => self.deserialize_any(visitor),
            None => visitor.visit_newtype_struct(self),
        }
    }

    /// Reads base64 as a sequence of bytes too, for a `Vec<u8>`.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Base64(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            Value::Struct(members) if members.len() == 1 => match members.into_iter().next() {
                Some((name, value)) => visitor.visit_enum(ValueEnumAccess { name, value }),
                None => Err(de::Error::custom("no member")),
            },
            other => Err(de::Error::custom(format_args!(
                "expected a string or a struct of one member, found {}",
                other.type_name()
            ))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

/// The items of an array that are still to be read.
struct ValueSeqAccess {
    rest: std::vec::IntoIter<Value>,
    /// The number of items that have been read.
    count: usize,
}

impl<'de> SeqAccess<'de> for &mut ValueSeqAccess {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(item) = self.rest.next() else {
            return Ok(None);
        };
        self.count += 1;
        seed.deserialize(ValueDeserializer(item))
            .map(Some)
            .map_err(|e| e.within(format_args!("[{}]", self.count - 1)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The members of a struct that are still to be read.
struct ValueMapAccess {
    rest: std::vec::IntoIter<(String, Value)>,
    /// The member whose name has been read and whose value has not.
    next: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for ValueMapAccess {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.next = self.rest.next();
        match &self.next {
            Some((name, _)) => seed
                .deserialize(KeyDeserializer::new(name.clone().into()))
                .map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let Some((name, value)) = self.next.take() else {
            return Err(de::Error::custom("a value without its key"));
        };
        seed.deserialize(ValueDeserializer(value))
            .map_err(|e| e.within(format_args!(".{name}")))
    }
}

/// A variant that holds a value.
struct ValueEnumAccess {
    name: String,
    value: Value,
}

impl<'de> EnumAccess<'de> for ValueEnumAccess {
    type Error = Error;
    type Variant = ValueDeserializer;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, ValueDeserializer), Error> {
        let variant = seed.deserialize(KeyDeserializer::<Error>::new(self.name.into()))?;
        Ok((variant, ValueDeserializer(self.value)))
    }
}

impl<'de> VariantAccess<'de> for ValueDeserializer {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        ::serde::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}
