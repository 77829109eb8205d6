//! Arrays whose events stay in their file.

use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::rows::args::{Args, Const};
use gmc_compiler::rows::data::split::Split;
use gmc_compiler::rows::data::{Bytes, DataIssue, Dataset, Host, HostError, NOT_FOUND, ROWS};
use gmc_compiler::rows::find;
use gmc_compiler::span::Span;
use std::sync::Arc;

/// A world of one file, of which parts may be read; its last bytes may have been torn off since it was opened.
#[derive(Clone, Debug)]
struct One {
    bytes: Vec<u8>,
    torn: usize,
}

impl Bytes for One {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }
    fn read_at(&self, from: u64, into: &mut [u8]) -> Result<(), String> {
        let from = from as usize;
        let there = self
            .bytes
            .get(from..from + into.len())
            .filter(|_| from + into.len() <= self.bytes.len() - self.torn);
        into.copy_from_slice(there.ok_or("it ends too soon")?);
        Ok(())
    }
}

impl Host for One {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        match name {
            "x" => Ok(self.bytes.clone()),
            _ => Err(HostError { what: NOT_FOUND.into(), tried: vec![name.into()] }),
        }
    }
    fn open(&self, name: &str) -> Option<Arc<dyn Bytes>> {
        (name == "x").then(|| Arc::new(self.clone()) as Arc<dyn Bytes>)
    }
    fn uniform(&self, _: u64, _: usize) -> Vec<f64> {
        Vec::new()
    }
}

fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> One {
    let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    One { bytes, torn: 0 }
}

fn load(host: &One, written: &[(&'static str, Const)], ty: &EventTy) -> Result<Dataset, DataIssue> {
    let row = find(ROWS, "npy").unwrap();
    let mut values = vec![("file", Const::Text("x".into()), Span::default())];
    values.extend(written.iter().map(|(n, c)| (*n, c.clone(), Span::default())));
    for p in row.params().iter().filter(|p| p.default.is_some_and(|d| !d.is_empty())) {
        if values.iter().all(|(n, ..)| *n != p.name) {
            values.push((p.name, Const::Word(p.default.unwrap_or_default().into()), Span::default()));
        }
    }
    let args = Args { span: Span::default(), name: "npy".into(), declared: row.params(), values };
    row.check(&args, std::slice::from_ref(ty), host)?;
    row.load(&args, std::slice::from_ref(ty), host)
}

fn stream(how: &str) -> (&'static str, Const) {
    ("stream", Const::Word(how.into()))
}

const N: usize = 60;

/// Event by event it is what is read as a whole, in every part of a split.
#[test]
fn events_of_a_file_are_those_of_memory() {
    let floats: Vec<u8> = (0..N * 12).flat_map(|i| (i as f32 * 0.25).to_le_bytes()).collect();
    let halves: Vec<u8> = (0..N * 12).flat_map(|i| (((i % 7) as u16) << 10 | 0x3000).to_be_bytes()).collect();
    let bytes: Vec<u8> = (0..N * 12).map(|i| (i * 37 % 256) as u8).collect();
    let unit = Kind::Real(Support::UNIT);
    let last = ("channels", Const::Word("last".into()));
    let cases: [(One, Vec<(&'static str, Const)>, EventTy); 5] = [
        (npy("<f4", "False", "(60, 12)", &floats), vec![], EventTy::real([12])),
        (npy(">f2", "False", "(60, 3, 4)", &halves), vec![], EventTy::real([12])),
        (npy("|u1", "False", "(60, 3, 2, 2)", &bytes), vec![], EventTy { kind: unit, shape: vec![3, 2, 2] }),
        (
            npy("|u1", "False", "(60, 2, 2, 3)", &bytes),
            vec![last],
            EventTy { kind: unit, shape: vec![3, 2, 2] },
        ),
        (npy("|u1", "False", "(60, 12)", &bytes), vec![], EventTy { kind: Kind::Int(256), shape: vec![12] }),
    ];
    for (host, mut written, ty) in cases {
        let whole = load(&host, &written, &ty).unwrap();
        assert!(whole.train.stored.is_none(), "a small array is read as a whole");
        written.push(stream("true"));
        let far = load(&host, &written, &ty).unwrap();
        assert!(
            far.notes.iter().any(|n| n.contains("the 60 events of `x` stay in the file")),
            "{:?}",
            far.notes
        );
        let split = Split { watched: true, ..Split::default() };
        let (near, far) = (split.parts(whole, 5), split.parts(far, 5));
        for (near, far) in [(&near.train, &far.train), (&near.valid, &far.valid), (&near.test, &far.test)] {
            assert_eq!((near.n, &near.rows), (far.n, &far.rows));
            let mut read = Vec::new();
            for row in 0..far.n {
                far.stored.as_ref().unwrap().read(far.event(row), &mut read).unwrap();
            }
            assert_eq!(read, near.columns[0].values, "{ty}");
            // Few events are looked at as a whole.
            assert_eq!((far.in_memory(), &far.columns[0].values), (far.n, &read));
        }
    }
}

#[test]
fn what_cannot_be_read_event_by_event_is_said() {
    let said = |host: &One, written: &[(&'static str, Const)], ty: &EventTy| {
        let mut all = written.to_vec();
        all.push(stream("true"));
        let issue = load(host, &all, ty).unwrap_err();
        let (notes, help) = match &issue.diag {
            Some(d) => (d.notes.join("; "), d.help.clone().unwrap_or_default()),
            None => (issue.notes.join("; "), issue.help.clone()),
        };
        format!("{}; {notes}; {help}", issue.message)
    };
    let two = EventTy::real([2]);
    let doubles = npy("<f8", "False", "(2, 2)", &[0; 32]);
    let text = said(&doubles, &[], &two);
    assert!(text.contains("its elements are <f8") && text.contains("a.astype(\"f4\")"), "{text}");
    let text = said(&npy("<f4", "True", "(2, 2)", &[0; 16]), &[], &two);
    assert!(text.contains("Fortran order") && text.contains("numpy.ascontiguousarray(a)"), "{text}");
    let text = said(&npy("<f4", "False", "(3, 2)", &[0; 16]), &[], &two);
    assert!(text.contains("found 16 bytes after the header"), "{text}");
    let text = said(&npy("<f4", "False", "(2, 2)", &[0; 16]), &[("offset", Const::Num(1.0))], &two);
    assert!(text.contains("nothing is subtracted"), "{text}");
    let text = said(&npy("<f4", "False", "(2, 3)", &[0; 24]), &[], &two);
    assert!(text.contains("holds events [3], not [2]") || text.contains("[3]"), "{text}");
    // Of a number that the type excludes the event is told; so it is of a file that has become shorter.
    let bits = EventTy { kind: Kind::Bool, shape: vec![2] };
    let text = said(&npy("|u1", "False", "(3, 2)", &[0, 1, 1, 1, 0, 7]), &[], &bits);
    assert!(text.contains("not Bool[2]") && text.contains("it is event 2 of the file"), "{text}");
    // Torn far behind what is read to know the header.
    let long = 1 << 14;
    let torn = One { torn: 1, ..npy("<f4", "False", &format!("(2, {long})"), &vec![0; 2 * 4 * long]) };
    let text = said(&torn, &[], &EventTy::real([long]));
    assert!(text.contains("cannot read event 1 of `x`") && text.contains("it ends too soon"), "{text}");
    // Unasked an array of this size is in memory.
    assert!(load(&doubles, &[], &two).unwrap().train.stored.is_none());
}
