//! `gmc new`: a first spec, of a template, or one that fits data that are there.

mod columns;
mod mixture;
mod pictures;
mod table;
mod vector;

use super::args::Template;
use crate::console::say;
use crate::failure::Failure;
use crate::store::atomic_write;
use gmc_compiler::syntax::fmt::format;
use std::path::{Component, Path, PathBuf};

impl Template {
    /// The spec; all run on data that come with gmc.
    fn text(self) -> &'static str {
        match self {
            Template::Vae => include_str!("../../../../specs/vae.gm"),
            Template::Flow => include_str!("../../../../specs/realnvp.gm"),
            Template::Gan => include_str!("../../../../specs/gan_ring.gm"),
            Template::Autoregressive => include_str!("../../../../specs/made.gm"),
            Template::Autoencoder => include_str!("../../../../specs/ae.gm"),
            Template::Mixture => include_str!("../../../../specs/mixture.gm"),
            Template::Classifier => include_str!("../../../../specs/classifier.gm"),
            Template::HiddenMarkov => include_str!("../../../../specs/hmm.gm"),
            Template::Text => include_str!("../../../../specs/char_rnn.gm"),
        }
    }
}

/// `gmc new`
pub fn new(file: &Path, template: Option<Template>, from: Option<&Path>) -> Result<(), Failure> {
    let to_output = file == Path::new("-");
    let file = match file.extension() {
        None if !to_output => file.with_extension("gm"),
        Some(_) | None => file.to_path_buf(),
    };
    if !to_output && file.exists() {
        return Err(Failure::new(format!("{} exists already", file.display())).at("write", file));
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let laid_out = |text: String| format(&text).unwrap_or(text);
    let text = match from {
        Some(data) if data.is_dir() => laid_out(pictures::text(data, &quoted(&relative(data, folder)))?),
        Some(data) => laid_out(table::text(data, &quoted(&relative(data, folder)))?),
        None => template.unwrap_or(Template::Vae).text().to_string(),
    };
    if to_output {
        return say(&text);
    }
    atomic_write(&file, text.as_bytes())?;
    let of_data =
        if from.is_some() { format!("what it reads: gmc data {}\n", file.display()) } else { String::new() };
    say(&format!("wrote {0}\n{of_data}train it: gmc run {0}\n", file.display()))
}

/// A path as seen from the folder of a spec.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    if path.is_absolute() || folder.as_os_str().is_empty() {
        return path.to_path_buf();
    }
    let here =
        if folder.is_absolute() { std::env::current_dir().unwrap_or_default() } else { PathBuf::new() };
    let parts = |p: &Path| {
        let kept = |c: &Component<'_>| *c != Component::CurDir;
        p.components().filter(kept).map(|c| c.as_os_str().to_os_string()).collect::<Vec<_>>()
    };
    let (path, folder) = (parts(&here.join(path)), parts(folder));
    let shared = path.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".into(), folder.len() - shared);
    up.chain(path.into_iter().skip(shared)).collect()
}

/// The path as a spec says it.
fn quoted(path: &Path) -> String {
    path.display().to_string().replace('\\', "/").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::relative;
    use std::path::Path;

    #[test]
    fn data_are_found_from_the_folder_of_the_spec() {
        let from =
            |path: &str, folder: &str| relative(Path::new(path), Path::new(folder)).display().to_string();
        assert_eq!(from("t.csv", ""), "t.csv");
        assert_eq!(from("t.csv", "specs"), "../t.csv");
        assert_eq!(from("./a/t.csv", "a/b"), "../t.csv");
        assert_eq!(from("/data/t.csv", "a"), "/data/t.csv");
    }
}
