//! E0209: a data source that can't be had.

use crate::diag::Diag;
use crate::span::Span;

/// What `gmc explain E0209` prints.
pub const PAGE: super::Page = super::Page {
    code: "E0209",
    title: "the data cannot be read",
    text: "\
`digits`, `prose`, `markov` and the two-dimensional densities (`moons`, `rings`, `gaussians`, ..) are built in. Other sources
read files, whose paths start from the folder that gmc runs in; the message lists where it looked and how to get a known set. `gmc check` looks at
the files too, since their shapes decide the types.

Wrong:
    data x: Real[2] from npy(\"no_such_file.npy\")
Right:
    data x: Real[2] from moons(noise: 0.05)
",
};

/// A source that says why its data can't be had, with notes, and with help where it has some.
pub fn data_issue(message: &str, notes: &[String], help: &str, span: Span) -> Diag {
    let diag = Diag::new("E0209", message, span, "from this source");
    let diag = notes.iter().fold(diag, |d, note| d.note(note.clone()));
    match help {
        "" => diag.help("use a built-in source meanwhile, such as `digits` or `moons(noise: 0.05)`"),
        help => diag.help(help),
    }
}
