//! The checker: from AST to typed model.
pub mod event;
