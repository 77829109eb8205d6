//! Data rows against files made here, broken files, and what is known about the densities.

use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::rows::args::{Args, Const};
use gmc_compiler::rows::data::{
    DataIssue, Dataset, Decoded, Host, HostError, NOT_FOUND, NoHost, ROWS, Skipped,
};
use gmc_compiler::rows::find;
use gmc_compiler::span::Span;
use std::collections::BTreeMap;

/// A folder in memory.
#[derive(Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Host for Files {
    fn read(&self, set: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let path = set.map_or(name.to_string(), |s| format!("{s}/{name}"));
        self.0.get(&path).cloned().ok_or_else(|| HostError { what: NOT_FOUND.into(), tried: vec![path] })
    }
    fn images(
        &self,
        folder: &str,
        classes: bool,
        each: &mut dyn FnMut(Decoded),
    ) -> Result<Vec<Skipped>, HostError> {
        let image = |rgb: &[u8], width| Decoded {
            name: "a.png".into(),
            width,
            height: rgb.len() / 3 / width,
            rgb: rgb.to_vec(),
            class: None,
            alpha: false,
            deep: false,
        };
        let skipped = |name: &str, why: &str| Skipped { name: name.into(), why: why.into() };
        match folder {
            // One wide image: black, red red, black.
            "wide" => each(image(&[0, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 0].repeat(2), 4)),
            "empty" => return Ok(vec![skipped("notes.txt", "no PNG, JPEG or WebP")]),
            "torn" => each(Decoded { rgb: vec![0], ..image(&[0; 3], 1) }),
            "pets" => {
                for (i, (class, level)) in [("cat", 10), ("cat", 20), ("dog", 30)].into_iter().enumerate() {
                    each(Decoded {
                        name: format!("{class}/{i}.png"),
                        class: classes.then(|| class.to_string()),
                        alpha: i == 0,
                        deep: i == 2,
                        ..image(&[level; 12], 1 + i % 2)
                    });
                }
                return Ok(vec![skipped("dog/x.png", "damaged"), skipped("dog/y.png", "damaged")]);
            }
            _ => return Err(HostError { what: NOT_FOUND.into(), tried: vec![folder.into()] }),
        }
        Ok(Vec::new())
    }
    fn class_folders(&self, folder: &str) -> Result<Vec<String>, HostError> {
        Ok(if folder == "pets" { vec!["cat".into(), "dog".into()] } else { Vec::new() })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        NoHost.uniform(stream, n)
    }
}

fn word(w: &str) -> Const {
    Const::Word(w.into())
}
fn text(t: &str) -> Const {
    Const::Text(t.into())
}
fn real(shape: &[usize]) -> EventTy {
    EventTy::real(shape)
}
fn ty(kind: Kind, shape: &[usize]) -> EventTy {
    EventTy { kind, shape: shape.to_vec() }
}
fn class(n: usize) -> EventTy {
    ty(Kind::Class(n), &[])
}

