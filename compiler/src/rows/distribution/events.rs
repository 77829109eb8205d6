//! What rows conclude from the types of their parameters.

use super::DistEvent;
use crate::event::{EventTy, Kind, Support};

/// An event of single numbers of this kind.
pub(super) fn single(kind: Kind) -> Result<DistEvent, String> {
    Ok(DistEvent { kind, own: Vec::new() })
}

/// Size of the last axis of the parameters that have axes, of these names.
pub(super) fn last_axis(params: &[(&str, Option<&EventTy>)]) -> Result<usize, String> {
    let mut found: Option<(usize, &str)> = None;
    for (name, ty) in params {
        let Some(ty) = ty else { continue };
        let Some(&n) = ty.shape.last() else {
            if constant(Some(ty)).is_some() {
                continue;
            }
            return Err(format!(
                "`{name}` is one number; its last axis must have one entry for each alternative"
            ));
        };
        match found {
            Some((m, other)) if m != n => {
                return Err(format!("the last axis of `{name}` has {n} entries, that of `{other}` has {m}"));
            }
            Some(_) => {}
            None => found = Some((n, name)),
        }
    }
    match found {
        Some((0, name)) => Err(format!("the last axis of `{name}` is empty")),
        Some((n, _)) => Ok(n),
        None => {
            let names: Vec<&str> = params.iter().map(|(name, _)| *name).collect();
            Err(format!("`{}` must have an axis, with one entry for each alternative", names.join("` or `")))
        }
    }
}

/// The value of a parameter whose type says that it is one constant number.
pub fn constant(ty: Option<&EventTy>) -> Option<f64> {
    match ty.map(|t| t.kind) {
        Some(Kind::Real(Support::Interval(range))) => range.constant(),
        Some(
            Kind::Real(Support::Simplex { .. })
            | Kind::Bool
            | Kind::OneHot
            | Kind::Int(_)
            | Kind::Class(_)
            | Kind::Count,
        )
        | None => None,
    }
}

/// Most grey levels of a discretised distribution: whole numbers beyond are not exact in 32 bits.
const MOST_LEVELS: f64 = 16_777_216.0;

/// The number of grey levels of a discretised distribution from the type of its parameter `levels`; if it cannot be one, in which way,
/// and what to write instead.
pub(super) fn levels(ty: Option<&EventTy>) -> Result<usize, (String, String)> {
    let why = match (ty, constant(ty)) {
        (None, _) => return Ok(256),
        (Some(_), Some(n)) if (2.0..=MOST_LEVELS).contains(&n) && n.fract() == 0.0 => return Ok(n as usize),
        (Some(_), Some(n)) => {
            format!("`levels` is {n}, and must be a whole number between 2 and {MOST_LEVELS}")
        }
        (Some(_), None) => "`levels` must be known before training".to_string(),
    };
    Err((why, "write the number of values of the data: `levels: 256` for `Int(256)`".into()))
}
