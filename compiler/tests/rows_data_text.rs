//! Sources of text and of letters: vocabularies, broken files, the entropy of a chain.

use crate::rows_common::bind;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::args::Const;
use gmc_compiler::rows::data::{DataIssue, Dataset, Host, HostError, NOT_FOUND, NoHost, ROWS};
use gmc_compiler::rows::find;

/// One file in memory.
struct OneFile(&'static str, Vec<u8>);

impl Host for OneFile {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let found = (name == self.0).then(|| self.1.clone());
        found.ok_or_else(|| HostError { what: NOT_FOUND.into(), tried: vec![name.into()] })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        NoHost.uniform(stream, n)
    }
}

fn load(
    host: &dyn Host,
    name: &str,
    written: &[(&'static str, Const)],
    declared: EventTy,
) -> Result<(EventTy, Dataset), DataIssue> {
    let Some(row) = find(ROWS, name) else { panic!("no source `{name}`") };
    let args = bind(row.params(), written);
    let types = row.check(&args, &[declared], host)?;
    Ok((types[0].clone(), row.load(&args, &types, host)?))
}

fn classes(n: usize, length: usize) -> EventTy {
    EventTy { kind: Kind::Class(n), shape: vec![length] }
}

fn chars(file: &str) -> [(&'static str, Const); 2] {
    [("file", Const::Text(file.into())), ("by", Const::Word("chars".into()))]
}

#[test]
fn characters_are_numbered_by_what_a_text_holds() {
    let text = "né né\n".repeat(10);
    let file = OneFile("t", text.clone().into_bytes());
    let (ty, set) = load(&file, "text", &chars("t"), classes(4, 6)).unwrap();
    assert_eq!(ty, classes(4, 6));
    assert_eq!(set.labels, [["\n", " ", "n", "é"].map(String::from).to_vec()]);
    assert_eq!(set.train.columns[0].values[..6], [2.0, 3.0, 1.0, 2.0, 3.0, 0.0]);
    assert_eq!((set.train.n, set.test.unwrap().n), (9, 1));
    // What is declared too small is for the checker, which says what the text has.
    assert_eq!(load(&file, "text", &chars("t"), classes(3, 6)).unwrap().0, ty);
    let more = load(&file, "text", &chars("t"), classes(5, 6)).unwrap_err();
    assert_eq!(more.message, "`t` has 4 different characters, and 5 are declared");
    assert!(more.help.contains("`Class(4)[6]`"), "{more:?}");
    // A mark of the byte order is no character.
    let marked = OneFile("t", [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat());
    assert_eq!(load(&marked, "text", &chars("t"), classes(4, 6)).unwrap().0, ty);
}

#[test]
fn texts_that_are_none() {
    let fails = |bytes: &[u8], by_chars: bool| {
        let written = chars("t");
        let written = if by_chars { &written[..] } else { &written[..1] };
        load(&OneFile("t", bytes.to_vec()), "text", written, classes(256, 2)).unwrap_err()
    };
    for by_chars in [false, true] {
        assert_eq!(fails(b"", by_chars).message, "`t` is empty");
    }
    let latin = b"na\xefve ".repeat(30);
    let said = fails(&latin, true);
    assert_eq!(said.message, "`t` is not UTF-8 text");
    assert_eq!(said.notes, ["byte 3 is 0xef, which begins no character there"]);
    assert!(load(&OneFile("t", latin), "text", &chars("t")[..1], classes(256, 2)).is_ok());
    assert_eq!(
        load(&NoHost, "text", &chars("gone"), classes(4, 2)).unwrap_err().message,
        "no file `gone` found"
    );
}

/// The mean of -ln p over drawn windows is the entropy that is said, by counts of pairs.
#[test]
fn letters_of_a_chain_have_its_entropy() {
    let written = [("n", Const::Int(4000)), ("letters", Const::Int(3))];
    let (ty, set) = load(&NoHost, "markov", &written, classes(3, 20)).unwrap();
    assert_eq!(ty, classes(3, 20));
    let (mut pairs, mut first) = ([[0.0f64; 3]; 3], [0.0f64; 3]);
    for w in set.train.columns[0].values.chunks(20) {
        first[w[0] as usize] += 1.0;
        w.windows(2).for_each(|p| pairs[p[0] as usize][p[1] as usize] += 1.0);
    }
    let h = |p: &[f64]| {
        let total: f64 = p.iter().sum();
        p.iter().map(|n| -n * (n / total).ln()).sum::<f64>()
    };
    let rate = pairs.iter().map(|row| h(row)).sum::<f64>() / (4000.0 * 19.0);
    let window = h(&first) / 4000.0 + 19.0 * rate;
    let said = |note: &str, before: &str| -> f64 {
        let (_, rest) = note.split_once(before).unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    assert!((said(&set.notes[0], "entropy rate ") - rate).abs() < 0.012, "{rate} {:?}", set.notes);
    assert!((said(&set.notes[1], "before it, ") - window).abs() < 0.25, "{window} {:?}", set.notes);
    // Another seed is another chain.
    let other = [("seed", Const::Int(1)), ("letters", Const::Int(3))];
    assert_ne!(load(&NoHost, "markov", &other, classes(3, 20)).unwrap().1.notes, set.notes);
}

/// Two variables are pieces of one window, one behind the other; each needs a length.
#[test]
fn a_window_has_pieces() {
    let text = "abcdefgh".repeat(20);
    let file = OneFile("t", text.into_bytes());
    let of = |name: &str, written: &[(&'static str, Const)], declared: &[EventTy]| {
        let row = find(ROWS, name).unwrap();
        let args = bind(row.params(), written);
        let types = row.check(&args, declared, &file)?;
        row.load(&args, &types, &file)
    };
    let set = of("text", &chars("t"), &[classes(8, 3), classes(8, 2)]).unwrap();
    let [a, x] = [0, 1].map(|c| &set.train.columns[c].values);
    assert_eq!((&a[..6], &x[..4]), (&[0.0, 1.0, 2.0, 5.0, 6.0, 7.0][..], &[3.0, 4.0, 0.0, 1.0][..]));
    assert_eq!((set.train.n, set.labels.len()), (28, 2));
    assert_eq!(set.labels[0], set.labels[1]);
    // Letters of a chain: the two pieces are the window that one variable is.
    let some = [("letters", Const::Int(3)), ("n", Const::Int(50))];
    let whole = of("markov", &some, &[classes(3, 7)]).unwrap();
    let both = of("markov", &some, &[classes(3, 4), classes(3, 3)]).unwrap();
    let pieces = both.train.columns[0].values.chunks(4).zip(both.train.columns[1].values.chunks(3));
    let joined: Vec<f32> = pieces.flat_map(|(a, b)| a.iter().chain(b)).copied().collect();
    assert_eq!(joined, whole.train.columns[0].values);
    assert_eq!(both.notes, whole.notes);
    for (name, written) in [("text", &chars("t")[..]), ("markov", &some[..])] {
        let one = EventTy { kind: Kind::Class(8), shape: Vec::new() };
        let issue = of(name, written, &[one]).unwrap_err();
        assert!(issue.message.contains("no length is declared") && issue.help.contains("[64]`"), "{issue:?}");
    }
}
