//! One file per error code: its long text for `gmc explain E0101` and the functions that build its messages.
//!
//! To add a code: add `eNNNN.rs` here with its `PAGE`, its `mod` line, and its line in [`PAGES`]; a test checks that the
//! list is sorted and that each page shows a wrong and a right spec.

pub mod e0100;
pub mod e0101;
pub mod e0102;
pub mod e0103;
pub mod e0104;
pub mod e0105;
pub mod e0106;
pub mod e0107;
pub mod e0108;
pub mod e0109;
pub mod e0110;
pub mod e0111;
pub mod e0112;
pub mod e0113;
pub mod e0114;
pub mod e0115;

/// What `gmc explain CODE` prints.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// `E0101`, `W0404`.
    pub code: &'static str,
    /// One line, as in the list of all codes.
    pub title: &'static str,
    /// The explanation, with a wrong and a right example.
    pub text: &'static str,
}

/// All pages, sorted by code.
pub const PAGES: &[&Page] = &[
    &e0100::PAGE,
    &e0101::PAGE,
    &e0102::PAGE,
    &e0103::PAGE,
    &e0104::PAGE,
    &e0105::PAGE,
    &e0106::PAGE,
    &e0107::PAGE,
    &e0108::PAGE,
    &e0109::PAGE,
    &e0110::PAGE,
    &e0111::PAGE,
    &e0112::PAGE,
    &e0113::PAGE,
    &e0114::PAGE,
    &e0115::PAGE,
];

/// The page of `code`, in either case (`e0101` finds `E0101`).
pub fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|p| p.code.eq_ignore_ascii_case(code.trim())).copied()
}
