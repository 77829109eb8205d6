//! Data that are text: how the classes of a sequence are written, and back.

use super::Session;
use gmc_compiler::rows::data::Writing;
use gmc_compiler::types::{TData, TSite, TSiteKind};

/// How the elements of a variable are written one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alphabet<'a> {
    /// Each is a byte of UTF-8 text.
    Bytes,
    /// Each is the name of its class.
    Names(&'a [String]),
}

/// What is in a text and in no name of a class, each once, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub Vec<char>);

impl Alphabet<'_> {
    /// The text that these elements are; bytes that make no character are written `�`.
    pub fn text(&self, values: &[f32]) -> String {
        match self {
            Alphabet::Bytes => {
                let bytes: Vec<u8> = values.iter().map(|v| *v as u8).collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Alphabet::Names(names) => {
                values.iter().filter_map(|v| names.get(*v as usize)).map(String::as_str).collect()
            }
        }
    }

    /// The elements that a text is.
    ///
    /// # Errors
    /// The characters that are none of the classes.
    pub fn elements(&self, text: &str) -> Result<Vec<f32>, Unknown> {
        let names = match self {
            Alphabet::Bytes => return Ok(text.bytes().map(f32::from).collect()),
            Alphabet::Names(names) => names,
        };
        let number = |c: char| {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            names.iter().position(|n| n == text)
        };
        let mut unknown: Vec<char> = text.chars().filter(|c| number(*c).is_none()).collect();
        if unknown.is_empty() {
            return Ok(text.chars().filter_map(number).map(|n| n as f32).collect());
        }
        let mut seen = std::collections::BTreeSet::new();
        unknown.retain(|c| seen.insert(*c));
        Err(Unknown(unknown))
    }
}

impl Session {
    /// How a variable of the data is written, where it is text.
    pub fn alphabet(&self, name: &str) -> Option<Alphabet<'_>> {
        let written = |item: &TData| {
            let holds = item.vars.iter().any(|v| v.name == name);
            holds.then(|| item.row.writing(&item.args)).flatten()
        };
        match self.typed.data.iter().find_map(written)? {
            Writing::Bytes => Some(Alphabet::Bytes),
            Writing::Names => Some(Alphabet::Names(self.labels(name))),
        }
    }

    /// How many elements the data that are text have together, of those that the model that is asked observes; none where it observes
    /// none, or where their lengths differ.
    pub fn written_elements(&self) -> Option<usize> {
        let sites = self.model().into_iter().flat_map(|m| &m.sites).filter(|s| s.observed);
        let sizes = sites.filter(|s| self.alphabet(&s.name).is_some()).map(|s| s.ty.size());
        Some(sizes.sum::<usize>()).filter(|n| *n > 0 && !self.until_the_end())
    }
}

impl Session {
    /// Whether the model that is asked draws sequences up to an end that each example has of its own.
    pub fn until_the_end(&self) -> bool {
        let ends = |site: &TSite| match &site.kind {
            TSiteKind::Draw(d) => d.order.as_ref().is_some_and(|o| o.until.is_some()),
            TSiteKind::Bind(_) | TSiteKind::Quantize(_) => false,
        };
        self.model().is_some_and(|m| m.sites.iter().any(ends))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_there_and_back_and_what_is_unknown_is_named() {
        let names: Vec<String> = ["\n", " ", "a", "é"].map(String::from).to_vec();
        let alphabet = Alphabet::Names(&names);
        let there = alphabet.elements("é a\n");
        assert_eq!(there, Ok(vec![3.0, 1.0, 2.0, 0.0]));
        assert_eq!(alphabet.text(&there.unwrap_or_default()), "é a\n");
        assert_eq!(alphabet.elements("b a!b"), Err(Unknown(vec!['b', '!'])));
        assert_eq!(Alphabet::Bytes.elements("é"), Ok(vec![195.0, 169.0]));
        assert_eq!(Alphabet::Bytes.text(&[195.0, 169.0, 255.0]), "é\u{fffd}");
    }
}
