//! The properties of a destination that the plan is told.

use crate::destino::Destino;
use crate::error::Error;
use crate::plan::event::{Role, ServerConfig};

/// Returns the properties of a destination, which is kept in reserve or used from the start.
///
/// # Errors
///
/// [`Error::NoSlots`] if it takes no calls.
pub(super) fn server_config<A, R>(
    destino: &dyn Destino<A, R>,
    reserve: bool,
) -> Result<ServerConfig, Error> {
    match destino.slots() {
        0 => Err(Error::NoSlots {
            server: destino.name().to_owned(),
        }),
        slots => Ok(ServerConfig {
            slots,
            learns_slots: destino.learns_slots(),
            has_status: destino.has_status(),
            reserve,
            role: match destino.has_workers() {
                true => Role::Host,
                false => Role::Server,
            },
        }),
    }
}
