//! The largest angle between the subspace of a trained linear decoder and that of the first principal components of its training data:
//! `cargo run --release -p gmc-runtime --features gpu --example principal_angle -- runs/ae_linear-1`. Ends with an error at a degree or
//! more (row 1 of the results).

#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "an example that a person runs")]

#[path = "../tests/science/linalg.rs"]
#[expect(dead_code, reason = "tests use the rest")]
mod linalg;

use gmc_runtime::session::load;
use gmc_runtime::store::{RunDir, weights};
use std::path::Path;
use std::process::ExitCode;

/// The angle of the run in this folder, in degrees.
fn angle(folder: &Path) -> Result<f64, String> {
    let run = RunDir::view(folder).map_err(|e| e.to_string())?;
    let spec = run.read_text("spec.gm").map_err(|e| e.to_string())?;
    let typed = load::unit("spec.gm", &spec, folder, &[]).typed.ok_or("its spec does not compile")?;
    let sets = load::data(&typed).map_err(|e| e.to_string())?;
    let x = sets.first().and_then(|s| s.train.columns.first()).ok_or("it has no data")?;
    let path = folder.join("weights.safetensors");
    let bytes = run.read("weights.safetensors", u64::MAX).map_err(|e| e.to_string())?;
    let tensors = weights::decode(&bytes, &path).map_err(|e| e.to_string())?;
    let w = tensors.get("decode.0.weight").ok_or("it has no `decode.0.weight`")?;
    let k = *w.shape.first().ok_or("its decoder is no matrix")?;
    let data = linalg::rows(&x.values, x.ty.size());
    let (best, basis) = linalg::pca(&data, &data, k);
    let angle = linalg::largest_angle(&basis, &linalg::span(&w.values, &w.shape, k));
    println!(
        "{k} principal components leave {best:.4} of squared error per training example; largest principal angle {angle:.3} degrees"
    );
    Ok(angle)
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("error: which run? give its folder, as in `principal_angle runs/ae_linear-1`");
        return ExitCode::FAILURE;
    };
    match angle(Path::new(&folder)) {
        Ok(angle) if angle < 1.0 => ExitCode::SUCCESS,
        Ok(angle) => {
            eprintln!("error: {angle:.3} degrees: not the principal subspace");
            ExitCode::FAILURE
        }
        Err(e) => {
            eprintln!("error: {folder}: {e}");
            ExitCode::FAILURE
        }
    }
}
