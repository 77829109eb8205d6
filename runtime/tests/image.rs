//! Pictures and reports, pixel by pixel where that is short. With `GMC_KEEP_PICTURES` set to a folder they are left there to be
//! looked at.

use crate::sources::args;
use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::rows::args::Const;
use gmc_compiler::rows::data::{Host, NOT_FOUND, NoHost, ROWS};
use gmc_compiler::rows::find;
use gmc_runtime::measure::scores::{Number, Record, Score, Trust};
use gmc_runtime::session::host::FileHost;
use gmc_runtime::show::image::{Picture, grid, pairs};
use gmc_runtime::show::plane::{DATA, MODEL, Window, density, scatter};
use gmc_runtime::show::report::{Report, html};

fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("GMC_KEEP_PICTURES") {
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

/// Size and bytes of a PNG file, read by the library.
fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    (info.width, info.height, data)
}

fn points(source: &str, noise: f64) -> Vec<f32> {
    let row = find(ROWS, source).unwrap();
    let written = args(source, &[("n", Const::Int(3000)), ("noise", Const::Num(noise))]);
    let set = row.load(&written, &[EventTy::real([2])], &NoHost).unwrap();
    set.train.columns[0].values.clone()
}

#[test]
fn a_grid_enlarges_and_separates() {
    let ty = EventTy { kind: Kind::Real(Support::closed(-1.0, 1.0)), shape: vec![1, 2, 2] };
    let picture = grid(&[-1.0, 0.0, 1.0, 9.0, f32::NAN, 0.0, 0.0, 0.0], &ty, None).unwrap();
    // 2 by 2 pixels, each 24 wide, with lines of 2 around.
    assert_eq!((picture.width, picture.height), (2 * 50 + 2, 52));
    assert_eq!([(2, 2), (26, 2), (2, 26), (49, 49)].map(|(x, y)| picture.at(x, y)[0]), [0, 128, 255, 255]);
    assert_eq!((picture.at(1, 1), picture.at(52, 2)), ([214, 214, 220], [0, 0, 0]));
    let (w, h, data) = decode(&picture.png().unwrap());
    assert_eq!((w, h, data.len()), (102, 52, 102 * 52 * 3));

    let rgb = EventTy::real([3, 1, 1]);
    assert_eq!(grid(&[1.0, 0.5, 0.0], &rgb, None).unwrap().at(10, 10), [255, 128, 0]);
    let levels = EventTy { kind: Kind::Int(17), shape: vec![16] };
    assert_eq!(grid(&[8.0; 16], &levels, None).unwrap().at(10, 10), [128; 3]);
    for shape in [vec![2], vec![15], vec![2, 3, 3], vec![], vec![0, 3]] {
        assert_eq!(grid(&[0.0; 64], &EventTy::real(shape), None), None);
    }
    assert_eq!(grid(&[], &EventTy::real([4, 4]), None), None);
    assert_eq!(Picture::new(3, 2, [9, 9, 9]).png().map(|b| decode(&b).2).unwrap(), [9; 6]);
}

#[test]
fn a_picture_is_read_back_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let host = FileHost { roots: vec![], base: folder.path().into(), seed: 0 };
    assert_eq!(host.images("none").unwrap_err().what, NOT_FOUND);
    std::fs::create_dir(folder.path().join("p")).unwrap();
    let grey = Picture::new(5, 3, [7; 3]).png().unwrap();
    std::fs::write(folder.path().join("p/b.PNG"), &grey).unwrap();
    std::fs::write(folder.path().join("p/a.png"), Picture::new(2, 1, [1, 2, 3]).png().unwrap()).unwrap();
    std::fs::write(folder.path().join("p/notes.txt"), "no image").unwrap();
    let images = host.images("p").unwrap();
    assert_eq!(images.iter().map(|i| (i.width, i.height)).collect::<Vec<_>>(), [(2, 1), (5, 3)]);
    assert_eq!((images[0].rgb.as_slice(), images[1].rgb.as_slice()), (&[1, 2, 3, 1, 2, 3][..], &[7; 45][..]));
    for n in 0..grey.len() - 12 {
        std::fs::write(folder.path().join("p/b.PNG"), &grey[..n]).unwrap();
        assert!(host.images("p").unwrap_err().what.contains("b.PNG"), "{n} bytes");
    }
}

#[test]
fn reconstructions_stand_below_their_originals() {
    let ty = EventTy::real([48, 48]);
    let image = |v: f32| vec![v; 48 * 48];
    let (a, b) = ([image(0.0), image(0.2)].concat(), [image(0.4), image(0.6)].concat());
    let picture = pairs(&a, &b, &ty, 2).unwrap();
    let cells = [(5, 5), (60, 5), (5, 60), (60, 60)].map(|(x, y)| picture.at(x, y)[0]);
    assert_eq!(cells, [0, 51, 102, 153]);
}

