//! One file per error code: its long text for `gmc explain E0101` and the functions that build its messages.
//!
//! To add a code: add `eNNNN.rs` here with its `PAGE`, its `mod` line, and its line in [`PAGES`]; a test checks that the
//! list is sorted and that each page shows a wrong and a right spec.

pub mod e0100;
pub mod e0101;
pub mod e0102;
pub mod e0103;
pub mod e0104;
pub mod e0105;
pub mod e0106;
pub mod e0107;
pub mod e0108;
pub mod e0109;
pub mod e0110;
pub mod e0111;
pub mod e0112;
pub mod e0113;
pub mod e0114;
pub mod e0115;
pub mod e0116;
pub mod e0200;
pub mod e0201;
pub mod e0202;
pub mod e0203;
pub mod e0204;
pub mod e0205;
pub mod e0206;
pub mod e0207;
pub mod e0208;
pub mod e0209;
pub mod e0210;
pub mod e0211;
pub mod e0212;
pub mod e0213;
pub mod e0214;
pub mod e0216;
pub mod e0217;
pub mod e0218;
pub mod e0219;
pub mod e0220;
pub mod e0221;
pub mod e0222;
pub mod e0223;
pub mod e0224;
pub mod e0225;
pub mod e0228;
pub mod e0229;
pub mod e0230;
pub mod e0301;
pub mod e0302;
pub mod e0303;
pub mod e0304;
pub mod e0305;
pub mod e0401;
pub mod e0402;
pub mod e0403;
pub mod e0501;
pub mod e0502;
pub mod e0503;
pub mod e0504;
pub mod e0505;
pub mod e0507;
pub mod e0509;
pub mod e0512;
pub mod e0513;
pub mod e0601;
pub mod e0602;
pub mod e0603;
pub mod e0604;
pub mod e0605;
pub mod e0701;
pub mod e0702;
pub mod e0703;
pub mod e0704;
pub mod e0705;
pub mod e0706;
pub mod e0708;
pub mod e0709;
pub mod w0117;
pub mod w0215;
pub mod w0306;
pub mod w0307;
pub mod w0308;
pub mod w0404;
pub mod w0506;
pub mod w0508;
pub mod w0510;
pub mod w0511;
pub mod w0603;
pub mod w0606;
pub mod w0707;
pub mod w0710;

/// What `gmc explain CODE` prints.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// `E0101`, `W0404`.
    pub code: &'static str,
    /// One line, as in the list of all codes.
    pub title: &'static str,
    /// The explanation, with a wrong and a right example.
    pub text: &'static str,
}

/// All pages, sorted by code.
pub const PAGES: &[&Page] = &[
    &e0100::PAGE,
    &e0101::PAGE,
    &e0102::PAGE,
    &e0103::PAGE,
    &e0104::PAGE,
    &e0105::PAGE,
    &e0106::PAGE,
    &e0107::PAGE,
    &e0108::PAGE,
    &e0109::PAGE,
    &e0110::PAGE,
    &e0111::PAGE,
    &e0112::PAGE,
    &e0113::PAGE,
    &e0114::PAGE,
    &e0115::PAGE,
    &e0116::PAGE,
    &e0200::PAGE,
    &e0201::PAGE,
    &e0202::PAGE,
    &e0203::PAGE,
    &e0204::PAGE,
    &e0205::PAGE,
    &e0206::PAGE,
    &e0207::PAGE,
    &e0208::PAGE,
    &e0209::PAGE,
    &e0210::PAGE,
    &e0211::PAGE,
    &e0212::PAGE,
    &e0213::PAGE,
    &e0214::PAGE,
    &e0216::PAGE,
    &e0217::PAGE,
    &e0218::PAGE,
    &e0219::PAGE,
    &e0220::PAGE,
    &e0221::PAGE,
    &e0222::PAGE,
    &e0223::PAGE,
    &e0224::PAGE,
    &e0225::PAGE,
    &e0228::PAGE,
    &e0229::PAGE,
    &e0230::PAGE,
    &e0301::PAGE,
    &e0302::PAGE,
    &e0303::PAGE,
    &e0304::PAGE,
    &e0305::PAGE,
    &e0401::PAGE,
    &e0402::PAGE,
    &e0403::PAGE,
    &e0501::PAGE,
    &e0502::PAGE,
    &e0503::PAGE,
    &e0504::PAGE,
    &e0505::PAGE,
    &e0507::PAGE,
    &e0509::PAGE,
    &e0512::PAGE,
    &e0513::PAGE,
    &e0601::PAGE,
    &e0602::PAGE,
    &e0603::PAGE,
    &e0604::PAGE,
    &e0605::PAGE,
    &e0701::PAGE,
    &e0702::PAGE,
    &e0703::PAGE,
    &e0704::PAGE,
    &e0705::PAGE,
    &e0706::PAGE,
    &e0708::PAGE,
    &e0709::PAGE,
    &w0117::PAGE,
    &w0215::PAGE,
    &w0306::PAGE,
    &w0307::PAGE,
    &w0308::PAGE,
    &w0404::PAGE,
    &w0506::PAGE,
    &w0508::PAGE,
    &w0510::PAGE,
    &w0511::PAGE,
    &w0603::PAGE,
    &w0606::PAGE,
    &w0707::PAGE,
    &w0710::PAGE,
];

/// Whether a warning is known only when data are there, or training is planned: not what a check of the text can find.
pub fn of_data(code: &str) -> bool {
    [w0306::PAGE, w0510::PAGE, w0511::PAGE].iter().any(|p| p.code == code)
}

/// The page of `code`, in either case (`e0101` finds `E0101`).
pub fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|p| p.code.eq_ignore_ascii_case(code.trim())).copied()
}

#[cfg(test)]
mod tests {
    use super::PAGES;
    use crate::span::FileId;
    use crate::syntax::parse;

    #[test]
    fn pages_are_sorted_and_named_after_their_codes() {
        assert!(PAGES.windows(2).all(|w| matches!(w, [a, b] if a.code < b.code)));
        for page in PAGES {
            let digits = page.code.strip_prefix(['E', 'W']).unwrap_or("");
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", page.code);
            assert!(!page.title.ends_with('.') && !page.title.contains('\n'), "{}", page.code);
        }
    }

    /// Each page shows a wrong and a right spec, in this order, and the right one follows the grammar.
    #[test]
    fn right_examples_parse() {
        for page in PAGES {
            let (_, examples) =
                page.text.split_once("Wrong:\n").unwrap_or_else(|| panic!("{}: no wrong spec", page.code));
            let (wrong, right) =
                examples.split_once("Right:\n").unwrap_or_else(|| panic!("{}: no right spec", page.code));
            assert!(!wrong.trim().is_empty() && wrong.trim() != right.trim(), "{}", page.code);
            let (spec, diags) = parse(FileId::SPEC, right);
            assert!(diags.is_empty() && !spec.items.is_empty(), "{}: {diags:?}\n{right}", page.code);
        }
    }
}
