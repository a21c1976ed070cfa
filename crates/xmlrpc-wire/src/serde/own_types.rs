//! Serde's traits for the crate's own types: in other formats they are text or bytes.

use std::fmt;

use ::serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use ::serde::ser::{Serialize, Serializer};

use crate::big_numbers::{BigDecimal, BigInteger};
use crate::convert::bytes::Bytes;
use crate::datetime::DateTime;
use crate::error::Error;
use crate::value::Value;

/// A type that serializes as a newtype of text. The newtype's name identifies it.
#[derive(Clone, Copy)]
pub(super) enum OwnType {
    DateTime,
    BigInteger,
    BigDecimal,
}

impl OwnType {
    /// Returns the type of a newtype's name.
    pub(super) fn from_name(name: &str) -> Option<OwnType> {
        match name {
            "xmlrpc_wire::DateTime" => Some(OwnType::DateTime),
            "xmlrpc_wire::BigInteger" => Some(OwnType::BigInteger),
            "xmlrpc_wire::BigDecimal" => Some(OwnType::BigDecimal),
            _ => None,
        }
    }

    /// Returns the value of a text.
    pub(super) fn value(self, text: &str) -> Result<Value, Error> {
        match self {
            OwnType::DateTime => DateTime::parse(text).map(Value::DateTime),
            OwnType::BigInteger => BigInteger::new(text).map(Value::BigInteger),
            OwnType::BigDecimal => BigDecimal::new(text).map(Value::BigDecimal),
        }
        .ok_or_else(|| Error::custom(format!("{text:?} is no text of its type")))
    }
}

macro_rules! as_text {
    ($($type:ident, $name:literal, $what:literal, $parse:expr;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct($name, &self.to_string())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextVisitor;

                impl<'de> Visitor<'de> for TextVisitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        let invalid = || E::invalid_value(de::Unexpected::Str(text), &self);
                        $parse(text).ok_or_else(invalid)
                    }

                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_i128<E: de::Error>(self, number: i128) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_u128<E: de::Error>(self, number: u128) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_newtype_struct<D: Deserializer<'de>>(
                        self,
                        deserializer: D,
                    ) -> Result<$type, D::Error> {
                        deserializer.deserialize_str(self)
                    }
                }

                deserializer.deserialize_newtype_struct($name, TextVisitor)
            }
        }
    )*};
}

as_text! {
    DateTime, "xmlrpc_wire::DateTime", "a date and time", DateTime::parse;
    BigInteger, "xmlrpc_wire::BigInteger", "an integer", BigInteger::new;
    BigDecimal, "xmlrpc_wire::BigDecimal", "a decimal number", BigDecimal::new;
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;

        impl<'de> Visitor<'de> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }

        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}
