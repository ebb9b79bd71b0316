//! CIFAR-10 in its binary version: batches of one label byte and 3×32×32 bytes per picture.

use std::path::{Path, PathBuf};

use super::file::{self, DataFile};
use super::source::{self, LoadOptions, Loaded};
use super::{DataError, DataSet, Examples, PictureShape};

const SHAPE: PictureShape = PictureShape { channels: 3, height: 32, width: 32 };

const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The most pictures of a batch. The published ones hold 10,000; the files have no header that says
/// so.
const MOST_PICTURES: u64 = 60_000;

/// The prefix of the names of training batches.
const TRAINING: &str = "data_batch_";

const TEST: &str = "test_batch.bin";

/// Reads the batches in `folder`: one or more of training pictures, and one of test pictures.
pub fn load(folder: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
    if let Some(wanted) = options.size.filter(|size| *size != SHAPE.width) {
        return Err(DataError::Size {
            folder: folder.into(),
            own: SHAPE.to_string(),
            wanted,
            advice: "leave the size out",
        });
    }
    let mut training = Examples::default();
    for path in training_batches(folder)? {
        read(&path, &mut training)?;
    }
    let mut test = Examples::default();
    read(&file::find(folder, &[TEST])?, &mut test)?;
    source::keep_first(folder, "training", &mut training, options.training)?;
    source::keep_first(folder, "test", &mut test, options.test)?;
    Ok(Loaded::from(DataSet {
        name: "cifar10".into(),
        shape: SHAPE,
        classes: CLASSES.map(str::to_owned).into(),
        training,
        test,
        validation: Examples::default(),
    }))
}

/// The training batches sorted by name, compressed or not.
fn training_batches(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut stems: Vec<String> = file::names(folder)?
        .into_iter()
        .filter(|name| name.starts_with(TRAINING))
        .filter_map(|name| name.trim_end_matches(".gz").strip_suffix(".bin").map(str::to_owned))
        .collect();
    stems.sort_by_key(|stem| (stem.len(), stem.clone()));
    stems.dedup();
    if stems.is_empty() {
        let name = "data_batch_1.bin".into();
        return Err(DataError::MissingFile { folder: folder.into(), name });
    }
    stems.iter().map(|stem| file::find(folder, &[&format!("{stem}.bin")])).collect()
}

/// Adds a batch to `examples`.
fn read(path: &Path, examples: &mut Examples) -> Result<(), DataError> {
    let record = 1 + SHAPE.volume();
    let batch = DataFile::open(path)?.records(record as u64, MOST_PICTURES)?;
    if batch.is_empty() {
        return Err(DataError::NoPictures { path: path.into(), content: "0 bytes".into() });
    }
    let records = batch.chunks_exact(record);
    let labels = records.clone().map(|record| record[0]);
    examples.labels.extend(source::labels(path, labels, CLASSES.len())?);
    examples.pixels.reserve(records.len() * SHAPE.volume());
    for record in records {
        examples.pixels.extend_from_slice(&record[1..]);
    }
    Ok(())
}
