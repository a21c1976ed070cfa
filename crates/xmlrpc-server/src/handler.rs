//! Rust functions as handlers of calls, with the conversion of arguments and results.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use xmlrpc_wire::{Error, FromParams, FromValue, IntoResponse, MethodResponse, Value};

use crate::context::Context;

/// A function or closure that can be published: up to eight arguments that are
/// [`FromValue`], and a result that is [`IntoResponse`]: a value, or a `Result` whose error
/// becomes a [`Fault`](xmlrpc_wire::Fault).
///
/// It may take a `&`[`Context`] before the other arguments.
///
/// `Args` stands for the arguments' types, and is inferred. Several calls may run at once,
/// on threads of the server.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be published",
    note = "a handler is `Fn(A, B, ..) -> R + Send + Sync + 'static` with up to eight arguments \
            that are `FromValue` (give a closure's arguments their types), after a `&Context` if \
            it wants one, and an `R` that is `IntoResponse`"
)]
pub trait Handler<Args>: Invoke<Args> + Send + Sync + 'static {}

impl<F, Args> Handler<Args> for F where F: Invoke<Args> + Send + Sync + 'static {}

/// The private half of [`Handler`]: no other crate can implement that.
pub trait Invoke<Args> {
    /// Converts `params`, calls the function and converts its result.
    ///
    /// # Errors
    ///
    /// [`InvokeError`] if one of the conversions fails.
    fn invoke(&self, context: &Context, params: Vec<Value>) -> Result<MethodResponse, InvokeError>;

    /// Returns Rust's names of the types, the result's first.
    fn types(&self) -> Vec<&'static str>;
}

/// A conversion that failed before or after a call of a function.
#[derive(Debug)]
pub enum InvokeError {
    /// The function does not take these arguments.
    Params(Error),
    /// The function's result can't be sent.
    Result(Error),
}

impl InvokeError {
    /// Returns the error of the conversion.
    pub(crate) fn source(&self) -> &Error {
        let (InvokeError::Params(error) | InvokeError::Result(error)) = self;
        error
    }
}

/// The arguments of a function that takes a [`Context`] before them.
pub struct InContext<Args>(PhantomData<Args>);

impl<Args> fmt::Debug for InContext<Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InContext")
    }
}

macro_rules! functions {
    ($(($($arg:ident),*))*) => {$(
        impl<Function, R, $($arg),*> Invoke<($($arg,)*)> for Function
        where
            Function: Fn($($arg),*) -> R,
            R: IntoResponse,
            $($arg: FromValue,)*
        {
            #[allow(non_snake_case, reason = "an argument is named as its type")]
            fn invoke(
                &self,
                _: &Context,
                params: Vec<Value>,
            ) -> Result<MethodResponse, InvokeError> {
                let ($($arg,)*) = FromParams::from_params(params).map_err(InvokeError::Params)?;
                self($($arg),*).into_response().map_err(InvokeError::Result)
            }

            fn types(&self) -> Vec<&'static str> {
                vec![type_name::<R>(), $(type_name::<$arg>()),*]
            }
        }

        impl<Function, R, $($arg),*> Invoke<InContext<($($arg,)*)>> for Function
        where
            Function: Fn(&Context, $($arg),*) -> R,
            R: IntoResponse,
            $($arg: FromValue,)*
        {
            #[allow(non_snake_case, reason = "an argument is named as its type")]
            fn invoke(
                &self,
                context: &Context,
                params: Vec<Value>,
            ) -> Result<MethodResponse, InvokeError> {
                let ($($arg,)*) = FromParams::from_params(params).map_err(InvokeError::Params)?;
                self(context, $($arg),*).into_response().map_err(InvokeError::Result)
            }

            fn types(&self) -> Vec<&'static str> {
                vec![type_name::<R>(), $(type_name::<$arg>()),*]
            }
        }
    )*};
}

functions! {
    ()
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}
