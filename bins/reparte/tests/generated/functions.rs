//! The functions of the XML-RPC server at localhost:9000.
//!
//! Written by `reparte methods --rust`, for the crate `xmlrpc-client`.

#![allow(dead_code)]

use xmlrpc_client::{Bytes, DateTime, Error, FromValue, IntoParams, ServerProxy, Struct, Value};

/// The functions of a server. Each one calls it, with the errors of [`ServerProxy::call`].
#[derive(Debug, Clone, Copy)]
pub struct Functions<'a>(pub &'a ServerProxy);

impl Functions<'_> {
    /// Calls `all.ofIt`.
    ///
    /// ~~~text
    /// all.ofIt(dateTime.iso8601, base64, array, struct) -> array
    /// ~~~
    pub fn all_of_it(&self, arg1: DateTime, arg2: Bytes, arg3: Vec<Value>, arg4: Struct) -> Result<Vec<Value>, Error> {
        self.0.call("all.ofIt", (arg1, arg2, arg3, arg4))
    }

    /// Calls `any`.
    pub fn any<R: FromValue>(&self, params: impl IntoParams) -> Result<R, Error> {
        self.0.call("any", params)
    }

    /// Calls `cuad`.
    ///
    /// ~~~text
    /// cuad(int) -> int
    ///
    /// The square.
    ///
    ///     let x = cuad(7);
    /// ~~~
    pub fn cuad(&self, arg1: i32) -> Result<i32, Error> {
        self.0.call("cuad", (arg1,))
    }

    /// Calls `getState`.
    ///
    /// ~~~text
    /// getState() -> boolean
    /// ~~~
    pub fn get_state(&self) -> Result<bool, Error> {
        self.0.call("getState", ())
    }

    /// Calls `long:sum`.
    ///
    /// ~~~text
    /// long:sum(i8, i8) -> i8
    /// ~~~
    pub fn long_sum(&self, arg1: i64, arg2: i64) -> Result<i64, Error> {
        self.0.call("long:sum", (arg1, arg2))
    }

    /// Calls `nothing`.
    ///
    /// ~~~text
    /// nothing() -> nil
    /// ~~~
    pub fn nothing(&self) -> Result<(), Error> {
        self.0.call("nothing", ())
    }

    /// Calls `type`.
    ///
    /// ~~~text
    /// type(string) -> double
    /// ~~~
    pub fn type_(&self, arg1: &str) -> Result<f64, Error> {
        self.0.call("type", (arg1,))
    }
}
