//! The deserializer of a call's parameters, which reads from the fast reader's scanner.

use ::serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use ::serde::forward_to_deserialize_any;

use crate::decode::fast::scanner::Scanner;
use crate::serde::wire_deserializer::{Declined, WireDeserializer};

/// The parameters of a call, as a sequence.
pub(super) struct ParamsDeserializer<'s, 'de>(pub(super) &'s mut Scanner<'de>);

impl<'de> Deserializer<'de> for ParamsDeserializer<'_, 'de> {
    type Error = Declined;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        let mut params = ParamsAccess {
            scanner: self.0,
            more: true,
        };
        let read = visitor.visit_seq(&mut params)?;
        if params.more && params.scanner.next_param() != Some(false) {
            return Err(Declined);
        }
        Ok(read)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Declined> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The parameters that are still to be read.
struct ParamsAccess<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    /// False once the call has been read to its end.
    more: bool,
}

impl<'de> SeqAccess<'de> for &mut ParamsAccess<'_, 'de> {
    type Error = Declined;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Declined> {
        if !self.more {
            return Ok(None);
        }
        self.more = self.scanner.next_param().ok_or(Declined)?;
        if !self.more {
            return Ok(None);
        }
        let param = WireDeserializer::new(self.scanner, 1).ok_or(Declined)?;
        let read = seed.deserialize(param)?;
        self.scanner.tag(b"</param>").ok_or(Declined)?;
        Ok(Some(read))
    }
}
