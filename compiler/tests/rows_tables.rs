//! Tables of which several variables are read, by the names of columns.

use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::rows::args::{Args, Const};
use gmc_compiler::rows::data::{Cells, Dataset, Declared, Host, HostError, MISSING, NOT_FOUND, ROWS};
use gmc_compiler::rows::find;
use gmc_compiler::span::Span;

/// A world of one file.
struct One(Vec<u8>);

impl Host for One {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        match name {
            "t" => Ok(self.0.clone()),
            _ => Err(HostError { what: NOT_FOUND.into(), tried: vec![name.into()] }),
        }
    }
    fn uniform(&self, _: u64, _: usize) -> Vec<f64> {
        Vec::new()
    }
}

fn text(t: &str) -> Const {
    Const::Text(t.into())
}

fn args(written: &[(&'static str, Const)]) -> Args {
    args_of("csv", written)
}

fn args_of(source: &str, written: &[(&'static str, Const)]) -> Args {
    let row = find(ROWS, source).unwrap();
    let mut values = vec![("file", text("t"), Span::default())];
    values.extend(written.iter().map(|(n, c)| (*n, c.clone(), Span::default())));
    for p in row.params() {
        if let Some(d) = p.default.filter(|d| !d.is_empty() && values.iter().all(|(n, ..)| *n != p.name)) {
            let word =
                if d.starts_with(|c: char| c.is_ascii_digit()) { text(d) } else { Const::Word(d.into()) };
            values.push((p.name, word, Span::default()));
        }
    }
    Args { span: Span::default(), name: source.into(), declared: row.params(), values }
}

/// A variable as it is declared: `Class(0)` and `Int(0)` are those without a number.
fn var<'a>(name: &'a str, kind: Kind, shape: &[usize]) -> Declared<'a> {
    let counted = matches!(kind, Kind::Class(0) | Kind::Int(0));
    let kind = match kind {
        Kind::Class(0) => Kind::Class(1),
        Kind::Int(0) => Kind::Int(1),
        kind @ (Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count) => {
            kind
        }
    };
    Declared {
        name,
        ty: EventTy { kind, shape: shape.to_vec() },
        cells: Cells { counted, ..Cells::default() },
    }
}

fn time(name: &str) -> Declared<'_> {
    Declared { cells: Cells { time: true, ..Cells::default() }, ..var(name, Kind::REAL, &[]) }
}

/// What a table is loaded as, or what is said of it: message, notes, help.
fn load(
    bytes: &[u8],
    written: &[(&'static str, Const)],
    declared: &[Declared<'_>],
) -> Result<(Vec<EventTy>, Dataset), String> {
    let (row, args, host) = (find(ROWS, "csv").unwrap(), args(written), One(bytes.to_vec()));
    let types = row.check_named(&args, declared, &host);
    let set = types.and_then(|types| {
        let all: Vec<_> =
            declared.iter().zip(&types).map(|(d, ty)| Declared { ty: ty.clone(), ..d.clone() }).collect();
        Ok((types, row.load_named(&args, &all, &host)?))
    });
    set.map_err(|i| {
        let (notes, help) = match &i.diag {
            Some(d) => (d.notes.join("; "), d.help.clone().unwrap_or_default()),
            None => (i.notes.join("; "), i.help.clone()),
        };
        assert!(!i.help.is_empty() || i.diag.is_some(), "{i:?}");
        format!("{}; {notes}; {help}", i.message)
    })
}

fn values(set: &Dataset, column: usize) -> &[f32] {
    &set.train.columns[column].values
}

/// The same variable with cells that may be missing.
fn gaps(d: Declared<'_>) -> Declared<'_> {
    Declared { cells: Cells { missing: true, ..d.cells }, ..d }
}

#[test]
fn missing_cells_of_every_kind_are_read() {
    let bytes = b"b1,b2,n,x\n1,,3,0.5\n,0,,\n0,1,0,-2\n";
    let declared = [
        gaps(var("b", Kind::Bool, &[2])),
        gaps(var("n", Kind::Int(4), &[])),
        gaps(var("x", Kind::Real(Support::closed(-3.0, 1.0)), &[])),
    ];
    let (_, set) = load(bytes, &[], &declared).unwrap();
    assert_eq!(values(&set, 0), [1.0, MISSING, MISSING, 0.0, 0.0, 1.0]);
    assert_eq!(values(&set, 1), [3.0, MISSING, 0.0]);
    assert_eq!(values(&set, 2), [0.5, MISSING, -2.0]);
    assert_eq!(set.train.columns[0].whole(9), [0.0, 1.0]);
    assert_eq!(set.train.columns[0].known(1).collect::<Vec<_>>(), [0.0, 1.0]);
    let said = load(b"b1,b2\n1,7\n", &[], &[gaps(var("b", Kind::Bool, &[2]))]).unwrap_err();
    assert!(said.contains("not Bool[2]") && said.contains("\"7\""), "{said}");
}

/// One variable finds its column by name; two of that name are not told apart by its shape.
#[test]
fn a_name_that_two_columns_have_is_not_guessed() {
    let (_, set) = load(b"b,a\n1,2\n3,4\n", &[], &[var("a", Kind::REAL, &[])]).unwrap();
    assert_eq!(values(&set, 0), [2.0, 4.0]);
    let said = load(b"a,a\n1,2\n3,4\n", &[], &[var("a", Kind::REAL, &[])]).unwrap_err();
    assert!(said.contains("`t` has several columns `a`") && said.contains("by their numbers"), "{said}");
}

const SALES: &[u8] = b"amount,n,flag,kind,when,x1,x2,unused\n\
12.5,3,true,\"oak, old\",2024-01-01,0.1,0.2,-\n\
0.25,0,no,ash,2024-01-02 12:00,0.3,-0.4,-\n\
7,12,1,\"oak, old\",2024-02-29,0.5,0.6,-\n";

#[test]
fn columns_of_several_kinds_are_found_by_name() {
    let positive = Kind::Real(Support::POSITIVE);
    let declared = [
        var("kind", Kind::Class(0), &[]),
        var("x", Kind::REAL, &[2]),
        var("amount", positive, &[]),
        time("when"),
        var("flag", Kind::Bool, &[]),
        var("n", Kind::Int(0), &[]),
    ];
    let origin = [("origin", text("2024-01-01"))];
    let (types, set) = load(SALES, &origin, &declared).unwrap();
    let kinds: Vec<Kind> = types.iter().map(|t| t.kind).collect();
    assert_eq!(kinds, [Kind::Class(2), Kind::REAL, positive, Kind::REAL, Kind::Bool, Kind::Int(13)]);
    assert_eq!(types[1].shape, [2]);
    assert_eq!(values(&set, 0), [1.0, 0.0, 1.0]);
    assert_eq!(values(&set, 1), [0.1, 0.2, 0.3, -0.4, 0.5, 0.6]);
    assert_eq!(values(&set, 2), [12.5, 0.25, 7.0]);
    assert_eq!(values(&set, 3), [0.0, 1.5, 59.0]);
    assert_eq!(values(&set, 4), [1.0, 0.0, 1.0]);
    assert_eq!(values(&set, 5), [3.0, 0.0, 12.0]);
    assert_eq!(set.labels[0], ["ash", "oak, old"]);
    assert_eq!(set.train.names[1], ["x1", "x2"]);
    for note in ["columns that are not read: `unused`", "`when`: days since 2024-01-01"] {
        assert!(set.notes.iter().any(|n| n == note), "{:?}", set.notes);
    }
    let hours = [("origin", text("2024-01-01")), ("unit", Const::Word("hours".into()))];
    let (_, set) = load(SALES, &hours, &[time("when"), var("flag", Kind::Bool, &[])]).unwrap();
    assert_eq!(values(&set, 0), [0.0, 36.0, 1416.0]);
}

/// A column says how much each row counts.
#[test]
fn rows_have_weights() {
    let file = b"x,y,w\n1,2,0.5\n3,4,0\n5,6,4\n";
    let weight = [("weight", Const::Word("w".into()))];
    let declared = [var("x", Kind::REAL, &[]), var("y", Kind::REAL, &[])];
    let (_, set) = load(file, &weight, &declared).unwrap();
    assert_eq!(set.train.weights, [0.5, 0.0, 4.0]);
    assert!(
        set.notes.iter().any(|n| n == "rows count by `w`, from 0 to 4, over its mean in the training part"),
        "{:?}",
        set.notes
    );
    assert!(!set.notes.iter().any(|n| n.contains("not read")), "{:?}", set.notes);
    // A vector of all columns is one without the weights.
    let (types, _) = load(file, &weight, &[var("v", Kind::REAL, &[2])]).unwrap();
    assert_eq!(types[0].shape, [2]);
    for (cell, what) in [("-1", "-1"), ("", "empty"), ("many", "many"), ("inf", "inf")] {
        let said = load(format!("x,y,w\n1,2,3\n1,2,{cell}\n").as_bytes(), &weight, &declared).unwrap_err();
        assert!(
            said.contains("holds a weight that is no number of at least 0") && said.contains(what),
            "{said}"
        );
        assert!(said.contains("row 2 (line 3 of the file), column `w`"), "{said}");
    }
    let said = load(b"x,y,w\n1,2,0\n1,2,0\n", &weight, &declared).unwrap_err();
    assert!(said.contains("all weights of `t`, column `w`, are 0"), "{said}");
    let said = load(b"x,y,v\n1,2,0\n", &weight, &declared).unwrap_err();
    assert!(said.contains("has no column w"), "{said}");
    let sequence = [weight[0].clone(), ("sequence", text("y"))];
    let said = load(file, &sequence, &[var("x", Kind::REAL, &[3, 1])]).unwrap_err();
    assert!(said.contains("sequences have no weights"), "{said}");
}

/// Counts are read as they are, or refused: 32 bits hold whole numbers up to 2^24, and above those with enough factors of 2.
#[test]
fn counts_have_no_bound_and_are_exact() {
    let declared = [var("n", Kind::Count, &[]), var("x", Kind::REAL, &[])];
    let (types, set) = load(b"n,x\n0,1\n16777216,2\n1073741824,3\n", &[], &declared).unwrap();
    assert_eq!(types[0].kind, Kind::Count);
    assert_eq!(values(&set, 0), [0.0, 16_777_216.0, 1_073_741_824.0]);
    let said = load(b"n,x\n3,1\n16777217,2\n", &[], &declared).unwrap_err();
    assert!(
        said.contains("16777217 would become 16777216") && said.contains("count in larger units"),
        "{said}"
    );
    for (cell, what) in [("-1", "-1"), ("2.5", "2.5")] {
        let said = load(format!("n,x\n3,1\n{cell},2\n").as_bytes(), &[], &declared).unwrap_err();
        let wanted = [
            format!("row 2 (line 3 of the file), column `n` is \"{what}\""),
            "counts are whole numbers".into(),
        ];
        assert!(wanted.iter().all(|w| said.contains(w.as_str())), "{said}");
    }
    let open = Declared { cells: Cells { missing: true, ..Cells::default() }, ..var("n", Kind::Count, &[]) };
    let (_, set) = load(b"n,x\n3,1\n,2\n", &[], &[open, var("x", Kind::REAL, &[])]).unwrap();
    assert_eq!(values(&set, 0)[0], 3.0);
    assert!(values(&set, 0)[1] < -1e38);
}

#[test]
fn listed_columns_are_dealt_out_in_the_order_of_the_variables() {
    let list = |all: &[Const]| [("columns", Const::List(all.to_vec()))];
    let declared =
        [var("size", Kind::REAL, &[]), var("v", Kind::REAL, &[2]), var("what", Kind::Class(2), &[])];
    let columns = [text("amount"), Const::Int(6), text("x1"), text("kind")];
    let (_, set) = load(SALES, &list(&columns), &declared).unwrap();
    assert_eq!(values(&set, 1), [0.2, 0.1, -0.4, 0.3, 0.6, 0.5]);
    assert_eq!(values(&set, 2), [1.0, 0.0, 1.0]);
    let said = load(SALES, &list(&columns[..3]), &declared).unwrap_err();
    assert!(
        said.starts_with("3 columns are listed for 4 elements; elements: `size` 1, `v` 2, `what` 1"),
        "{said}"
    );
    // Without a line of names the kinds of the columns decide whether the first line is one.
    let numbers = list(&[Const::Int(2), Const::Int(0)]);
    let two = [var("k", Kind::Class(0), &[]), var("a", Kind::REAL, &[])];
    let (_, set) = load(b"1,2,b\n3,4,a\n", &numbers, &two).unwrap();
    assert_eq!((values(&set, 0), values(&set, 1)), (&[1.0, 0.0][..], &[1.0, 3.0][..]));
}

#[test]
fn a_vector_is_read_from_numbered_columns_however_they_are_joined() {
    for joined in ["x0,x1,x2", "x_1,x_2,x_3", "x.0,x.1,x.2", "x[1],x[2],x[3]", "x 1,x 2,x 3"] {
        let table = format!("y,{joined}\n9,1,2,3\n");
        let (types, set) =
            load(table.as_bytes(), &[], &[var("x", Kind::REAL, &[3]), var("y", Kind::REAL, &[])]).unwrap();
        assert_eq!((types[0].shape.clone(), values(&set, 0)), (vec![3], &[1.0, 2.0, 3.0][..]), "{joined}");
    }
    // What is found answers for the size, so that `dim` may take it from the file.
    let (types, _) =
        load(b"y,x1,x2,x3\n9,1,2,3\n", &[], &[var("x", Kind::REAL, &[1]), var("y", Kind::REAL, &[])])
            .unwrap();
    assert_eq!(types[0].shape, [3]);
    // One variable alone is a column of its name where it is not the whole table.
    let (_, set) = load(SALES, &[], &[var("amount", Kind::REAL, &[])]).unwrap();
    assert_eq!(values(&set, 0), [12.5, 0.25, 7.0]);
    let (_, set) = load(b"x,y\n1,2\n3,4\n", &[], &[var("x", Kind::REAL, &[2])]).unwrap();
    assert_eq!(values(&set, 0), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn what_cannot_be_found_or_read_is_named_with_a_way_out() {
    let b = || var("flag", Kind::Bool, &[]);
    for (bytes, declared, says) in [
        (
            SALES,
            var("amout", Kind::REAL, &[]),
            "`t` has no column `amout`; its columns: amount, n, flag, kind, when, x1, x2, unused; did you mean `amount`?",
        ),
        (SALES, var("q", Kind::REAL, &[3]), "a vector is read from `q1` to `q3`"),
        (
            SALES,
            var("kind", Kind::REAL, &[]),
            "no finite number; row 1 (line 2 of the file), column `kind` is \"oak, old\"",
        ),
        (
            SALES,
            time("n"),
            "`t` holds a cell that is no date; row 1 (line 2 of the file), column `n` is \"3\"; a column of numbers is `Real`",
        ),
        (SALES, time("kind"), "write dates with the year first"),
        (
            SALES,
            var("amount", Kind::Int(0), &[]),
            "no whole number from 0 to 65535; row 1 (line 2 of the file), column `amount` is \"12.5\"",
        ),
        (b"flag,a,a\n1,2,3\n", var("a", Kind::REAL, &[]), "`t` has several columns `a`"),
        (b"flag,a,\n1,2,3,4\n", var("a", Kind::REAL, &[]), "cannot read `t` as a table"),
    ] {
        let said = load(bytes, &[], &[declared.clone(), b()]).unwrap_err();
        assert!(said.contains(says), "{said}");
    }
    let said =
        load(b"1,2\n3,4\n", &[("header", Const::Word("false".into()))], &[var("a", Kind::REAL, &[]), b()]);
    assert!(
        said.unwrap_err().contains("has no line of names in which `a` could be found; ; list the columns")
    );
    let said = load(SALES, &[("origin", text("31/12/2024"))], &[time("when"), b()]).unwrap_err();
    assert!(said.contains("`31/12/2024` is no date"), "{said}");
    let label = [("label", text("kind"))];
    let said = load(SALES, &label, &[b(), b(), b()]).unwrap_err();
    assert!(said.contains("csv yields a row and its label, and 3 variables are declared"), "{said}");
}

#[test]
fn other_encodings_are_read() {
    let latin = b"stra\xdfe;gr\xf6\xdfe\nM\xfchle;1\nB\xe4r;2\n";
    let list = [("columns", Const::List(vec![text("straße"), text("größe")]))];
    let (types, set) =
        load(latin, &list, &[var("s", Kind::Class(0), &[]), var("g", Kind::REAL, &[])]).unwrap();
    assert_eq!(types[0].kind, Kind::Class(2));
    assert_eq!(set.labels[0], ["Bär", "Mühle"]);
    assert!(set.notes.iter().any(|n| n.starts_with("read as Windows-1252")), "{:?}", set.notes);
}

#[test]
fn rows_of_a_group_are_told() {
    let group = [("group", text("kind"))];
    let (_, set) =
        load(SALES, &group, &[var("amount", Kind::REAL, &[]), var("n", Kind::Int(0), &[])]).unwrap();
    assert_eq!(set.groups, [0, 1, 0]);
    // What says which rows belong together is no element of the datum.
    let (_, set) =
        load(b"a,b,id\n1,2,x\n3,4,y\n", &[("group", text("id"))], &[var("v", Kind::REAL, &[2])]).unwrap();
    assert_eq!(values(&set, 0), [1.0, 2.0, 3.0, 4.0]);
    let said = load(SALES, &[("group", text("customer"))], &[var("amount", Kind::REAL, &[])]).unwrap_err();
    assert!(said.starts_with("`t` has no column \"customer\""), "{said}");
}

#[test]
fn arrays_of_one_file_are_found_by_name() {
    // `numpy.savez(f, x=numpy.arange(6, dtype="<f4").reshape(3, 2), y=numpy.array([0, 2, 1]))`, and `savez_compressed`.
    for bytes in
        [&include_bytes!("../../tests/data/plain.npz")[..], include_bytes!("../../tests/data/packed.npz")]
    {
        let host = One(bytes.to_vec());
        let (row, args) = (find(ROWS, "npz").unwrap(), args_of("npz", &[]));
        let declared = [var("y", Kind::Class(0), &[]), var("x", Kind::REAL, &[2])];
        let types = row.check_named(&args, &declared, &host).unwrap();
        assert_eq!((types[0].kind, &types[1].shape[..]), (Kind::Class(3), &[2][..]));
        let all = [var("y", Kind::Class(3), &[]), var("x", Kind::REAL, &[2])];
        let set = row.load_named(&args, &all, &host).unwrap();
        assert_eq!(values(&set, 0), [0.0, 2.0, 1.0]);
        assert_eq!(values(&set, 1), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let issue = row.check_named(&args, &[var("z", Kind::REAL, &[2])], &host).unwrap_err();
        assert_eq!((&issue.message[..], &issue.notes[0][..]), ("`t` holds no array `z`", "its arrays: x, y"));
        // Whatever is cut off or flipped is an error or read as it stands, and no panic.
        for n in 0..bytes.len() {
            assert!(row.check_named(&args, &declared, &One(bytes[..n].to_vec())).is_err(), "{n} bytes");
            let mut flipped = bytes.to_vec();
            flipped[n] ^= 0xff;
            let _ = row.check_named(&args, &declared, &One(flipped));
        }
    }
}
