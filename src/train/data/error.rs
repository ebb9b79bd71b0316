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
        "{folder} has no {name} (or {name}.gz); name the folder that holds the data set's files"
    )]
    MissingFile { folder: PathBuf, name: String },
    /// The operating system refuses or fails.
    #[error("{path} cannot be read: {reason}; check that you may read it")]
    Unreadable { path: PathBuf, reason: String },
    /// The gzip data contradict themselves or end too early.
    #[error("{path} is damaged: {reason}; get a whole copy of it")]
    Damaged { path: PathBuf, reason: String },
    /// Fewer bytes than the file's own header (or its format) promises; unpacked ones, if it is
    /// compressed.
    #[error(
        "{path} is cut short: {expected} bytes expected, {found} found; get a whole copy of it"
    )]
    CutShort { path: PathBuf, expected: u64, found: u64 },
    /// More bytes than the file's own header (or its format) allows.
    #[error("{path} goes on after the {expected} bytes that it should hold; get a good copy of it")]
    TooLong { path: PathBuf, expected: u64 },
    /// A file of another kind.
    #[error(
        "{path} begins with {found:#010x}, not {expected:#010x}: it is no IDX file of bytes in {dimensions} dimension(s); check that the files are not mixed up"
    )]
    NotIdx { path: PathBuf, found: u32, expected: u32, dimensions: usize },
    /// A file of no pictures, or of pictures without pixels.
    #[error("{path} holds no pictures ({content}); get a good copy of it")]
    NoPictures { path: PathBuf, content: String },
    /// As many labels as pictures are needed.
    #[error(
        "{pictures_path} holds {pictures} pictures, but {labels_path} {labels} labels; check that the files belong together"
    )]
    Counts { pictures_path: PathBuf, pictures: usize, labels_path: PathBuf, labels: usize },
    /// A label that names no class.
    #[error(
        "{path}: the label of picture {index} is {label}, but the labels of {classes} classes end at {}; get a good copy of it",
        classes - 1
    )]
    Label { path: PathBuf, index: usize, label: u8, classes: usize },
    /// Training and test pictures are not alike.
    #[error(
        "{training_path} holds pictures of {training} pixels, but {test_path} of {test}; check that the files belong together"
    )]
    Shapes { training_path: PathBuf, training: String, test_path: PathBuf, test: String },
    /// The pictures have a size of their own.
    #[error(
        "the pictures of {folder} are {own} pixels, they cannot be brought to {wanted}×{wanted}; {advice}"
    )]
    Size { folder: PathBuf, own: String, wanted: usize, advice: &'static str },
    /// A size or a number of pictures that is too small to draw or to learn from.
    #[error("{value} is too small for {option}; write at least {least}")]
    Option { option: &'static str, value: usize, least: usize },
    /// Fewer pictures than asked for.
    #[error(
        "{folder} has {there} {part} pictures, fewer than the {wanted} asked for; ask for fewer"
    )]
    TooFew { folder: PathBuf, part: &'static str, there: usize, wanted: usize },
    /// All training pictures, or more, are held back.
    #[error(
        "{wanted} of {there} training pictures are to be kept for validation: nothing is left to learn from; keep fewer"
    )]
    Validation { there: usize, wanted: usize },
    /// A folder of classes needs two at least.
    #[error(
        "{folder} has {classes} class folder(s): a network learns to tell at least 2 classes apart; put each class's pictures into a folder of its own in it"
    )]
    FewClasses { folder: PathBuf, classes: usize },
    /// Labels have 16 bits.
    #[error("{folder} has {classes} class folders, more than {most}; leave some out")]
    ManyClasses { folder: PathBuf, classes: usize, most: usize },
    /// A class folder without pictures.
    #[error("the class folder {folder} is empty; put pictures into it or remove it")]
    EmptyClass { folder: PathBuf },
    /// A class of which nothing can be kept for testing.
    #[error(
        "the class folder {folder} has only 1 picture: one to train with and one to test with are needed; put more into it"
    )]
    SmallClass { folder: PathBuf },
    /// `train` and `test` disagree.
    #[error(
        "{with} has a class {class:?}, but {without} has none of that name; give both the same class folders"
    )]
    ClassesDiffer { class: String, with: PathBuf, without: PathBuf },
    /// A folder in a class folder.
    #[error(
        "{path} is a folder within a class folder; put its pictures into the class folder itself"
    )]
    Nested { path: PathBuf },
    /// A file in a class folder that cannot be decoded.
    #[error(transparent)]
    Picture(#[from] ReadError),
    /// More memory than there is.
    #[error(
        "{source_name}: {pictures} pictures of {size} pixels take {needed} MiB, and {available} MiB of memory are free; ask for fewer or smaller ones"
    )]
    Memory { source_name: String, pictures: usize, size: String, needed: u64, available: u64 },
}
