//! Pictures and reports, pixel by pixel where that is short. With `GMC_KEEP_PICTURES` set to a folder they are left there to be
//! looked at.

use crate::sources::args;
use gmc_compiler::event::{EventTy, Kind, Support};
use gmc_compiler::rows::args::Const;
use gmc_compiler::rows::data::{Decoded, Host, NOT_FOUND, NoHost, ROWS};
use gmc_compiler::rows::find;
use gmc_runtime::measure::classes::Bin;
use gmc_runtime::measure::critics::Histogram;
use gmc_runtime::measure::scores::{Number, Record, Score, Trust};
use gmc_runtime::session::host::FileHost;
use gmc_runtime::show::image::{Picture, grid, pairs};
use gmc_runtime::show::plane::{DATA, MODEL, Window, density, scatter};
use gmc_runtime::show::report::{Report, html};
use gmc_runtime::store::about::{About, Bars, Curve, Equations, Findings, Plane};

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

/// Pictures of a folder, or what was passed over.
fn read(host: &FileHost, folder: &str, classes: bool) -> (Vec<Decoded>, Vec<String>) {
    let mut images = Vec::new();
    let skipped = host.images(folder, classes, &mut |image| images.push(image)).unwrap();
    (images, skipped.into_iter().map(|s| format!("{}: {}", s.name, s.why)).collect())
}

#[test]
fn a_picture_is_read_back_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let host = FileHost { roots: vec![], base: folder.path().into(), seed: 0 };
    assert_eq!(host.images("none", false, &mut |_| ()).unwrap_err().what, NOT_FOUND);
    std::fs::create_dir(folder.path().join("p")).unwrap();
    let grey = Picture::new(5, 3, [7; 3]).png().unwrap();
    std::fs::write(folder.path().join("p/b.PNG"), &grey).unwrap();
    std::fs::write(folder.path().join("p/a.png"), Picture::new(2, 1, [1, 2, 3]).png().unwrap()).unwrap();
    std::fs::write(folder.path().join("p/notes.txt"), "no image").unwrap();
    std::fs::write(folder.path().join("p/.hidden"), "no image").unwrap();
    let (images, skipped) = read(&host, "p", false);
    assert_eq!(images.iter().map(|i| (i.width, i.height)).collect::<Vec<_>>(), [(2, 1), (5, 3)]);
    assert_eq!((images[0].rgb.as_slice(), images[1].rgb.as_slice()), (&[1, 2, 3, 1, 2, 3][..], &[7; 45][..]));
    assert_eq!(skipped, ["notes.txt: no PNG, JPEG or WebP"]);
    for n in 0..grey.len() - 12 {
        std::fs::write(folder.path().join("p/b.PNG"), &grey[..n]).unwrap();
        let (images, skipped) = read(&host, "p", false);
        assert!(images.len() == 1 && skipped[0].starts_with("b.PNG: damaged"), "{n} bytes: {skipped:?}");
    }
}

