//! A variational autoencoder of the pictures of a folder.

use crate::failure::Failure;
use crate::session::host::FileHost;
use gmc_compiler::rows::data::Host;
use std::collections::BTreeSet;
use std::path::Path;

/// What the pictures of a folder are.
#[derive(Default)]
struct Seen {
    count: usize,
    colours: bool,
    /// The longer of the shorter sides.
    side: usize,
    /// The folders in the folder that hold some.
    classes: BTreeSet<String>,
}

/// The spec; `path` is the folder as the spec says it.
///
/// # Errors
/// A folder that cannot be listed, or that holds no pictures.
pub(super) fn text(folder: &Path, path: &str) -> Result<String, Failure> {
    let mut seen = Seen::default();
    let host = FileHost::new(0);
    host.images(&folder.display().to_string(), false, &mut |image| {
        seen.count += 1;
        seen.colours |= image.rgb.as_chunks::<3>().0.iter().any(|[r, g, b]| r != g || g != b);
        seen.side = seen.side.max(image.width.min(image.height));
        seen.classes.extend(image.class);
    })
    .map_err(|e| Failure::new(e.what).at("list", folder))?;
    if seen.count == 0 {
        return Err(Failure::new(format!("{} holds no pictures", folder.display()))
            .at("read", folder)
            .help("`images(..)` reads the PNG, JPEG and WebP files of a folder, or of one folder a class"));
    }
    Ok(written(&seen, folder, path))
}

fn written(seen: &Seen, folder: &Path, path: &str) -> String {
    let channels = if seen.colours { 3 } else { 1 };
    let side = if seen.side <= 20 { 16 } else { 32 };
    let (small, code) = (side / 4, 16);
    let flat = 64 * small * small;
    let (classes, data) = match seen.classes.len() {
        0 | 1 => (String::new(), "x: Img".to_string()),
        n => (format!(" of {n} classes, one a folder"), "(x: Img, y: Class)".into()),
    };
    format!(
        "# A convolutional β-VAE of the {n} pictures in `{folder}`{classes}, cropped and resized to {side} by {side} pixels.
type Img = Real[{channels}, {side}, {side}] in unit
data {data} from images(\"{path}\")
net encode(x: Img) -> (Real[{code}], Real[{code}]) {{
  conv(32, k: 4, stride: 2, pad: 1), relu, conv(64, k: 4, stride: 2, pad: 1), relu, flatten, dense(128), relu, heads({code}, {code})
}}
net decode(z: Real[{code}]) -> Img {{
  dense({flat}), reshape(64, {small}, {small}), relu, conv_transpose(32, k: 4, stride: 2), relu, conv_transpose({channels}, k: 4, stride: 2), sigmoid
}}
model p    {{ z ~ Normal(0, I)[{code}];  x ~ Normal(decode(z), 0.1) }}
guide q(x) {{ (m, s) = encode(x);    z ~ Normal(m, exp(0.5 * s)) }}
train {{ maximizes elbo(p, q, beta: 1)  epochs 50  batch 64  using adam(lr: 1e-3) }}
",
        n = seen.count,
        folder = folder.display(),
    )
}
