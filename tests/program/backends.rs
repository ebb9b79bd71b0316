//! What computes: the core and libtorch, by choice.

use serde_json::Value;

use crate::folder::says;
#[cfg(feature = "torch")]
use crate::psnr::psnr;
#[cfg(feature = "torch")]
use crate::studio::open;
use crate::studio::{BACKENDS, SHORT, dream, dreamed_again, studio};

/// What computes where nothing is chosen.
const DEFAULT: &str = if cfg!(feature = "torch") { "torch" } else { "core" };

#[cfg(feature = "torch")]
#[test]
fn the_core_and_libtorch_give_pictures_that_agree() {
    let folder = studio();
    for backend in BACKENDS {
        // A dream in which no two values are so close that their rounding decides what a pooling takes.
        let options = ["--layer=features.9", "--border=wrap", "--smooth=0", "--backend", backend];
        dream(&folder, &[&["photo.png", "-o", &format!("{backend}.png")], &options[..]].concat());
    }
    let [core, torch] = ["core.png", "torch.png"].map(|name| open(&folder, name).planes);
    let psnr = psnr(core.data(), torch.data());
    // Where both lie beside the middle of two levels of 255, they may be rounded apart.
    assert!(psnr > 60.0, "{psnr:.1} dB");
}

#[test]
fn a_picture_tells_its_backend_which_makes_the_same_pixels_again() {
    let folder = studio();
    for backend in BACKENDS {
        let options = ["--backend", backend, "--seed=4", "--tile=80", "-l", "features.4"];
        dream(&folder, &[&["photo.png", "--force"], &options[..]].concat());
        let line = dreamed_again(&folder, "photo.dream.png");
        says(&line, &[&format!("--backend {backend} --device cpu")]);
    }
}

#[test]
fn libtorch_computes_where_it_is_built_in_and_the_core_where_it_is_not() {
    let folder = studio();
    for options in [&["--json"][..], &["--json", "--backend=auto", "--force"]] {
        let arguments = [&["photo.png", "--device=cpu"], options].concat();
        let assert = folder.dreamer(arguments).args(SHORT).assert().success();
        let json: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
        assert_eq!(json["settings"]["backend"], DEFAULT);
    }
}

#[test]
fn the_core_computes_on_the_cpu_and_nowhere_else() {
    let folder = studio();
    for device in ["cuda", "cuda:1", "mps"] {
        let error = folder.misused(["photo.png", "--backend=core", "--device", device]);
        says(&error, &["the core computes on the CPU", device, "leave out --device"]);
    }
    dream(&folder, &["photo.png", "--backend=core", "--device=cpu"]);
}

#[test]
fn an_unknown_backend_names_the_known_ones() {
    let folder = studio();
    let assert = folder.dreamer(["photo.png", "--backend=onnx"]).assert().code(2).stdout("");
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&error, &["error: ", "onnx", "possible values: auto, core"]);
    assert_eq!(error.contains("torch"), cfg!(feature = "torch"));
}

#[cfg(not(feature = "torch"))]
#[test]
fn a_build_without_libtorch_offers_none_and_no_gpu() {
    let folder = studio();
    says(&folder.misused(["photo.png", "--backend=torch"]), &["'torch'", "--backend"]);
    let error = folder.misused(["photo.png", "--device=cuda"]);
    says(&error, &["not on cuda", "a dreamer that is built with libtorch can use a GPU"]);
}
