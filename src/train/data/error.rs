//! Why a data set could not be loaded.

use std::path::PathBuf;

use crate::picture::ReadError;

/// Why a data set could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A folder that cannot be listed.
    #[error("{folder} cannot be read as a folder: {reason}; check the name")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The operating system's or the decoder's reason.
        reason: String,
    },
    /// A folder without a file of the data set.
    #[error(
        "{folder} has no {name} (or {name}.gz); name the folder with the files of the data set"
    )]
    MissingFile {
        /// The folder.
        folder: PathBuf,
        /// The name of the file that is missing.
        name: String,
    },
    /// The operating system refuses or fails.
    #[error("{path} cannot be read: {reason}; check its permissions")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's or the decoder's reason.
        reason: String,
    },
    /// The gzip data are damaged or truncated.
    #[error("{path} is damaged: {reason}; use an intact copy")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The operating system's or the decoder's reason.
        reason: String,
    },
    /// Fewer bytes, after decompression, than the file's header or format requires.
    #[error("{path} is truncated: {expected} bytes expected, {found} found; use an intact copy")]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Bytes that there should be.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// More bytes than the file's header or format allows.
    #[error("{path} has more than the expected {expected} bytes; use an intact copy")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes that there should be.
        expected: u64,
    },
    /// A file of another kind.
    #[error(
        "{path} starts with {found:#010x} instead of {expected:#010x}: it is not an IDX file of bytes in {dimensions} dimension(s); check that the files are not mixed up"
    )]
    NotIdx {
        /// The file.
        path: PathBuf,
        /// The first four bytes, as a number.
        found: u32,
        /// The number with which files of this kind start.
        expected: u32,
        /// Dimensions of the array that was expected: 3 for pictures, 1 for labels.
        dimensions: usize,
    },
    /// A file without pictures, or with pictures without pixels.
    #[error("{path} holds no pictures ({content}); use an intact copy")]
    NoPictures {
        /// The file.
        path: PathBuf,
        /// What the header says of them.
        content: String,
    },
    /// The number of labels is not the number of pictures.
    #[error(
        "{pictures_path} holds {pictures} pictures, but {labels_path} {labels} labels; check that the files belong together"
    )]
    Counts {
        /// The file of pictures.
        pictures_path: PathBuf,
        /// Number of pictures.
        pictures: usize,
        /// The file of labels.
        labels_path: PathBuf,
        /// Number of labels.
        labels: usize,
    },
    /// A label outside the classes.
    #[error(
        "{path}: the label of picture {index} is {label}, but the labels of {classes} classes end at {}; use an intact copy",
        classes - 1
    )]
    Label {
        /// The file.
        path: PathBuf,
        /// Number of the picture, from 0.
        index: usize,
        /// Its label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// Training and test pictures have different sizes.
    #[error(
        "{training_path} holds pictures of {training} pixels, but {test_path} of {test}; check that the files belong together"
    )]
    Shapes {
        /// The file of training pictures.
        training_path: PathBuf,
        /// Width and height of the training pictures.
        training: String,
        /// The file of test pictures.
        test_path: PathBuf,
        /// Width and height of the test pictures.
        test: String,
    },
    /// The pictures have a fixed size.
    #[error(
        "the pictures of {folder} are {own} pixels and cannot be made {wanted}×{wanted}; {advice}"
    )]
    Size {
        /// The folder.
        folder: PathBuf,
        /// Width and height of the pictures.
        own: String,
        /// What was asked for.
        wanted: usize,
        /// What to ask for instead.
        advice: &'static str,
    },
    /// A size or number of pictures too small to draw or to learn from.
    #[error("{value} is too small for {option}; write at least {least}")]
    Option {
        /// What was chosen, as people write it.
        option: &'static str,
        /// The value chosen.
        value: usize,
        /// The smallest value allowed.
        least: usize,
    },
    /// Fewer pictures than requested.
    #[error("{folder} has {there} {part} pictures, fewer than the {wanted} requested")]
    TooFew {
        /// The folder.
        folder: PathBuf,
        /// `training` or `test`.
        part: &'static str,
        /// Pictures that there are.
        there: usize,
        /// What was asked for.
        wanted: usize,
    },
    /// Validation would take all training pictures, or more.
    #[error(
        "{wanted} of {there} training pictures are requested for validation, which leaves none to learn from"
    )]
    Validation {
        /// Pictures that there are.
        there: usize,
        /// What was asked for.
        wanted: usize,
    },
    /// A folder of classes needs at least two.
    #[error(
        "{folder} has {classes} class folder(s), but a network needs at least 2 classes; put each class's pictures into a folder of its own in it"
    )]
    FewClasses {
        /// The folder.
        folder: PathBuf,
        /// Number of classes.
        classes: usize,
    },
    /// Labels have 16 bits.
    #[error("{folder} has {classes} class folders, more than {most}; leave some out")]
    ManyClasses {
        /// The folder.
        folder: PathBuf,
        /// Number of classes.
        classes: usize,
        /// The largest number allowed.
        most: usize,
    },
    /// A class folder without pictures.
    #[error("the class folder {folder} is empty; put pictures into it or remove it")]
    EmptyClass {
        /// The folder.
        folder: PathBuf,
    },
    /// A class too small for a test picture.
    #[error(
        "the class folder {folder} has only 1 picture; it needs one for training and one for testing"
    )]
    SmallClass {
        /// The folder.
        folder: PathBuf,
    },
    /// `train` and `test` have different classes.
    #[error(
        "{with} has a class {class:?}, but {without} does not; give both the same class folders"
    )]
    ClassesDiffer {
        /// The name of the class.
        class: String,
        /// The folder that has it.
        with: PathBuf,
        /// The folder that lacks it.
        without: PathBuf,
    },
    /// A folder inside a class folder.
    #[error(
        "{path} is a folder inside a class folder; move its pictures into the class folder itself"
    )]
    Nested {
        /// The file.
        path: PathBuf,
    },
    /// A file in a class folder that cannot be decoded.
    #[error(transparent)]
    Picture(#[from] ReadError),
    /// More memory than is available.
    #[error(
        "{source_name}: {pictures} pictures of {size} pixels need {needed} MiB, but only {available} MiB of memory are free; request fewer or smaller ones"
    )]
    Memory {
        /// The data set.
        source_name: String,
        /// Number of pictures.
        pictures: usize,
        /// Width and height of a picture.
        size: String,
        /// Memory that the pictures take, in MiB.
        needed: u64,
        /// Memory that is free, in MiB.
        available: u64,
    },
}
