//! A point of a Montgomery curve modulo a number of any size.

/// A point X : Z on the curve of each lane.
#[derive(Debug, Clone)]
pub(super) struct Point<R> {
    pub(super) x: R,
    pub(super) z: R,
}
