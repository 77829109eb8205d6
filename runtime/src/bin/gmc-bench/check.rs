//! `gmc-bench check`: from the start of the process to its exit.

use super::table::{Row, load_average, machine, table};
use gmc_runtime::failure::Failure;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The specs of `specs/`, by name, without the prelude, which is part of the program.
fn all_specs() -> Result<Vec<PathBuf>, Failure> {
    let found = std::fs::read_dir("specs").map_err(|e| Failure::file("read", "specs", e))?;
    let mut paths: Vec<PathBuf> = found
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "gm") && p.file_stem().is_some_and(|s| s != "prelude"))
        .collect();
    paths.sort();
    Ok(paths)
}

/// Times `gmc check` on these specs; all of `specs/` where none is named.
pub fn checks(specs: &[PathBuf], times: u32) -> Result<(), Failure> {
    let own = std::env::current_exe()
        .map_err(|e| Failure::new(format!("cannot find the path of this program: {e}")))?;
    let exe = own.with_file_name(format!("gmc{}", std::env::consts::EXE_SUFFIX));
    let specs = if specs.is_empty() { all_specs()? } else { specs.to_vec() };
    println!("gmc check, from start to exit, {times} runs each; {}", machine());
    let mut rows: Vec<Row> = specs.iter().map(|s| Row::new(s.display().to_string())).collect();
    for _ in 0..times {
        for (spec, row) in specs.iter().zip(&mut rows) {
            let start = Instant::now();
            let status = Command::new(&exe)
                .arg("check")
                .arg(spec)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let status = status
                .map_err(|e| Failure::file("run", &exe, format!("{e} (build it with this program)")))?;
            row.turns.push(start.elapsed().as_secs_f64() * 1e3);
            if !status.success() {
                return Err(Failure::new(format!("`gmc check {}` failed", spec.display())));
            }
        }
    }
    table(&rows, "ms");
    println!("  load after: {}", load_average());
    Ok(())
}
