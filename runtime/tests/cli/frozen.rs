//! Nets whose weights come from a file, as a user has them: of another run, kept by the run that reads them.

use super::common::{Place, files};

const FIRST: &str = "data x: Real[64] in unit from digits
net look(x: Real[64] in unit) -> Real[8] { dense(8), tanh }
net back(h: Real[8]) -> Real[64] { dense(64) }
train { minimizes mse(back(look(x)), x)  steps 20  batch 64 }
";

const SECOND: &str = "data x: Real[64] in unit from digits
net look(x: Real[64]) -> Real[8] { dense(8), tanh } from \"look.safetensors\"
net G(z: Real[2]) -> Real[64] in unit { dense(64), sigmoid }
model p { z ~ Normal(0, I)[2];  x = G(z) }
train { minimizes E[sum((batch_mean(look(p.x)) - batch_mean(look(x)))^2)]  steps 20  batch 64 }
";

#[test]
fn a_run_keeps_the_file_of_its_net() {
    let place = Place::new();
    let first = place.train("first", FIRST);
    let weights = std::fs::read(first.join("weights.safetensors")).unwrap();
    let at = place.write("look.safetensors", &weights);
    place.write("second.gm", SECOND);
    let said = place.gmc("explain second.gm");
    assert!(
        said.succeeds().out.contains("owned by nobody, from \"look.safetensors\" (CRC-32 "),
        "{}",
        said.out
    );
    let second = place.train("second", SECOND);
    assert!(files(&second).contains(&"nets/look.safetensors".to_string()), "{:?}", files(&second));
    let about = std::fs::read_to_string(second.join("about.json")).unwrap();
    assert!(about.contains("nobody, from `look.safetensors` (CRC-32 "), "{about}");
    // The net is as it was, in what the run leaves, too.
    let kept = std::fs::read(second.join("weights.safetensors")).unwrap();
    let (old, new) = (tensor(&weights, "look.0.weight"), tensor(&kept, "look.0.weight"));
    assert!(!old.is_empty() && old == new, "{} and {} bytes", old.len(), new.len());
    // Without the file the run is asked, and goes on.
    std::fs::remove_file(&at).unwrap();
    place.gmc("sample runs/second-1 -n 4 --out x.csv --device cpu").succeeds();
    place.gmc("resume runs/second-1 --steps 40 --device cpu").succeeds();
    let gone = place.gmc("run second.gm --device cpu");
    assert_eq!(gone.code, Some(1));
    assert!(gone.err.contains("error[E0229]: the weights `look.safetensors` cannot be read"), "{}", gone.err);
    // Another file in its place is noticed.
    let mut other = weights;
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(second.join("nets/look.safetensors"), other).unwrap();
    let changed = place.gmc("sample runs/second-1 -n 4 --out y.csv --device cpu");
    assert_eq!(changed.code, Some(1));
    assert!(changed.err.contains("nets/look.safetensors has changed since the run began"), "{}", changed.err);
}

/// The bytes of a tensor of a safetensors file.
fn tensor(bytes: &[u8], name: &str) -> Vec<u8> {
    let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
    file.tensor(name).map(|t| t.data().to_vec()).unwrap_or_default()
}
