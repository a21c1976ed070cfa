//! The serializer, which writes to a sink.

use std::fmt::Display;

use ::serde::ser::{self, Serialize, Serializer};

use crate::error::Error;
use crate::serde::own_types::OwnType;
use crate::serde::sink::Sink;
use crate::serde::text_serializer::TextSerializer;
use crate::value::Value;

/// Serializes one Rust value to a sink.
pub(super) struct SinkSerializer<'s, S>(pub(super) &'s mut S);

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Error::custom(message.to_string())
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, rust: $type) -> Result<(), Error> {
            self.0.scalar(rust.into())
        }
    )*};
}

impl<'s, S: Sink> Serializer for SinkSerializer<'s, S> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = ArraySerializer<'s, S>;
    type SerializeTuple = ArraySerializer<'s, S>;
    type SerializeTupleStruct = ArraySerializer<'s, S>;
    type SerializeTupleVariant = ArraySerializer<'s, S>;
    type SerializeMap = StructSerializer<'s, S>;
    type SerializeStruct = StructSerializer<'s, S>;
    type SerializeStructVariant = StructSerializer<'s, S>;

    scalars! {
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
        serialize_f64: f64
    }

    fn serialize_f32(self, rust: f32) -> Result<(), Error> {
        self.serialize_f64(rust.into())
    }

    fn serialize_char(self, rust: char) -> Result<(), Error> {
        self.0.text(rust.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, rust: &str) -> Result<(), Error> {
        self.0.text(rust)
    }

    fn serialize_bytes(self, rust: &[u8]) -> Result<(), Error> {
        self.0.bytes(rust)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.0.scalar(Value::Nil)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, rust: &T) -> Result<(), Error> {
        rust.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.scalar(Value::Nil)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.0.scalar(Value::Nil)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.0.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        rust: &T,
    ) -> Result<(), Error> {
        match OwnType::from_name(name) {
            Some(own) => self.0.scalar(own.value(&rust.serialize(TextSerializer)?)?),
            None => rust.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        rust: &T,
    ) -> Result<(), Error> {
        self.0.structure()?;
        let mut members = StructSerializer::new(self.0, None);
        members.put(variant, rust)?;
        members.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ArraySerializer<'s, S>, Error> {
        ArraySerializer::new(self.0, None)
    }

    fn serialize_tuple(self, _: usize) -> Result<ArraySerializer<'s, S>, Error> {
        ArraySerializer::new(self.0, None)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<ArraySerializer<'s, S>, Error> {
        ArraySerializer::new(self.0, None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ArraySerializer<'s, S>, Error> {
        ArraySerializer::new(self.0, Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<StructSerializer<'s, S>, Error> {
        self.0.structure()?;
        Ok(StructSerializer::new(self.0, None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<StructSerializer<'s, S>, Error> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<StructSerializer<'s, S>, Error> {
        self.0.structure()?;
        self.0.member(variant)?;
        self.0.structure()?;
        Ok(StructSerializer::new(self.0, Some(variant)))
    }
}

/// An open array, of a sequence or of a tuple variant.
pub(super) struct ArraySerializer<'s, S> {
    sink: &'s mut S,
    count: usize,
    /// The variant's name, if the array is the one member of a variant's struct.
    variant: Option<&'static str>,
}

impl<'s, S: Sink> ArraySerializer<'s, S> {
    fn new(sink: &'s mut S, variant: Option<&'static str>) -> Result<Self, Error> {
        if let Some(variant) = variant {
            sink.structure()?;
            sink.member(variant)?;
        }
        sink.array()?;
        Ok(ArraySerializer {
            sink,
            count: 0,
            variant,
        })
    }

    fn put<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.sink.item();
        item.serialize(SinkSerializer(self.sink)).map_err(|e| {
            let e = e.within(format_args!("[{}]", self.count));
            match self.variant {
                Some(variant) => e.within(format_args!(".{variant}")),
                None => e,
            }
        })?;
        self.sink.end_item();
        self.count += 1;
        Ok(())
    }

    fn close(self) -> Result<(), Error> {
        self.sink.end_array();
        if self.variant.is_some() {
            self.sink.end_member();
            self.sink.end_structure();
        }
        Ok(())
    }
}

/// An open struct, of a map, a struct or a struct variant.
pub(super) struct StructSerializer<'s, S> {
    sink: &'s mut S,
    /// The map's key whose value comes next.
    key: String,
    /// The variant's name, if the struct is the one member of a variant's struct.
    variant: Option<&'static str>,
}

impl<'s, S: Sink> StructSerializer<'s, S> {
    fn new(sink: &'s mut S, variant: Option<&'static str>) -> Self {
        let key = String::new();
        StructSerializer { sink, key, variant }
    }

    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        self.sink.member(name)?;
        value.serialize(SinkSerializer(self.sink)).map_err(|e| {
            let e = e.within(format_args!(".{name}"));
            match self.variant {
                Some(variant) => e.within(format_args!(".{variant}")),
                None => e,
            }
        })?;
        self.sink.end_member();
        Ok(())
    }

    fn close(self) -> Result<(), Error> {
        self.sink.end_structure();
        if self.variant.is_some() {
            self.sink.end_member();
            self.sink.end_structure();
        }
        Ok(())
    }
}

macro_rules! items {
    ($($trait:ident $method:ident),*) => {$(
        impl<S: Sink> ser::$trait for ArraySerializer<'_, S> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
                self.put(item)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}

items!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! members {
    ($($trait:ident),*) => {$(
        impl<S: Sink> ser::$trait for StructSerializer<'_, S> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.put(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}

members!(SerializeStruct, SerializeStructVariant);

impl<S: Sink> ser::SerializeMap for StructSerializer<'_, S> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = key.serialize(TextSerializer)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.put(&key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}
