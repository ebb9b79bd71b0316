//! A folder of class folders: the user's own pictures as a data set.

mod listing;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use self::listing::{Class, subfolders};
use super::source::{self, LoadOptions, Loaded};
use super::{DataError, DataSet, Examples, PictureShape};
use crate::picture::{self, Input, Limits};

/// Default side of the pictures: CIFAR-10's, which small networks learn in minutes.
const SIDE: usize = 32;

/// One in this many pictures of each class is held out for testing.
const TEST_SHARE: usize = 5;

/// A picture file and its class.
type Labelled = (PathBuf, u16);

/// Names of the classes, and the files for training and testing.
struct Parts {
    classes: Vec<String>,
    training: Vec<Labelled>,
    test: Vec<Labelled>,
}

/// Reads the pictures in `folder`, whose class folders (sorted by name) are the classes. All become
/// `size`×`size` RGB: cropped to a square in the middle and scaled. Transparent parts become white.
/// If there are folders `train` and `test`, they hold the class folders; otherwise a fifth of each
/// class, but at least one picture, is held out for testing, chosen by the seed.
pub fn load(folder: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
    let Parts { classes, training, test } = parts(folder, options.seed)?;
    let training = choose(folder, "training", training, options.training, options.seed)?;
    let test = choose(folder, "test", test, options.test, options.seed)?;
    let side = options.size.unwrap_or(SIDE);
    let shape = PictureShape { channels: 3, height: side, width: side };
    let name = folder.display().to_string();
    source::check_memory(&name, training.len() + test.len(), shape)?;
    let (training, mut sizes) = decode(&training, shape)?;
    let (test, test_sizes) = decode(&test, shape)?;
    sizes.extend(test_sizes);
    let data = DataSet {
        name: "folder".into(),
        shape,
        classes,
        training,
        test,
        validation: Examples::default(),
    };
    Ok(Loaded { data, notes: notes(&sizes, side) })
}

/// Splits the files.
fn parts(folder: &Path, seed: u64) -> Result<Parts, DataError> {
    let [train, test] = ["train", "test"].map(|name| folder.join(name));
    let divided = train.is_dir() && test.is_dir() && subfolders(folder)?.len() == 2;
    let found = listing::classes(if divided { &train } else { folder })?;
    let classes = found.iter().map(|class| class.name.clone()).collect();
    let mut parts = Parts { classes, training: vec![], test: vec![] };
    if divided {
        let tested = listing::classes(&test)?;
        same_classes([&train, &test], [&found, &tested])?;
        parts.training.extend(labelled(&found));
        parts.test.extend(labelled(&tested));
    } else {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for (label, Class { folder, mut pictures, .. }) in (0..).zip(found) {
            if pictures.len() < 2 {
                return Err(DataError::SmallClass { folder });
            }
            pictures.shuffle(&mut rng);
            let kept = (pictures.len() / TEST_SHARE).max(1);
            let training = pictures.split_off(kept);
            parts.training.extend(training.into_iter().map(|path| (path, label)));
            parts.test.extend(pictures.into_iter().map(|path| (path, label)));
        }
    }
    Ok(parts)
}

fn labelled(classes: &[Class]) -> impl Iterator<Item = Labelled> {
    (0..)
        .zip(classes)
        .flat_map(|(label, class)| class.pictures.iter().map(move |path| (path.clone(), label)))
}

fn same_classes(folders: [&Path; 2], classes: [&[Class]; 2]) -> Result<(), DataError> {
    let names = classes.map(|classes| -> BTreeSet<&str> {
        classes.iter().map(|class| class.name.as_str()).collect()
    });
    for (with, without) in [(0, 1), (1, 0)] {
        if let Some(class) = names[with].difference(&names[without]).next() {
            return Err(DataError::ClassesDiffer {
                class: (*class).into(),
                with: folders[with].into(),
                without: folders[without].into(),
            });
        }
    }
    Ok(())
}

/// `wanted` random files, or all.
fn choose(
    folder: &Path,
    part: &'static str,
    mut files: Vec<Labelled>,
    wanted: Option<usize>,
    seed: u64,
) -> Result<Vec<Labelled>, DataError> {
    let there = files.len();
    match wanted {
        Some(wanted) if wanted > there => {
            return Err(DataError::TooFew { folder: folder.into(), part, there, wanted });
        }
        Some(wanted) if wanted < there => {
            files.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            files.truncate(wanted);
        }
        _ => {}
    }
    files.sort();
    Ok(files)
}

/// The pictures at the common size, and their original sizes (width, height).
fn decode(
    files: &[Labelled],
    shape: PictureShape,
) -> Result<(Examples, Vec<(usize, usize)>), DataError> {
    let mut pixels = vec![0; files.len() * shape.volume()];
    let sizes = pixels
        .par_chunks_exact_mut(shape.volume())
        .zip(files)
        .map(|(pixels, (path, _))| {
            let picture = picture::read(&Input::Path(path.clone()), &Limits::default())?;
            let size = (picture.planes.width(), picture.planes.height());
            for (pixel, value) in pixels.iter_mut().zip(picture::fit(&picture, shape.size()).data())
            {
                *pixel = (value * 255.0).round() as u8;
            }
            Ok(size)
        })
        .collect::<Result<_, DataError>>()?;
    let labels = files.iter().map(|(_, label)| *label).collect();
    Ok((Examples { pixels, labels }, sizes))
}

/// What was done to pictures of other sizes.
fn notes(sizes: &[(usize, usize)], side: usize) -> Vec<String> {
    let different: BTreeSet<_> = sizes.iter().copied().collect();
    let mut notes = vec![];
    let text = |size: Option<&(usize, usize)>| {
        size.map_or_else(String::new, |(width, height)| format!("{width}×{height}"))
    };
    let area = |size: &&(usize, usize)| size.0 * size.1;
    let (smallest, largest) =
        (different.iter().min_by_key(area), different.iter().max_by_key(area));
    if different.len() > 1 {
        notes.push(format!(
            "the pictures have {} sizes, from {} to {} pixels: each is scaled, and its middle cut \
             out, to {side}×{side}",
            different.len(),
            text(smallest),
            text(largest),
        ));
    } else if different.iter().any(|size| *size != (side, side)) {
        notes.push(format!("the pictures are scaled from {} to {side}×{side}", text(smallest)));
    }
    let enlarged = sizes.iter().filter(|(width, height)| *width.min(height) < side).count();
    if enlarged > 0 {
        notes.push(format!(
            "{enlarged} of {} pictures are smaller than {side}×{side} and are enlarged",
            sizes.len()
        ));
    }
    notes
}
