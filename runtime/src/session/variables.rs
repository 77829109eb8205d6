//! Variables of the data by name: their types and their columns.

use super::Session;
use super::data::Parts;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::data::{Column, Part};
use gmc_compiler::types::{TSite, TSiteKind};

/// Most numbers of one place of a sequence that is shown as lines: more are no picture.
pub const MOST_LINES: usize = 8;

/// How many places an event has, and how many numbers each; none of what is no sequence of reals that can be drawn. Numbers between two
/// ends are grey levels, not lines.
pub fn sequence(event: &EventTy) -> Option<[usize; 2]> {
    let open = match event.kind {
        Kind::Real(support) => !(support.ends().0.is_finite() && support.ends().1.is_finite()),
        Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count => false,
    };
    let shape = match *event.shape.as_slice() {
        [t] => [t, 1],
        [t, d] => [t, d],
        _ => return None,
    };
    (open && shape[0] > 1 && (1..=MOST_LINES).contains(&shape[1])).then_some(shape)
}

impl Session {
    /// What samples of the model that is asked show: its first observed variable that is no class, or else its
    /// first observed one.
    pub fn observed(&self) -> Option<(String, EventTy)> {
        let m = self.model()?;
        let class = |s: &&TSite| matches!(s.ty.kind, Kind::Class(_));
        let mut sites = m.sites.iter().filter(|s| s.observed);
        let site = sites.clone().find(|s| !class(s)).or_else(|| sites.next())?;
        Some((site.name.clone(), site.ty.clone()))
    }

    /// Whether a variable is a sequence of numbers that the model that is asked draws from place to place: shown as lines, not as a picture.
    pub fn over_time(&self, name: &str) -> bool {
        let site = self.model().and_then(|m| m.site(name));
        site.is_some_and(|s| match &s.kind {
            TSiteKind::Draw(d) => {
                let ordered = d.order.is_some() && s.ty.shape.len() == 2;
                (d.time.is_some() || ordered) && sequence(&s.ty).is_some()
            }
            TSiteKind::Bind(_) | TSiteKind::Quantize(_) => false,
        })
    }

    /// All that samples of the model that is asked hold: its observed variables, or of a model that observes
    /// nothing its draws and what it computes of them.
    pub fn sampled(&self) -> Vec<(String, EventTy)> {
        let sites: Vec<&TSite> = self.model().into_iter().flat_map(|m| &m.sites).collect();
        let some = sites.iter().any(|s| s.observed);
        let of = |s: &&&TSite| s.observed || !some;
        sites.iter().filter(of).map(|s| (s.name.clone(), s.ty.clone())).collect()
    }

    /// The hidden variables of the model that is asked, which it draws.
    pub fn hidden(&self) -> Vec<(String, EventTy)> {
        let sites = self.model().into_iter().flat_map(|m| &m.sites);
        let hidden = sites.filter(|s| !s.observed && matches!(s.kind, TSiteKind::Draw(_)));
        hidden.map(|s| (s.name.clone(), s.ty.clone())).collect()
    }

    /// What the classes of a variable of the data are called; none where they are numbers.
    pub fn labels(&self, name: &str) -> &[String] {
        let items = self.typed.data.iter().zip(&self.sets);
        let mut found = items.filter_map(|(item, set)| {
            let at = item.vars.iter().position(|v| v.name == name)?;
            set.labels.get(at)
        });
        found.next().map_or(&[], Vec::as_slice)
    }

    /// The class, one of so many, that examples of a variable have in the same data item.
    pub fn class_beside(&self, name: &str) -> Option<(String, usize)> {
        let item = self.typed.data.iter().find(|d| d.vars.iter().any(|v| v.name == name))?;
        item.vars.iter().filter(|v| v.name != name && v.ty.shape.is_empty()).find_map(|v| match v.ty.kind {
            Kind::Class(n) => Some((v.name.clone(), n)),
            Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Count => None,
        })
    }

    /// The type of a variable of the data.
    pub fn data_type(&self, name: &str) -> Option<&EventTy> {
        self.typed.data.iter().flat_map(|d| &d.vars).find(|v| v.name == name).map(|v| &v.ty)
    }

    /// The training examples of a variable.
    pub fn train_column(&self, name: &str) -> Option<&Column> {
        self.column(name, |set| &set.train)
    }

    /// The test examples of a variable.
    pub fn test_column(&self, name: &str) -> Option<&Column> {
        self.column(name, |set| &set.test)
    }

    fn column(&self, name: &str, part: fn(&Parts) -> &Part) -> Option<&Column> {
        self.typed.data.iter().zip(&self.sets).find_map(|(item, set)| {
            let at = item.vars.iter().position(|v| v.name == name)?;
            part(set).columns.get(at)
        })
    }
}
