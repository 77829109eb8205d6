//! Renames everything a user named, consistently: what a spec means must not depend on it.

use super::parse;
use super::walk::{Role, Visitor, walk};
use crate::diag::Diag;
use crate::span::{FileId, Span};
use std::collections::BTreeSet;

/// Words that mean something beside a user's thing of the same name: the unit scale, the average, the mask types.
const RESERVED: [&str; 4] = ["I", "E", "A", "B"];

#[derive(Default)]
struct Collect {
    declared: BTreeSet<String>,
    words: BTreeSet<String>,
    uses: Vec<(Span, String)>,
}

impl Visitor for Collect {
    fn name(&mut self, name: &mut String, span: &mut Span, role: Role) {
        match role {
            Role::Declared => {
                self.declared.insert(name.clone());
                self.uses.push((*span, name.clone()));
            }
            Role::Used => self.uses.push((*span, name.clone())),
            Role::Word => {
                self.words.insert(name.clone());
            }
        }
    }
    fn span(&mut self, _: &mut Span) {}
}

/// The text with `new(name)` for every declared name that is not also a key of an argument or a reserved word; comments stay.
/// A text with syntax errors gives those.
pub fn rename(text: &str, new: impl Fn(&str) -> String) -> Result<String, Vec<Diag>> {
    let (mut spec, diags) = parse(FileId::SPEC, text);
    if !diags.is_empty() {
        return Err(diags);
    }
    let mut found = Collect::default();
    walk(&mut spec, &mut found);
    found.uses.sort();
    found.uses.dedup();
    let mut out = String::new();
    let mut done = 0;
    for (span, name) in &found.uses {
        let kept =
            !found.declared.contains(name) || found.words.contains(name) || RESERVED.contains(&name.as_str());
        // A parenthesised name has the parentheses in its span; only the name itself is replaced.
        let written = text.get(span.start as usize..span.end as usize).unwrap_or("");
        let Some(inset) = written.find(name.as_str()).filter(|_| !kept) else { continue };
        let start = span.start as usize + inset;
        out.push_str(text.get(done..start).unwrap_or(""));
        out.push_str(&new(name));
        done = start + name.len();
    }
    out.push_str(text.get(done..).unwrap_or(""));
    Ok(out)
}
