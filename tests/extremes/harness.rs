//! Every distribution at extreme parameters against `reference.txt`, with numbers as they are run: by whatever runs a graph in f32.

use gmc_compiler::event::Support;
use gmc_compiler::ir::grad::grad;
use gmc_compiler::ir::optimise::optimise;
use gmc_compiler::ir::{Graph, Role, Shape, Value};
use gmc_compiler::rows::DistRow;
use gmc_compiler::rows::distribution::{FORMS, ROWS, kl, spelled};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Axes and numbers of an input.
pub type Given = BTreeMap<String, (Vec<usize>, Vec<f32>)>;
/// Runs a graph at a batch, and gives its outputs in order.
pub type Run<'r> = &'r dyn Fn(&Graph, usize, &Given) -> Vec<Vec<f32>>;

/// A line of the reference.
#[derive(Clone, Debug)]
struct Entry {
    line: usize,
    kind: String,
    row: String,
    /// Entries of each parameter of each distribution, `None` where it is not given.
    params: Vec<Vec<Option<Vec<f64>>>>,
    x: Vec<f64>,
    value: Vec<f64>,
    /// Derivatives in the parameters; empty where they are not compared.
    slopes: Vec<Vec<Option<Vec<f64>>>>,
    /// Derivative in x; empty where it is not compared.
    slope: Vec<f64>,
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(|t| t.parse().expect("a number")).collect()
}

fn lists(text: &str) -> Vec<Vec<Option<Vec<f64>>>> {
    let one = |p: &str| if p.trim() == "-" { None } else { Some(numbers(p)) };
    text.split(" / ").filter(|t| !t.trim().is_empty()).map(|t| t.split(';').map(one).collect()).collect()
}

fn entries() -> Vec<Entry> {
    let text = include_str!("reference.txt");
    let entry = |(i, line): (usize, &str)| {
        let mut parts = line.split('|').map(str::trim);
        let mut next = || parts.next().expect("seven parts").to_string();
        let (kind, row, params, x, value, slopes, slope) =
            (next(), next(), next(), next(), next(), next(), next());
        let slope = if slope == "-" { Vec::new() } else { numbers(&slope) };
        Entry {
            line: i + 1,
            kind,
            row,
            params: lists(&params),
            x: numbers(&x),
            value: numbers(&value),
            slopes: lists(&slopes),
            slope,
        }
    };
    text.lines().enumerate().map(entry).collect()
}

fn row(name: &str) -> &'static dyn DistRow {
    spelled(name).unwrap_or_else(|| panic!("no row `{name}`"))
}

/// What must be alike so that entries can share a graph.
fn shape_of(e: &Entry) -> String {
    let counts = |p: &Option<Vec<f64>>| p.as_ref().map(Vec::len);
    let mut key = format!("{} {} {} {}", e.kind, e.row, e.x.len(), e.slope.len());
    for (which, params) in e.params.iter().enumerate() {
        let rows: Vec<&str> = e.row.split(" / ").collect();
        let specs = row(rows[which]).dist_params();
        for (p, spec) in params.iter().zip(specs) {
            let fixed = if ["levels", "total_count"].contains(&spec.name) { p.clone() } else { None };
            let _ = write!(key, " {:?}{fixed:?}", counts(p));
        }
    }
    let _ = write!(key, " {}", e.slopes.is_empty());
    key
}

