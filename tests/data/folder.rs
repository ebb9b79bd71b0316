//! Folders of class folders.

use std::path::Path;

use dreamer::train::data::LoadOptions;
use image::{Rgb, RgbImage, Rgba, RgbaImage};

use crate::Folder;

/// Ten pictures each of red and blue, of several sizes, among them one of each shape.
fn colours() -> Folder {
    let folder = Folder::new();
    for index in 0..10 {
        red(&folder, &format!("red/{index}.png"), 40 + index, 50);
        paint(&folder.path().join("blue"), &format!("{index}.bmp"), 64, 33, Rgb([0, 0, 200]));
    }
    folder
}

fn red(folder: &Folder, name: &str, width: u32, height: u32) {
    let path = folder.path().join(name);
    let name = path.file_name().unwrap().to_str().unwrap();
    paint(path.parent().unwrap(), name, width, height, Rgb([200, 0, 0]));
}

fn paint(folder: &Path, name: &str, width: u32, height: u32, colour: Rgb<u8>) {
    std::fs::create_dir_all(folder).unwrap();
    RgbImage::from_pixel(width, height, colour).save(folder.join(name)).unwrap();
}

fn error(folder: &Folder) -> String {
    folder.error("folder", &LoadOptions::default())
}

#[test]
fn class_folders_are_classes_by_name_and_a_fifth_is_kept_for_testing() {
    let folder = colours();
    folder.write("red/.hidden", b"no picture");
    folder.write("notes.txt", b"no picture, and beside the class folders");
    folder.write(".git/config", b"no class");
    let data = folder.load("folder", &LoadOptions::default()).unwrap().data;
    assert_eq!(data.classes, ["blue", "red"]);
    assert_eq!((data.shape.channels, data.shape.height, data.shape.width), (3, 32, 32));
    let count = |labels: &[u16], label| labels.iter().filter(|other| **other == label).count();
    for label in [0, 1] {
        assert_eq!(count(&data.training.labels, label), 8);
        assert_eq!(count(&data.test.labels, label), 2);
    }
    for (index, label) in data.test.labels.iter().enumerate() {
        let planes: Vec<&[u8]> = data.test.picture(index).chunks(32 * 32).collect();
        let strong = if *label == 0 { 2 } else { 0 };
        for (channel, plane) in planes.iter().enumerate() {
            let expected = if channel == strong { 200 } else { 0 };
            assert!(plane.iter().all(|value| *value == expected));
        }
    }
}

#[test]
fn pictures_of_different_sizes_are_cut_and_scaled_and_the_user_is_told() {
    let loaded = colours().load("folder", &LoadOptions::default()).unwrap();
    assert_eq!(
        loaded.notes,
        ["the pictures have 11 sizes, from 40×50 to 49×50 pixels: each is scaled, and its middle \
          cut out, to 32×32"]
    );
    let options = LoadOptions { size: Some(48), ..LoadOptions::default() };
    let loaded = colours().load("folder", &options).unwrap();
    assert_eq!(loaded.data.shape.width, 48);
    assert_eq!(loaded.notes[1], "18 of 20 pictures are smaller than 48×48 and are enlarged");
}

#[test]
fn the_middle_of_a_picture_is_what_is_kept_and_transparency_is_white() {
    let folder = colours();
    let mut wide = RgbaImage::from_pixel(90, 30, Rgba([255, 255, 0, 255]));
    for (x, _, pixel) in wide.enumerate_pixels_mut() {
        match x {
            30..45 => *pixel = Rgba([0, 0, 0, 255]),
            45..60 => *pixel = Rgba([0, 0, 0, 0]),
            _ => {}
        }
    }
    for index in 0..2 {
        std::fs::create_dir_all(folder.path().join("a")).unwrap();
        wide.save(folder.path().join(format!("a/{index}.png"))).unwrap();
    }
    let options = LoadOptions { size: Some(30), ..LoadOptions::default() };
    let data = folder.load("folder", &options).unwrap().data;
    assert_eq!(data.training.labels[0], 0);
    for row in data.training.picture(0).chunks(30) {
        assert_eq!((&row[..15], &row[15..]), (&[0; 15][..], &[255; 15][..]));
    }
}

#[test]
fn the_seed_chooses_what_is_kept_for_testing() {
    let folder = Folder::new();
    for index in 0..20u8 {
        for class in ["a", "b"] {
            let colour = Rgb([10 * index, 0, 0]);
            paint(&folder.path().join(class), &format!("{index}.png"), 4, 4, colour);
        }
    }
    let load = |seed, training| {
        let options = LoadOptions { seed, training, size: Some(4), ..LoadOptions::default() };
        folder.load("folder", &options).unwrap().data
    };
    assert_eq!(load(1, None), load(1, None));
    assert_ne!(load(1, None).test, load(2, None).test);
    assert_eq!(load(1, Some(7)).training.len(), 7);
    assert_eq!(load(1, Some(7)).test, load(1, None).test);
}

#[test]
fn folders_train_and_test_are_used_as_they_are() {
    let folder = Folder::new();
    for (name, colour) in [("dark", 10), ("light", 240)] {
        for index in 0..3 {
            let class = folder.path().join("train").join(name);
            paint(&class, &format!("{index}.png"), 32, 32, Rgb([colour; 3]));
        }
        paint(&folder.path().join("test").join(name), "0.png", 32, 32, Rgb([colour; 3]));
    }
    let loaded = folder.load("folder", &LoadOptions::default()).unwrap();
    assert_eq!(loaded.data.classes, ["dark", "light"]);
    assert_eq!(loaded.data.training.labels, [0, 0, 0, 1, 1, 1]);
    assert_eq!(loaded.data.test.labels, [0, 1]);
    assert!(loaded.notes.is_empty());
    red(&folder, "test/red/0.png", 32, 32);
    assert!(error(&folder).contains("test has a class \"red\", but train does not"));
}

#[test]
fn an_empty_class_folder_is_named() {
    let folder = colours();
    folder.write("green/.hidden", b"");
    assert!(error(&folder).starts_with("the class folder green is empty"), "{}", error(&folder));
}

#[test]
fn a_file_that_is_no_picture_is_named() {
    let folder = colours();
    folder.write("red/notes.txt", b"these are red");
    assert!(error(&folder).starts_with("red/notes.txt is not a picture"), "{}", error(&folder));
}

#[test]
fn a_folder_within_a_class_folder_is_named() {
    let folder = colours();
    folder.write("red/more/0.png", b"");
    assert!(error(&folder).starts_with("red/more is a folder inside a class folder"));
}

#[test]
fn one_class_or_one_picture_is_too_few() {
    let folder = Folder::new();
    assert!(error(&folder).starts_with("FOLDER has 0 class folder(s)"), "{}", error(&folder));
    red(&folder, "red/0.png", 8, 8);
    assert!(error(&folder).starts_with("FOLDER has 1 class folder(s)"), "{}", error(&folder));
    red(&folder, "blue/0.png", 8, 8);
    assert!(error(&folder).starts_with("the class folder blue has only 1 picture"));
    let options = LoadOptions { test: Some(3), ..LoadOptions::default() };
    assert!(colours().load("folder", &options).is_ok());
    let options = LoadOptions { test: Some(5), ..LoadOptions::default() };
    let error = colours().error("folder", &options);
    assert!(error.contains("has 4 test pictures, fewer than the 5 requested"), "{error}");
}