/// JPEG and WebP files of 4 by 2 pixels, the left half red, made with Pillow 11 (`quality=95, subsampling=0`, `lossless=True`).
#[test]
fn other_formats_folders_of_classes_and_archives() {
    let folder = tempfile::tempdir().unwrap();
    let host = FileHost { roots: vec![], base: folder.path().into(), seed: 0 };
    let files: [(&str, &[u8]); 3] = [
        ("cat/a.jpg", include_bytes!("../../tests/data/halves.jpg")),
        ("cat/b.webp", include_bytes!("../../tests/data/halves.webp")),
        ("dog/c.png", include_bytes!("../../tests/data/deep_alpha.png")),
    ];
    let mut tar = Vec::new();
    for (name, bytes) in files {
        let path = folder.path().join("pets").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let mut head = [0u8; 512];
        let full = format!("pets/{name}");
        head[..full.len()].copy_from_slice(full.as_bytes());
        head[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        head[156] = b'0';
        head[257..262].copy_from_slice(b"ustar");
        tar.extend(head);
        tar.extend(bytes);
        tar.resize(tar.len().div_ceil(512) * 512, 0);
    }
    tar.extend([0; 1024]);
    std::fs::write(folder.path().join("pets.tar"), &tar).unwrap();
    for source in ["pets", "pets.tar"] {
        assert_eq!(host.class_folders(source).unwrap(), ["cat", "dog"], "{source}");
        let (images, skipped) = read(&host, source, true);
        assert!(skipped.is_empty(), "{skipped:?}");
        let classes: Vec<_> = images.iter().map(|i| i.class.clone().unwrap()).collect();
        assert_eq!(classes, ["cat", "cat", "dog"]);
        for image in &images[..2] {
            assert_eq!((image.width, image.height, image.alpha, image.deep), (4, 2, false, false));
            let near = |p: usize, want: [i32; 3]| {
                (0..3).all(|c| (i32::from(image.rgb[3 * p + c]) - want[c]).abs() < 12)
            };
            assert!(near(0, [255, 0, 0]) && near(3, [0, 0, 255]), "{:?}", image.rgb);
        }
        assert_eq!((images[2].alpha, images[2].deep, &images[2].rgb[..3]), (true, true, &[255, 128, 0][..]));
    }
    // Cut anywhere, an archive or a picture is no panic.
    for n in (0..tar.len()).step_by(97) {
        std::fs::write(folder.path().join("pets.tar"), &tar[..n]).unwrap();
        read(&host, "pets.tar", true);
    }
    for (name, bytes) in files {
        for n in 0..bytes.len() {
            std::fs::write(folder.path().join("pets").join(name), &bytes[..n]).unwrap();
            read(&host, "pets", true);
        }
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
        records.push(Record::new(
            step,
            "train",
            step as f64,
            [("negative ELBO [nats]", -loss), ("grad_norm", wobble)],
        ));
        if step % 40 == 0 {
            records.push(Record::new(
                step,
                "test",
                step as f64,
                [("negative ELBO [nats]", -loss - 2.0), ("broken", f64::NAN)],
            ));
        }
    }
    records.push(Record::new(400, "test", 400.0, [("once", 1.0)]));
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
            error: None,
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
            error: None,
        },
    ];
    let images =
        [("samples".to_string(), samples), ("reconstructions".into(), pairs), ("density".into(), plane)];
    let spec = "model p { z ~ Normal(0, I)[16];  x ~ Bernoulli(logits: decode(z)) } # a < b & c\ntrain { epochs 40 }";
    let report = Report {
        title: "vae-3".into(),
        spec: spec.into(),
        set: vec![("train.epochs".into(), "7".into()), ("train.clip".into(), "1.0".into())],
        about: Some(about()),
        found: found(),
        scores: scores.to_vec(),
        records,
        images: images.to_vec(),
        progress: vec![(40, png_of(1)), (80, png_of(2))],
        ..Report::default()
    };
    let page = html(&report);
    keep("report.html", page.as_bytes());
    assert_eq!(page, html(&report));
    // A chart of each quantity with its parts in it, one of the schedule; plots of what was found; lines of the two keys.
    assert_eq!(page.matches("class=\"charts\"").count(), 2);
    assert_eq!(page.matches("role=\"img\"").count(), 3 + 6);
    assert_eq!(
        page.matches("data:image/png;base64,iVBOR").count(),
        1 + 2 + 1,
        "the plane is drawn, not shown as a picture again"
    );
    for text in [
        "bound (K = 500)",
        "<td>exact",
        "89.12",
        "a &lt; b &amp; c",
        "&lt;cpu&gt;",
        "<del>40</del> <ins>7</ins>",
        "<code>train.clip = 1.0</code>",
        ">epochs</text>",
        ">nats</text>",
        "<math display=\"block\"><mtable",
        "<mi>Normal</mi>",
        "raise <code>beta</code>",
        "rows alternate",
        "type=\"range\" min=\"0\" max=\"1\"",
        "after 4 epochs",
        ">owl</text>",
        "prefers-color-scheme:dark",
        "1234abcd",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // Where no plane is drawn the pictures of samples are shown, with what their columns are.
    let pictured = html(&Report { found: Findings { planes: Vec::new(), ..found() }, ..report.clone() });
    assert!(pictured.contains("a column for each class: cat, dog"));
    assert_eq!(pictured.matches("data:image/png;base64,iVBOR").count(), 3 + 2);
    assert_balanced(&page);
    let outside = ["http:", "https:", "src=\"/", "@import", "url("];
    assert!(
        !page.contains("NaN") && outside.iter().all(|o| !page.contains(o)),
        "broken curves and outside links"
    );
    // A number that was measured once has no chart.
    assert!(!page.contains("<figcaption>once"), "a chart of one dot");
    assert!(html(&Report::default()).contains("</html>"));
}