/// The parameters of distribution `which` of a group as inputs `[B, ..]`, or of one entry as rank 0 or `[1, ..]`.
fn inputs(g: &mut Graph, group: &[&Entry], which: usize, given: &mut Given) -> Vec<Option<Value>> {
    let first = group[0];
    let name = first.row.split(" / ").nth(which).expect("a row");
    let draws = first.kind == "cdf";
    let mut all = Vec::new();
    for (i, (p, spec)) in first.params[which].iter().zip(row(name).dist_params()).enumerate() {
        all.push(p.as_ref().map(|p| {
            if ["levels", "total_count"].contains(&spec.name) {
                return g.scalar(p[0]);
            }
            let own = match spec.axes {
                0 if p.len() == 1 => vec![],
                2 => vec![p.len().isqrt(); 2],
                _ => vec![p.len()],
            };
            let shape = match (draws, own.is_empty()) {
                (false, _) => Shape::batched(&own),
                (true, true) => Shape::scalar(),
                (true, false) => Shape::fixed(&[&[1], own.as_slice()].concat()),
            };
            let name = format!("p{which}.{i}");
            let data = group.iter().flat_map(|e| e.params[which][i].clone().expect("alike"));
            given.insert(name.clone(), (shape.at(group.len()), data.map(|x| x as f32).collect()));
            g.input(&name, Role::Data, shape)
        }));
    }
    all
}

/// The worst entry of a kind and row.
#[derive(Clone, Debug, Default)]
pub struct Worst {
    pub entries: usize,
    pub value: f64,
    pub slope: f64,
    pub at: String,
}

/// Beyond this there is no number in f32.
const MOST: f64 = 3e38;

/// How far `got` lies from `want`, in units of the greater of `want` and `floor`.
fn error(got: f64, want: f64, floor: f64) -> f64 {
    let got = if got.abs() > MOST { f64::INFINITY.copysign(got) } else { got };
    let want = if want.abs() > MOST { f64::INFINITY.copysign(want) } else { want };
    if got == want {
        0.0
    } else if !got.is_finite() || !want.is_finite() {
        f64::INFINITY
    } else {
        (got - want).abs() / want.abs().max(floor)
    }
}

/// Value and derivatives of a group by one graph, compared.
fn compare(group: &[&Entry], run: Run<'_>, found: &mut dyn FnMut(&Entry, &str, f64, f64, f64)) {
    let e = group[0];
    let (mut g, mut given) = (Graph::new("extremes"), Given::new());
    let rows: Vec<&str> = e.row.split(" / ").collect();
    let params: Vec<Vec<Option<Value>>> =
        (0..rows.len()).map(|k| inputs(&mut g, group, k, &mut given)).collect();
    let r = row(rows[0]);
    let mut x = None;
    let v = match e.kind.as_str() {
        "density" => {
            let event: &[usize] = if r.vector() { &[e.x.len()] } else { &[] };
            let data = group.iter().flat_map(|e| e.x.iter().map(|x| *x as f32)).collect();
            given.insert("x".into(), (Shape::batched(event).at(group.len()), data));
            let input = g.input("x", Role::Data, Shape::batched(event));
            x = Some(input);
            r.log_prob(&mut g, &params[0], input)
        }
        "entropy" => (r.entropy().expect("an entropy"))(&mut g, &params[0]),
        _ => kl::closed_form(r, row(rows[1])).expect("a divergence")(&mut g, &params[0], &params[1]),
    };
    let v = if g.rank(v) > 1 { g.sum_event(v) } else { v };
    g.output("v", v);
    let wrt: Vec<Value> =
        params.iter().flatten().flatten().copied().filter(|p| g.constant(*p).is_none()).chain(x).collect();
    let sum = g.sum_all(v);
    let slopes = grad(&mut g, sum, &wrt);
    slopes.iter().enumerate().for_each(|(i, d)| g.output(format!("d{i}"), *d));
    // At a border derivatives are asked to be finite, and so are theirs.
    if e.slopes.is_empty() {
        let mut all = g.scalar(0.0);
        for d in slopes {
            let s = g.sum_all(d);
            all = g.add(all, s);
        }
        grad(&mut g, all, &wrt).into_iter().enumerate().for_each(|(i, d)| g.output(format!("dd{i}"), d));
    }
    let out = run(&optimise(&g), group.len(), &given);
    for (k, e) in group.iter().enumerate() {
        found(e, "value", f64::from(out[0][k]), e.value[0], 1.0);
    }
    if e.slopes.is_empty() {
        for o in &out[1..] {
            let each = o.len() / group.len();
            for (e, o) in group.iter().zip(o.chunks(each)).filter(|(e, _)| e.value[0].is_finite()) {
                o.iter().for_each(|d| found(e, "finite", f64::from(d.is_finite()), 1.0, 1.0));
            }
        }
        return;
    }
    let mut results = out[1..].iter();
    for (which, name) in rows.iter().enumerate() {
        let specs = row(name).dist_params();
        for (i, spec) in specs
            .iter()
            .enumerate()
            .filter(|(i, s)| e.params[which][*i].is_some() && !["levels", "total_count"].contains(&s.name))
        {
            let got = results.next().expect("a derivative");
            let each = got.len() / group.len();
            for (e, got) in group.iter().zip(got.chunks(each)) {
                let Some(want) = &e.slopes[which][i] else { continue };
                let at = e.params[which][i].as_ref().expect("given");
                for ((got, want), at) in got.iter().zip(want).zip(at) {
                    // Of what is positive the derivative in its logarithm counts; of others that in units of 1, or of its size.
                    let floor =
                        if spec.support == Support::POSITIVE { 1.0 / at } else { 1.0 / at.abs().max(1.0) };
                    found(e, spec.name, f64::from(*got), *want, floor);
                }
            }
        }
    }
    if let (Some(got), true) = (results.next(), !e.slope.is_empty()) {
        for (e, got) in group.iter().zip(got.chunks(e.slope.len())) {
            for ((got, want), at) in got.iter().zip(&e.slope).zip(&e.x) {
                found(e, "x", f64::from(*got), *want, 1.0 / at.abs().max(1.0));
            }
        }
    }
}

