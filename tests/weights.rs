//! Reading weight files, and what is wrong with those that cannot be used.

#[path = "common/generated.rs"]
mod generated;

use std::fs;
use std::path::{Path, PathBuf};

use dreamer::network::{Graph, truncate, zoo};
use dreamer::weights::{ReadError, Weights, read};
use safetensors::tensor::{Dtype, TensorView};
use tempfile::TempDir;

/// One tensor of a file: its name, type, shape and bytes.
type Entry = (String, Dtype, Vec<usize>, Vec<u8>);

#[test]
fn float32_is_read_to_the_bit() {
    let graph = squeezenet();
    let file = File::of(entries(&graph, Dtype::F32, |value| value.to_le_bytes().into()));
    assert_values(&file.read(&graph).unwrap(), &graph, |value| value);
}

#[test]
fn float64_is_rounded_to_float32() {
    let graph = squeezenet();
    let entries = entries(&graph, Dtype::F64, |value| f64::from(value).to_le_bytes().into());
    assert_values(&File::of(entries).read(&graph).unwrap(), &graph, |value| value);
}

#[test]
fn float16_is_read() {
    let graph = squeezenet();
    let half = half::f16::from_f32;
    let file = File::of(entries(&graph, Dtype::F16, |value| half(value).to_le_bytes().into()));
    assert_values(&file.read(&graph).unwrap(), &graph, |value| half(value).to_f32());
}

#[test]
fn bfloat16_is_read() {
    let graph = squeezenet();
    let half = half::bf16::from_f32;
    let file = File::of(entries(&graph, Dtype::BF16, |value| half(value).to_le_bytes().into()));
    assert_values(&file.read(&graph).unwrap(), &graph, |value| half(value).to_f32());
}

#[test]
fn other_types_are_an_error_that_names_the_tensor() {
    let mut entries = float32(&squeezenet());
    let (_, dtype, _, bytes) = entry(&mut entries, "features.0.bias");
    *dtype = Dtype::I32;
    bytes.fill(0);
    let message = File::of(entries).error(&squeezenet());
    assert!(message.contains("features.0.bias has dtype I32; "), "{message}");
}

#[test]
fn only_what_the_chosen_layers_need_has_to_be_there() {
    let whole = squeezenet();
    let needed = cut(&whole, "features.3");
    let file = File::of(float32(&needed));
    assert_values(&read(file.path(), &needed, &whole).unwrap(), &needed, |value| value);
    assert!(matches!(read(file.path(), &whole, &whole), Err(ReadError::Mismatch { .. })));
}

#[test]
fn only_what_the_chosen_layers_need_is_kept() {
    let whole = squeezenet();
    let needed = cut(&whole, "features.3");
    let weights = read(File::of(float32(&whole)).path(), &needed, &whole).unwrap();
    assert!(weights.get("features.3.squeeze.weight").is_some());
    assert!(weights.get("features.4.squeeze.weight").is_none());
}

#[test]
fn auxiliary_classifiers_and_counters_of_training_are_fine() {
    let mut entries = float32(&squeezenet());
    for name in ["aux1.fc2.weight", "AuxLogits.fc.bias"] {
        entries.push((name.into(), Dtype::F32, vec![1], vec![0; 4]));
    }
    entries.push(("bn1.num_batches_tracked".into(), Dtype::I64, vec![], vec![0; 8]));
    assert!(File::of(entries).read(&squeezenet()).is_ok());
}

#[test]
fn a_missing_tensor_is_named() {
    let mut entries = float32(&squeezenet());
    entries.retain(|(name, ..)| name != "features.4.squeeze.bias");
    let file = File::of(entries);
    assert_eq!(
        file.error(&squeezenet()),
        format!(
            "{} does not fit squeezenet1_1\n  missing: features.4.squeeze.bias",
            file.path().display()
        )
    );
}

#[test]
fn a_tensor_of_another_shape_is_named_with_both_shapes() {
    let mut entries = float32(&squeezenet());
    let (_, _, shape, _) = entry(&mut entries, "features.0.weight");
    *shape = vec![64, 27];
    let message = File::of(entries).error(&squeezenet());
    assert!(
        message.ends_with(
            "  wrong shape: \
             features.0.weight ([64, 27] in the file, [64, 3, 3, 3] in the network)"
        ),
        "{message}"
    );
}

#[test]
fn another_networks_file_is_told_by_at_most_ten_names_of_each_kind() {
    let file = File::of(float32(&zoo::build("mobilenet_v2").unwrap()));
    let message = file.error(&squeezenet());
    let lines: Vec<&str> = message.lines().skip(1).collect();
    assert!(lines[0].starts_with("  missing: "), "{message}");
    assert!(lines.last().unwrap().starts_with("  unexpected: "), "{message}");
    for line in lines {
        let (names, _) = line.split_once(" and ").unwrap_or((line, ""));
        assert!(names.split(", ").count() <= 10, "{line}");
    }
    assert!(message.ends_with(" more"), "{message}");
}

#[test]
fn a_file_that_fits_in_names_but_not_in_shapes_lists_ten_of_them() {
    let mut entries = float32(&squeezenet());
    entries.iter_mut().for_each(|(_, _, shape, _)| shape.push(1));
    let count = entries.len();
    let message = File::of(entries).error(&squeezenet());
    assert_eq!(message.matches(" in the file, ").count(), 10);
    assert!(message.ends_with(&format!(" and {} more", count - 10)), "{message}");
}

