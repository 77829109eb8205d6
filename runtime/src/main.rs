//! `gmc`: see `cli`.

fn main() -> std::process::ExitCode {
    gmc_runtime::cli::main()
}