/// Every element that is opened is closed, in order; those that HTML lets stand open are left out.
fn assert_balanced(page: &str) {
    const OPEN: [&str; 11] = ["meta", "link", "img", "input", "td", "th", "tr", "li", "br", "!doctype", "p"];
    let mut within: Vec<&str> = Vec::new();
    let script = page.find("<script>").zip(page.find("</script>"));
    for (at, _) in page.match_indices('<') {
        if script.is_some_and(|(from, to)| at > from && at < to) {
            continue;
        }
        let tag = &page[at + 1..at + page[at..].find('>').unwrap()];
        let name = tag.trim_start_matches('/').split([' ', '>', '/']).next().unwrap();
        if OPEN.contains(&name) || tag.ends_with('/') {
            continue;
        }
        match tag.starts_with('/') {
            true => assert_eq!(within.pop(), Some(name), "at {}", &page[at.saturating_sub(80)..at]),
            false => within.push(name),
        }
    }
    assert!(within.is_empty(), "{within:?}");
}

fn png_of(side: usize) -> Vec<u8> {
    Picture::new(side, side, [9, 9, 9]).png().unwrap()
}

fn about() -> About {
    let line = ("z".to_string(), "\\sim \\operatorname{Normal}(0, 1)".to_string());
    About {
        version: "0.1".into(),
        date: "2026-11-29 07:35 UTC".into(),
        device: "<cpu>".into(),
        per_epoch: 10,
        settings: vec![("batch".into(), "64".into())],
        data: vec![["`x`".into(), "`digits()`".into(), "1617 training".into(), "1234abcd".into()]],
        parameters: vec![("`decode`".into(), 12, "the only player".into())],
        equations: vec![Equations {
            title: "model `p`".into(),
            lines: vec![line],
            notes: vec!["a < b".into()],
        }],
        schedules: vec![Curve { name: "learning rate".into(), points: vec![(0.0, 1e-3), (400.0, 1e-5)] }],
    }
}

fn found() -> Findings {
    let bin = Bin { confidence: 0.8, right: 0.7, count: 12 };
    Findings {
        facts: vec!["`z` has 2 of 3 dimensions active".into()],
        advice: vec!["raise `beta`".into()],
        fitted: vec![("s".into(), "0.5".into())],
        kl: vec![Bars {
            name: "KL of z by dimension".into(),
            unit: "nats".into(),
            values: vec![1.0, 0.5, 0.0],
        }],
        calibration: vec![("y".into(), vec![bin, Bin { confidence: 0.95, right: 0.97, count: 80 }])],
        marginals: Vec::new(),
        critics: vec![Histogram {
            name: "D".into(),
            range: [-1.0, 1.0],
            sets: vec![("data".into(), vec![0.2, 0.8])],
        }],
        codes: vec![Plane {
            name: "z".into(),
            axes: ["first number".into(), "second number".into()],
            window: [-1.0, 1.0, -1.0, 1.0],
            sets: ["cat", "dog", "owl"].map(|k| (k.to_string(), vec![0.1, 0.2])).to_vec(),
            density: None,
        }],
        planes: vec![Plane {
            name: "points".into(),
            axes: ["first coordinate".into(), "second coordinate".into()],
            window: [-1.0, 1.0, -1.0, 1.0],
            sets: vec![("test examples".into(), vec![0.0, 0.5, 3.0, 0.0])],
            density: Some(("iVBORw0KGgo=".into(), 0.4)),
        }],
        columns: vec!["cat".into(), "dog".into()],
    }
}
