//! All tests of the runtime, in one program: it links once. `cargo test --release -p gmc-runtime cli::resume` runs the tests of one file.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]
#![expect(clippy::too_many_lines, reason = "tables of cases, and what is asked of each")]

mod cli;
mod exec;
mod extremes;
mod host;
mod image;
mod science;
mod sources;
mod store;
