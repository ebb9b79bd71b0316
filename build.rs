//! Lets the built programs find libtorch's libraries wherever they are started from, by writing into
//! them the folders to look in (an "rpath"). Does nothing without the `torch` feature.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_TORCH").is_none() {
        return;
    }

    // torch-sys passes on the folder it links with.
    let Some(linked) = env::var_os("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    let linked = Path::new(&linked);
    println!("cargo::rerun-if-changed={}", linked.with_file_name("build-version").display());

    // It may be a link to a Python torch, whose libraries find their neighbours only under the
    // folder's real name.
    let real = match linked.canonicalize() {
        Ok(real) => real,
        Err(error) => {
            println!(
                "cargo::error=libtorch's folder {}: {error}; run `make libtorch`, which puts one there",
                linked.display()
            );
            return;
        }
    };

    // What `make install` puts beside the program goes first: it is what the program was built with.
    let origin = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => "@executable_path",
        _ => "$ORIGIN",
    };
    println!("cargo::rustc-link-arg=-Wl,-rpath,{origin}/../lib/dreamer");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", real.display());
}
