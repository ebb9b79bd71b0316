//! Dreams that come true: what is written, printed and kept.

use std::fs;
use std::path::Path;

use dreamer::picture::Depth;
use dreamer::weights;
use image::ColorType;
use serde_json::Value;

use crate::folder::{bytes, says};
use crate::studio::{SHORT, deep_photo, dream, dreamed_again, open, photo, studio};

#[test]
fn the_dream_of_a_photo_is_photo_dream_png_in_the_current_folder() {
    let folder = studio();
    fs::create_dir(folder.path("album")).unwrap();
    fs::rename(folder.path("photo.png"), folder.path("album/photo.png")).unwrap();
    let said = dream(&folder, &["album/photo.png"]);
    assert_eq!(folder.names(), ["album", "models", "photo.dream.png"]);
    says(&said, &["photo.dream.png: 96×80, squeezenet1_1 features.10, 2 octaves × 2 steps", "cpu"]);
    assert_eq!(said.lines().count(), 1);
    assert!(!said.contains('\x1b'), "escapes are for terminals");

    let [before, after] = ["album/photo.png", "photo.dream.png"].map(|name| open(&folder, name));
    assert_ne!(before.planes, after.planes);
    assert_eq!(after.depth, Depth::Eight);
}

#[test]
fn a_jpeg_carries_its_settings() {
    let folder = studio();
    dream(&folder, &["photo.png", "-o", "eyes.jpg", "--quality=80", "--seed=3"]);
    assert_eq!(bytes(&folder, "eyes.jpg")[..2], [0xFF, 0xD8]);
    let assert = folder.dreamer(["show", "eyes.jpg"]).assert().success();
    let line = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    says(&line, &["dreamer photo.png", "--model squeezenet1_1", "--seed 3"]);
}

#[test]
fn every_format_is_written_by_its_suffix() {
    let folder = studio();
    for (name, start) in [("a.webp", &b"RIFF"[..]), ("a.TIF", &b"II*\0"[..]), ("a.bmp", &b"BM"[..])]
    {
        dream(&folder, &["photo.png", "-o", name]);
        assert!(bytes(&folder, name).starts_with(start), "{name}");
    }
}

#[test]
fn a_photo_is_read_from_standard_input() {
    let folder = studio();
    let photo = bytes(&folder, "photo.png");
    folder.dreamer(["-"]).args(SHORT).write_stdin(photo).assert().success().stdout("");
    dream(&folder, &["photo.png"]);
    assert_eq!(open(&folder, "dream.png"), open(&folder, "photo.dream.png"));
}

#[test]
fn standard_output_gets_the_picture_and_nothing_else() {
    let folder = studio();
    dream(&folder, &["photo.png", "-o", "file.png"]);
    let assert = folder.dreamer(["photo.png", "-o", "-"]).args(SHORT).assert().success();
    assert_eq!(assert.get_output().stdout, bytes(&folder, "file.png"));
}

#[test]
fn sixteen_bits_and_alpha_are_kept() {
    let folder = studio();
    deep_photo(96, 80).save(folder.path("deep.png")).unwrap();
    dream(&folder, &["deep.png"]);
    let [before, after] = ["deep.png", "deep.dream.png"].map(|name| open(&folder, name));
    assert_eq!(after.depth, Depth::Sixteen);
    assert_eq!(after.alpha, before.alpha);
    assert_eq!(image::open(folder.path("deep.dream.png")).unwrap().color(), ColorType::Rgba16);
}

#[test]
fn transparency_that_the_format_cannot_keep_is_told() {
    let folder = studio();
    deep_photo(96, 80).save(folder.path("deep.png")).unwrap();
    says(&dream(&folder, &["deep.png", "-o", "deep.jpg"]), &["note: ", "transparency", "JPEG"]);
    assert_eq!(dream(&folder, &["deep.png", "-q", "-o", "quiet.jpg"]), "");
}

#[test]
fn max_size_shrinks_the_photo_first() {
    let folder = studio();
    dream(&folder, &["photo.png", "--max-size=60"]);
    let dreamed = open(&folder, "photo.dream.png");
    assert_eq!((dreamed.planes.width(), dreamed.planes.height()), (60, 50));
}

#[test]
fn json_is_one_object_that_tells_what_was_done() {
    let folder = studio();
    let assert = folder
        .dreamer(["photo.png", "--json", "--threads=2", "--layer", "features.6, features.7=0.5"])
        .args(SHORT)
        .assert()
        .success();
    let json: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(json["output"], "photo.dream.png");
    assert_eq!([&json["width"], &json["height"]], [96, 80]);
    assert_eq!(json["octaves"], serde_json::json!([[69, 57], [96, 80]]));
    assert!(json["score"].as_f64() > Some(0.0) && json["seconds"].as_f64() > Some(0.0));
    let weights = folder.path("models/squeezenet1_1.safetensors");
    assert_eq!(json["weights"], weights.to_str().unwrap());
    let settings = &json["settings"];
    assert_eq!(settings["input"], "photo.png");
    assert_eq!(settings["layers"][1], serde_json::json!({"name": "features.7", "weight": 0.5}));
    assert_eq!(settings["threads"], 2);
    assert_eq!(settings["device"], "cpu");
}

