//! Words above the columns of a picture, in letters of five by seven pixels.

use super::image::{Picture, Rgb, WHITE};

const INK: Rgb = [64, 64, 72];
/// Rows that a line of words takes, with the space around it.
pub const HEIGHT: usize = 11;
/// Columns from one letter to the next.
const STEP: usize = 6;

/// Seven rows of a letter, the leftmost of five pixels the highest bit; what has no letter is blank.
fn letter(c: char) -> [u8; 7] {
    match c {
        '-' => [0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000],
        '.' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100],
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111],
        '3' => [0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        'A' => [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        'B' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110],
        'C' => [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110],
        'D' => [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
        'E' => [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
        'F' => [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
        'G' => [0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01111],
        'H' => [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        'I' => [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        'J' => [0b00111, 0b00010, 0b00010, 0b00010, 0b00010, 0b10010, 0b01100],
        'K' => [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001],
        'L' => [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        'M' => [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
        'N' => [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001],
        'O' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'P' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000],
        'Q' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101],
        'R' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
        'S' => [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
        'T' => [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        'U' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'V' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100],
        'W' => [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001],
        'X' => [0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b10001],
        'Y' => [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100],
        'Z' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111],
        '_' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b11111],
        _ => [0; 7],
    }
}

/// The picture with a line above it: each word, in capitals, from its column of pixels on, from left to right. Where a word would reach
/// into the next one the picture is enlarged by a whole factor.
pub fn captioned(below: &Picture, words: &[(usize, &str)]) -> Picture {
    let narrow = |pair: &[(usize, &str)]| match pair {
        [(left, word), (next, _)] => {
            (word.chars().count() * STEP).div_ceil(next.saturating_sub(*left).max(1))
        }
        _ => 1,
    };
    let factor = words.windows(2).map(narrow).max().unwrap_or(1).clamp(1, 4);
    let mut out = Picture::new(below.width * factor, below.height * factor + HEIGHT, WHITE);
    for y in 0..below.height * factor {
        for x in 0..below.width * factor {
            out.set(x, y + HEIGHT, below.at(x / factor, y / factor));
        }
    }
    for (left, word) in words {
        for (i, c) in word.chars().enumerate() {
            for (row, bits) in letter(c.to_ascii_uppercase()).into_iter().enumerate() {
                for column in (0..5).filter(|k| bits >> (4 - k) & 1 == 1) {
                    out.set(left * factor + i * STEP + column, 2 + row, INK);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_above_what_they_name() {
        let below = Picture::new(60, 10, [1, 2, 3]);
        let out = captioned(&below, &[(0, "given"), (48, "original")]);
        assert_eq!((out.width, out.height), (60, 10 + HEIGHT));
        assert!((0..60).all(|x| (0..10).all(|y| out.at(x, y + HEIGHT) == [1, 2, 3])));
        let ink = |x: usize, y: usize| out.at(x, y) == INK;
        // The I of GIVEN: a stem below a bar.
        assert!(ink(8, 5) && !ink(7, 5) && ink(7, 2) && ink(9, 8));
        assert!((0..60).any(|x| x >= 48 && ink(x, 2)) && (30..48).all(|x| !ink(x, 5)));
    }

    #[test]
    fn a_picture_with_narrow_columns_is_enlarged() {
        let below = Picture::new(60, 10, [1, 2, 3]);
        let out = captioned(&below, &[(2, "original"), (31, "given")]);
        assert_eq!((out.width, out.height), (120, 20 + HEIGHT));
        // Between the words nothing is written.
        assert!((52..62).all(|x| (0..HEIGHT).all(|y| out.at(x, y) == WHITE)));
    }

    #[test]
    fn every_letter_that_is_used_has_a_form() {
        for c in "abcdefghijklmnopqrstuvwxyz0123456789-._".chars() {
            assert_ne!(letter(c.to_ascii_uppercase()), [0; 7], "{c}");
        }
    }
}
