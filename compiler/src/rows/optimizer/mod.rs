//! Rows of this kind.