/// Where an error is larger than this the test fails.
const TOLERANCE: f64 = 1e-5;

/// All entries: the worst by kind and row, and what is beyond the tolerance.
pub fn densities(run: Run<'_>) -> (BTreeMap<(String, String), Worst>, Vec<String>) {
    let all = entries();
    let mut groups: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for e in all.iter().filter(|e| e.kind != "cdf") {
        groups.entry(shape_of(e)).or_default().push(e);
    }
    let (mut worst, mut bad) = (BTreeMap::<(String, String), Worst>::new(), Vec::new());
    for group in groups.values() {
        let w = worst.entry((group[0].kind.clone(), group[0].row.clone())).or_default();
        w.entries += group.len();
        compare(group, run, &mut |e, what, got, want, floor| {
            let error = error(got, want, floor);
            let of = if what == "value" { &mut w.value } else { &mut w.slope };
            if error > of.max(0.0) {
                *of = error;
            }
            if error >= w.value.max(w.slope) {
                w.at = format!("{what}: {got:e} for {want:e} at line {}", e.line);
            }
            if error > TOLERANCE {
                bad.push(format!(
                    "{} {} {what}: {got:e} for {want:e}, {error:.1e}, line {}: {:?} at {:?}",
                    e.kind, e.row, e.line, e.params, e.x
                ));
            }
        });
    }
    (worst, bad)
}

/// Draws a distribution.
const DRAWS: usize = 20_000;