#[test]
fn points_land_where_they_are() {
    let window = Window { x: (-1.0, 1.0), y: (-1.0, 1.0) };
    let picture = scatter(&[(&[0.5, 0.5, f32::NAN, 0.0, 7.0, 0.0], DATA)], window);
    let near = |c: [u8; 3]| (0..3).all(|i| c[i].abs_diff(DATA[i]) < 40);
    assert!(near(picture.at(12 + 270, 12 + 90)));
    let marked = (0..picture.width * picture.height)
        .filter(|i| near(picture.at(i % picture.width, i / picture.width)))
        .count();
    assert_eq!(marked, 1);
    assert_eq!(Window::around(&[]), window);
    let cells = window.cells(2);
    assert_eq!(cells, [-0.5, 0.5, 0.5, 0.5, -0.5, -0.5, 0.5, -0.5]);
    assert_eq!(density(&[0.0; 3], &[], window), None);
    // The brightest cell is where the log-density is highest.
    let heat = density(&[0.0, -9.0, f32::NAN, f32::NEG_INFINITY], &[], window).unwrap();
    assert_eq!((heat.at(20, 20), heat.at(20, 360)), ([253, 231, 37], [68, 1, 84]));
}

#[test]
fn a_report_is_whole_and_repeatable() {
    let digits = find(ROWS, "digits").unwrap();
    let ty = EventTy { kind: Kind::Real(Support::UNIT), shape: vec![64] };
    let set = digits.load(&args("digits", &[]), std::slice::from_ref(&ty), &NoHost).unwrap();
    let images = &set.train.columns[0].values;
    let samples = grid(&images[..64 * 64], &ty, None).unwrap().png().unwrap();
    let pairs = pairs(&images[..640], &images[640..1280], &ty, 10).unwrap().png().unwrap();
    let (moons, rings) = (points("moons", 0.05), points("moons", 0.15));
    let window = Window::around(&rings);
    let plane = scatter(&[(&moons, DATA), (&rings, MODEL)], window).png().unwrap();
    let log: Vec<f32> = window.cells(90).chunks(2).map(|p| -(p[0] - 0.5).hypot(p[1]).powi(2) * 3.0).collect();
    let heat = density(&log, &moons, window).unwrap().png().unwrap();
    for (name, png) in
        [("samples.png", &samples), ("pairs.png", &pairs), ("plane.png", &plane), ("density.png", &heat)]
    {
        keep(name, png);
    }
    let mut records = Vec::new();
    for step in 1..400u64 {
        let wobble = ((step * 7919) % 101) as f64 / 101.0;
        let loss = 95.0 + 400.0 / (1.0 + step as f64 / 9.0) + 6.0 * wobble;
        records.push(Record::new(step, "train", step as f64, [("elbo", -loss), ("grad_norm", wobble)]));
        if step % 40 == 0 {
            records.push(Record::new(
                step,
                "test",
                step as f64,
                [("elbo", -loss - 2.0), ("broken", f64::NAN)],
            ));
        }
    }
    let scores = [
        Score {
            key: "nll".into(),
            name: "nll".into(),
            part: "test".into(),
            value: Number(89.123_456),
            unit: "nats".into(),
            trust: Trust::bound(500, None),
            at: String::new(),
            caveats: Vec::new(),
        },
        Score {
            key: "entropy".into(),
            name: "entropy".into(),
            part: "test".into(),
            value: Number(1.1384),
            unit: "nats".into(),
            trust: Trust::Exact,
            at: String::new(),
            caveats: Vec::new(),
        },
    ];
    let images = [
        ("samples".to_string(), samples),
        ("originals above reconstructions".into(), pairs),
        ("data, model".into(), plane),
    ];
    let facts = [("seed".to_string(), "0".to_string()), ("device".into(), "<cpu>".into())];
    let spec = "model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) } # a < b & c";
    let report = Report {
        title: "vae-3",
        spec,
        facts: &facts,
        scores: &scores,
        records: &records,
        images: &images,
        passages: "",
    };
    let page = html(&report);
    keep("report.html", page.as_bytes());
    assert_eq!(page, html(&report));
    assert_eq!(page.matches("<svg").count(), 3);
    assert_eq!(page.matches("data:image/png;base64,iVBOR").count(), 3);
    for text in ["bound (K = 500)", "<td>exact", "89.12", "a &lt; b &amp; c", "&lt;cpu&gt;"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("NaN") && !page.contains("http"), "broken curves and outside links");
    assert!(html(&Report::default()).contains("</html>"));
}
