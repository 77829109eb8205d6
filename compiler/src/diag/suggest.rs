//! Did you mean: the known word nearest to what was typed.

/// Nobody mistypes a word of so many letters, and the distance is quadratic in them.
const LONGEST: usize = 40;

/// So many candidates are compared letter by letter; others are compared by which letters they have.
const MOST_COMPARED: usize = 64;

/// The candidate nearest to `name` in Damerau-Levenshtein distance, no letter moved twice, if it is near enough: at most a third of the longer
/// word, at least one edit, and a difference in case alone always counts. Ties go to the earlier candidate.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let letters: Vec<char> = name.chars().collect();
    let mut best: Option<(usize, &'a str)> = None;
    let mut compared = 0;
    for candidate in candidates {
        if candidate == name || candidate.len() > LONGEST {
            continue;
        }
        if candidate.eq_ignore_ascii_case(name) {
            return Some(candidate);
        }
        let theirs: Vec<char> = candidate.chars().collect();
        let longer = letters.len().max(theirs.len());
        // One-letter names are too short to be misspelled.
        let limit = if longer < 3 { 0 } else { (longer / 3).max(1) };
        if compared >= MOST_COMPARED || apart(&letters, &theirs) > limit {
            continue;
        }
        compared += 1;
        if let Some(d) = distance(&letters, &theirs, limit)
            && best.is_none_or(|(before, _)| d < before)
        {
            best = Some((d, candidate));
        }
    }
    best.map(|(_, word)| word)
}

/// How many letters one word has that the other lacks: never more than the distance of the two.
fn apart(a: &[char], b: &[char]) -> usize {
    let mut counts = [0i32; 128];
    let mut count = |all: &[char], by: i32| {
        for c in all {
            if let Some(n) = counts.get_mut(*c as usize % 128) {
                *n += by;
            }
        }
    };
    count(a, 1);
    count(b, -1);
    let (more, less): (i32, i32) = counts.iter().fold((0, 0), |(m, l), n| (m + n.max(&0), l - n.min(&0)));
    more.max(less) as usize
}

/// The distance, where it is at most `limit`.
#[expect(clippy::indexing_slicing, reason = "each row has one number more than `b` has letters")]
fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1; b.len() + 1];
        for j in 0..b.len() {
            let changed = row[j] + usize::from(a[i] != b[j]);
            next[j + 1] = changed.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                next[j + 1] = next[j + 1].min(above[j - 1] + 1);
            }
        }
        // What comes below lies at most one below the least of two rows.
        if next.iter().chain(&row).min().is_some_and(|least| *least > limit) {
            return None;
        }
        above = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|d| *d <= limit)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn finds_the_nearest_and_refuses_the_far() {
        let layers = ["dense", "conv", "relu", "leaky_relu", "flatten"];
        let cases = [
            ("desne", Some("dense")),
            ("Dense", Some("dense")),
            ("rleu", Some("relu")),
            ("leakyrelu", Some("leaky_relu")),
            ("attention", None),
            ("", None),
            ("x", None),
            ("flattne", Some("flatten")),
            ("leaky-relu", Some("leaky_relu")),
        ];
        for (typed, want) in cases {
            assert_eq!(did_you_mean(typed, layers), want, "{typed}");
        }
    }
}