#[test]
fn quiet_prints_nothing_at_all() {
    assert_eq!(dream(&studio(), &["photo.png", "--quiet", "--octave-scale=50"]), "");
}

#[test]
fn octaves_too_small_for_the_layer_are_left_out_and_told() {
    let said = dream(&studio(), &["photo.png", "--octave-scale=50"]);
    says(&said, &["note: 1 of 2 octaves", "2×2 pixels", "features.10"]);
}

#[test]
fn show_prints_a_command_line_that_makes_the_same_pixels_again() {
    let folder = studio();
    photo(200, 160).save(folder.path("my photo.png")).unwrap();
    let first = [
        "my photo.png",
        "--layer=features.3,features.4=-0.5",
        "--seed=7",
        "--tile=96",
        "--step=2.7",
        "--max-size=180",
        "--threads=2",
    ];
    dream(&folder, &first);
    says(&dreamed_again(&folder, "my photo.dream.png"), &["dreamer 'my photo.png' "]);
}

#[test]
fn a_seed_gives_one_picture_and_another_seed_another() {
    let folder = studio();
    for (seed, name) in [("--seed=1", "a.png"), ("--seed=1", "b.png"), ("--seed=2", "c.png")] {
        dream(&folder, &["photo.png", seed, "-o", name]);
    }
    assert_eq!(bytes(&folder, "a.png"), bytes(&folder, "b.png"));
    assert_ne!(open(&folder, "a.png").planes, open(&folder, "c.png").planes);
}

#[test]
fn a_preview_gives_way_to_the_picture() {
    let folder = studio();
    dream(&folder, &["photo.png", "--preview"]);
    dream(&folder, &["photo.png", "-o", "straight.png"]);
    assert_eq!(folder.names(), ["models", "photo.dream.png", "photo.png", "straight.png"]);
    assert_eq!(open(&folder, "photo.dream.png"), open(&folder, "straight.png"));
}

#[test]
fn the_first_model_that_is_installed_is_the_default_and_a_file_tells_its_own() {
    let folder = studio();
    fs::rename(folder.path("models"), folder.path("elsewhere")).unwrap();
    let said = dream(&folder, &["photo.png", "-w", "elsewhere/squeezenet1_1.safetensors"]);
    says(&said, &["squeezenet1_1"]);
}

#[test]
fn a_file_of_pytorch_dreams_as_one_of_safetensors_does() {
    let folder = studio();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/weights");
    let pytorch = fixtures.join("squeezenet1_1.pth");
    let tensors = weights::encode(&weights::read_all(&pytorch).unwrap(), "format", "pt".into());
    fs::write(folder.path("models/squeezenet1_1.safetensors"), tensors).unwrap();
    dream(&folder, &["photo.png", "--layer=features.1", "-o", "safetensors.png"]);
    fs::remove_file(folder.path("models/squeezenet1_1.safetensors")).unwrap();
    fs::copy(pytorch, folder.path("models/squeezenet1_1-b8a52dc0.pth")).unwrap();
    dream(&folder, &["photo.png", "--layer=features.1", "-o", "found.png"]);
    let named = ["--weights", "models/squeezenet1_1-b8a52dc0.pth"];
    dream(&folder, &["photo.png", "--layer=features.1", "-o", "named.png", named[0], named[1]]);
    let dreams = ["safetensors.png", "found.png", "named.png"].map(|name| open(&folder, name));
    assert_ne!(dreams[0], open(&folder, "photo.png"));
    assert_eq!(dreams[0], dreams[1]);
    assert_eq!(dreams[0], dreams[2]);
}

#[test]
fn a_file_named_like_a_command_is_dreamed_and_shown() {
    let folder = studio();
    fs::rename(folder.path("photo.png"), folder.path("layers")).unwrap();
    dream(&folder, &["./layers"]);
    let assert = folder.dreamer(["show", "layers.dream.png"]).assert().success();
    assert!(assert.get_output().stdout.starts_with(b"dreamer ./layers "));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_utf_8_is_still_a_name() {
    use std::os::unix::ffi::OsStrExt;

    let folder = studio();
    let [photo, dreamed] =
        [&b"\xFF \n.png"[..], &b"\xFF \n.dream.png"[..]].map(std::ffi::OsStr::from_bytes);
    fs::rename(folder.path("photo.png"), folder.path(photo)).unwrap();
    folder.dreamer([photo]).args(SHORT).assert().success();
    assert!(folder.path(dreamed).is_file());
}

#[cfg(unix)]
#[test]
fn a_device_is_written_into_and_stays() {
    use std::os::unix::fs::FileTypeExt;

    dream(&studio(), &["photo.png", "-o", "/dev/null"]);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}
