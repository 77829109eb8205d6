//! Draws that are asked for otherwise than the model makes them: `--temperature 0.8`, `--given y=3`.

use crate::console::note;
use crate::failure::Failure;
use crate::session::Session;
use crate::session::rows::Needs;
use crate::store::folder_name;
use gmc_compiler::derive::{Altered, Decoded, Program, altered, decoder, givable};
use gmc_compiler::event::Kind;
use gmc_compiler::rows::data::truth;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is written behind `--temperature` and `--given`.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// Above 0.
    pub temperature: Option<f64>,
    /// Above 0.
    pub truncation: Option<f64>,
    /// Names and values of conditions.
    pub given: Vec<(String, String)>,
    /// A file with values of conditions, a row for each draw.
    pub rows: Option<PathBuf>,
    /// A file of codes to be decoded.
    pub codes: Option<PathBuf>,
    /// Of sites in an order, how many of their first places are given, by name.
    pub first: BTreeMap<String, usize>,
}

impl How {
    /// What stands in the name of a file that is drawn so: `-temperature0.8-y3`.
    pub fn named(&self) -> String {
        let t = self.temperature.map_or(String::new(), |t| format!("-temperature{t}"));
        let far = self.truncation.map_or(String::new(), |t| format!("-truncation{t}"));
        let given = self.given.iter().map(|(name, value)| {
            let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
            format!("-{name}{}", value.chars().map(plain).collect::<String>())
        });
        let files = self.rows.iter().chain(&self.codes).filter_map(|f| f.file_stem());
        let files = files.map(|stem| format!("-{}", folder_name(&stem.to_string_lossy())));
        t + &far + &given.collect::<String>() + &files.collect::<String>()
    }

    /// The variables whose values are given.
    pub fn names(&self, s: &Session) -> Vec<String> {
        self.given.iter().map(|(name, _)| variable(s, name)).collect()
    }

    /// Lets a program of the session draw so; how many rows the files hold, where there are some.
    ///
    /// # Errors
    /// A variable that there is not or that is no single value, a value that it does not have, a file that says neither, a model that cannot draw so.
    pub fn alter(&self, s: &mut Session, program: &Program) -> Result<Option<usize>, Failure> {
        for (name, text) in &self.given {
            let name = variable(s, name);
            let value = value(s, &name, text)?;
            s.given.insert(name, value);
        }
        let rows = self.rows.as_deref().map(|path| given_rows(s, path)).transpose()?;
        if let Some(path) = &self.codes {
            return decode(s, program, path).map(Some);
        }
        self.otherwise(s, program)?;
        Ok(rows)
    }

    /// Lets a program of the session draw at a temperature, and with the values that the session is given for what is drawn first.
    ///
    /// # Errors
    /// A model that cannot draw so.
    pub fn otherwise(&self, s: &mut Session, program: &Program) -> Result<(), Failure> {
        let conditions = s.model().map(|m| m.conds.clone()).unwrap_or_default();
        let names = s.given.keys().chain(&s.given_rows);
        let given: Vec<String> = names.filter(|n| !conditions.contains(n)).cloned().collect();
        let (temperature, truncation) = (self.temperature, self.truncation);
        if temperature.is_none() && truncation.is_none() && given.is_empty() && self.first.is_empty() {
            return Ok(());
        }
        let how = Altered { temperature, truncation, given, first: self.first.clone() };
        let graph = altered(&s.typed, program, &how)
            .map_err(|why| Failure::new(format!("the model does not draw so: {why}")))?;
        s.run_instead(program.clone(), graph);
        if let Some(t) = self.temperature {
            note(&format!(
                "note: drawn at temperature {t}: logits are divided by it, scales multiplied; these are no draws from the model itself, whose density is that at temperature 1\n"
            ));
        }
        if let Some(t) = self.truncation {
            note(&format!(
                "note: hidden variables beyond {t} standard deviations were drawn anew; these are no draws from the model itself\n"
            ));
        }
        Ok(())
    }
}

