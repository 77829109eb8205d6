//! Sequences of numbers as lines over time: a grid of panels, a line for each number of a place, all on one scale.

use super::image::{Picture, Rgb, WHITE};
use crate::session::variables::{MOST_LINES, sequence};
use gmc_compiler::event::EventTy;

/// Pixels of a panel, from left to right and from top to bottom.
const PANEL: [usize; 2] = [120, 72];
/// Most panels.
const MOST: usize = 1024;
const FRAME: Rgb = [214, 214, 220];
const ZERO: Rgb = [232, 232, 236];
/// Colours of the lines, which differ in lightness, too.
const COLOURS: [Rgb; MOST_LINES] = [
    [31, 78, 140],
    [205, 94, 30],
    [60, 140, 90],
    [150, 60, 140],
    [180, 150, 30],
    [90, 90, 100],
    [60, 160, 190],
    [170, 40, 50],
];

/// Sequences (`n * event.size()` numbers) in about as many rows as columns, the first at the top left. The scale reaches from the least to the
/// greatest number of all of them. `None` where the event is no sequence or there is none.
pub fn grid(values: &[f32], event: &EventTy) -> Option<Picture> {
    let [places, numbers] = sequence(event)?;
    let all: Vec<&[f32]> = values.chunks_exact(places * numbers).take(MOST).collect();
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (lo, hi) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
    if all.is_empty() || lo > hi {
        return None;
    }
    let room = f64::from(hi - lo).max(1e-6);
    let columns = (all.len() as f64).sqrt().ceil() as usize;
    let rows = all.len().div_ceil(columns.max(1));
    let [width, height] = PANEL;
    let mut picture = Picture::new(columns * (width + 1) + 1, rows * (height + 1) + 1, FRAME);
    for (i, sequence) in all.iter().enumerate() {
        let corner = [i % columns * (width + 1) + 1, i / columns * (height + 1) + 1];
        picture.fill(corner[0], corner[1], width, height, WHITE);
        let at = |t: f64, v: f64| {
            let x = corner[0] as f64 + 3.0 + t / (places - 1) as f64 * (width as f64 - 7.0);
            let y = corner[1] as f64 + 3.0 + (f64::from(hi) - v) / room * (height as f64 - 7.0);
            [x, y]
        };
        if lo < 0.0 && hi > 0.0 {
            line(&mut picture, at(0.0, 0.0), at((places - 1) as f64, 0.0), ZERO);
        }
        for (k, colour) in COLOURS.iter().enumerate().take(numbers) {
            let points: Vec<[f64; 2]> = sequence
                .iter()
                .skip(k)
                .step_by(numbers)
                .enumerate()
                .map(|(t, v)| at(t as f64, f64::from(v.clamp(lo, hi))))
                .collect();
            for pair in points.windows(2) {
                if let [from, to] = pair {
                    line(&mut picture, *from, *to, *colour);
                }
            }
        }
    }
    Some(picture)
}

/// A line one pixel wide, smoothed across its steeper side (Wu 1991).
fn line(picture: &mut Picture, from: [f64; 2], to: [f64; 2], colour: Rgb) {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    if !(dx.is_finite() && dy.is_finite()) {
        return;
    }
    let steps = dx.abs().max(dy.abs()).ceil().max(1.0);
    for i in 0..=steps as usize {
        let share = i as f64 / steps;
        let (x, y) = (from[0] + share * dx, from[1] + share * dy);
        // Of the two pixels that the line passes between, each takes its part.
        let (across, along) = if dx.abs() >= dy.abs() { (y, x) } else { (x, y) };
        let (cell, rest) = (across.floor(), across - across.floor());
        for (offset, part) in [(0.0, 1.0 - rest), (1.0, rest)] {
            let (a, b) = ((along.round()) as i64, (cell + offset) as i64);
            let (x, y) = if dx.abs() >= dy.abs() { (a, b) } else { (b, a) };
            picture.blend(x, y, colour, part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gmc_compiler::event::{Kind, Support};

    fn real(shape: &[usize]) -> EventTy {
        EventTy::real(shape.to_vec())
    }

    #[test]
    fn grey_levels_and_classes_are_no_lines() {
        assert_eq!(sequence(&real(&[6, 2])), Some([6, 2]));
        assert_eq!(sequence(&real(&[6])), Some([6, 1]));
        for other in [
            real(&[6, 9]),
            real(&[1, 8, 8]),
            real(&[1]),
            EventTy { kind: Kind::Real(Support::UNIT), shape: vec![8, 8] },
            EventTy { kind: Kind::Bool, shape: vec![8, 8] },
        ] {
            assert_eq!(sequence(&other), None, "{other}");
        }
        assert_eq!(grid(&[], &real(&[6, 2])), None);
        assert_eq!(grid(&[f32::NAN; 6], &real(&[3, 2])), None);
    }

    /// A rising and a falling line: where they begin and end their colours stand, and they cross in the middle.
    #[test]
    fn lines_go_where_the_numbers_do() {
        let values = [-1.0, 1.0, 0.0, 0.0, 1.0, -1.0];
        let p = grid(&values, &real(&[3, 2])).unwrap();
        assert_eq!((p.width, p.height), (PANEL[0] + 2, PANEL[1] + 2));
        let near = |x: usize, y: usize, colour: Rgb| {
            (x - 2..=x + 2).any(|x| (y - 2..=y + 2).any(|y| p.at(x, y) == colour))
        };
        let (left, right, top, bottom) = (4, PANEL[0] - 3, 4, PANEL[1] - 3);
        assert!(near(left, bottom, COLOURS[0]) && near(right, top, COLOURS[0]));
        assert!(near(left, top, COLOURS[1]) && near(right, bottom, COLOURS[1]));
        assert!(!near(left, top, COLOURS[0]) && !near(right, top, COLOURS[1]));
        let middle = [PANEL[0] / 2, PANEL[1] / 2];
        assert!(p.at(middle[0], 4) == WHITE && p.at(4, middle[1]) != WHITE);
    }
}
