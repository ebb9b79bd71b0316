//! MNIST, and other data sets in the same four files (Fashion-MNIST, Kuzushiji-MNIST, …).

use std::path::{Path, PathBuf};

use super::idx::Idx;
use super::source::{self, LoadOptions, Loaded};
use super::{DataError, DataSet, Examples, PictureShape, file};

const CLASSES: usize = 10;

/// The usual name of a file, and the one used by some copies.
type Names = [&'static str; 2];

const TRAINING: [Names; 2] = [
    ["train-images-idx3-ubyte", "train-images.idx3-ubyte"],
    ["train-labels-idx1-ubyte", "train-labels.idx1-ubyte"],
];

const TEST: [Names; 2] = [
    ["t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"],
    ["t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"],
];

/// The training or test part, and the file of its pictures.
struct Part {
    path: PathBuf,
    shape: PictureShape,
    examples: Examples,
}

/// Reads the four files in `folder`. A `size` larger than the pictures' own centres them on a field
/// of zeros, as LeCun et al. (1998) do for LeNet-5 (28×28 in 32×32).
pub fn load(folder: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
    let (training, test) = rayon::join(|| read(folder, TRAINING), || read(folder, TEST));
    let (mut training, mut test) = (training?, test?);
    if training.shape != test.shape {
        return Err(DataError::Shapes {
            training_path: training.path,
            training: training.shape.to_string(),
            test_path: test.path,
            test: test.shape.to_string(),
        });
    }
    source::keep_first(folder, "training", &mut training.examples, options.training)?;
    source::keep_first(folder, "test", &mut test.examples, options.test)?;
    let own = training.shape;
    let shape = match options.size {
        None => own,
        Some(size) if size >= own.width.max(own.height) => {
            PictureShape { height: size, width: size, ..own }
        }
        Some(wanted) => {
            let (folder, own) = (folder.into(), own.to_string());
            return Err(DataError::Size { folder, own, wanted, advice: "request a larger size" });
        }
    };
    let pictures = training.examples.len() + test.examples.len();
    source::check_memory("mnist", pictures, shape)?;
    let data = DataSet {
        name: "mnist".into(),
        shape,
        classes: (0..CLASSES).map(|class| class.to_string()).collect(),
        training: framed(training.examples, own, shape),
        test: framed(test.examples, own, shape),
        validation: Examples::default(),
    };
    Ok(Loaded::from(data))
}

fn read(folder: &Path, [pictures, labels]: [Names; 2]) -> Result<Part, DataError> {
    let path = file::find(folder, &pictures)?;
    let labels_path = file::find(folder, &labels)?;
    let Idx { extents: [count, height, width], values: pixels } = Idx::<3>::read(&path)?;
    let Idx { extents: [labels_count], values: labels } = Idx::<1>::read(&labels_path)?;
    if count != labels_count {
        return Err(DataError::Counts {
            pictures_path: path,
            pictures: count,
            labels_path,
            labels: labels_count,
        });
    }
    let labels = source::labels(&labels_path, labels.into_iter(), CLASSES)?;
    let shape = PictureShape { channels: 1, height, width };
    Ok(Part { path, shape, examples: Examples { pixels, labels } })
}

/// The pictures centred on a field of zeros.
fn framed(examples: Examples, own: PictureShape, shape: PictureShape) -> Examples {
    if own == shape {
        return examples;
    }
    let (top, left) = ((shape.height - own.height) / 2, (shape.width - own.width) / 2);
    let mut pixels = vec![0; examples.len() * shape.volume()];
    let fields = pixels.chunks_exact_mut(shape.volume());
    for (field, picture) in fields.zip(examples.pixels.chunks_exact(own.volume())) {
        let rows = field.chunks_exact_mut(shape.width).skip(top);
        for (row, own_row) in rows.zip(picture.chunks_exact(own.width)) {
            row[left..left + own.width].copy_from_slice(own_row);
        }
    }
    Examples { pixels, labels: examples.labels }
}
