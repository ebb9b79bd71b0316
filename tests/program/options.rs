//! Guides, pyramids and masks, for one photograph, folders and comparisons; and what is refused before
//! any weights are looked for.

use std::fs;

use image::{ImageBuffer, Luma, LumaA};

use crate::album::{TINY, album, dream_all};
use crate::folder::{Folder, bytes, says};
use crate::studio::{BACKENDS, dream, dreamed_again, open, photo, studio};

/// The studio with `guide.png` and, black on the left, `mask.png`.
fn guided_studio() -> Folder {
    let folder = studio();
    add_pictures(&folder);
    folder
}

fn add_pictures(folder: &Folder) {
    photo(50, 60).save(folder.path("guide.png")).unwrap();
    let mask = ImageBuffer::from_fn(48, 40, |x, _| Luma([if x < 24 { 0u8 } else { 255 }]));
    mask.save(folder.path("mask.png")).unwrap();
}

/// Each with what the picture remembers of it.
const OPTIONS: [(&str, &str); 3] = [
    ("--guide=guide.png", "--guide guide.png"),
    ("--laplacian=3", "--laplacian 3"),
    ("--mask=mask.png", "--mask mask.png"),
];

#[test]
fn each_option_changes_the_dream_which_can_be_made_again() {
    let folder = guided_studio();
    for backend in BACKENDS {
        let backend = format!("--backend={backend}");
        dream(&folder, &["photo.png", "-o", "plain.png", "--force", &backend]);
        for (option, remembered) in OPTIONS {
            dream(&folder, &["photo.png", "-o", "with.png", "--force", &backend, option]);
            let [plain, with] = ["plain.png", "with.png"].map(|name| open(&folder, name).planes);
            assert_ne!(plain, with, "{option}");
            let line = dreamed_again(&folder, "with.png");
            says(&line, &[remembered]);
        }
    }
}

#[test]
fn in_a_png_pixels_where_the_mask_is_black_are_the_photographs() {
    let folder = guided_studio();
    let with = ["photo.png", "-o", "with.png", "--mask=mask.png"];
    dream(&folder, &with);
    let [before, after] = ["photo.png", "with.png"]
        .map(|name| image::load_from_memory(&bytes(&folder, name)).unwrap().to_rgb8());
    // The mask's edge is at 48 and, resized, at most two pixels wide.
    let changed = |columns: std::ops::Range<u32>| {
        let pixels = columns.flat_map(|x| (0..80).map(move |y| (x, y)));
        pixels.filter(|(x, y)| before.get_pixel(*x, *y) != after.get_pixel(*x, *y)).count()
    };
    assert_eq!(changed(0..46), 0);
    assert!(changed(50..96) > 46 * 80 / 2);
}

#[test]
fn a_dream_that_changes_nothing_says_so() {
    let folder = guided_studio();
    ImageBuffer::from_pixel(8, 8, Luma([0u8])).save(folder.path("black.png")).unwrap();
    let said = dream(&folder, &["photo.png", "-o", "masked.png", "--mask=black.png"]);
    says(&said, &["note: the picture has not changed", "masked"]);
    fs::create_dir(folder.path("in")).unwrap();
    fs::copy(folder.path("photo.png"), folder.path("in/photo.png")).unwrap();
    let said = dream(&folder, &["in", "-o", "out/", "--mask=black.png"]);
    says(&said, &["note: in/photo.png: the picture has not changed"]);
    let said = dream(&folder, &["photo.png", "-o", "half.png", "--mask=mask.png"]);
    assert!(!said.contains("note:"), "{said}");
}

#[test]
fn steps_that_found_no_gradient_are_counted() {
    let folder = Folder::new();
    ImageBuffer::from_pixel(160, 120, Luma([255u8])).save(folder.path("white.png")).unwrap();
    let layer = "--layer=conv1_1.activation:2";
    let said = dream(&folder, &["white.png", "-o", "out.png", "--model=menagerie", layer]);
    says(&said, &["found no gradient of conv1_1.activation:2, and added noise instead"]);
}

#[test]
fn a_photographs_own_alpha_is_no_mask() {
    let folder = guided_studio();
    let transparent = ImageBuffer::from_fn(40, 30, |_, _| LumaA([255u8, 0]));
    transparent.save(folder.path("transparent.png")).unwrap();
    dream(&folder, &["photo.png", "-o", "plain.png"]);
    dream(&folder, &["photo.png", "-o", "with.png", "--mask=transparent.png"]);
    assert_eq!(open(&folder, "plain.png").planes, open(&folder, "with.png").planes);
}

