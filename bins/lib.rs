//! What the six share.
