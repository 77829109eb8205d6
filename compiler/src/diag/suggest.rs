//! Did you mean: the known word nearest to what was typed.

/// The candidate nearest to `name` in Damerau-Levenshtein distance, if it is near enough: at most a third of the longer
/// word, at least one edit, and a difference in case alone always counts. Ties go to the earlier candidate.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance is quadratic in the length; nobody mistypes a word of a hundred letters.
    const LONGEST: usize = 100;
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.len() > LONGEST {
            continue;
        }
        let distance = match candidate.eq_ignore_ascii_case(name) {
            true => 0,
            false => strsim::damerau_levenshtein(name, candidate),
        };
        let longer = name.chars().count().max(candidate.chars().count());
        // One-letter names are too short to be misspelled.
        let limit = if longer < 3 { 0 } else { (longer / 3).max(1) };
        if distance <= limit && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, word)| word)
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
        ];
        for (typed, want) in cases {
            assert_eq!(did_you_mean(typed, layers), want, "{typed}");
        }
    }
}
