//! Many calls in one request.

use std::vec;

use xmlrpc_wire::{Error as WireError, Fault, Struct};

use crate::{Error, FromValue, IntoParams, ServerProxy, Value};

/// Calls that are gathered to be made in one request, by the server's `system.multicall`:
/// of [`ServerProxy::multicall`].
///
/// ```no_run
/// # use xmlrpc_client::{Error, ServerProxy};
/// let server = ServerProxy::new("localhost:9000")?;
/// let mut calls = server.multicall();
/// calls.add("cuad", (7,)).add("system.methodHelp", ("cuad",));
/// let mut answers = calls.call()?;
/// let square: i32 = answers.next_as()?;
/// let help: String = answers.next_as()?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is called until `call`"]
pub struct Multicall<'a> {
    proxy: &'a ServerProxy,
    calls: Vec<Value>,
    /// The first error of a call that could not be added, for [`Multicall::call`].
    unrepresentable: Option<WireError>,
}

/// The answers to a [`Multicall`], in the order of its calls.
#[derive(Debug)]
pub struct MulticallResults(vec::IntoIter<Value>);

impl<'a> Multicall<'a> {
    pub(crate) fn new(proxy: &'a ServerProxy) -> Self {
        Multicall {
            proxy,
            calls: Vec::new(),
            unrepresentable: None,
        }
    }

    /// Adds a call. Arguments that can't be sent are an error of [`Multicall::call`].
    pub fn add(&mut self, method: &str, params: impl IntoParams) -> &mut Self {
        match params.into_params() {
            Ok(params) => {
                let members = [
                    ("methodName", Value::String(method.to_owned())),
                    ("params", Value::Array(params)),
                ];
                let call: Struct = members.into_iter().collect();
                self.calls.push(Value::Struct(call));
            }
            Err(error) => {
                let call = format!("params[0][{}].", self.calls.len());
                self.unrepresentable.get_or_insert(error.within(call));
            }
        }
        self
    }

    /// Makes them all, and waits for all their answers. They run one after the other, and
    /// one that fails does not keep the others from running.
    ///
    /// # Errors
    ///
    /// Those of [`ServerProxy::call`]; and [`Error::Mismatch`] where there are not as many
    /// answers as calls.
    pub fn call(&self) -> Result<MulticallResults, Error> {
        if let Some(error) = &self.unrepresentable {
            return Err(Error::Unrepresentable(error.clone()));
        }
        let expected = self.calls.len();
        let calls = Value::Array(self.calls.clone());
        let answers: Vec<Value> = self.proxy.call("system.multicall", vec![calls])?;
        match answers.len() == expected {
            true => Ok(MulticallResults(answers.into_iter())),
            false => Err(mismatch(
                "as many answers as calls",
                format!("{} to {expected}", answers.len()),
            )),
        }
    }
}

impl MulticallResults {
    /// The next answer, as the type that is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] where the call failed, and [`Error::Mismatch`] where the answer is
    /// of another type, is no answer at all, or there is no further one.
    pub fn next_as<R: FromValue>(&mut self) -> Result<R, Error> {
        let next = self.next();
        let value = next.unwrap_or_else(|| Err(mismatch("a further answer", "none".to_owned())));
        R::from_value(value?).map_err(Error::Mismatch)
    }
}

impl Iterator for MulticallResults {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(one(self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for MulticallResults {}

/// An array of one value, or the struct of a fault.
fn one(answer: Value) -> Result<Value, Error> {
    let found = answer.type_name();
    match answer {
        Value::Array(mut values) if values.len() == 1 => Ok(values.remove(0)),
        Value::Struct(fault) => match (fault.get("faultCode"), fault.get("faultString")) {
            (Some(Value::Int(code)), Some(Value::String(text))) => {
                Err(Error::Fault(Fault::new(*code, text.clone())))
            }
            _ => Err(mismatch("a fault", "another struct".to_owned())),
        },
        _ => Err(mismatch("an array of one value", found.to_owned())),
    }
}

fn mismatch(expected: &'static str, found: String) -> Error {
    let path = String::new();
    Error::Mismatch(WireError::Mismatch {
        path,
        expected,
        found,
    })
}
