//! MNIST's four files.

use dreamer::train::data::{DataSource, LoadOptions, PictureShape, statistics};

use crate::{Folder, gzip, shared};

const TRAINING_PICTURES: &str = "train-images-idx3-ubyte";
const TRAINING_LABELS: &str = "train-labels-idx1-ubyte";

/// An IDX file of bytes.
fn idx(extents: &[u32], values: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, extents.len() as u8];
    file.extend(extents.iter().flat_map(|extent| extent.to_be_bytes()));
    file.extend(values);
    file
}

/// Three training pictures and two test pictures of 2×3 pixels (width × height).
fn small() -> Folder {
    let folder = Folder::new();
    folder.write(TRAINING_PICTURES, &idx(&[3, 3, 2], &(1..19).collect::<Vec<u8>>()));
    folder.write(TRAINING_LABELS, &idx(&[3], &[7, 0, 9]));
    folder.write("t10k-images-idx3-ubyte", &idx(&[2, 3, 2], &[50; 12]));
    folder.write("t10k-labels-idx1-ubyte", &idx(&[2], &[1, 2]));
    folder
}

fn error(folder: &Folder) -> String {
    folder.error("mnist", &LoadOptions::default())
}

#[test]
fn four_idx_files_are_a_data_set() {
    let data = small().load("mnist", &LoadOptions::default()).unwrap().data;
    assert_eq!(data.name, "mnist");
    assert_eq!(data.shape, PictureShape { channels: 1, height: 3, width: 2 });
    assert_eq!(data.classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(data.training.labels, [7, 0, 9]);
    assert_eq!(data.training.picture(1), [7, 8, 9, 10, 11, 12]);
    assert_eq!((data.test.labels, data.test.pixels), (vec![1, 2], vec![50; 12]));
}

#[test]
fn files_may_be_packed_and_have_a_dot_in_their_names() {
    let plain = small().load("mnist", &LoadOptions::default()).unwrap();
    let folder = small();
    for name in [TRAINING_PICTURES, TRAINING_LABELS] {
        let content = std::fs::read(folder.path().join(name)).unwrap();
        folder.remove(name);
        folder.write(&format!("{}.gz", name.replace("-idx", ".idx")), &gzip(&content));
    }
    assert_eq!(folder.load("mnist", &LoadOptions::default()).unwrap(), plain);
}

#[test]
fn the_first_pictures_are_kept_when_fewer_are_asked_for() {
    let options = LoadOptions { training: Some(2), test: Some(1), ..LoadOptions::default() };
    let data = small().load("mnist", &options).unwrap().data;
    assert_eq!((data.training.labels, data.training.pixels.len()), (vec![7, 0], 12));
    assert_eq!((data.test.labels, data.test.pixels.len()), (vec![1], 6));
    let options = LoadOptions { training: Some(4), ..LoadOptions::default() };
    let error = small().error("mnist", &options);
    assert!(error.contains("has 3 training pictures, fewer than the 4 requested"), "{error}");
}

#[test]
fn a_larger_size_frames_the_pictures_and_a_smaller_one_is_refused() {
    let options = LoadOptions { size: Some(5), ..LoadOptions::default() };
    let data = small().load("mnist", &options).unwrap().data;
    assert_eq!(data.shape, PictureShape { channels: 1, height: 5, width: 5 });
    let rows: Vec<&[u8]> = data.training.picture(0).chunks(5).collect();
    assert_eq!(rows[0], [0; 5]);
    assert_eq!(rows[1], [0, 1, 2, 0, 0]);
    assert_eq!(rows[3], [0, 5, 6, 0, 0]);
    assert_eq!(rows[4], [0; 5]);
    let options = LoadOptions { size: Some(2), ..LoadOptions::default() };
    let error = small().error("mnist", &options);
    assert!(error.contains("2×3 pixels and cannot be made 2×2; request a larger"), "{error}");
}

#[test]
fn a_missing_file_or_folder_is_named() {
    let folder = small();
    folder.remove(TRAINING_LABELS);
    let message = error(&folder);
    assert!(
        message.starts_with("FOLDER has no train-labels-idx1-ubyte (or train-labels"),
        "{message}"
    );
    let source: DataSource = "mnist:/nowhere at all".parse().unwrap();
    let message = source.load(&LoadOptions::default()).unwrap_err().to_string();
    assert!(message.starts_with("/nowhere at all cannot be read as a folder"), "{message}");
}

#[test]
fn a_file_cut_short_tells_how_many_bytes_were_expected_and_found() {
    let folder = small();
    let whole = idx(&[3, 3, 2], &[0; 18]);
    for (length, expected) in [(0, 4), (3, 4), (15, 16), (33, 34)] {
        folder.write(TRAINING_PICTURES, &whole[..length]);
        let message = error(&folder);
        let start =
            format!("{TRAINING_PICTURES} is truncated: {expected} bytes expected, {length} found");
        assert!(message.starts_with(&start), "{message}");
    }
    folder.write(TRAINING_PICTURES, &gzip(&whole[..33]));
    assert!(error(&folder).contains("34 bytes expected, 33 found"), "{}", error(&folder));
    let packed = gzip(&whole);
    folder.write(TRAINING_PICTURES, &packed[..packed.len() - 9]);
    let message = error(&folder);
    assert!(message.contains("truncated") || message.contains("end too early"), "{message}");
}

#[test]
fn a_file_that_goes_on_is_refused() {
    let folder = small();
    folder.write(TRAINING_LABELS, &idx(&[3], &[1, 2, 3, 4]));
    let message = error(&folder);
    assert!(
        message.starts_with("train-labels-idx1-ubyte has more than the expected 11 bytes"),
        "{message}"
    );
}

#[test]
fn a_header_that_promises_too_much_takes_no_memory() {
    let folder = small();
    folder.write(TRAINING_PICTURES, &idx(&[u32::MAX; 3], &[0; 100]));
    let message = error(&folder);
    assert!(message.contains("is truncated") && message.contains("116 found"), "{message}");
}

#[test]
fn packed_data_beyond_what_the_header_says_are_not_unpacked() {
    let folder = small();
    let mut bomb = idx(&[3, 3, 2], &[0; 18]);
    bomb.resize(64 << 20, 0);
    folder.write(&format!("{TRAINING_PICTURES}.gz"), &gzip(&bomb));
    folder.remove(TRAINING_PICTURES);
    let message = error(&folder);
    assert!(message.contains("more than the expected 34 bytes"), "{message}");
}

#[test]
fn damaged_gzip_data_are_told_from_short_ones() {
    let folder = small();
    let mut packed = gzip(&idx(&[3, 3, 2], &[0; 18]));
    let checksum = packed.len() - 6;
    packed[checksum] ^= 1;
    folder.write(TRAINING_PICTURES, &packed);
    let message = error(&folder);
    assert!(message.starts_with("train-images-idx3-ubyte is damaged: "), "{message}");
}

#[test]
fn files_that_are_mixed_up_are_told_by_their_magic_numbers() {
    let folder = small();
    folder.write(TRAINING_PICTURES, &idx(&[3], &[1, 2, 3]));
    let message = error(&folder);
    assert!(message.contains("starts with 0x00000801 instead of 0x00000803"), "{message}");
}

#[test]
fn pictures_and_labels_must_be_as_many_and_labels_below_ten() {
    let folder = small();
    folder.write(TRAINING_LABELS, &idx(&[2], &[1, 2]));
    let message = error(&folder);
    assert!(
        message.contains("holds 3 pictures, but train-labels-idx1-ubyte 2 labels"),
        "{message}"
    );
    folder.write(TRAINING_LABELS, &idx(&[3], &[1, 10, 2]));
    let message = error(&folder);
    assert!(message.contains("the label of picture 1 is 10"), "{message}");
}

#[test]
fn training_and_test_pictures_must_be_alike_and_some() {
    let folder = small();
    folder.write("t10k-images-idx3-ubyte", &idx(&[2, 2, 2], &[50; 8]));
    assert!(error(&folder).contains("pictures of 2×3 pixels, but t10k-images-idx3-ubyte of 2×2"));
    folder.write("t10k-images-idx3-ubyte", &idx(&[0, 3, 2], &[]));
    assert!(error(&folder).contains("holds no pictures (0×3×2)"), "{}", error(&folder));
}

#[test]
fn the_real_mnist_has_its_known_mean_and_deviation() {
    let test = "the_real_mnist_has_its_known_mean_and_deviation";
    let Some(folder) = shared::file(test, "data/mnist") else { return };
    let data = DataSource::Mnist(folder).load(&LoadOptions::default()).unwrap().data;
    assert_eq!((data.training.len(), data.test.len()), (60_000, 10_000));
    let ones = data.training.labels.iter().filter(|label| **label == 1).count();
    assert_eq!(ones, 6742);
    let preprocessing = statistics(&data.training, data.shape);
    assert!((preprocessing.mean[0] - 0.1307).abs() < 1e-4);
    assert!((preprocessing.std[0] - 0.3081).abs() < 1e-4);
}
