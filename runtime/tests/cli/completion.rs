//! `gmc complete`: what is given stays as it is, bit for bit, and the rest differs from one completion to the next.

use super::common::*;

/// 8 by 8 digits of which each pixel is a level out of 17, briefly trained.
const LEVELS: &str = "
data x: Int(17)[1, 8, 8] from digits
net f(x: Int(17)[1, 8, 8]) -> Real[1, 8, 8, 17] { rescale, gated_pixelcnn(8, layers: 2), relu, logits(17) }
model p { x[i in raster] ~ Categorical(logits: f(x[< i])) }
train { steps 60  batch 32  using adam(lr: 3e-3) }
";

/// An 8 by 8 picture, white where `light` says so.
fn mask(light: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let data: Vec<u8> = (0..64).map(|p| if light(p / 8, p % 8) { 255 } else { 0 }).collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&data).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Rows of numbers of a CSV: the examples, each with its completions behind it.
fn rows(table: &str) -> Vec<Vec<f32>> {
    // The number of the example stands first.
    table.lines().skip(1).map(|l| l.split(',').skip(1).map(|c| c.parse().unwrap()).collect()).collect()
}

#[test]
fn what_is_given_stays_and_the_rest_is_drawn() {
    let place = Place::new();
    place.train("levels", LEVELS);
    place.write("middle.png", mask(|row, column| (2..6).contains(&row) && column < 5));
    type Known<'a> = &'a dyn Fn(usize, usize) -> bool;
    let cases: [(&str, Known<'_>); 4] = [
        ("top:0.5", &|row, _| row < 4),
        ("bottom:0.25", &|row, _| row >= 6),
        ("left:0.5", &|_, column| column < 4),
        ("middle.png", &|row, column| (2..6).contains(&row) && column < 5),
    ];
    for (given, known) in cases {
        let asked = |out: &str| {
            let line =
                format!("complete runs/levels-1 --given {given} -n 3 --examples 4 --device cpu --out {out}");
            place.gmc(&line).succeeds();
            std::fs::read_to_string(place.path(out)).unwrap()
        };
        let (table, again) = (asked("one.csv"), asked("two.csv"));
        assert!(table == again, "{given}: another answer to the same seed");
        let all = rows(&table);
        assert_eq!(all.len(), 4, "{given}");
        let mut differ = 0;
        for row in all {
            let (x, drawn) = row.split_at(64);
            let drawn: Vec<&[f32]> = drawn.chunks(64).collect();
            assert_eq!(drawn.len(), 3, "{given}");
            for made in &drawn {
                for p in (0..64).filter(|p| known(p / 8, p % 8)) {
                    assert_eq!(made[p].to_bits(), x[p].to_bits(), "{given}: pixel {p}");
                }
                assert!(
                    made.iter().all(|v| v.fract() == 0.0 && (0.0..17.0).contains(v)),
                    "{given}: {made:?}"
                );
            }
            differ += usize::from(drawn[0] != drawn[1]) + usize::from(drawn[1] != drawn[2]);
        }
        assert!(differ >= 6, "{given}: only {differ} of 8 completions differ from the one before");
    }
}

#[test]
fn the_picture_has_the_originals_what_is_given_and_captions() {
    let place = Place::new();
    place.train("levels", LEVELS);
    place
        .gmc("complete runs/levels-1 --given top:0.5 -n 2 --examples 3 --device cpu --out grid.png")
        .succeeds();
    let file = std::io::BufReader::new(std::fs::File::open(place.path("grid.png")).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    // Four columns and three rows of 8 * 6 pixels with lines of 2 between them, below a line of words of 11.
    assert_eq!((info.width, info.height), (4 * 50 + 2, 3 * 50 + 2 + 11));
    let step = info.line_size / info.width as usize;
    let at = |x: usize, y: usize| pixels[y * info.line_size + x * step];
    assert!((0..11).any(|y| (0..50).any(|x| at(x, y) < 100)), "no words above the originals");
    // The lower half of what is given is middle grey.
    assert_eq!(at(60, 50), 128);
}

#[test]
fn wrong_parts_are_refused() {
    let place = Place::new();
    place.train("levels", LEVELS);
    place.write("small.png", {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[255; 4]).unwrap();
        writer.finish().unwrap();
        bytes
    });
    for (given, parts) in [("small.png", ["2 by 2", "8 by 8"]), ("none.png", ["none.png", "read"])] {
        place.gmc(&format!("complete runs/levels-1 --given {given} --device cpu")).fails(&parts);
    }
}