#[test]
fn folders_and_comparisons_take_the_same_options() {
    let folder = album();
    add_pictures(&folder);
    for (index, (option, _)) in OPTIONS.into_iter().enumerate() {
        let output = format!("out{index}/");
        dream_all(&folder, &["photos/b.png", "-o", &output, option, "--threads=1"]);
        let alone = ["photos/b.png", "-o", "alone.png", "--force", option, "--threads=1"];
        dream_all(&folder, &alone);
        let together = bytes(&folder, &format!("{output}b.png"));
        assert!(together == bytes(&folder, "alone.png"), "{option}");

        let compared = ["compare", "photos/b.png", "--layers=features.3", "--force", option];
        let rest = &TINY[1..];
        let command =
            folder.dreamer(compared).args(rest).args(["--threads=1", "--keep=kept"]).assert();
        command.success();
    }
    assert_eq!(fs::read_dir(folder.path("kept")).unwrap().count(), OPTIONS.len());
}

#[test]
fn another_guide_under_the_same_name_is_another_dream() {
    let folder = album();
    add_pictures(&folder);
    let arguments = ["photos/b.png", "-o", "out/", "--guide=guide.png"];
    dream_all(&folder, &arguments);
    says(&dream_all(&folder, &arguments), &["0 photographs dreamed", "1 done before"]);
    photo(31, 33).save(folder.path("guide.png")).unwrap();
    let assert = folder.dreamer(arguments).args(TINY).assert().code(1);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&error, &["was dreamed with other settings", "--force"]);
}

#[test]
fn the_values_of_an_option_can_be_compared() {
    let folder = guided_studio();
    let arguments = ["compare", "photo.png", "--sweep=laplacian=1,4", "-o=a.html", "--max-size=60"];
    folder.dreamer(arguments).args(&TINY[1..]).assert().success();
    let page = String::from_utf8(bytes(&folder, "a.html")).unwrap();
    says(&page, &["laplacian 1", "laplacian 4", "--laplacian 4"]);
}

#[test]
fn a_comparison_names_the_options_that_were_chosen() {
    let folder = guided_studio();
    let arguments = ["compare", "photo.png", "--layers=features.3,features.4", "--objective=mean"];
    let others = ["--mask=mask.png", "--sweep=step=1,2", "-o=a.html"];
    folder.dreamer(arguments).args(others).args(&TINY[1..]).assert().success();
    let page = String::from_utf8(bytes(&folder, "a.html")).unwrap();
    let line = page.split_once("<header>").unwrap().1.split_once("</header>").unwrap().0;
    says(line, &["squeezenet1_1", "objective mean", "octaves 1", "mask mask.png"]);
    assert!(!line.contains("step") && !line.contains("layer"), "{line}");
}

#[test]
fn a_value_apart_from_its_option_is_no_photograph() {
    let folder = studio();
    for (option, value) in [("--tile", "64"), ("--seamless", "x"), ("--keep-contrast", "no")] {
        let error = folder.misused(["photo.png", option, value]);
        says(&error, &[&format!("there is no photograph {value}"), &format!("{option}={value}")]);
    }
    let error = folder.misused(["photo.png", "--tile", "64", "--output", "out/"]);
    says(&error, &["--tile=64"]);
    // One that is there is a photograph, and another that is not there is no value.
    fs::copy(folder.path("photo.png"), folder.path("64")).unwrap();
    says(&folder.misused(["photo.png", "--tile", "64"]), &["several photographs"]);
    says(&folder.misused(["photo.png", "--tile", "other.png"]), &["several photographs"]);
}

#[test]
fn what_the_file_system_refuses_is_refused_before_weights_are_looked_for() {
    let folder = guided_studio();
    fs::remove_dir_all(folder.path("models")).unwrap();
    folder.write("there.png", "a file");
    folder.write("broken.png", "no picture");
    fs::create_dir(folder.path("folder")).unwrap();
    fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
        [&["photo.png", "-m", "vgg16"], arguments].concat()
    }
    let refused = [
        (with(&["-o", "there.png"]), "there.png already exists"),
        (with(&["-o", "nowhere/a.png"]), "there is no folder nowhere"),
        (with(&["-o", "a.docx"]), "a.docx"),
        (with(&["--guide", "none.jpg", "-o", "b.png"]), "none.jpg does not exist"),
        (with(&["--mask", "broken.png", "-o", "b.png"]), "broken.png"),
        (vec!["none.png", "-m", "vgg16"], "none.png does not exist"),
        (with(&["broken.png"]), "several photographs need a folder"),
    ];
    for (arguments, reason) in refused {
        let output = folder.dreamer(&arguments).assert().failure();
        let error = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        says(&error, &[reason]);
        assert!(!error.contains("weights"), "{arguments:?}: {error}");
    }
    let error = folder.fails(with(&["-o", "b.png"]));
    says(&error, &["no weights for vgg16"]);
}

#[test]
fn a_guide_that_the_layer_cannot_see_is_named() {
    let folder = guided_studio();
    photo(4, 4).save(folder.path("small.png")).unwrap();
    let error = folder.fails(["photo.png", "--guide=small.png", "-o", "a.png"]);
    says(&error, &["the guide does not fit", "--guide"]);
}
