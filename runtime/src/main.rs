//! `gmc`: see `cli`.

fn main() -> std::process::ExitCode {
    // Mesa's device selection layer looks for a window system and complains on standard error where there is
    // none.
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: no other thread runs yet.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
    gmc_runtime::exec::join_threads();
    gmc_runtime::cli::main()
}