#[test]
fn values_that_are_not_finite_are_an_error_that_names_the_tensor() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut entries = float32(&squeezenet());
        let (.., bytes) = entry(&mut entries, "features.3.squeeze.weight");
        bytes[8..12].copy_from_slice(&value.to_le_bytes());
        let message = File::of(entries).error(&squeezenet());
        assert!(message.contains("features.3.squeeze.weight has values that are not finite"));
    }
}

#[test]
fn a_float64_too_large_for_float32_is_not_finite() {
    let graph = squeezenet();
    let mut entries = entries(&graph, Dtype::F64, |value| f64::from(value).to_le_bytes().into());
    let (.., bytes) = entry(&mut entries, "features.0.bias");
    bytes[..8].copy_from_slice(&1e300f64.to_le_bytes());
    let message = File::of(entries).error(&graph);
    assert!(message.contains("features.0.bias has values that are not finite"), "{message}");
}

#[test]
fn values_that_no_chosen_layer_needs_may_be_anything() {
    let whole = squeezenet();
    let mut entries = float32(&whole);
    let (.., bytes) = entry(&mut entries, "classifier.1.bias");
    bytes[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(read(File::of(entries).path(), &cut(&whole, "features.3"), &whole).is_ok());
}

#[test]
fn what_is_no_weight_file_is_told_by_its_content() {
    for (bytes, content) in [
        (&b""[..], "it is empty"),
        (b"\n<!DOCTYPE html><html>", "it is a web page"),
        (b"\x89HDF\r\n\x1a\n", "it is HDF5 (Keras)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a git-lfs pointer"),
        (b"\x1f\x8b\x08\0", "it is compressed with gzip"),
        (b"\x80\x04\x95\0\0\0\0\0\0\0\0}.", "it is a Python pickle that PyTorch did not write"),
        (&[0xFF; 64], "supported formats: safetensors"),
    ] {
        let message = File::holding(bytes).error(&squeezenet());
        let start = format!("weights.safetensors is not a weight file: {content}");
        assert!(message.contains(&start), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn a_file_cut_short_is_not_a_safetensors_file() {
    let whole = safetensors::serialize(views(&float32(&squeezenet())), None).unwrap();
    let message = File::holding(&whole[..whole.len() - 1]).error(&squeezenet());
    assert!(message.contains("weights.safetensors as a safetensors file: "), "{message}");
}

#[test]
fn a_folder_is_no_weight_file() {
    let folder = TempDir::new().unwrap();
    let error = read(folder.path(), &squeezenet(), &squeezenet()).unwrap_err();
    assert!(matches!(error, ReadError::Io { .. }));
    let message = error.to_string();
    let start = format!("cannot read the weights {}: ", folder.path().display());
    assert!(message.starts_with(&start), "{message}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read(Path::new("no/such.safetensors"), &squeezenet(), &squeezenet()).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("cannot read the weights no/such.safetensors: "), "{message}");
}

/// A weight file in a folder of its own.
struct File {
    folder: TempDir,
    path: PathBuf,
}

impl File {
    fn holding(bytes: &[u8]) -> File {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("weights.safetensors");
        fs::write(&path, bytes).unwrap();
        File { folder, path }
    }

    fn of(entries: Vec<Entry>) -> File {
        File::holding(&safetensors::serialize(views(&entries), None).unwrap())
    }

    fn path(&self) -> &Path {
        assert!(self.folder.path().is_dir());
        &self.path
    }

    fn read(&self, graph: &Graph) -> Result<Weights, ReadError> {
        read(self.path(), graph, graph)
    }

    fn error(&self, graph: &Graph) -> String {
        self.read(graph).unwrap_err().to_string()
    }
}

fn views(entries: &[Entry]) -> impl Iterator<Item = (&str, TensorView<'_>)> {
    entries.iter().map(|(name, dtype, shape, bytes)| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    })
}

fn squeezenet() -> Graph {
    zoo::build("squeezenet1_1").unwrap()
}

fn cut(graph: &Graph, layer: &str) -> Graph {
    truncate(graph, &[graph.find(layer).unwrap()]).0
}

/// The generated weights of a graph in some type.
fn entries(graph: &Graph, dtype: Dtype, bytes: impl Fn(f32) -> Vec<u8>) -> Vec<Entry> {
    let tensors = generated::weights(graph).into_iter();
    tensors
        .map(|(name, shape, values)| {
            (name, dtype, shape, values.into_iter().flat_map(&bytes).collect())
        })
        .collect()
}

fn float32(graph: &Graph) -> Vec<Entry> {
    entries(graph, Dtype::F32, |value| value.to_le_bytes().into())
}

fn entry<'a>(entries: &'a mut [Entry], name: &str) -> &'a mut Entry {
    entries.iter_mut().find(|(found, ..)| found == name).unwrap()
}

#[track_caller]
fn assert_values(weights: &Weights, graph: &Graph, expected: impl Fn(f32) -> f32) {
    for (name, shape, values) in generated::weights(graph) {
        let tensor = weights.get(&name).unwrap_or_else(|| panic!("{name} was not read"));
        assert_eq!(tensor.shape(), shape, "{name}");
        assert!(tensor.data().iter().copied().eq(values.into_iter().map(&expected)), "{name}");
    }
}
