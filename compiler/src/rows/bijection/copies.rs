//! Which elements a bijection hands on as they are.

use std::rc::Rc;

/// In a list: no copy. Events hold fewer elements than this.
const NONE: u32 = u32::MAX;

/// For each output element (row-major), the input element that it is a copy or a fixed function of, if nothing trained changes it. Most
/// layers say the same of all elements, and flows may have many layers on many elements: those take no memory for each element.
#[derive(Clone, Debug, PartialEq)]
pub struct Copies {
    of: Of,
    len: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Of {
    /// None is a copy.
    None,
    /// Each is a copy of the one in its own place.
    Same,
    /// The input element of each, or [`NONE`].
    Listed(Rc<[u32]>),
}

impl Copies {
    /// None of `len` elements is a copy.
    pub fn none(len: usize) -> Copies {
        Copies { of: Of::None, len }
    }
    /// Each of `len` elements is a copy of the one in its place.
    pub fn same(len: usize) -> Copies {
        Copies { of: Of::Same, len }
    }
    /// As listed.
    pub fn listed(all: impl IntoIterator<Item = Option<usize>>) -> Copies {
        let number = |i: usize| u32::try_from(i).unwrap_or(NONE);
        let of: Rc<[u32]> = all.into_iter().map(|e| e.map_or(NONE, number)).collect();
        Copies { len: of.len(), of: Of::Listed(of) }
    }
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The input element of which output element `i` is a copy.
    pub fn get(&self, i: usize) -> Option<usize> {
        match &self.of {
            Of::None => None,
            Of::Same => (i < self.len).then_some(i),
            Of::Listed(all) => all.get(i).filter(|e| **e != NONE).map(|e| *e as usize),
        }
    }
    /// The same of all output elements in turn.
    pub fn iter(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        (0..self.len).map(|i| self.get(i))
    }
    /// The output elements that are copies.
    pub fn kept(&self) -> Vec<usize> {
        if self.of == Of::None {
            Vec::new()
        } else {
            (0..self.len).filter(|i| self.get(*i).is_some()).collect()
        }
    }
    /// Whether every element is a copy.
    pub fn all(&self) -> bool {
        match &self.of {
            Of::None => self.len == 0,
            Of::Same => true,
            Of::Listed(all) => !all.contains(&NONE),
        }
    }
    /// The same of this map behind another.
    pub fn behind(&self, before: &Copies) -> Copies {
        match (&self.of, &before.of) {
            (Of::Same, _) => before.clone(),
            (_, Of::Same) => self.clone(),
            (Of::None, _) | (_, Of::None) => Copies::none(self.len),
            (Of::Listed(_), Of::Listed(_)) => {
                Copies::listed(self.iter().map(|e| e.and_then(|i| before.get(i))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Copies;

    #[test]
    fn one_map_behind_another() {
        let turned = Copies::listed([Some(1), Some(0), None]);
        let (none, same) = (Copies::none(3), Copies::same(3));
        assert_eq!(turned.behind(&turned), Copies::listed([Some(0), Some(1), None]));
        assert_eq!(turned.behind(&same), turned);
        assert_eq!(same.behind(&turned), turned);
        assert_eq!(none.behind(&turned).kept(), turned.behind(&none).kept());
        assert_eq!((turned.kept(), same.kept(), none.kept()), (vec![0, 1], vec![0, 1, 2], vec![]));
        assert_eq!((turned.all(), same.all(), none.all(), Copies::none(0).all()), (false, true, false, true));
        assert_eq!(same.iter().collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
        assert_eq!((same.get(3), turned.get(3), turned.get(2)), (None, None, None));
    }
}
