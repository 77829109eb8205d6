//! What the tests of whole specs share: the specs of the repository, a host without files, random inputs for programs.

use gmc_compiler::derive::Compiled;
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::{Unit, compile};
use gmc_compiler::event::{Kind, Support};
use gmc_compiler::ir::{Graph, Op, RandomKind, Role, Tensor64, interp};
use gmc_compiler::rows::data::{Host, HostError};
use gmc_compiler::types::Typed;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A host whose only files are those of `tests/data`, and the weights beside specs: built-in sources work, other files are not there.
pub struct NoFiles;

impl Host for NoFiles {
    fn read(&self, _: Option<&str>, name: &str) -> Result<Vec<u8>, HostError> {
        let plain = !name.contains(['/', '\\']);
        let file = plain.then(|| std::fs::read(root().join("tests/data").join(name)).ok()).flatten();
        file.ok_or_else(|| HostError { what: format!("no `{name}` in tests"), tried: Vec::new() })
    }
    fn weights(&self, name: &str) -> Result<Vec<u8>, HostError> {
        let plain = !name.contains(['/', '\\']);
        let file = plain.then(|| std::fs::read(root().join("specs/zoo").join(name)).ok()).flatten();
        file.ok_or_else(|| HostError { what: format!("no `{name}` in tests"), tried: Vec::new() })
    }
    fn uniform(&self, stream: u64, n: usize) -> Vec<f64> {
        uniform(stream, n)
    }
}

