//! CIFAR-10's binary batches.

use dreamer::train::data::{DataSource, LoadOptions, PictureShape, statistics};

use crate::{Folder, gzip, shared};

/// A batch of pictures of those labels, each pixel the label's tenfold.
fn batch(labels: &[u8]) -> Vec<u8> {
    labels.iter().flat_map(|label| [vec![*label], vec![10 * label; 3072]].concat()).collect()
}

#[test]
fn any_batches_there_are_are_read_in_order() {
    let folder = Folder::new();
    folder.write("data_batch_10.bin", &batch(&[5]));
    folder.write("data_batch_2.bin.gz", &gzip(&batch(&[3, 4])));
    folder.write("test_batch.bin", &batch(&[9]));
    let data = folder.load("cifar10", &LoadOptions::default()).unwrap().data;
    assert_eq!(data.shape, PictureShape { channels: 3, height: 32, width: 32 });
    assert_eq!(data.training.labels, [3, 4, 5]);
    assert_eq!(data.training.picture(1), [40; 3072]);
    assert_eq!((data.test.labels, data.test.pixels), (vec![9], vec![90; 3072]));
    assert_eq!((data.classes.len(), data.classes[9].as_str()), (10, "truck"));
}

#[test]
fn bad_batches_are_told_by_name() {
    let folder = Folder::new();
    let error = || folder.error("cifar10", &LoadOptions::default());
    folder.write("test_batch.bin", &batch(&[0]));
    assert!(error().starts_with("FOLDER has no data_batch_1.bin (or"), "{}", error());
    folder.write("data_batch_1.bin", &batch(&[1, 2])[..5000]);
    assert!(error().contains("data_batch_1.bin is truncated: 6146 bytes expected, 5000 found"));
    folder.write("data_batch_1.bin", &batch(&[1, 12]));
    assert!(error().contains("the label of picture 1 is 12"), "{}", error());
    folder.write("data_batch_1.bin", &[]);
    assert!(error().contains("holds no pictures (0 bytes)"), "{}", error());
    folder.write("data_batch_1.bin", &gzip(&batch(&[1, 2]))[..40]);
    assert!(error().contains("is damaged: its gzip data end too early"), "{}", error());
}

#[test]
fn another_size_is_refused() {
    let folder = Folder::new();
    let options = LoadOptions { size: Some(28), ..LoadOptions::default() };
    let error = folder.error("cifar10", &options);
    assert!(error.contains("32×32 pixels and cannot be made 28×28"), "{error}");
}

#[test]
fn the_real_batches_are_read() {
    let Some(folder) = shared::file("the_real_batches_are_read", "data/cifar10") else { return };
    let data = DataSource::Cifar10(folder).load(&LoadOptions::default()).unwrap().data;
    assert!(data.training.len() >= 10_000 && data.test.len() >= 2000);
    let mean = statistics(&data.training, data.shape).mean;
    for (mean, known) in mean.into_iter().zip([0.491, 0.482, 0.447]) {
        assert!((mean - known).abs() < 0.01, "{mean} instead of {known}");
    }
}
