//! Columns of several kinds: a mixture of parts, in each of which every column is drawn on its own. It is summed over, so that the density is exact, with
//! cells missing, too.

use super::columns::{About, Kept, digits, levels, named};
use gmc_compiler::rows::data::survey::Holds;

/// Whole numbers up to here have a probability each; larger ones lie on a curve over the levels.
const EACH: f64 = 40.0;

/// How a column is drawn in a part.
struct Drawn {
    /// The outputs of the net that says how: name and type.
    outputs: Vec<(String, String)>,
    /// The statement.
    site: String,
}

/// How `k` is drawn; `taken` are the names that there are. `None`: it only says in which order rows stand.
fn drawn(k: &Kept<'_>, taken: &mut Vec<String>) -> Option<Drawn> {
    let mut output = |what: &str, ty: &str| {
        let name = named(&format!("{}_{what}", k.name), taken);
        taken.push(name.clone());
        (name, ty.to_string())
    };
    let name = &k.name;
    let (outputs, by) = match k.column.holds {
        Holds::Flags => {
            let l = output("logit", "Real[]");
            let by = format!("Bernoulli(logits: {})", l.0);
            (vec![l], by)
        }
        Holds::Texts { different: n, .. } => {
            let l = output("logits", &format!("Real[{n}]"));
            let by = format!("Categorical(logits: {})", l.0);
            (vec![l], by)
        }
        Holds::Whole { most, .. } if most <= EACH => {
            let l = output("logits", &format!("Real[{}]", levels(most)));
            let by = format!("Categorical(logits: {})", l.0);
            (vec![l], by)
        }
        Holds::Whole { most, mean, deviation } => {
            let (m, s) = (output("at", "Real[]"), output("width", "Real[]"));
            let n = levels(most);
            // Levels run from -1 to 1 there.
            let half = (n as f64 - 1.0) / 2.0;
            let (mean, d) = (digits(mean / half - 1.0), digits(deviation / half));
            let by = format!(
                "DiscretizedLogistic({mean} + {d} * {}, {d} * (0.02 + softplus({})), levels: {n})",
                m.0, s.0
            );
            (vec![m, s], by)
        }
        Holds::Skewed { mean, deviation } | Holds::Numbers { mean, deviation } => {
            let (m, s) = (output("at", "Real[]"), output("width", "Real[]"));
            let row = if matches!(k.column.holds, Holds::Skewed { .. }) { "LogNormal" } else { "Normal" };
            let (mean, d) = (digits(mean), digits(deviation));
            // A part is never narrower than a twentieth of the whole.
            let by = format!("{row}({mean} + {d} * {}, {d} * (0.05 + softplus({})))", m.0, s.0);
            (vec![m, s], by)
        }
        Holds::Dates | Holds::Nothing | Holds::Constant | Holds::RowNumbers | Holds::Commas => return None,
    };
    Some(Drawn { outputs, site: format!("  {name} ~ {by}\n") })
}

/// The spec.
pub(super) fn text(about: &About<'_>, kept: &[Kept<'_>]) -> String {
    let parts = about.parts();
    let mut taken: Vec<String> = kept.iter().map(|k| k.name.clone()).collect();
    let mut own = |wish: &str| {
        let name = named(wish, &taken);
        taken.push(name.clone());
        name
    };
    let (model, part, row, weights) = (own("p"), own("part"), own("row"), own("weights"));
    let label = kept.iter().find_map(|k| Some((&k.name, k.label()?)));
    let others = kept.iter().filter(|k| label.is_none_or(|(name, _)| *name != k.name));
    let drawn: Vec<Drawn> = others.filter_map(|k| drawn(k, &mut taken)).collect();
    let list = |f: fn(&(String, String)) -> &str| {
        drawn.iter().flat_map(|d| &d.outputs).map(f).collect::<Vec<_>>().join(", ")
    };
    let variables: Vec<String> = kept.iter().map(|k| format!("{}: {}", k.name, k.ty())).collect();
    let variables = match variables.as_slice() {
        [one] => one.clone(),
        some => format!("({})", some.join(", ")),
    };
    let source = about.source(&kept.iter().collect::<Vec<_>>(), false);
    let (net, first) = match label {
        Some((name, n)) => (
            format!("net {weights}({name}: Class({n})) -> Real[{parts}] {{ dense }}\n"),
            format!(
                "  {name} ~ Categorical(logits: free({n}))\n  {part} ~ Categorical(logits: {weights}({name}))\n"
            ),
        ),
        None => (String::new(), format!("  {part} ~ Categorical(logits: free({parts}))\n")),
    };
    let (outputs, types) = (list(|o| &o.0), list(|o| &o.1));
    let several = drawn.iter().map(|d| d.outputs.len()).sum::<usize>() > 1;
    let (outputs, types, layer) = match several {
        true => (format!("({outputs})"), format!("({types})"), "heads(init: normal(1))"),
        false if types == "Real[]" => (outputs, types, "dense(1, init: normal(1)), scalar"),
        false => (outputs, types, "dense(init: normal(1))"),
    };
    let sites: String = drawn.iter().map(|d| d.site.as_str()).collect();
    format!(
        "# The rows of `{}` as a mixture of {parts} parts, in each of which every column is drawn on its own.\n{}data {variables} from {source}\n\
         {net}net {row}({part}: Class({parts})) -> {types} {{ {layer} }}\nmodel {model} {{\n{first}  {outputs} = {row}({part})\n{sites}}}\n{}",
        about.file.display(),
        about.left_out,
        about.train("1e-2"),
    )
}