/// Binds as the checker does: what is written, then the defaults.
fn args(name: &str, written: &[(&'static str, Const)]) -> Args {
    let row = find(ROWS, name).unwrap();
    let mut values: Vec<_> = written.iter().map(|(n, c)| (*n, c.clone(), Span::default())).collect();
    for p in row.params() {
        if values.iter().all(|(n, ..)| *n != p.name) {
            match p.default {
                None => panic!("{name} needs {}", p.name),
                Some("") => {}
                Some(d) => {
                    values.push((p.name, d.parse::<f64>().map_or(word(d), Const::Num), Span::default()))
                }
            }
        }
    }
    Args { span: Span::default(), name: name.into(), declared: row.params(), values }
}

fn load(
    host: &dyn Host,
    name: &str,
    written: &[(&'static str, Const)],
    declared: &[EventTy],
) -> Result<(Vec<EventTy>, Dataset), DataIssue> {
    let (row, args) = (find(ROWS, name).unwrap(), args(name, written));
    let types = row.check(&args, declared, host)?;
    let set = row.load(&args, &types, host)?;
    for part in [Some(&set.train), set.test.as_ref()].into_iter().flatten() {
        assert!(part.n > 0);
        assert_eq!(part.columns.len(), types.len());
        for (column, ty) in part.columns.iter().zip(&types) {
            assert_eq!(&column.ty, ty);
            assert_eq!(column.values.len(), part.n * ty.size());
            assert!(column.values.iter().all(|v| v.is_finite()));
        }
    }
    Ok((types, set))
}

#[test]
fn every_row_is_documented_and_its_name_is_its_own() {
    for row in ROWS {
        assert_eq!(ROWS.iter().filter(|r| r.name() == row.name()).count(), 1);
        assert!(row.doc().len() > 40 && row.params().iter().all(|p| !p.doc.is_empty()), "{}", row.name());
    }
}

#[test]
fn digits_adapt_to_the_declaration() {
    let (types, set) = load(&NoHost, "digits", &[], &[real(&[1, 8, 8]), class(10)]).unwrap();
    assert_eq!(types, [ty(Kind::Real(Support::UNIT), &[1, 8, 8]), class(10)]);
    assert_eq!((set.train.n, set.test.as_ref().unwrap().n), (1500, 297));
    // Sum of all pixels and counts of the classes of the published file.
    let columns = |i: usize| {
        [&set.train, set.test.as_ref().unwrap()]
            .into_iter()
            .flat_map(move |p| p.columns[i].values.iter().copied())
    };
    assert_eq!(columns(0).map(|v| f64::from(v) * 16.0).sum::<f64>(), 561_718.0);
    let counts: Vec<usize> = (0..10).map(|c| columns(1).filter(|v| *v == c as f32).count()).collect();
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);

    let kind = |written: &[(&'static str, Const)], declared: EventTy| {
        let (types, set) = load(&NoHost, "digits", written, &[declared]).unwrap();
        let values = &set.train.columns[0].values;
        let (lo, hi) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        (types[0].clone(), lo, hi)
    };
    assert_eq!(kind(&[], ty(Kind::Int(17), &[64])), (ty(Kind::Int(17), &[64]), 0.0, 16.0));
    assert_eq!(
        kind(&[("levels", Const::Int(2))], ty(Kind::Int(2), &[8, 8])),
        (ty(Kind::Int(2), &[8, 8]), 0.0, 1.0)
    );
    assert_eq!(kind(&[("binarize", Const::Num(0.5))], real(&[64])), (ty(Kind::Bool, &[64]), 0.0, 1.0));
    assert_eq!(
        kind(&[("binarize", Const::Num(0.5))], ty(Kind::Int(2), &[64])),
        (ty(Kind::Int(2), &[64]), 0.0, 1.0)
    );
    let tanh = Kind::Real(Support::closed(-1.0, 1.0));
    assert_eq!(kind(&[], ty(tanh, &[64])), (ty(tanh, &[64]), -1.0, 1.0));
    // A wrong shape is answered with the right one of that rank, for the checker to compare.
    assert_eq!(kind(&[], real(&[1, 28, 28])).0.shape, [1, 8, 8]);
}

#[test]
fn dynamic_binarisation_keeps_probabilities() {
    let row = find(ROWS, "digits").unwrap();
    let dynamic = [("binarize", word("dynamic"))];
    assert!(row.dynamic(&args("digits", &dynamic)));
    assert!(!row.dynamic(&args("digits", &[("binarize", Const::Num(0.5))])));
    let (types, set) = load(&NoHost, "digits", &dynamic, &[ty(Kind::Bool, &[64])]).unwrap();
    assert_eq!(types[0].kind, Kind::Bool);
    assert!(set.train.columns[0].values.contains(&0.5));
}

#[test]
fn impossible_arguments_are_diagnosed() {
    let message = |name: &str, written: &[(&'static str, Const)], declared: &[EventTy]| {
        let issue = load(&NoHost, name, written, declared).unwrap_err();
        assert!(!issue.help.is_empty() || issue.diag.is_some(), "{issue:?}");
        issue.message
    };
    let image = [real(&[64])];
    assert_eq!(message("digits", &[("binarize", Const::Num(1.5))], &image), "cannot binarise by `1.5`");
    assert_eq!(message("digits", &[("levels", Const::Int(18))], &image), "digits has 17 grey levels, not 18");
    let both = [("levels", Const::Int(4)), ("binarize", Const::Num(0.5))];
    assert_eq!(message("digits", &both, &image), "`binarize` leaves no other levels");
    assert_eq!(
        message("digits", &[], &[ty(Kind::Bool, &[64])]),
        "digits holds grey levels, and `Bool` is declared"
    );
    assert_eq!(
        message("grid", &[("count", Const::Int(24))], &[real(&[2])]),
        "a grid of 24 points is not square"
    );
    assert_eq!(message("moons", &[("n", Const::Int(i64::MAX))], &[real(&[2])]), "more than 10000000 points");
    for (name, argument) in [("gaussians", "count"), ("spiral", "arms")] {
        assert_eq!(
            message(name, &[(argument, Const::Int(i64::MAX))], &[real(&[2])]),
            "more than 10000 components"
        );
    }
    let three = [real(&[2]), class(2), class(2)];
    assert_eq!(
        message("moons", &[], &three),
        "moons yields a point and its class, and 3 variables are declared"
    );
}

#[test]
fn generators_yield_their_densities() {
    for (name, classes) in
        [("moons", 2), ("rings", 4), ("gaussians", 8), ("grid", 25), ("checkerboard", 8), ("spiral", 2)]
    {
        let (types, set) = load(&NoHost, name, &[], &[real(&[2]), class(classes)]).unwrap();
        assert_eq!(types, [real(&[2]), class(classes)], "{name}");
        let test = set.test.as_ref().unwrap();
        assert_eq!((set.train.n, test.n), (10_000, 10_000));
        assert_ne!(
            set.train.columns[0].values, test.columns[0].values,
            "{name}: parts are drawn independently"
        );
        assert_eq!(
            load(&NoHost, name, &[], &[real(&[2]), class(classes)]).unwrap().1,
            set,
            "{name}: deterministic"
        );
        let other = load(&NoHost, name, &[("seed", Const::Int(1))], &[real(&[2])]).unwrap().1;
        assert_ne!(other.train.columns[0].values, set.train.columns[0].values, "{name}: seed");
        let per_class = set.train.n as f64 / classes as f64;
        for c in 0..classes {
            let count = set.train.columns[1].values.iter().filter(|v| **v == c as f32).count() as f64;
            assert!(
                (count - per_class).abs() < 6.0 * per_class.sqrt(),
                "{name}: class {c} has {count} of {per_class}"
            );
        }
        // Points lie near the mode that their class names.
        if let Some(modes) = find(ROWS, name).unwrap().modes(&args(name, &[])) {
            assert_eq!(modes.centres.len(), classes);
            let points = set.train.columns[0].values.chunks(2).zip(&set.train.columns[1].values);
            let far = points.filter(|(p, c)| {
                let m = &modes.centres[**c as usize];
                (f64::from(p[0]) - m[0]).hypot(f64::from(p[1]) - m[1]) > 3.0 * modes.std
            });
            // P(r > 3σ) in the plane is exp(-9/2) = 0.0111.
            let share = far.count() as f64 / 10_000.0;
            assert!((share - 0.0111).abs() < 0.004, "{name}: {share} beyond three standard deviations");
        }
    }
    assert!(find(ROWS, "grid").unwrap().modes(&args("grid", &[])).is_some());
    assert!(find(ROWS, "grid").unwrap().modes(&args("grid", &[("standardize", word("true"))])).is_none());
}

#[test]
fn a_checkerboard_covers_half_of_its_cells_evenly() {
    let set = load(&NoHost, "checkerboard", &[], &[real(&[2])]).unwrap().1;
    let mut cells = BTreeMap::new();
    for p in set.train.columns[0].values.chunks(2) {
        assert!(p.iter().all(|v| v.abs() <= 4.0));
        *cells.entry([0, 1].map(|i| ((p[i] + 4.0) / 2.0).floor() as i64)).or_insert(0) += 1;
    }
    assert_eq!(cells.len(), 8);
    assert!(cells.keys().all(|[c, r]| (c + r) % 2 == 0));
}

#[test]
fn standardised_moons_have_unit_columns() {
    let set = load(&NoHost, "moons", &[("standardize", word("true"))], &[real(&[2])]).unwrap().1;
    for axis in 0..2 {
        let column: Vec<f64> =
            set.train.columns[0].values.iter().skip(axis).step_by(2).map(|v| f64::from(*v)).collect();
        let mean = column.iter().sum::<f64>() / 1e4;
        let var = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 1e4;
        assert!(mean.abs() < 1e-5 && (var - 1.0).abs() < 1e-5, "{mean} {var}");
    }
}

fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn mnist() -> Files {
    let mut files = Files::default();
    for (stem, n) in [("train", 3u32), ("t10k", 2)] {
        let pixels: Vec<u8> = (0..n * 784).map(|i| (i % 256) as u8).collect();
        files.0.insert(format!("mnist/{stem}-images-idx3-ubyte"), idx(&[n, 28, 28], &pixels));
        files
            .0
            .insert(format!("mnist/{stem}-labels-idx1-ubyte"), idx(&[n], &(0..n as u8).collect::<Vec<u8>>()));
    }
    files
}

#[test]
fn mnist_reads_its_four_files() {
    let (types, set) = load(&mnist(), "mnist", &[], &[real(&[784]), class(10)]).unwrap();
    assert_eq!(types[0], ty(Kind::Real(Support::UNIT), &[784]));
    assert_eq!((set.train.n, set.test.as_ref().unwrap().n), (3, 2));
    assert_eq!(set.train.columns[0].values[51], 51.0 / 255.0);
    assert_eq!(set.train.columns[1].values, [0.0, 1.0, 2.0]);
    let (types, set) =
        load(&mnist(), "mnist", &[("limit", Const::Int(1))], &[ty(Kind::Int(256), &[1, 28, 28])]).unwrap();
    assert_eq!((types[0].kind, set.train.n), (Kind::Int(256), 1));
    assert_eq!(set.train.columns[0].values[255], 255.0);
    let mut dotted = mnist();
    dotted.0 = dotted.0.into_iter().map(|(k, v)| (k.replace("-idx", ".idx"), v)).collect();
    assert!(load(&dotted, "mnist", &[], &[real(&[784])]).is_ok());
}

/// Each pixel of a smaller image is the mean of a square of pixels, a half rounded upwards, before anything else is made of it.
#[test]
fn mnist_is_reduced_by_a_box_filter() {
    let mut files = mnist();
    // The first image: columns 0, 1, 0, 1, .. of grey 200 and 101 in even rows, black in odd ones.
    let row: Vec<u8> = (0..28).map(|c| if c % 2 == 0 { 200 } else { 101 }).collect();
    let image: Vec<u8> = (0..28).flat_map(|r| if r % 2 == 0 { row.clone() } else { vec![0; 28] }).collect();
    let bytes = idx(&[3, 28, 28], &[image.repeat(2), vec![255; 784]].concat());
    files.0.insert("mnist/train-images-idx3-ubyte".into(), bytes);
    let half = [("size", Const::Int(14))];
    let (types, set) = load(&files, "mnist", &half, &[ty(Kind::Int(256), &[1, 14, 14])]).unwrap();
    assert_eq!(types, [ty(Kind::Int(256), &[1, 14, 14])]);
    // 301 / 4 = 75.25; white stays white.
    assert!(set.train.columns[0].values[..392].iter().all(|v| *v == 75.0));
    assert!(set.train.columns[0].values[392..].iter().all(|v| *v == 255.0));
    // (200 * 98 + 101 * 98) / 196 / 4 over all pixels of a picture of one.
    let one = [("size", Const::Int(1))];
    let (_, set) = load(&files, "mnist", &one, &[ty(Kind::Int(256), &[1])]).unwrap();
    assert_eq!(set.train.columns[0].values, [75.0, 75.0, 255.0]);
    let bits = [("size", Const::Int(7)), ("binarize", Const::Num(0.29))];
    let (types, set) = load(&files, "mnist", &bits, &[ty(Kind::Bool, &[49]), class(10)]).unwrap();
    assert_eq!((types[0].shape.clone(), set.train.columns[0].values[0]), (vec![49], 1.0));
    let issue = load(&files, "mnist", &[("size", Const::Int(16))], &[real(&[256])]).unwrap_err();
    assert_eq!(issue.message, "images of 28 by 28 pixels cannot be reduced to 16 by 16");
    assert_eq!(issue.help, "each pixel is the mean of a square of pixels: write 14, 7, 4, 2 or 1");
}

#[test]
fn shapes_are_coloured_by_one_hue() {
    let declared = [ty(Kind::Real(Support::UNIT), &[3, 12, 10]), class(3)];
    let clean = [("noise", Const::Num(0.0)), ("n", Const::Int(300))];
    let (types, set) = load(&NoHost, "shapes", &clean, &declared).unwrap();
    assert_eq!(types, declared);
    assert_eq!((set.train.n, set.test.as_ref().unwrap().n), (300, 30));
    let mut areas = [(0.0, 0.0); 3];
    for (x, class) in set.train.columns[0].values.chunks(360).zip(&set.train.columns[1].values) {
        let at = |p: usize| [x[p], x[120 + p], x[240 + p]].map(f64::from);
        // One of the corners is ground: of full saturation, its brightest channel 0.35, its darkest black.
        let ends =
            |v: [f64; 3]| v.iter().fold((1.0, 0.0), |(lo, hi): (f64, f64), v| (lo.min(*v), hi.max(*v)));
        let plain = |p: &usize| ends(at(*p)).0 == 0.0 && (ends(at(*p)).1 - 0.35).abs() < 1e-6;
        let ground = at([0, 9, 110, 119].into_iter().find(plain).unwrap());
        // Every pixel lies between ground and the colour of the opposite hue, whose channels are 1 where the ground's are 0.
        let ink = ground.map(|v| 1.0 - v / 0.35);
        let mut area = 0.0;
        for p in 0..120 {
            let share: Vec<f64> =
                at(p).iter().zip(ink.iter().zip(&ground)).map(|(v, (i, g))| (v - g) / (i - g)).collect();
            assert!(
                share.iter().all(|s| (s - share[0]).abs() < 1e-4 && (-1e-4..1.0 + 1e-4).contains(s)),
                "{share:?}"
            );
            area += share[0];
        }
        let sum = &mut areas[*class as usize];
        *sum = (sum.0 + area, sum.1 + 1.0);
    }
    // Half sizes u are uniform on (2, 3.5) pixels: the mean of u^2 is 7.75; a disc has pi u^2, a square (1.7 u)^2, a triangle 2 u^2.
    for ((sum, n), want) in areas.iter().zip([std::f64::consts::PI, 2.89, 2.0]) {
        assert!(*n > 70.0 && (sum / n / 7.75 - want).abs() < 0.25 * want, "{areas:?}");
    }
    let (types, set) =
        load(&NoHost, "shapes", &[("n", Const::Int(20))], &[ty(Kind::Int(8), &[3, 4, 4])]).unwrap();
    assert_eq!(types[0].kind, Kind::Int(8));
    assert!(set.train.columns[0].values.iter().all(|v| v.fract() == 0.0 && (0.0..8.0).contains(v)));
    // Small pictures are means of blocks, of the same noise.
    let unit = |shape: &[usize]| ty(Kind::Real(Support::UNIT), shape);
    let declared = [unit(&[3, 12, 8]), unit(&[3, 4, 4]), class(3), unit(&[1, 12, 8])];
    let some = [("n", Const::Int(20))];
    let (types, set) = load(&NoHost, "shapes", &some, &declared[..3]).unwrap();
    assert_eq!(types, declared[..3]);
    let [x, low, shape] = [0, 1, 2].map(|c| &set.train.columns[c].values);
    let mean = |e: usize, c: usize, y: usize, i: usize| -> f32 {
        let at = |k: usize| x[e * 288 + c * 96 + (3 * y + k / 2) * 8 + 2 * i + k % 2];
        (0..6).map(at).sum::<f32>() / 6.0
    };
    for (i, v) in low.iter().enumerate() {
        assert!((v - mean(i / 48, i / 16 % 3, i / 4 % 4, i % 4)).abs() < 1e-6, "{i}");
    }
    let grey = load(&NoHost, "shapes", &some, &[declared[0].clone(), declared[3].clone()]).unwrap().1;
    assert_eq!(&grey.train.columns[0].values, x);
    let third = (x[5] + x[96 + 5] + x[192 + 5]) / 3.0;
    assert!((grey.train.columns[1].values[5] - third).abs() < 1e-6 && shape.iter().all(|s| *s < 3.0));
    let issue = load(&NoHost, "shapes", &[], &[declared[0].clone(), unit(&[3, 5, 4])]).unwrap_err();
    assert!(issue.help.contains("rows that divide 12 and columns that divide 8"), "{issue:?}");
    let issue = load(&NoHost, "shapes", &[], &[real(&[1, 12, 12])]).unwrap_err();
    assert!(issue.message.contains("[1, 12, 12]") && issue.help.contains("[3, rows, columns]"), "{issue:?}");
}

#[test]
fn actions_lead_half_way_to_one_of_the_goals() {
    let written = [("count", Const::Int(3)), ("n", Const::Int(3000))];
    let (types, set) = load(&NoHost, "goals", &written, &[real(&[2]), real(&[2]), class(3)]).unwrap();
    assert_eq!(types, [real(&[2]), real(&[2]), class(3)]);
    let [s, a, g] = [0, 1, 2].map(|i| &set.train.columns[i].values);
    let mut counts = [0; 3];
    for ((s, a), g) in s.chunks(2).zip(a.chunks(2)).zip(g) {
        assert!(s.iter().all(|v| v.abs() <= 1.0));
        let angle = std::f64::consts::TAU * f64::from(*g) / 3.0;
        let [dx, dy] =
            [(0, angle.cos()), (1, angle.sin())].map(|(i, c)| f64::from(s[i] + 2.0 * a[i]) - 2.0 * c);
        // Twice the noise of 0.05 on both axes; beyond five standard deviations lie 4 of a million.
        assert!(dx.hypot(dy) < 0.5, "{s:?} {a:?} {g}");
        counts[*g as usize] += 1;
    }
    assert!(counts.iter().all(|c| (900..1100).contains(c)), "{counts:?}");
}

#[test]
fn broken_mnist_files_say_what_was_expected_and_found() {
    let broken = |name: &str, bytes: Option<Vec<u8>>| {
        let mut files = mnist();
        match bytes {
            Some(b) => files.0.insert(format!("mnist/{name}"), b),
            None => files.0.remove(&format!("mnist/{name}")),
        };
        let issue = load(&files, "mnist", &[], &[real(&[784]), class(10)]).unwrap_err();
        assert!(issue.help.contains("https://") && issue.help.contains("GMC_DATA"));
        format!("{}: {}", issue.message, issue.notes.join("; "))
    };
    let (images, labels) = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
    assert_eq!(broken(images, None), format!("no MNIST files found: looked for mnist/{images}"));
    assert_eq!(
        broken(images, Some(idx(&[3, 28, 28], &[0; 100]))),
        format!(
            "`{images}` is truncated, or not what it says: expected 2352 bytes after the header, for axes [3, 28, 28]; found 100"
        )
    );
    assert_eq!(
        broken(images, Some(idx(&[u32::MAX; 3], &[0; 100]))),
        format!(
            "`{images}` is truncated, or not what it says: expected far more bytes after the header, for axes [4294967295, 4294967295, \
             4294967295]; found 100"
        )
    );
    assert_eq!(
        broken(images, Some(idx(&[3], &[0; 3000]))),
        format!(
            "`{images}` is not an IDX file of images: expected the bytes [0, 0, 8, 3] at the start; found [0, 0, 8, 1]"
        )
    );
    assert_eq!(
        broken(images, Some(vec![])),
        format!("`{images}` is not an IDX file of images: expected at least 16 bytes; found 0 bytes")
    );
    assert_eq!(
        broken(images, Some(idx(&[0, 28, 28], &[]))),
        format!(
            "`{images}` is not an IDX file of images: expected at least one element on every axis; found axes [0, 28, 28]"
        )
    );
    assert_eq!(
        broken(images, Some(idx(&[1, 2, 2], &[0; 4]))),
        format!(
            "`{images}` is not of MNIST: expected images of 28 by 28 pixels; found images of 2 by 2 pixels"
        )
    );
    assert_eq!(
        broken(labels, Some(idx(&[2], &[0; 2]))),
        format!("`{images}` and `{labels}` do not belong together: 3 images; 2 labels")
    );
    assert_eq!(
        broken(labels, Some(idx(&[3], &[0, 10, 0]))),
        format!("`{labels}` holds labels outside of 10 classes: label 1 is 10")
    );
    let good = idx(&[3, 28, 28], &[0; 2352]);
    for n in 0..20 {
        broken(images, Some(good[..n].to_vec()));
    }
}

#[test]
fn idx_takes_any_size_and_its_labels() {
    let mut files = Files::default();
    files.0.insert("a".into(), idx(&[2, 2, 3], &[0, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0, 51]));
    files.0.insert("l".into(), idx(&[2], &[4, 0]));
    let written = [("images", text("a")), ("labels", text("l"))];
    let (types, set) = load(&files, "idx", &written, &[real(&[1, 2, 3]), class(5)]).unwrap();
    assert_eq!(types, [ty(Kind::Real(Support::UNIT), &[1, 2, 3]), class(5)]);
    assert_eq!((set.train.columns[0].values[11], &set.train.columns[1].values[..]), (0.2, &[4.0, 0.0][..]));
    assert!(set.test.is_none());
    let few = load(&files, "idx", &written, &[real(&[6]), class(4)]).unwrap_err();
    assert_eq!(few.message, "`l` holds labels outside of 4 classes");
    assert_eq!(
        load(&files, "idx", &written[..1], &[real(&[6]), class(5)]).unwrap_err().message,
        "`a` has no labels"
    );
    assert_eq!(
        load(&files, "idx", &[("images", text("b"))], &[real(&[6])]).unwrap_err().message,
        "no file `b` found"
    );
}

fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn npy_checks_values_against_the_declaration() {
    let mut files = Files::default();
    let numbers: Vec<u8> =
        [0.0f64, 0.25, 1.0, 0.5, 0.0, 1.0, 0.0, 0.125].iter().flat_map(|v| v.to_le_bytes()).collect();
    files.0.insert(
        "x".into(),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2), }\n", &numbers),
    );
    files.0.insert("y".into(), npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }\n", &[1, 0]));
    let (file, labels) = (("file", text("x")), ("labels", text("y")));
    let (types, set) = load(
        &files,
        "npy",
        &[file.clone(), labels.clone()],
        &[ty(Kind::Real(Support::UNIT), &[4]), class(2)],
    )
    .unwrap();
    assert_eq!(types, [ty(Kind::Real(Support::UNIT), &[4]), class(2)]);
    assert_eq!(set.train.columns[0].values, [0.0, 0.25, 1.0, 0.5, 0.0, 1.0, 0.0, 0.125]);
    assert_eq!(set.train.columns[1].values, [1.0, 0.0]);
    let file = std::slice::from_ref(&file);
    // A shape that does not fit is answered with the true one.
    assert_eq!(
        find(ROWS, "npy").unwrap().check(&args("npy", file), &[real(&[3])], &files).unwrap()[0].shape,
        [2, 2]
    );
    let issue = load(&files, "npy", file, &[ty(Kind::Bool, &[1, 2, 2])]).unwrap_err();
    assert_eq!(
        (issue.message.as_str(), issue.notes),
        ("`x` holds values that are not Bool[1, 2, 2]", vec!["element 1 of event 0 is 0.25".into()])
    );
    // 0 is nonnegative, and no positive number.
    let from = |s| ty(Kind::Real(s), &[1, 2, 2]);
    assert!(load(&files, "npy", file, &[from(Support::NONNEGATIVE)]).is_ok());
    let issue = load(&files, "npy", file, &[from(Support::POSITIVE)]).unwrap_err();
    assert_eq!(
        (issue.message.as_str(), issue.notes),
        ("`x` holds values that are not Real[1, 2, 2] in positive", vec!["element 0 of event 0 is 0".into()])
    );
    let nan = f64::NAN.to_le_bytes();
    files.0.insert("x".into(), npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1)}", &nan));
    let issue = load(&files, "npy", file, &[real(&[1])]).unwrap_err();
    assert_eq!(
        (issue.message.as_str(), issue.notes),
        ("`x` holds numbers that are not finite", vec!["the first is NaN in event 0".to_string()])
    );
    assert!(issue.help.contains("nan_to_num"), "{}", issue.help);
}

/// What fills sequences up to one length is told from a number that is missing among others.
#[test]
fn sequences_that_are_filled_up_are_told_of() {
    let mut files = Files::default();
    let n = f64::NAN;
    let mut help = |values: [f64; 12]| {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        files
            .0
            .insert("x".into(), npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 2)}", &bytes));
        let issue = load(&files, "npy", &[("file", text("x"))], &[real(&[3, 2])]).unwrap_err();
        assert_eq!(issue.message, "`x` holds numbers that are not finite");
        issue.help
    };
    let filled = help([1.0, 2.0, n, n, n, n, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert!(filled.contains("lengths: \"n.npy\"") && filled.contains("forward(until: n)"), "{filled}");
    for other in [
        [1.0, 2.0, n, n, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [1.0, 2.0, 3.0, n, n, n, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [n, n, n, n, n, n, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [1.0, 2.0, 3.0, 4.0, f64::INFINITY, n, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    ] {
        assert!(!help(other).contains("lengths"), "{other:?}");
    }
}

#[test]
fn csv_finds_columns_and_classes() {
    let mut files = Files::default();
    files.0.insert("t".into(), b"a,b,kind\n1,2,oak\n3,4.5,ash\n-5,6,oak\n".to_vec());
    let file = ("file", text("t"));
    let (types, set) =
        load(&files, "csv", &[file.clone(), ("label", text("kind"))], &[real(&[2]), class(2)]).unwrap();
    assert_eq!(types, [real(&[2]), class(2)]);
    assert_eq!(set.train.columns[0].values, [1.0, 2.0, 3.0, 4.5, -5.0, 6.0]);
    assert_eq!(set.train.columns[1].values, [1.0, 0.0, 1.0]);
    let columns = ("columns", Const::List(vec![text("b"), Const::Int(0)]));
    let set = load(&files, "csv", &[file.clone(), columns], &[real(&[2])]).unwrap().1;
    assert_eq!(set.train.columns[0].values[..2], [2.0, 1.0]);

    let fails = |bytes: &[u8], written: &[(&'static str, Const)]| {
        let mut files = Files::default();
        files.0.insert("t".into(), bytes.to_vec());
        let mut all = vec![file.clone()];
        all.extend(written.iter().cloned());
        load(&files, "csv", &all, &[real(&[2])]).unwrap_err().message
    };
    assert_eq!(fails(b"", &[]), "`t` holds no rows");
    assert_eq!(fails(b"a,b\n", &[]), "`t` holds no rows");
    assert_eq!(fails(b"1,2\n3\n", &[]), "cannot read `t` as a table");
    assert_eq!(fails(b"a,b\n1,2\n3,\n", &[]), "`t` holds a cell that is no finite number");
    assert_eq!(fails(b"a,b\n1,nan\n", &[]), "`t` holds a cell that is no finite number");
    assert_eq!(fails(b"a,b\n1,2\n", &[("columns", Const::List(vec![text("c")]))]), "`t` has no column \"c\"");
    assert_eq!(fails(b"1,2\n", &[("columns", Const::List(vec![Const::Int(2)]))]), "`t` has no column 2");
    assert_eq!(fails(b"1,2\n", &[("columns", Const::List(vec![]))]), "no columns");
}

#[test]
fn text_windows_do_not_overlap_between_parts() {
    let mut files = Files::default();
    files.0.insert("t".into(), (0..100).collect());
    let written = [("file", text("t")), ("stride", Const::Int(5))];
    let (types, set) = load(&files, "text", &written, &[ty(Kind::Class(256), &[10])]).unwrap();
    assert_eq!(types, [ty(Kind::Class(256), &[10])]);
    let test = set.test.unwrap();
    assert_eq!((set.train.n, test.n), (17, 1));
    assert_eq!(set.train.columns[0].values.iter().copied().fold(0.0, f32::max), 89.0);
    assert_eq!(test.columns[0].values[0], 90.0);
    let long = load(&files, "text", &written, &[ty(Kind::Class(256), &[11])]).unwrap_err();
    assert_eq!(long.message, "`t` is too short for windows of 11 bytes");
    assert!(long.help.contains("at most 10"), "{long:?}");
}

#[test]
fn outlines_are_brightest_minus_darkest() {
    let (_, plain) = load(&NoHost, "digits", &[], &[ty(Kind::Int(17), &[8, 8])]).unwrap();
    let (_, edges) =
        load(&NoHost, "digits", &[("edges", word("true"))], &[ty(Kind::Int(17), &[8, 8])]).unwrap();
    let (plain, edges) = (&plain.train.columns[0].values, &edges.train.columns[0].values);
    let around: Vec<f32> = [0, 1, 2, 8, 9, 10, 16, 17, 18].map(|i| plain[i]).to_vec();
    let expected = around.iter().copied().fold(0.0, f32::max) - around.iter().copied().fold(16.0, f32::min);
    assert_eq!(edges[9], expected);
    let corner = [0, 1, 8, 9].map(|i| plain[i]);
    assert_eq!(
        edges[0],
        corner.iter().copied().fold(0.0, f32::max) - corner.iter().copied().fold(16.0, f32::min)
    );
    assert_eq!(plain.len(), edges.len());
}

#[test]
fn images_are_cropped_and_resized_to_the_declaration() {
    let folder = |name: &str| [("folder", text(name))];
    let (types, set) = load(&Files::default(), "images", &folder("wide"), &[real(&[3, 1, 1])]).unwrap();
    assert_eq!(types, [ty(Kind::Real(Support::UNIT), &[3, 1, 1])]);
    assert_eq!(set.train.columns[0].values, [1.0, 0.0, 0.0]);
    let tanh = ty(Kind::Real(Support::closed(-1.0, 1.0)), &[3, 1, 2]);
    let set = load(&Files::default(), "images", &folder("wide"), std::slice::from_ref(&tanh)).unwrap().1;
    assert_eq!(set.train.columns[0].values, [0.0, 0.0, -1.0, -1.0, -1.0, -1.0]);
    let set =
        load(&Files::default(), "images", &folder("wide"), &[ty(Kind::Int(256), &[1, 4, 8])]).unwrap().1;
    assert_eq!(set.train.columns[0].values[..8], [0.0, 0.0, 76.0, 76.0, 76.0, 76.0, 0.0, 0.0]);
    let message = |name: &str, ty: EventTy| {
        load(&Files::default(), "images", &folder(name), &[ty]).unwrap_err().message
    };
    assert_eq!(message("empty", real(&[3, 2, 2])), "`empty` holds no images");
    assert_eq!(message("torn", real(&[3, 2, 2])), "`a.png` is damaged");
    assert_eq!(message("none", real(&[3, 2, 2])), "no folder `none` found");
    assert_eq!(message("wide", real(&[12])), "images cannot be [12]");
    assert_eq!(
        message("wide", real(&[3, 1 << 30, 1 << 30])),
        "1 or more images of [3, 1073741824, 1073741824] are too many"
    );
}

#[test]
fn pictures_have_classes_and_what_is_odd_about_them_is_told() {
    let mut files = Files::default();
    let declared = [ty(Kind::Int(256), &[1, 1, 1]), class(2)];
    let (types, set) = load(&files, "images", &[("folder", text("pets"))], &declared).unwrap();
    assert_eq!(types, declared);
    assert_eq!((values(&set, 0), values(&set, 1)), (&[10.0, 20.0, 30.0][..], &[0.0, 0.0, 1.0][..]));
    assert_eq!(set.labels, [vec![], vec!["cat".to_string(), "dog".into()]]);
    for note in [
        "pictures of 2 sizes, cropped and resized: 1 x 4 (2), 2 x 2 (1)",
        "1 with transparency, which is left out: cat/0.png",
        "1 with 16 bits a channel, which become 8: dog/2.png",
        "2 passed over, damaged: dog/x.png, dog/y.png",
    ] {
        assert!(set.notes.iter().any(|n| n == note), "{:?}", set.notes);
    }
    // Classes of a table, by the names of the files; a picture that it does not name is left out.
    files.0.insert("l.csv".into(), b"file,label\npets/0.png,10\n2.png,9\n".to_vec());
    let labels = [("folder", text("pets")), ("labels", text("l.csv"))];
    let (_, set) = load(&files, "images", &labels, &declared).unwrap();
    assert_eq!((values(&set, 0), values(&set, 1)), (&[10.0, 30.0][..], &[1.0, 0.0][..]));
    assert_eq!(set.labels[1], ["9", "10"]);
    assert!(set.notes.iter().any(|n| n == "1 without a class, left out: cat/1.png"), "{:?}", set.notes);
    let none = load(&files, "images", &[("folder", text("wide"))], &declared).unwrap_err();
    assert!(none.message.starts_with("`wide` holds no folders with pictures"), "{none:?}");
    let empty = load(&files, "images", &[("folder", text("empty"))], &[real(&[3, 2, 2])]).unwrap_err();
    assert_eq!(empty.notes, ["1 passed over, no PNG, JPEG or WebP: notes.txt"]);
}

#[test]
fn bytes_are_grey_levels_where_a_range_is_declared() {
    let mut files = Files::default();
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }\n";
    files.0.insert("x".into(), npy(header, &[0, 255, 51, 1]));
    let file = [("file", text("x"))];
    let set = load(&files, "npy", &file, &[ty(Kind::Real(Support::UNIT), &[2])]).unwrap().1;
    assert_eq!(values(&set, 0), [0.0, 1.0, 0.2, (1.0_f64 / 255.0) as f32]);
    assert_eq!(set.notes, ["`x` holds bytes: 0 to 255 are read as 0 to 1"]);
    let set = load(&files, "npy", &file, &[ty(Kind::Real(Support::closed(-1.0, 1.0)), &[2])]).unwrap().1;
    assert_eq!(values(&set, 0)[..2], [-1.0, 1.0]);
    let set = load(&files, "npy", &file, &[real(&[2])]).unwrap().1;
    assert_eq!(values(&set, 0), [0.0, 255.0, 51.0, 1.0]);
    // A dark file beside that of training is read as it was.
    files.0.insert("dark".into(), npy(header, &[0, 1, 1, 0]));
    let both = [("file", text("x")), ("test", text("dark"))];
    let set = load(&files, "npy", &both, &[ty(Kind::Real(Support::UNIT), &[2])]).unwrap().1;
    let third = (1.0_f64 / 255.0) as f32;
    assert_eq!(set.test.unwrap().columns[0].values, [0.0, third, third, 0.0]);
    // Training data that are all 0 or 1 may be truth values or nearly black: they have to say.
    let dark = [("file", text("dark"))];
    let issue = load(&files, "npy", &dark, &[ty(Kind::Real(Support::UNIT), &[2])]).unwrap_err();
    assert_eq!(issue.message, "`dark` holds bytes that are all 0 or 1");
    assert!(issue.help.contains("`Bool`") && issue.help.contains("astype"), "{issue:?}");
    let set = load(&files, "npy", &dark, &[ty(Kind::Bool, &[2])]).unwrap().1;
    assert_eq!(values(&set, 0), [0.0, 1.0, 1.0, 0.0]);
}

/// What loading a table says: the message, and the first note.
fn table(bytes: &[u8], written: &[(&'static str, Const)], types: &[EventTy]) -> Result<Dataset, String> {
    let mut files = Files::default();
    files.0.insert("t".into(), bytes.to_vec());
    let mut all = vec![("file", text("t"))];
    all.extend(written.iter().cloned());
    load(&files, "csv", &all, types)
        .map(|l| l.1)
        .map_err(|i| format!("{}; {}; {}", i.message, i.notes.join("; "), i.help))
}

fn values(set: &Dataset, column: usize) -> &[f32] {
    &set.train.columns[column].values
}

#[test]
fn a_cell_is_read_by_the_declared_type_and_never_renumbers_others() {
    let label = [("label", text("w"))];
    let number = [real(&[1]), real(&[])];
    let said = table(b"x,w\n1,0.5\n2,120.5\n3,\n4,9.25\n", &label, &number).unwrap_err();
    assert!(said.contains("row 3 (line 4 of the file), column `w` is empty"), "{said}");
    let said = table(b"x,w\n1,0.5\n2,abc\n", &label, &number).unwrap_err();
    assert!(said.contains("row 2 (line 3 of the file), column `w` is \"abc\""), "{said}");
    let set = table(b"x,w\n1,0.5\n2,120.5\n", &label, &number).unwrap();
    assert_eq!(values(&set, 1), [0.5, 120.5]);

    let classes = [real(&[1]), class(2)];
    for (bytes, says) in [
        (
            &b"x,w\n1,oak\n2,\n3,ash\n"[..],
            "a cell without a class; row 2 (line 3 of the file), column `w` is empty",
        ),
        (b"x,w\n1,oak\n2,NA\n3,ash\n", "a cell without a class; row 2"),
        (b"x,w\n1,0\n2,1\n3,x\n4,1\n", "a text among classes that are numbers; row 3"),
        (b"x,w\n1,oak\n2,ash\n3,7\n4,oak\n", "a number among classes that are texts; row 3"),
        (
            b"x,w\n1,1\n2,2\n",
            "a class that is not one of the 2 from 0; row 2 (line 3 of the file), column `w` is \"2\"; classes are numbered from 0: subtract 1",
        ),
        (b"x,w\n1,0\n2,0.5\n", "a class that is not one of the 2 from 0; row 2"),
        (
            b"x,w\n1,oak\n2,ash\n3,Oak\n4,oak\n",
            "holds 3 different texts, not 2; rarest first: \"Oak\" 1 times",
        ),
        (b"x,w\n1,oak\n2,oak\n", "holds 1 different texts, not 2"),
    ] {
        let said = table(bytes, &label, &classes).unwrap_err();
        assert!(said.contains(says), "{said}");
    }
    // One column of texts may be the datum itself, and truth values may be words.
    let set =
        table(b"w\noak\nash\noak\n", &[("columns", Const::List(vec![text("w")]))], &[class(2)]).unwrap();
    assert_eq!(values(&set, 0), [1.0, 0.0, 1.0]);
    let set = table(b"b\ntrue\nNo\n1\n", &[], &[ty(Kind::Bool, &[1])]).unwrap();
    assert_eq!(values(&set, 0), [1.0, 0.0, 1.0]);
}

#[test]
fn a_header_is_only_a_row_that_cannot_be_data() {
    let by = |label: Const| [("label", label)];
    let two = [real(&[2]), class(3)];
    let iris = b"5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n6.3,3.3,virginica\n";
    let set = table(iris, &by(Const::Int(2)), &two).unwrap();
    assert_eq!((set.train.n, values(&set, 1)), (4, &[0.0, 0.0, 1.0, 2.0][..]));
    assert!(set.notes.iter().any(|n| n == "the first line is data: 5.1, 3.5, setosa"), "{:?}", set.notes);
    assert!(set.notes.iter().any(|n| n.ends_with("0 setosa, 1 versicolor, 2 virginica")), "{:?}", set.notes);

    let named = b"a,b,kind\n5.1,3.5,x\n4.9,3.0,y\n7.0,3.2,z\n";
    assert_eq!(table(named, &by(Const::Int(2)), &two).unwrap().train.n, 3);
    assert_eq!(table(named, &by(text("kind")), &two).unwrap().train.n, 3);
    // Years name columns where the spec uses them as names.
    let years = b"2019,2020\n1,2\n3,4\n";
    let columns = [("columns", Const::List(vec![text("2019"), text("2020")]))];
    assert_eq!(table(years, &columns, &[real(&[2])]).unwrap().train.n, 2);
    assert_eq!(table(years, &[], &[real(&[2])]).unwrap().train.n, 3);
    // Only texts: names do not come again below.
    let labels = [("columns", Const::List(vec![Const::Int(0)]))];
    assert_eq!(table(b"kind\noak\nash\noak\n", &labels, &[class(2)]).unwrap().train.n, 3);
    assert_eq!(table(b"oak\nash\noak\n", &labels, &[class(2)]).unwrap().train.n, 3);
    // A first row that is neither is an error, not a header.
    let said = table(b"1,x\n2,3\n", &[], &[real(&[2])]).unwrap_err();
    assert!(
        said.contains("row 1 (line 1 of the file), column 1 is \"x\"") && said.contains("header: true"),
        "{said}"
    );
    // The mark of other programs at the start of a file is no part of the first name.
    assert_eq!(
        table(b"\xef\xbb\xbfa,b\n1,2\n", &[("columns", Const::List(vec![text("a")]))], &[real(&[1])])
            .unwrap()
            .train
            .n,
        1
    );
}

#[test]
fn the_delimiter_is_found_or_named() {
    for (bytes, what) in [
        (&b"a;b\n1;2\n2;4\n"[..], "a semicolon"),
        (b"1\t2\n2\t4\n", "a tab"),
        (b"a|b\n1|2\n2|4\n", "a bar"),
        (b"a b\n1 2\n2 4\n", "a blank"),
    ] {
        let set = table(bytes, &[], &[real(&[2])]).unwrap();
        assert_eq!(values(&set, 0), [1.0, 2.0, 2.0, 4.0]);
        assert!(set.notes.iter().any(|n| n == &format!("between cells stands {what}")), "{:?}", set.notes);
    }
    let set = table(b"1,2\n2,4\n", &[], &[real(&[2])]).unwrap();
    assert!(!set.notes.iter().any(|n| n.contains("between cells")));
    let said = table(b"1,5;2,5\n2,5;4,5\n", &[("delimiter", text(";"))], &[real(&[2])]).unwrap_err();
    assert!(said.contains("write numbers with a point"), "{said}");
}

#[test]
fn what_32_bits_would_merge_is_an_error_with_a_way_out() {
    let rows: String = (0..50).map(|i| format!("{}\n", 1_700_000_000.0 + 0.25 * f64::from(i))).collect();
    let said = table(rows.as_bytes(), &[], &[real(&[1])]).unwrap_err();
    assert!(said.contains("50 different values would become"), "{said}");
    assert!(said.contains("`offset: 1700000000`"), "{said}");
    let set = table(rows.as_bytes(), &[("offset", Const::Num(1.7e9))], &[real(&[1])]).unwrap();
    assert_eq!(values(&set, 0)[..3], [0.0, 0.25, 0.5]);
    assert!(table(b"16777217\n3\n", &[], &[real(&[1])]).is_err());
}

#[test]
fn channels_that_stand_last_are_named_and_read() {
    let mut files = Files::default();
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2, 3), }\n";
    files.0.insert("x".into(), npy(header, &[0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23]));
    let file = ("file", text("x"));
    let row = find(ROWS, "npy").unwrap();
    let issue =
        row.check(&args("npy", std::slice::from_ref(&file)), &[real(&[3, 2, 2])], &files).unwrap_err();
    assert!(issue.message.contains("channels of its images last: [2, 2, 3], not [3, 2, 2]"), "{issue:?}");
    assert!(issue.help.contains("channels: last"), "{issue:?}");
    let last = [file, ("channels", Const::Word("last".into()))];
    let set = load(&files, "npy", &last, &[real(&[3, 2, 2])]).unwrap().1;
    assert_eq!(values(&set, 0), [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0, 20.0, 21.0, 22.0, 23.0]);
}