/// Gives the variables that a file holds, a row for each draw; how many rows it has.
fn given_rows(s: &mut Session, path: &Path) -> Result<usize, Failure> {
    let wished = s.model().map(givable).unwrap_or_default();
    if wished.is_empty() {
        return Err(Failure::new(
            "the model is conditioned on nothing and draws nothing first that could be given",
        )
        .help("leave `--given` out"));
    }
    let item = s.typed.data.iter().position(|d| d.vars.iter().any(|v| wished.contains(&v.name))).unwrap_or(0);
    let needs = Needs { needed: Vec::new(), wished };
    let read = s.read_into(item, path, &needs)?;
    s.given_rows.extend(read);
    Ok(s.sets.get(item).map_or(0, |set| set.test.n))
}

/// Decodes the codes of a file where the program drew them; how many rows it has.
fn decode(s: &mut Session, program: &Program, path: &Path) -> Result<usize, Failure> {
    let hidden = s.hidden();
    let model = s.model().map(|m| m.name.clone()).filter(|_| !hidden.is_empty());
    let Some(model) = model else {
        return Err(Failure::new("the model has no hidden variables: there are no codes to decode"));
    };
    let (codes, n) = s.read_codes(path, &hidden)?;
    let names: Vec<String> = codes.iter().map(|(name, _, _)| name.clone()).collect();
    let decoder = decoder(&s.typed, Some(&model), &names, Decoded::Drawn).map_err(Failure::new)?;
    s.run_instead(program.clone(), decoder.graph);
    s.codes = codes;
    Ok(n)
}

/// The variable that is meant by its own name or by that of its column.
fn variable(s: &Session, name: &str) -> String {
    let mut all = s.typed.data.iter().flat_map(|d| &d.vars).map(|v| &v.name);
    match s.data_type(name) {
        Some(_) => name.to_string(),
        None => all.find(|v| s.columns(v) == [name]).map_or(name, String::as_str).to_string(),
    }
}

/// The number of a value of a variable: of a class also by what it is called.
fn value(s: &Session, name: &str, text: &str) -> Result<f32, Failure> {
    let Some(ty) = s.data_type(name) else {
        let names: Vec<&str> = s.typed.data.iter().flat_map(|d| &d.vars).map(|v| v.name.as_str()).collect();
        return Err(Failure::new(format!("the spec has no data variable `{name}`"))
            .help(format!("its variables: `{}`", names.join("`, `"))));
    };
    if !ty.shape.is_empty() {
        return Err(Failure::new(format!(
            "`{name}` is {ty}: only a single class or number is given as {name}={text}"
        ))
        .help("what is given of an example of several numbers is a matter of `gmc complete`"));
    }
    if let Some(class) = s.labels(name).iter().position(|l| l == text) {
        return Ok(class as f32);
    }
    let word = if ty.kind == Kind::Bool { truth(text).map(|t| f64::from(u8::from(t))) } else { None };
    let number: Option<f64> = word.or_else(|| text.parse().ok());
    let fits = |v: &f64| match ty.kind {
        Kind::Bool | Kind::OneHot => *v == 0.0 || *v == 1.0,
        Kind::Int(n) | Kind::Class(n) => *v >= 0.0 && *v < n as f64 && v.fract() == 0.0,
        Kind::Count => v.is_finite() && *v >= 0.0 && v.fract() == 0.0,
        Kind::Real(support) => v.is_finite() && support.ends().0 <= *v && *v <= support.ends().1,
    };
    number.filter(fits).map(|v| v as f32).ok_or_else(|| {
        let failure = Failure::new(format!("`{name}` is {ty}, which has no value `{text}`"));
        match (s.labels(name), ty.kind) {
            ([], Kind::Int(n) | Kind::Class(n)) => {
                failure.help(format!("write a whole number from 0 to {}", n.max(1) - 1))
            }
            ([], Kind::Bool) => failure.help("write true or false, yes or no, 1 or 0"),
            ([], Kind::OneHot) => failure.help("write 0 or 1"),
            ([], Kind::Count) => failure.help("write a whole number from 0 on"),
            ([], Kind::Real(support)) => failure.help(format!("write a number that {}", support.describe())),
            (labels, _) => failure.help(format!("its classes: {}", labels.join(", "))),
        }
    })
}
