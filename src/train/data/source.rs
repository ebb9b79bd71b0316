//! Where data sets come from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{DataError, DataSet, Examples, PictureShape, cifar10, digits, folder, mnist, motifs};
use crate::memory;
use crate::options::as_text;
use crate::train::random::{Purpose, generator};

/// The source of a data set; written `KIND:DIR`, or `KIND` if it is drawn.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum DataSource {
    /// The four IDX files of MNIST, or of a data set in the same format, gzipped or not.
    Mnist(PathBuf),
    /// The binary version of CIFAR-10: any number of `data_batch_*.bin` and `test_batch.bin`,
    /// gzipped or not.
    Cifar10(PathBuf),
    /// A folder with one folder of pictures per class, or with such folders `train` and `test`.
    Folder(PathBuf),
    /// Handwritten digits, drawn.
    Digits,
    /// Textures and shapes, drawn.
    Motifs,
}

/// Options of [`DataSource::load`]; `None` means the source's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LoadOptions {
    /// For drawing, and for choosing held-out pictures if the source has no test set.
    pub seed: u64,
    /// Height and width of the pictures, in pixels: by default 28 for digits, 32 for motifs and
    /// folders. MNIST's are centred on a larger field; CIFAR-10's size is fixed.
    pub size: Option<usize>,
    /// Number of training pictures: by default 20,000 digits or 26,000 motifs, and all of a source
    /// of files. Fewer are the first ones of MNIST and CIFAR-10, and random ones of a folder.
    pub training: Option<usize>,
    /// Number of test pictures, likewise (4,000 digits, 2,600 motifs).
    pub test: Option<usize>,
    /// Number of training pictures held out at random for choosing the best epoch.
    #[serde(default)]
    pub validation: usize,
}

/// A data set, and notes for the user on how it was made from the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The data set.
    pub data: DataSet,
    /// One line each.
    pub notes: Vec<String>,
}

impl From<DataSet> for Loaded {
    fn from(data: DataSet) -> Loaded {
        Loaded { data, notes: vec![] }
    }
}

/// Text that names no [`DataSource`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSource {
    /// There is no such kind of data set.
    #[error("there is no data set {0:?}; write {FORMS}")]
    Kind(String),
    /// This kind is read from a folder, and none is named.
    #[error("{0} is read from a folder; write {0}:DIR")]
    NoFolder(&'static str),
    /// This kind is drawn, and a folder is named.
    #[error("{0} is drawn, not read from a folder; write {0}")]
    NeedlessFolder(&'static str),
}

const FORMS: &str = "mnist:DIR, cifar10:DIR, folder:DIR, digits or motifs";

/// A kind of data set: from a folder, or drawn.
enum Kind {
    Read(&'static str, fn(PathBuf) -> DataSource),
    Drawn(&'static str, DataSource),
}

const KINDS: [Kind; 5] = [
    Kind::Read("mnist", DataSource::Mnist),
    Kind::Read("cifar10", DataSource::Cifar10),
    Kind::Read("folder", DataSource::Folder),
    Kind::Drawn("digits", DataSource::Digits),
    Kind::Drawn("motifs", DataSource::Motifs),
];

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::Read(name, _) | Kind::Drawn(name, _) => name,
        }
    }
}

impl FromStr for DataSource {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<DataSource, UnknownSource> {
        let (name, folder) =
            text.split_once(':').map_or((text, None), |(name, folder)| (name, Some(folder)));
        let kind = KINDS.into_iter().find(|kind| kind.name() == name);
        match (kind.ok_or_else(|| UnknownSource::Kind(text.into()))?, folder) {
            (Kind::Read(_, from), Some(folder)) if !folder.is_empty() => Ok(from(folder.into())),
            (Kind::Read(name, _), _) => Err(UnknownSource::NoFolder(name)),
            (Kind::Drawn(_, source), None) => Ok(source),
            (Kind::Drawn(name, _), Some(_)) => Err(UnknownSource::NeedlessFolder(name)),
        }
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataSource::Mnist(folder) => write!(f, "mnist:{}", folder.display()),
            DataSource::Cifar10(folder) => write!(f, "cifar10:{}", folder.display()),
            DataSource::Folder(folder) => write!(f, "folder:{}", folder.display()),
            DataSource::Digits => f.write_str("digits"),
            DataSource::Motifs => f.write_str("motifs"),
        }
    }
}

as_text!(DataSource);

impl DataSource {
    /// Reads or draws the data set. The same source and options give the same bytes.
    ///
    /// # Errors
    /// [`DataError`] says which file is missing or wrong and how, or which request cannot be met.
    pub fn load(&self, options: &LoadOptions) -> Result<Loaded, DataError> {
        options.check()?;
        let mut loaded = self.read(options)?;
        let DataSet { training, validation, .. } = &mut loaded.data;
        let (there, wanted) = (training.len(), options.validation);
        if wanted > 0 && wanted >= there {
            return Err(DataError::Validation { there, wanted });
        }
        let mut random = generator(Purpose::Validation, [options.seed, 0, 0]);
        *validation = training.take_random(wanted, &mut random);
        Ok(loaded)
    }

