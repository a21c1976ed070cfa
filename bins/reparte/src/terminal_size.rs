//! The size of a terminal.

/// The size of a terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// Returns the size of the terminal that a stream is, if it has one.
#[cfg(unix)]
pub(crate) fn terminal_size(stream: impl std::os::fd::AsFd) -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    let (rows, columns) = (size.ws_row.into(), size.ws_col.into());
    (rows > 0 && columns > 0).then_some(Size { rows, columns })
}

#[cfg(not(unix))]
pub(crate) fn terminal_size<T>(_stream: T) -> Option<Size> {
    None
}