/// SplitMix64 (Steele et al. 2014): `n` draws of stream `stream`, in [0, 1).
pub fn uniform(stream: u64, n: usize) -> Vec<f64> {
    let mix = |i: u64| {
        let mut z = stream
            .wrapping_mul(0xd134_2543_de82_ef95)
            .wrapping_add((i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..n as u64).map(|i| (mix(i) >> 11) as f64 / (1u64 << 53) as f64).collect()
}

/// 40 rows of 0 and 1 of a shape as the bytes of an NPY file.
pub fn npy_of_bits(shape: &[usize]) -> Vec<u8> {
    let dims: Vec<String> = std::iter::once(&40).chain(shape).map(|n| n.to_string()).collect();
    let mut head = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", dims.join(", "));
    while (head.len() + 11) % 64 != 0 {
        head.push(' ');
    }
    head.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((head.len() as u16).to_le_bytes());
    file.extend(head.bytes());
    let n = 40 * shape.iter().product::<usize>();
    file.extend(uniform(3, n).iter().flat_map(|u| ((2.0 * u).floor() as f32).to_le_bytes()));
    file
}

/// Standard normal draws by Box and Muller.
pub fn normal(stream: u64, n: usize) -> Vec<f64> {
    let (a, b) = (uniform(stream ^ 0x5555, n), uniform(stream ^ 0xaaaa, n));
    a.iter().zip(b).map(|(a, b)| (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()).collect()
}

/// Draws for the interpreter: each stream of the program its own sequence.
pub fn draws(kind: RandomKind, stream: u32, n: usize) -> Vec<f64> {
    match kind {
        RandomKind::Uniform => {
            uniform(u64::from(stream) + 1000, n).into_iter().map(|u| u.max(1e-12)).collect()
        }
        RandomKind::Normal => normal(u64::from(stream) + 2000, n),
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Name and text of every `.gm` file of a folder of the repository, sorted; the prelude is no spec.
pub fn texts(folder: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "gm") && p.file_stem().is_some_and(|s| s != "prelude"))
        .map(|p| {
            (p.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&p).unwrap())
        })
        .collect();
    all.sort();
    all
}

pub fn specs() -> Vec<(String, String)> {
    texts("specs")
}

/// The specs, and texts that use what they leave out: nets as layers, several latent sites, conditions, params, schedules.
pub fn all() -> Vec<(String, String)> {
    let more = [
        (
            "hierarchy",
            "data (x: Bool[64], y: Class(10)) from digits(binarize: 0.5)
param t: Real[4] in positive = 0.5
net block(h: Real[16]) -> Real[16] { dense(16), relu }
net up(w: Real[2]) -> Real[4] { dense(16), block, dense(4) }
net decode(z: Real[4], y: Class(10)) -> Real[64] { dense(16), residual { block }, dense(64) }
net encode(x: Bool[64]) -> (Real[4], Real[4]) { dense(16), relu, heads(4, 4) }
net top(z: Real[4]) -> (Real[2], Real[2]) { heads(2, 2) }
model p(y) { w ~ Normal(0, I)[2];  z ~ Normal(up(w), t);  x ~ Bernoulli(logits: decode(z, y)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s));  (a, b) = top(z);  w ~ Normal(a, exp(b)) }
train { maximizes elbo(p, q, beta: ramp(0 -> 1, over: 10 epochs))  epochs 1  ema 0.99  clip 1 }",
        ),
        (
            "prior_flow",
            "dim k = 4
data x: Bool[64] from digits(binarize: 0.5)
flow half: Real[k] <-> Real[k] { couple(halves(0), affine) { dense(8), relu } }
flow prior: Real[k] <-> Real[k] { half, reverse, half, actnorm }
net decode(z: Real[k]) -> Real[64] { dense(64) }
net encode(x: Bool[64]) -> (Real[k], Real[k]) { heads(k, k) }
model p { e ~ Normal(0, I)[k];  z = prior(e);  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);  z ~ Normal(m, exp(s)) }
train { maximizes elbo(p, q) using sgd(lr: 0.1) }",
        ),
        (
            "images",
            "data x: Real[1, 8, 8] in interval(-1, 1) from digits
net G(z: Real[8]) -> Real[1, 8, 8] in interval(-1, 1) { dense(32), reshape(2, 4, 4), batch_norm, relu, up(2), conv(1, k: 3), tanh }
net D(x: Real[1, 8, 8]) -> Real[] { conv(4, k: 4, stride: 2), leaky_relu(0.2), flatten, dense(1), scalar }
fn gap(a, b) = E[D(a)] - E[D(b)]
model p { z ~ Normal(0, I)[8];  x = G(z) }
train {
  let fake = p.x
  player critic { owns D  within clip(0.5)  maximizes gap(x, fake) - 10 * gradient_penalty(D, x, fake)  using adam(lr: 1e-3)  steps 2 }
  player maker  { owns G  maximizes E[D(fake)]  using rmsprop(lr: 1e-3) }
}",
        ),
        (
            "adversarial_autoencoder",
            "data x: Real[64] in unit from digits
net decode(z: Real[3]) -> Real[64] { dense(16), silu, dense(64) }
net encode(x: Real[64] in unit) -> Real[3] { dense(3) }
net judge(z: Real[3]) -> Real[] { dense(8), tanh, dense(1), scalar }
model p { z ~ Normal(0, I)[3];  x ~ Normal(decode(z), 0.5) }
guide q(x) { z = encode(x) }
train {
  player auto  { owns encode, decode  minimizes -E[log p(x | q.z)] + E[softplus(-judge(q.z))] }
  player rival { owns judge          minimizes E[softplus(-judge(p.z))] + E[softplus(judge(q.z))] }
}",
        ),
        (
            "semi_amortised",
            "data x: Bool[64] from digits(binarize: 0.5)
net decode(z: Real[3]) -> Real[64] { dense(16), tanh, dense(64) }
net encode(x: Bool[64]) -> (Real[3], Real[3]) { heads(3, 3) }
model p { z ~ Normal(0, I)[3];  x ~ Bernoulli(logits: decode(z)) }
guide q[x] { (m, s) = encode(x);  z ~ Normal(m + free(3), exp(s + free())) }
train { maximizes iwae(p, q, k: 3)  epochs 1  ema 0.99  clip 1 }",
        ),
        (
            "flow_decoder",
            "data x: Real[2] from moons
net decode(z: Real[2]) -> Real[2] { dense(2) }
net encode(x: Real[2]) -> (Real[2], Real[2]) { heads(2, 2) }
flow f: Real[2] <-> Real[2] { repeat 2 as i { couple(parity(i), affine) { dense(4), tanh } } }
model p { z ~ Normal(0, I)[2];  y ~ Normal(decode(z), 0.7);  x = f(y) }
guide q(x) { (m, s) = encode(x);  z ~ Laplace(m, exp(s)) }",
        ),
    ];
    specs().into_iter().chain(more.map(|(n, t)| (n.to_string(), t.to_string()))).collect()
}

pub fn unit(name: &str, text: &str) -> Unit {
    compile(&format!("{name}.gm"), text, &NoFiles, &|p| Err(format!("no file `{p}`")), |_| Vec::new())
}

/// Compiles a text that must have nothing to complain about but warnings that its comments accept.
pub fn clean(name: &str, text: &str) -> (Typed, Compiled) {
    let u = unit(name, text);
    assert!(u.diags.is_empty(), "{}", render(&u.diags, &u.sources, Format::Human, false));
    (u.typed.unwrap(), u.compiled.unwrap())
}

/// One snapshot below `tests/snapshots`.
pub fn snapshot(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../tests/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.to_string(), text));
}

/// Runs a program; a failure is a failure of the test.
pub fn run(g: &Graph, batch: usize, inputs: &BTreeMap<String, Tensor64>) -> BTreeMap<String, Tensor64> {
    run_with(g, batch, inputs, &draws)
}

