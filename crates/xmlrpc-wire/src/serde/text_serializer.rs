//! The serializer of Rust values that become text: keys of maps, and the crate's own types.

use ::serde::ser::{Impossible, Serialize, Serializer};

use crate::error::Error;

/// Serializes a member's name, or a value of one of the crate's own types.
pub(super) struct TextSerializer;

/// Refuses a value that has no text.
fn no_text<T>() -> Result<T, Error> {
    Err(Error::custom("a struct's member needs a name that is text"))
}

macro_rules! texts {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, rust: $type) -> Result<String, Error> {
            Ok(rust.to_string())
        }
    )*};
}

impl Serializer for TextSerializer {
    type Ok = String;
    type Error = Error;
    type SerializeSeq = Impossible<String, Error>;
    type SerializeTuple = Impossible<String, Error>;
    type SerializeTupleStruct = Impossible<String, Error>;
    type SerializeTupleVariant = Impossible<String, Error>;
    type SerializeMap = Impossible<String, Error>;
    type SerializeStruct = Impossible<String, Error>;
    type SerializeStructVariant = Impossible<String, Error>;

    texts! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
        serialize_str: &str
    }

    fn serialize_f32(self, _: f32) -> Result<String, Error> {
        no_text()
    }

    fn serialize_f64(self, _: f64) -> Result<String, Error> {
        no_text()
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<String, Error> {
        no_text()
    }

    fn serialize_none(self) -> Result<String, Error> {
        no_text()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, rust: &T) -> Result<String, Error> {
        rust.serialize(self)
    }

    fn serialize_unit(self) -> Result<String, Error> {
        no_text()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<String, Error> {
        no_text()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, Error> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        rust: &T,
    ) -> Result<String, Error> {
        rust.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, Error> {
        no_text()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        no_text()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        no_text()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        no_text()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        no_text()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        no_text()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Error> {
        no_text()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        no_text()
    }
}
