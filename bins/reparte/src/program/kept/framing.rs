//! The forms of tasks and of their answers between this command and a kept process.
//!
//! | framing | a task | a result | a fault |
//! | --- | --- | --- | --- |
//! | lines | a line of text | a line; one that begins with `!` has another `!` before it | a line: `! ` and the text |
//! | json | a line: an array of all arguments | a line: `{"result": VALUE}` | a line: `{"fault": "TEXT"}`, or with `"code": NUMBER` |
//! | length | the number of bytes, a line end, the bytes | the same | the same after a `!` |

use clap::ValueEnum;
use serde_json::Value as Json;
use xmlrpc_wire::{Fault, Value};

use crate::json::{JsonError, json_text, parse_json, to_json};
use crate::program::input::word;
use crate::program::output_text::{printable, unfit_string};
use crate::program::result_type::ResultType;

/// The most digits of a length.
const MAX_DIGITS: usize = 19;

/// The bytes of an answer beside its result, at most: `{"result":}` and white space.
pub(super) const ENVELOPE: u64 = 64;

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Framing {
    /// A task is a line of text, and so is its result
    Lines,
    /// A task is a line with a JSON array of the arguments, and its result a line with
    /// {"result": VALUE}
    Json,
    /// A task is its number of bytes, a line end and the bytes, and so is its result
    Length,
}

/// An answer to a task.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// Bytes of a result, for a string or base64.
    Result(Vec<u8>),
    /// A result that is a value already.
    Value(Value),
    Fault(Fault),
}

/// The first answer of some bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Parsed {
    /// The answer takes this many bytes.
    Whole(Answer, usize),
    /// More bytes are needed.
    Partial,
    /// The bytes are no answer, for this reason.
    Nonsense(String),
}

