//! Many calls in one request.

use std::vec;

use xmlrpc_wire::{Error as WireError, Fault, FromValue, IntoParams, Struct, Value};

use crate::attempt::Attempt;
use crate::error::Error;
use crate::transport::Transport;

/// A list of calls to be made in one request, by the server's `system.multicall`; from
/// [`ServerProxy::multicall`](crate::ServerProxy::multicall).
///
/// ```no_run
/// # use xmlrpc_client::{Error, ServerProxy};
/// let server = ServerProxy::new("localhost:9000")?;
/// let mut calls = server.multicall();
/// calls.add("cuad", (7,)).add("system.methodHelp", ("cuad",));
/// let mut results = calls.call()?;
/// let square: i32 = results.next_as()?;
/// let help: String = results.next_as()?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is called until `call`"]
pub struct Multicall<'a> {
    transport: &'a Transport,
    calls: Vec<Value>,
    /// The first error of a call that could not be added, for [`Multicall::call`].
    unrepresentable: Option<WireError>,
}

/// The results of a [`Multicall`], in the order of its calls.
#[derive(Debug)]
pub struct MulticallResults(vec::IntoIter<Value>);

impl<'a> Multicall<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Multicall {
            transport,
            calls: Vec::new(),
            unrepresentable: None,
        }
    }

    /// Adds a call of `method` to the list. Arguments that can't be sent are an error of
    /// [`call`](Multicall::call).
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

    /// Makes all calls, and waits for all their results. The server runs them one after
    /// the other; one that fails does not keep the others from running.
    ///
    /// # Errors
    ///
    /// Those of [`ServerProxy::call`](crate::ServerProxy::call), and [`Error::Mismatch`]
    /// where the number of results is not that of the calls.
    pub fn call(&self) -> Result<MulticallResults, Error> {
        if let Some(error) = &self.unrepresentable {
            return Err(Error::Unrepresentable(error.clone()));
        }
        let expected = self.calls.len();
        let calls = vec![Value::Array(self.calls.clone())];
        let results: Vec<Value> = Attempt::new(self.transport).call("system.multicall", calls)?;
        match results.len() == expected {
            true => Ok(MulticallResults(results.into_iter())),
            false => Err(mismatch(
                "as many answers as calls",
                format!("{} to {expected}", results.len()),
            )),
        }
    }
}

impl MulticallResults {
    /// Returns the next result, converted to `R`.
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] where the call failed. [`Error::Mismatch`] where the result is of
    /// another type, where the server gave something that is no result, and where there is
    /// no further one.
    pub fn next_as<R: FromValue>(&mut self) -> Result<R, Error> {
        let next = self.next();
        let value = next.unwrap_or_else(|| Err(mismatch("a further answer", "none".to_owned())));
        R::from_value(value?).map_err(Error::Mismatch)
    }
}

impl Iterator for MulticallResults {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(read_entry(self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for MulticallResults {}

/// Reads the entry of one call: an array of its one value, or the struct of its fault.
fn read_entry(entry: Value) -> Result<Value, Error> {
    let found = entry.type_name();
    match entry {
        Value::Array(mut values) if values.len() == 1 => Ok(values.remove(0)),
        fault @ Value::Struct(_) => {
            let fault = Fault::from_value(fault);
            Err(fault.map_or_else(Error::Mismatch, Error::Fault))
        }
        _ => Err(mismatch("an array of one value", found.to_owned())),
    }
}

fn mismatch(expected: &'static str, found: String) -> Error {
    Error::Mismatch(WireError::mismatch(expected, found))
}
