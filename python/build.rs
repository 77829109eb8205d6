//! Names of Python are found when it loads the module: on macOS the linker must be told.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "macos") {
        for arg in ["-undefined", "dynamic_lookup"] {
            println!("cargo:rustc-cdylib-link-arg={arg}");
        }
    }
}