impl Framing {
    /// Returns the bytes of a task.
    ///
    /// # Errors
    ///
    /// The arguments can't be sent in this form.
    pub(super) fn task(self, arguments: Vec<Value>) -> Result<Vec<u8>, Fault> {
        if self == Framing::Json {
            let mut line = json_text(&to_json(&Value::Array(arguments))).into_bytes();
            line.push(b'\n');
            return Ok(line);
        }
        let [argument] = <[Value; 1]>::try_from(arguments).map_err(|arguments| {
            let text = format!(
                "the program takes one argument, not {}: have it read JSON (--framing json)",
                arguments.len()
            );
            Fault::new(Fault::INVALID_PARAMS, text)
        })?;
        let mut bytes = word(&argument)?;
        if self == Framing::Length {
            let mut task = format!("{}\n", bytes.len()).into_bytes();
            task.append(&mut bytes);
            return Ok(task);
        }
        let is_line = |text: &str| !text.contains(['\n', '\r', '\0']);
        if !std::str::from_utf8(&bytes).is_ok_and(is_line) {
            return Err(Fault::new(
                Fault::INVALID_PARAMS,
                "the task is no line of text: it has a line end, a zero byte, or bytes that are \
                 no UTF-8; have the program read --framing json, or --framing length, which \
                 takes any bytes",
            ));
        }
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Parses the first answer of the bytes that a process has written. `searched` bytes are known
    /// to hold no line end.
    pub(super) fn parse(self, bytes: &[u8], searched: usize) -> Parsed {
        let tail = bytes.get(searched..).unwrap_or_default();
        let end = tail.iter().position(|&byte| byte == b'\n');
        let line = end.and_then(|end| bytes.get(..searched + end));
        match (self, line) {
            (Framing::Length, line) => length_answer(bytes, line),
            (_, None) => Parsed::Partial,
            (Framing::Lines, Some(line)) => line_answer(line).at(line.len() + 1),
            (Framing::Json, Some(line)) => json_answer(line).at(line.len() + 1),
        }
    }

    /// Returns where the search for a line end goes on, once some bytes were parsed in vain.
    pub(super) fn searched(self, bytes: &[u8]) -> usize {
        match self {
            Framing::Lines | Framing::Json => bytes.len(),
            Framing::Length => 0,
        }
    }
}

impl Answer {
    /// Returns the number of bytes that count as output, of an answer that takes `length` bytes.
    pub(super) fn size(&self, length: usize) -> u64 {
        let bytes = match self {
            Answer::Result(bytes) => bytes.len(),
            Answer::Value(_) | Answer::Fault(_) => length,
        };
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// Returns the value of a result.
    ///
    /// # Errors
    ///
    /// The answer is a fault, or a result that no document can carry.
    pub(super) fn value(self, kind: ResultType) -> Result<Value, Fault> {
        match self {
            Answer::Result(bytes) => kind.value(bytes),
            Answer::Value(value) => match unfit_string(&value) {
                None => Ok(value),
                Some(c) => Err(Fault::application(format!(
                    "the program's result has the character U+{:04X}, which XML can't carry: \
                     have it encode such text, such as by base64",
                    u32::from(c)
                ))),
            },
            Answer::Fault(fault) => Err(fault),
        }
    }
}

/// An answer, or the reason why there is none.
type Read = Result<Answer, String>;

/// Puts an answer beside the number of its bytes.
trait At {
    fn at(self, length: usize) -> Parsed;
}

impl At for Read {
    fn at(self, length: usize) -> Parsed {
        match self {
            Ok(answer) => Parsed::Whole(answer, length),
            Err(reason) => Parsed::Nonsense(reason),
        }
    }
}

fn line_answer(line: &[u8]) -> Read {
    match line {
        [b'!', b'!', ..] => Ok(Answer::Result(line.get(1..).unwrap_or_default().to_vec())),
        [b'!', b' ', text @ ..] => Ok(Answer::Fault(fault(text, Fault::APPLICATION))),
        [b'!', ..] => Err(
            "a line that begins with !, and neither with \"! \", as a fault does, nor with !!, as \
             a result that begins with ! does"
                .to_owned(),
        ),
        result => Ok(Answer::Result(result.to_vec())),
    }
}

fn json_answer(line: &[u8]) -> Read {
    const FORM: &str = "a line that is neither {\"result\": VALUE} nor {\"fault\": \"TEXT\"}, the \
                        latter with \"code\": NUMBER or not";
    let text = std::str::from_utf8(line).map_err(|_| format!("{FORM}: it is no UTF-8"))?;
    let json: Json = serde_json::from_str(text).map_err(|error| format!("{FORM}: {error}"))?;
    let members = json.as_object().ok_or(FORM)?;
    let only = |names: &[&str]| members.keys().all(|name| names.contains(&&**name));
    if members.contains_key("result") && only(&["result"]) {
        // The parser of values sees the whole text: it knows integers that are too wide.
        return match parse_json(text) {
            Ok(Value::Struct(mut members)) => members
                .remove("result")
                .map(Answer::Value)
                .ok_or_else(|| FORM.to_owned()),
            Ok(_) => Err(FORM.to_owned()),
            Err(JsonError::Syntax(error)) => Err(error.to_string()),
            Err(JsonError::Number(reason)) => Err(format!("a result that is no value: {reason}")),
        };
    }
    let text = members.get("fault").and_then(Json::as_str).ok_or(FORM)?;
    let code = match members.get("code") {
        None => Some(Fault::APPLICATION),
        Some(code) => code.as_i64().and_then(|code| i32::try_from(code).ok()),
    };
    match code.filter(|_| only(&["fault", "code"])) {
        Some(code) => Ok(Answer::Fault(fault(text.as_bytes(), code))),
        None => Err(FORM.to_owned()),
    }
}

fn length_answer(bytes: &[u8], line: Option<&[u8]>) -> Parsed {
    let head = line.unwrap_or(bytes);
    let (is_fault, digits) = match head {
        [b'!', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let are_digits = digits.len() <= MAX_DIGITS && digits.iter().all(u8::is_ascii_digit);
    let length = || str::from_utf8(digits).ok()?.parse::<usize>().ok();
    match (are_digits, line, length()) {
        (true, None, _) => Parsed::Partial,
        (true, Some(_), Some(length)) => {
            let from = head.len() + 1;
            let to = from.saturating_add(length);
            match bytes.get(from..to) {
                None => Parsed::Partial,
                Some(text) if is_fault => {
                    Parsed::Whole(Answer::Fault(fault(text, Fault::APPLICATION)), to)
                }
                Some(result) => Parsed::Whole(Answer::Result(result.to_vec()), to),
            }
        }
        _ => Parsed::Nonsense(
            "bytes that do not begin with a number of bytes and a line end, after a ! for a fault"
                .to_owned(),
        ),
    }
}

/// Returns a fault with a text that a document can carry.
fn fault(text: &[u8], code: i32) -> Fault {
    let text = String::from_utf8_lossy(text);
    Fault::new(code, printable(text.trim()))
}

#[cfg(test)]
mod tests;
