//! Which part of an example is given to be completed.

use crate::failure::Failure;
use crate::session::read_image;
use crate::show::image::{self, Layout};
use gmc_compiler::event::EventTy;
use std::path::PathBuf;

/// What of each example is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// `top:0.5`, `left:0.25`, ..: this share of an image from one of its sides.
    Side(Side, f64),
    /// `first:0.5`: this share of a vector or sequence from its beginning.
    First(f64),
    /// A picture of the size of an example, light where an element is given.
    Mask(PathBuf),
    /// `prefix "To be"`: how a text begins, instead of test examples.
    Prefix(String),
}

/// A side of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Top,
    Bottom,
    Left,
    Right,
}

/// The word before how a text begins.
const PREFIX: &str = "prefix";

impl Given {
    /// As written behind `--given`, in one or two words.
    ///
    /// # Errors
    /// What may be written.
    pub fn of(words: &[String]) -> Result<Given, Failure> {
        let given = match words {
            [word, text] if word == PREFIX => Ok(Given::Prefix(text.clone())),
            [one] => match one.strip_prefix(PREFIX).map(|rest| rest.strip_prefix(':')) {
                Some(Some(text)) => Ok(Given::Prefix(text.into())),
                Some(None) if one == PREFIX => {
                    Err("`prefix` says no text: write --given prefix \"To be\"".to_string())
                }
                Some(None) | None => Given::parse(one),
            },
            many => Err(format!(
                "`{}` says no part: only prefix has a second word, --given prefix \"To be\"",
                many.join(" ")
            )),
        };
        given.map_err(Failure::usage)
    }

    fn parse(text: &str) -> Result<Given, String> {
        if text.to_lowercase().ends_with(".png") {
            return Ok(Given::Mask(PathBuf::from(text)));
        }
        let wrong = || {
            format!(
                "`{text}` says no part: write top:0.5, bottom:0.5, left:0.5 or right:0.5 of an image, first:0.5 of a vector or sequence, the name of a .png that is light where pixels are given, or prefix \"To be\" of text"
            )
        };
        let (word, share) = text.split_once(':').ok_or_else(wrong)?;
        let share: f64 = share.trim().parse().map_err(|_| wrong())?;
        if !(0.0..1.0).contains(&share) {
            return Err(format!("`{share}` is no share to be completed: write a number from 0 to below 1"));
        }
        match word.trim() {
            "top" => Ok(Given::Side(Side::Top, share)),
            "bottom" => Ok(Given::Side(Side::Bottom, share)),
            "left" => Ok(Given::Side(Side::Left, share)),
            "right" => Ok(Given::Side(Side::Right, share)),
            "first" => Ok(Given::First(share)),
            _ => Err(wrong()),
        }
    }

    /// For each element of an event whether it is given.
    ///
    /// # Errors
    /// A part that events of this type do not have, a mask that cannot be read or has another size.
    pub fn elements(&self, ty: &EventTy) -> Result<Vec<bool>, Failure> {
        let layout = image::layout(ty);
        let no_image = || Failure::new(format!("{ty} is no image, which has sides: write first:0.5"));
        match self {
            Given::Prefix(_) => {
                Err(Failure::new(format!("{ty} is no text, which has a beginning in words: write first:0.5")))
            }
            Given::First(share) => {
                let n = ty.shape.first().copied().unwrap_or(1);
                let behind = ty.size() / n.max(1);
                let many = (share * n as f64).round() as usize;
                Ok((0..ty.size()).map(|i| i / behind.max(1) < many).collect())
            }
            Given::Side(side, share) => {
                let l = layout.ok_or_else(no_image)?;
                let part = |n: usize| (share * n as f64).round() as usize;
                Ok(each_pixel(l, |row, column| match side {
                    Side::Top => row < part(l.height),
                    Side::Bottom => row >= l.height - part(l.height),
                    Side::Left => column < part(l.width),
                    Side::Right => column >= l.width - part(l.width),
                }))
            }
            Given::Mask(path) => {
                let l = layout.ok_or_else(no_image)?;
                let mask = read_image(path).map_err(|e| Failure::file("read", path, e))?;
                if (mask.width, mask.height) != (l.width, l.height) {
                    return Err(Failure::new(format!(
                        "{} is {} by {} pixels, and the data are {} by {}: give a mask of their size",
                        path.display(),
                        mask.width,
                        mask.height,
                        l.width,
                        l.height
                    )));
                }
                let light = |row: usize, column: usize| {
                    mask.rgb.get(3 * (row * l.width + column)).is_some_and(|v| *v >= 128)
                };
                Ok(each_pixel(l, light))
            }
        }
    }
}

/// What holds of each pixel, for all channels.
fn each_pixel(l: Layout, holds: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    let one: Vec<bool> = (0..l.height * l.width).map(|p| holds(p / l.width, p % l.width)).collect();
    one.repeat(l.channels)
}
