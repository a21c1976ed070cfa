//! The published functions, by name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};

use xmlrpc_wire::{IntoResponse, Limits, MethodResponse, Value};

use crate::context::Context;
use crate::error::Error;
use crate::faults;
use crate::handler::{Handler, InvokeError};
use crate::signature::signature;

/// Prefixes of names that the server keeps for itself: introspection, and the control
/// protocol.
const RESERVED_PREFIXES: [&str; 2] = ["system.", "reparte."];

/// Returns whether the name is one that the server keeps for itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The documentation of a method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Documentation<'a> {
    /// Plain text; empty if there is none.
    pub(crate) help: &'a str,
    /// XML-RPC's names of the types, the result's first; `None` if they are open.
    pub(crate) signature: Option<&'a [&'static str]>,
}

/// Functions with their documentation, by name.
#[derive(Default)]
pub(crate) struct Registry {
    /// Each name is valid and not reserved: [`Registry::insert`] is the only way in.
    functions: BTreeMap<String, Published>,
}

struct Published {
    function: Function,
    help: String,
    signature: Option<Vec<&'static str>>,
}

type Function =
    Box<dyn Fn(&Context, Vec<Value>) -> Result<MethodResponse, InvokeError> + Send + Sync>;

impl Registry {
    /// Publishes a handler as `name`, with the signature of its Rust types.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`], [`Error::ReservedName`], [`Error::DuplicateName`].
    pub(crate) fn register<Args>(
        &mut self,
        name: &str,
        handler: impl Handler<Args>,
    ) -> Result<(), Error> {
        let signature = signature(&handler.types());
        let function = move |context: &Context, params| handler.invoke(context, params);
        let published = Published {
            function: Box::new(function),
            help: String::new(),
            signature,
        };
        self.insert(name.to_owned(), published)
    }

    /// Publishes a function of any arguments as `name`, without a signature.
    ///
    /// # Errors
    ///
    /// Those of [`register`](Registry::register).
    pub(crate) fn register_variadic<R: IntoResponse>(
        &mut self,
        name: &str,
        function: impl Fn(&Context, Vec<Value>) -> R + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let function = move |context: &Context, params| {
            let response = function(context, params).into_response();
            response.map_err(InvokeError::Result)
        };
        let published = Published {
            function: Box::new(function),
            help: String::new(),
            signature: None,
        };
        self.insert(name.to_owned(), published)
    }

    /// Publishes the functions of another registry, each name after `prefix` and a dot.
    ///
    /// # Errors
    ///
    /// Those of [`register`](Registry::register), for the first name that can't be
    /// published; the names before it are.
    pub(crate) fn register_group(&mut self, prefix: &str, group: Registry) -> Result<(), Error> {
        for (name, published) in group.functions {
            self.insert(format!("{prefix}.{name}"), published)?;
        }
        Ok(())
    }

    fn insert(&mut self, name: String, published: Published) -> Result<(), Error> {
        if name.is_empty() || name.len() > Limits::default().name || !name.bytes().all(is_name_byte)
        {
            return Err(Error::InvalidName { name });
        }
        if is_reserved(&name) {
            return Err(Error::ReservedName { name });
        }
        match self.functions.entry(name) {
            Entry::Occupied(taken) => Err(Error::DuplicateName {
                name: taken.key().clone(),
            }),
            Entry::Vacant(free) => {
                free.insert(published);
                Ok(())
            }
        }
    }

    /// Sets the help of a published function.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub(crate) fn set_help(&mut self, name: &str, help: String) -> Result<(), Error> {
        self.published(name)?.help = help;
        Ok(())
    }

    /// Sets the signature of a published function, the result's type first.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub(crate) fn set_signature(
        &mut self,
        name: &str,
        types: &[&'static str],
    ) -> Result<(), Error> {
        self.published(name)?.signature = Some(types.to_vec());
        Ok(())
    }

    fn published(&mut self, name: &str) -> Result<&mut Published, Error> {
        let unknown = || Error::UnknownName {
            name: name.to_owned(),
        };
        self.functions.get_mut(name).ok_or_else(unknown)
    }

    /// Returns whether a function is published under the name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// Returns the names of the published functions, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// Returns the documentation of one function.
    pub(crate) fn documentation(&self, name: &str) -> Option<Documentation<'_>> {
        self.functions.get(name).map(Published::documentation)
    }

    /// Returns the documentation of all functions, sorted by name.
    pub(crate) fn documentations(&self) -> impl Iterator<Item = (&str, Documentation<'_>)> {
        let functions = self.functions.iter();
        functions.map(|(name, published)| (name.as_str(), published.documentation()))
    }

    /// Calls the function that the context names, in the calling thread.
    ///
    /// A panic in it becomes a fault and is logged.
    pub(crate) fn call(&self, context: &Context, params: Vec<Value>) -> MethodResponse {
        let method = context.method();
        let published = self.functions.get(method);
        let function = &published
            .ok_or_else(|| faults::unknown_method(method))?
            .function;
        // The conversion of the result runs code of the function's author too.
        let returned = catch_unwind(AssertUnwindSafe(|| function(context, params)));
        let response = returned.map_err(|panic| faults::panicked(method, &*panic))?;
        if let Err(InvokeError::Params(error)) = &response {
            return Err(faults::bad_params(method, error));
        }
        // Cancelled, it may have left its work half done: its result counts for nothing.
        if context.is_cancelled() {
            return Err(faults::cancelled());
        }
        response.unwrap_or_else(|error| Err(faults::unsendable(method, error.source())))
    }
}

impl Published {
    fn documentation(&self) -> Documentation<'_> {
        Documentation {
            help: &self.help,
            signature: self.signature.as_deref(),
        }
    }
}

/// Returns whether the XML-RPC specification allows the byte in a `methodName`.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'/')
}