    fn read(&self, options: &LoadOptions) -> Result<Loaded, DataError> {
        match self {
            DataSource::Mnist(folder) => mnist::load(folder, options),
            DataSource::Cifar10(folder) => cifar10::load(folder, options),
            DataSource::Folder(folder) => folder::load(folder, options),
            DataSource::Digits => digits::load(options),
            DataSource::Motifs => motifs::load(options),
        }
    }
}

impl LoadOptions {
    fn check(&self) -> Result<(), DataError> {
        let counts = [
            ("the size of the pictures", self.size),
            ("the number of training pictures", self.training),
            ("the number of test pictures", self.test),
        ];
        match counts.into_iter().find(|(_, count)| *count == Some(0)) {
            Some((option, _)) => Err(DataError::Option { option, value: 0, least: 1 }),
            None => Ok(()),
        }
    }
}

/// The labels read from the file at `path`, all below `classes`.
pub fn labels(
    path: &Path,
    labels: impl Iterator<Item = u8>,
    classes: usize,
) -> Result<Vec<u16>, DataError> {
    let checked = |(index, label): (usize, u8)| match usize::from(label) < classes {
        true => Ok(u16::from(label)),
        false => Err(DataError::Label { path: path.into(), index, label, classes }),
    };
    labels.enumerate().map(checked).collect()
}

/// Keeps the first `wanted` of a `part` of a data set.
pub fn keep_first(
    folder: &Path,
    part: &'static str,
    examples: &mut Examples,
    wanted: Option<usize>,
) -> Result<(), DataError> {
    let there = examples.len();
    let wanted = wanted.unwrap_or(there);
    if wanted > there {
        return Err(DataError::TooFew { folder: folder.into(), part, there, wanted });
    }
    examples.keep_first(wanted);
    Ok(())
}

/// Refuses a data set that does not fit into memory.
pub fn check_memory(name: &str, pictures: usize, shape: PictureShape) -> Result<(), DataError> {
    let [needed, available] = [
        [shape.channels, shape.height, shape.width]
            .iter()
            .fold(pictures as u64, |product, &factor| product.saturating_mul(factor as u64)),
        memory::available(),
    ]
    .map(|bytes| bytes >> 20);
    if needed < available {
        return Ok(());
    }
    let (source_name, size) = (name.to_owned(), shape.to_string());
    Err(DataError::Memory { source_name, pictures, size, needed, available })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_written_as_it_is_read() {
        for text in ["mnist:data", "cifar10:/a b", "folder:C:\\pictures", "digits", "motifs"] {
            assert_eq!(text.parse::<DataSource>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_unknown_source_is_told_what_there_is() {
        let error = "imagenet:here".parse::<DataSource>().unwrap_err().to_string();
        assert!(error.starts_with("there is no data set \"imagenet:here\""), "{error}");
        for kind in KINDS {
            assert!(error.contains(kind.name()), "{error}");
        }
    }

    #[test]
    fn a_source_of_files_needs_a_folder_and_a_drawn_one_none() {
        let error = |text: &str| text.parse::<DataSource>().unwrap_err().to_string();
        assert_eq!(error("mnist"), "mnist is read from a folder; write mnist:DIR");
        assert_eq!(error("folder:"), "folder is read from a folder; write folder:DIR");
        assert_eq!(error("digits:x"), "digits is drawn, not read from a folder; write digits");
    }

    #[test]
    fn no_pictures_are_too_few() {
        let options = LoadOptions { test: Some(0), ..LoadOptions::default() };
        let error = DataSource::Digits.load(&options).unwrap_err().to_string();
        assert!(error.starts_with("0 is too small for the number of test pictures"), "{error}");
    }

    #[test]
    fn pictures_for_validation_are_taken_from_the_training_pictures() {
        let few = LoadOptions { training: Some(50), test: Some(20), ..LoadOptions::default() };
        let whole = DataSource::Digits.load(&few).unwrap().data;
        let divided = LoadOptions { validation: 20, ..few };
        let data = DataSource::Digits.load(&divided).unwrap().data;
        assert_eq!((data.training.len(), data.validation.len()), (30, 20));
        assert_eq!(data.test, whole.test);
        let pictures = |examples: &Examples| -> Vec<(Vec<u8>, u16)> {
            (0..examples.len())
                .map(|index| (examples.picture(index).to_vec(), examples.labels[index]))
                .collect()
        };
        let mut parts = [pictures(&data.training), pictures(&data.validation)].concat();
        let mut all = pictures(&whole.training);
        assert_ne!(parts, all, "they are the last ones");
        parts.sort();
        all.sort();
        assert_eq!(parts, all);
    }

    #[test]
    fn a_validation_that_leaves_nothing_to_learn_from_is_refused() {
        let options = LoadOptions { training: Some(5), validation: 5, ..LoadOptions::default() };
        let error = DataSource::Digits.load(&options).unwrap_err().to_string();
        assert_eq!(
            error,
            "5 of 5 training pictures are requested for validation, which leaves none to learn \
             from"
        );
    }

    #[test]
    fn more_pictures_than_memory_holds_are_refused() {
        let options =
            LoadOptions { size: Some(1 << 20), training: Some(1 << 20), ..Default::default() };
        assert!(matches!(DataSource::Digits.load(&options), Err(DataError::Memory { .. })));
    }
}
