//! Why a data set could not be loaded.

use std::path::PathBuf;

use crate::picture::ReadError;

/// Why a data set could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A folder that cannot be listed.
    #[error("{folder} cannot be read as a folder: {reason}; check the name")]
    Folder { folder: PathBuf, reason: String },
    /// A folder without a file of the data set.
    #[error(
        "{folder} has no {name} (or {name}.gz); name the folder with the files of the data set"
    )]
    MissingFile { folder: PathBuf, name: String },
    /// The operating system refuses or fails.
    #[error("{path} cannot be read: {reason}; check its permissions")]
    Unreadable { path: PathBuf, reason: String },
    /// The gzip data are damaged or truncated.
    #[error("{path} is damaged: {reason}; use an intact copy")]
    Damaged { path: PathBuf, reason: String },
    /// Fewer bytes, after decompression, than the file's header or format requires.
    #[error("{path} is truncated: {expected} bytes expected, {found} found; use an intact copy")]
    CutShort { path: PathBuf, expected: u64, found: u64 },
    /// More bytes than the file's header or format allows.
    #[error("{path} has more than the expected {expected} bytes; use an intact copy")]
    TooLong { path: PathBuf, expected: u64 },
    /// A file of another kind.
    #[error(
        "{path} starts with {found:#010x} instead of {expected:#010x}: it is not an IDX file of bytes in {dimensions} dimension(s); check that the files are not mixed up"
    )]
    NotIdx { path: PathBuf, found: u32, expected: u32, dimensions: usize },
    /// A file without pictures, or with pictures without pixels.
    #[error("{path} holds no pictures ({content}); use an intact copy")]
    NoPictures { path: PathBuf, content: String },
    /// The number of labels is not the number of pictures.
    #[error(
        "{pictures_path} holds {pictures} pictures, but {labels_path} {labels} labels; check that the files belong together"
    )]
    Counts { pictures_path: PathBuf, pictures: usize, labels_path: PathBuf, labels: usize },
    /// A label outside the classes.
    #[error(
        "{path}: the label of picture {index} is {label}, but the labels of {classes} classes end at {}; use an intact copy",
        classes - 1
    )]
    Label { path: PathBuf, index: usize, label: u8, classes: usize },
    /// Training and test pictures have different sizes.
    #[error(
        "{training_path} holds pictures of {training} pixels, but {test_path} of {test}; check that the files belong together"
    )]
    Shapes { training_path: PathBuf, training: String, test_path: PathBuf, test: String },
    /// The pictures have a fixed size.
    #[error(
        "the pictures of {folder} are {own} pixels and cannot be made {wanted}×{wanted}; {advice}"
    )]
    Size { folder: PathBuf, own: String, wanted: usize, advice: &'static str },
    /// A size or number of pictures too small to draw or to learn from.
    #[error("{value} is too small for {option}; write at least {least}")]
    Option { option: &'static str, value: usize, least: usize },
    /// Fewer pictures than requested.
    #[error("{folder} has {there} {part} pictures, fewer than the {wanted} requested")]
    TooFew { folder: PathBuf, part: &'static str, there: usize, wanted: usize },
    /// Validation would take all training pictures, or more.
    #[error(
        "{wanted} of {there} training pictures are requested for validation, which leaves none to learn from"
    )]
    Validation { there: usize, wanted: usize },
    /// A folder of classes needs at least two.
    #[error(
        "{folder} has {classes} class folder(s), but a network needs at least 2 classes; put each class's pictures into a folder of its own in it"
    )]
    FewClasses { folder: PathBuf, classes: usize },
    /// Labels have 16 bits.
    #[error("{folder} has {classes} class folders, more than {most}; leave some out")]
    ManyClasses { folder: PathBuf, classes: usize, most: usize },
    /// A class folder without pictures.
    #[error("the class folder {folder} is empty; put pictures into it or remove it")]
    EmptyClass { folder: PathBuf },
    /// A class too small for a test picture.
    #[error(
        "the class folder {folder} has only 1 picture; it needs one for training and one for testing"
    )]
    SmallClass { folder: PathBuf },
    /// `train` and `test` have different classes.
    #[error(
        "{with} has a class {class:?}, but {without} does not; give both the same class folders"
    )]
    ClassesDiffer { class: String, with: PathBuf, without: PathBuf },
    /// A folder inside a class folder.
    #[error(
        "{path} is a folder inside a class folder; move its pictures into the class folder itself"
    )]
    Nested { path: PathBuf },
    /// A file in a class folder that cannot be decoded.
    #[error(transparent)]
    Picture(#[from] ReadError),
    /// More memory than is available.
    #[error(
        "{source_name}: {pictures} pictures of {size} pixels need {needed} MiB, but only {available} MiB of memory are free; request fewer or smaller ones"
    )]
    Memory { source_name: String, pictures: usize, size: String, needed: u64, available: u64 },
}