/// Draws of every `cdf` entry: the part of them below each point against the distribution function.
pub fn draws(run: Run<'_>) -> Vec<String> {
    let mut bad = Vec::new();
    for e in entries().iter().filter(|e| e.kind == "cdf") {
        let (mut g, mut given) = (Graph::new("extremes"), Given::new());
        let params = inputs(&mut g, &[e], 0, &mut given);
        let r = row(&e.row);
        let width = if r.vector() { e.params[0].iter().flatten().next().map_or(1, Vec::len) } else { 1 };
        let dims = if r.vector() { vec![DRAWS, width] } else { vec![DRAWS] };
        let x = r.sample(&mut g, &params, &Shape::fixed(&dims));
        g.output("x", x);
        let lp = r.log_prob(&mut g, &params, x);
        g.output("lp", lp);
        let out = run(&optimise(&g), 1, &given);
        let mut say =
            |what: String| bad.push(format!("draws of {} {:?}, line {}: {what}", e.row, e.params, e.line));
        let draws: Vec<f64> = out[0].chunks(width).map(|x| f64::from(x[0])).collect();
        if let Some(i) = out[0].iter().chain(&out[1]).position(|x| !x.is_finite()) {
            say(format!("draw {i} or its density is not finite"));
        }
        for (x, want) in e.x.iter().zip(&e.value) {
            let part = draws.iter().filter(|d| *d <= x).count() as f64 / DRAWS as f64;
            let sigma = (want * (1.0 - want) / DRAWS as f64).sqrt();
            if (part - want).abs() > 4.5 * sigma + 2e-4 {
                say(format!("{part} lie below {x}, where {want} should"));
            }
        }
    }
    bad
}

/// Rows and forms, and pairs of rows, that the reference lacks.
pub fn missing() -> Vec<String> {
    let all = entries();
    let have: BTreeSet<(&str, &str)> = all.iter().map(|e| (e.kind.as_str(), e.row.as_str())).collect();
    let mut rows: Vec<(String, &dyn DistRow, bool)> =
        ROWS.iter().map(|r| (r.name().to_string(), *r, true)).collect();
    let plain = rows.clone();
    for form in FORMS {
        let formed = FORMS.iter().flat_map(|f| {
            ROWS.iter()
                .filter_map(move |r| Some((format!("{} {}", f.name(), r.name()), f.around(*r).ok()?, false)))
        });
        for (name, inner, _) in plain.iter().cloned().chain(formed) {
            if let Ok(around) = form.around(inner) {
                let draws = !all.iter().any(|e| e.kind == "cdf" && e.row == "NormalMixture")
                    || form.name() != "Mixture";
                rows.push((format!("{} {name}", form.name()), around, draws));
            }
        }
    }
    let mut lacks = Vec::new();
    let mut need = |kind: &str, name: &str| {
        if !have.contains(&(kind, name)) {
            lacks.push(format!("{kind} of {name}"));
        }
    };
    for (name, r, draws) in &rows {
        need("density", name);
        if *draws {
            need("cdf", name);
        }
        if r.entropy().is_ok() {
            need("entropy", name);
        }
        kl::known(*r).iter().for_each(|q| need("kl", &format!("{name} / {}", q.name())));
    }
    lacks
}

/// The worst entries as a table.
pub fn table(worst: &BTreeMap<(String, String), Worst>) -> String {
    let mut out =
        String::from("| of | row | entries | value | derivatives | worst |\n|---|---|---|---|---|---|\n");
    for ((kind, row), w) in worst {
        let _ = writeln!(
            out,
            "| {kind} | {row} | {} | {:.1e} | {:.1e} | {} |",
            w.entries, w.value, w.slope, w.at
        );
    }
    out
}

/// The tests of what runs graphs: of every row its densities, entropies and divergences, and its draws.
macro_rules! every_extreme {
    ($run:ident) => {
        #[test]
        fn every_row_has_extremes() {
            assert_eq!(harness::missing(), Vec::<String>::new());
        }

        #[test]
        fn densities_entropies_and_divergences_hold_to_five_digits() {
            let (worst, bad) = harness::densities(&$run);
            println!("{}", harness::table(&worst));
            assert!(bad.is_empty(), "{} of the entries:\n{}", bad.len(), bad.join("\n"));
        }

        #[test]
        fn draws_follow_the_distribution_functions() {
            let bad = harness::draws(&$run);
            assert!(bad.is_empty(), "{}", bad.join("\n"));
        }
    };
}
pub(crate) use every_extreme;
