//! Documents of serde's types.

use ::serde::{Serialize, de::DeserializeOwned};

use crate::decode::fast::scanner::Scanner;
use crate::decode::{complete, fast};
use crate::dialect::Dialect;
use crate::encode::writer::Writer;
use crate::error::Error;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::serde::params_deserializer::ParamsDeserializer;
use crate::serde::params_sink::ParamsSink;
use crate::serde::serializer::SinkSerializer;
use crate::serde::values::from_value;
use crate::serde::wire_deserializer::WireDeserializer;
use crate::value::Value;

/// Returns the document of a call whose parameters are a tuple or another sequence; see
/// [`encode_call`](crate::encode_call).
///
/// # Errors
///
/// [`Error::Unrepresentable`] for a part that can't be sent, and [`Error::Custom`] if `params`
/// is not a sequence or the type's own `Serialize` fails.
pub fn encode_call<T: Serialize + ?Sized>(method: &str, params: &T) -> Result<Vec<u8>, Error> {
    let dialect = Dialect::default();
    let mut sink = ParamsSink::new(Writer::call(&dialect, method)?);
    params
        .serialize(SinkSerializer(&mut sink))
        .map_err(|e| e.within("params"))?;
    let mut writer = sink.finish();
    writer.markup("</params></methodCall>");
    Ok(writer.finish())
}

/// Returns the document of a response with any serializable value; see
/// [`encode_response`](crate::encode_response).
///
/// # Errors
///
/// [`Error::Unrepresentable`] for a part that can't be sent, and [`Error::Custom`] if the
/// type's own `Serialize` fails.
pub fn encode_response<T: Serialize + ?Sized>(result: &T) -> Result<Vec<u8>, Error> {
    let dialect = Dialect::default();
    let mut writer = Writer::response(&dialect);
    result
        .serialize(SinkSerializer(&mut writer))
        .map_err(|e| e.within("the result"))?;
    writer.markup("</param></params></methodResponse>");
    Ok(writer.finish())
}

/// Reads a `<methodCall>`: its method's name, and its parameters as a tuple or another
/// sequence.
///
/// # Errors
///
/// Those of [`decode_call`](crate::decode_call), and [`Error::Custom`], with the path, for a
/// part that does not fit the type.
pub fn decode_call<T: DeserializeOwned>(
    document: &[u8],
    limits: &Limits,
) -> Result<(String, T), Error> {
    if let Some(call) = decode_call_fast(document, limits) {
        return Ok(call);
    }
    let call = crate::decode::decode_call(document, limits)?;
    let params = from_value(Value::Array(call.params)).map_err(|e: Error| e.within("params"))?;
    Ok((call.method, params))
}

/// Reads a `<methodResponse>`: a value of any deserializable type, or a fault.
///
/// # Errors
///
/// Those of [`decode_response`](crate::decode_response), and [`Error::Custom`], with the path,
/// for a part that does not fit the type.
pub fn decode_response<T: DeserializeOwned>(
    document: &[u8],
    limits: &Limits,
) -> Result<Result<T, Fault>, Error> {
    if let Some(result) = decode_result_fast(document, limits) {
        return Ok(Ok(result));
    }
    // A fault, or a value that does not fit the type, is usually in a document that the fast
    // reader reads.
    let response = match fast::decode_response(document, limits) {
        Some(response) => response,
        None => complete::decode_response(document, limits)?,
    };
    match response {
        Ok(value) => from_value(value)
            .map(Ok)
            .map_err(|e: Error| e.within("the result")),
        Err(fault) => Ok(Err(fault)),
    }
}

/// Reads a call without an intermediate value, or declines it.
pub(crate) fn decode_call_fast<T: DeserializeOwned>(
    document: &[u8],
    limits: &Limits,
) -> Option<(String, T)> {
    let mut scanner = Scanner::new(document, limits)?;
    let method = scanner.call_start()?;
    let params = T::deserialize(ParamsDeserializer(&mut scanner)).ok()?;
    scanner.end_of_document()?;
    Some((method, params))
}

/// Reads a response that is a result without an intermediate value, or declines it.
pub(crate) fn decode_result_fast<T: DeserializeOwned>(
    document: &[u8],
    limits: &Limits,
) -> Option<T> {
    let mut scanner = Scanner::new(document, limits)?;
    if !scanner.response_start()? {
        return None;
    }
    let result = T::deserialize(WireDeserializer::new(&mut scanner, 1)?).ok()?;
    scanner.result_end()?;
    scanner.tag(b"</methodResponse>")?;
    scanner.end_of_document()?;
    Some(result)
}