pub fn run_with(
    g: &Graph,
    batch: usize,
    inputs: &BTreeMap<String, Tensor64>,
    random: &dyn Fn(RandomKind, u32, usize) -> Vec<f64>,
) -> BTreeMap<String, Tensor64> {
    let env = interp::Env { batch, inputs: inputs.clone(), random };
    interp::run(g, &env).unwrap_or_else(|why| panic!("{}: {why}", g.name)).into_iter().collect()
}

/// The tensors that `init` makes, by path.
pub fn initial(c: &Compiled) -> BTreeMap<String, Tensor64> {
    let out = run(&c.programs["init"], 1, &BTreeMap::new());
    out.into_iter().map(|(k, v)| (k.split_once(':').unwrap().1.to_string(), v)).collect()
}

/// Inputs for a program: parameters as `init` makes them, slightly moved (so that a zero start hides nothing), optimizer states
/// zero, data at random inside their type.
pub fn inputs(typed: &Typed, c: &Compiled, g: &Graph, batch: usize) -> BTreeMap<String, Tensor64> {
    inputs_from(typed, &initial(c), g, batch)
}

/// The same from what `init` made.
pub fn inputs_from(
    typed: &Typed,
    params: &BTreeMap<String, Tensor64>,
    g: &Graph,
    batch: usize,
) -> BTreeMap<String, Tensor64> {
    let mut all = BTreeMap::new();
    for (i, node) in g.nodes.iter().enumerate() {
        let Op::Input(input) = &node.op else { continue };
        let dims = node.ty.shape.at(batch);
        let n: usize = dims.iter().product();
        let stream = 77 + i as u64;
        let data: Vec<f64> = match input.role {
            Role::Param => {
                params[&input.name].data.iter().zip(normal(stream, n)).map(|(p, e)| p + 0.05 * e).collect()
            }
            Role::State => params
                .get(input.name.as_str())
                .or_else(|| params.get(input.name.trim_start_matches("@ema.")))
                .map_or(vec![0.0; n], |t| t.data.clone()),
            // A slot of an optimizer is at its start, a block somewhere.
            Role::PerDatum if input.name.starts_with("@opt.") => vec![0.0; n],
            Role::PerDatum => normal(stream, n).iter().map(|e| 0.3 * e).collect(),
            Role::Local => panic!("`{}` stands outside of a loop", input.name),
            Role::Scalar => vec![if input.name == "@update" { 1.0 } else { 0.01 }; n],
            // Which elements of an example are given.
            Role::Data if input.name.starts_with("@known.") => {
                uniform(stream, n).iter().map(|u| (2.0 * u).floor()).collect()
            }
            // How much each example counts.
            Role::Data if input.name == "@weight" => uniform(stream, n),
            Role::Data => {
                let var = typed
                    .data
                    .iter()
                    .find_map(|d| d.vars.iter().find(|v| v.name == input.name).map(|v| (v, d.dynamic)));
                let (var, dynamic) = var.unwrap_or_else(|| panic!("no data `{}`", input.name));
                let u = uniform(stream, n);
                match var.ty.kind {
                    Kind::Real(Support::Simplex { .. }) => {
                        u.iter().map(|_| 1.0 / dims.last().copied().unwrap_or(1) as f64).collect()
                    }
                    Kind::Real(support) => match support.ends() {
                        (lo, hi) if lo.is_finite() && hi.is_finite() => {
                            u.iter().map(|u| lo + (hi - lo) * u).collect()
                        }
                        (0.0, _) => normal(stream, n).iter().map(|x| x.exp()).collect(),
                        _ => normal(stream, n),
                    },
                    Kind::Bool if dynamic => u,
                    Kind::Bool | Kind::OneHot => u.iter().map(|u| (2.0 * u).floor()).collect(),
                    Kind::Int(k) | Kind::Class(k) => u.iter().map(|u| (k as f64 * u).floor()).collect(),
                    Kind::Count => u.iter().map(|u| (1.0 / (u + 0.01)).floor()).collect(),
                }
            }
        };
        all.insert(input.name.clone(), Tensor64 { dims, data });
    }
    all
}

/// The largest relative difference of two runs' outputs, which must have the same names and shapes.
pub fn difference(a: &BTreeMap<String, Tensor64>, b: &BTreeMap<String, Tensor64>) -> f64 {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    let mut worst: f64 = 0.0;
    for (name, x) in a {
        let y = &b[name];
        assert_eq!(x.dims, y.dims, "{name}");
        for (x, y) in x.data.iter().zip(&y.data) {
            assert!(x.is_finite() && y.is_finite(), "{name}: {x} {y}");
            worst = worst.max((x - y).abs() / (1.0 + x.abs()));
        }
    }
    worst
}
