//! Weight files as the programs write them whose formats they are, each of one small network: see
//! tests/fixtures/make_weights.py.

use std::fs;
use std::path::{Path, PathBuf};

use dreamer::weights::{DType, WeightFile, map, read_all};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/weights").join(name)
}

/// Holds every tensor of the network in a file against the one it was made of, to the bit.
#[track_caller]
fn assert_holds_the_network(name: &str, format: &str) {
    let path = fixture(name);
    let bytes = map(&path).unwrap();
    let file = WeightFile::mapped(&bytes, &path).unwrap();
    assert_eq!(file.format().name, format);
    let expected = read_all(&fixture("expected.safetensors")).unwrap();
    assert_eq!(expected.iter().count(), 6);
    for (name, tensor) in expected.iter() {
        let read = file.tensor(name).unwrap_or_else(|| panic!("there is no {name}")).unwrap();
        assert_eq!(read.shape(), tensor.shape(), "{name}");
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(read.data()), bits(tensor.data()), "{name}");
    }
    let names: Vec<&str> = file.views().map(|(name, _)| name).collect();
    let others = ["norm.num_batches_tracked", "norm.scratch", "classes"];
    let known = |name: &&str| expected.get(name).is_some() || others.contains(name);
    assert!(names.iter().all(known), "{names:?}");
}

/// A test for each file.
macro_rules! files {
    ($($test:ident $name:literal $format:literal)*) => {
        $(
            #[test]
            fn $test() {
                assert_holds_the_network($name, $format);
            }
        )*

        const TESTED: &[&str] = &[$($name),*];
    };
}

files! {
    safetensors_are_read "expected.safetensors" "safetensors"
    a_state_dictionary_is_read "zip.pth" "PyTorch (.pth, .pt)"
    a_state_dictionary_of_float16_is_read "zip_float16.pth" "PyTorch (.pth, .pt)"
    a_state_dictionary_of_bfloat16_is_read "zip_bfloat16.pth" "PyTorch (.pth, .pt)"
    a_state_dictionary_of_float64_is_read "zip_float64.pth" "PyTorch (.pth, .pt)"
    a_pickle_of_protocol_4_is_read "zip_protocol_4.pth" "PyTorch (.pth, .pt)"
    a_dictionary_of_parameters_is_read "zip_parameters.pth" "PyTorch (.pth, .pt)"
    an_archive_that_was_packed_again_is_read "zip_deflated.pth" "PyTorch (.pth, .pt)"
    values_of_a_big_endian_machine_are_read "zip_big_endian.pth" "PyTorch (.pth, .pt)"
    the_old_form_is_read "legacy.pth" "PyTorch before 1.6 (.pth)"
    the_old_form_of_float16_is_read "legacy_float16.pth" "PyTorch before 1.6 (.pth)"
    the_old_form_of_bfloat16_is_read "legacy_bfloat16.pth" "PyTorch before 1.6 (.pth)"
    the_old_form_of_float64_is_read "legacy_float64.pth" "PyTorch before 1.6 (.pth)"
    a_checkpoints_network_is_read "checkpoint.pth" "PyTorch (.pth, .pt)"
    a_checkpoints_network_of_the_old_form_is_read "checkpoint_legacy.pth" "PyTorch before 1.6 (.pth)"
    a_network_deep_in_a_checkpoint_is_read "checkpoint_nested.pth" "PyTorch (.pth, .pt)"
    a_module_in_a_checkpoint_is_read "checkpoint_module.pth" "PyTorch (.pth, .pt)"
    names_lose_what_data_parallel_puts_before_them "data_parallel.pth" "PyTorch (.pth, .pt)"
    names_lose_what_a_compiler_puts_before_them "compiled_legacy.pth" "PyTorch before 1.6 (.pth)"
    views_of_one_storage_are_read "views.pth" "PyTorch (.pth, .pt)"
    views_of_one_storage_of_the_old_form_are_read "views_legacy.pth" "PyTorch before 1.6 (.pth)"
    a_whole_module_is_read "module.pth" "PyTorch (.pth, .pt)"
    a_whole_module_of_the_old_form_is_read "module_legacy.pth" "PyTorch before 1.6 (.pth)"
    torch_script_is_read "script.pt" "PyTorch (.pth, .pt)"
    a_trace_is_read "trace.pt" "PyTorch (.pth, .pt)"
    arrays_are_read "arrays.npz" "NumPy (.npz)"
    compressed_arrays_are_read "arrays_compressed.npz" "NumPy (.npz)"
    arrays_of_any_type_and_order_are_read "arrays_of_types.npz" "NumPy (.npz)"
    compressed_arrays_of_any_type_and_order_are_read "arrays_of_types_compressed.npz" "NumPy (.npz)"
}

/// Files that do not hold the whole network.
const OTHERS: &[&str] = &["quantised.pth", "array.npy", "squeezenet1_1.pth"];

#[test]
fn every_fixture_is_tested() {
    let files = fs::read_dir(fixture("")).unwrap().map(|file| file.unwrap().file_name());
    for name in files.map(|name| name.into_string().unwrap()) {
        assert!([TESTED, OTHERS].concat().contains(&&*name), "{name}");
    }
}

#[test]
fn a_tensor_of_another_type_is_known_and_is_no_weights() {
    let path = fixture("quantised.pth");
    let bytes = map(&path).unwrap();
    let file = WeightFile::mapped(&bytes, &path).unwrap();
    let (_, view) = file.views().find(|(name, _)| *name == "first.weight").unwrap();
    assert_eq!(view.shape(), [4, 3, 3, 2]);
    assert_eq!(view.dtype(), &DType::Other("qint8".into()));
    let message = file.tensor("first.weight").unwrap().unwrap_err().to_string();
    assert!(message.contains("quantised.pth: first.weight has dtype qint8; "), "{message}");
    assert!(file.tensor("head.weight").unwrap().is_ok());
}

#[test]
fn an_array_without_a_name_is_no_weight_file() {
    let message = read_all(&fixture("array.npy")).unwrap_err().to_string();
    assert!(
        message.contains("array.npy is not a weight file: it is a single NumPy array"),
        "{message}"
    );
    assert!(message.contains("numpy.savez"), "{message}");
}

/// Bytes that stand for every kind of number and instruction.
const BYTES: [u8; 8] = [0x00, 0x01, 0x7F, 0x80, 0xFF, b'(', b'.', b'R'];

/// What comes of a file of these bytes: an error has one line, which names the file.
fn assert_is_read_or_refused(bytes: &[u8]) {
    let read = WeightFile::new(bytes, Path::new("damaged.pth")).and_then(|file| file.all());
    if let Err(error) = read {
        let message = error.to_string();
        assert!(message.contains("damaged.pth"), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    for name in TESTED {
        let whole = fs::read(fixture(name)).unwrap();
        for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
            let file = WeightFile::new(&whole[..length], Path::new("short.pth"));
            let message = file.and_then(|file| file.all()).err().map(|error| error.to_string());
            let message = message.unwrap_or_else(|| panic!("{name} of {length} bytes is read"));
            assert!(message.contains("short.pth"), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }
}

#[test]
fn a_file_with_a_wrong_byte_is_read_or_refused() {
    for name in TESTED {
        let whole = fs::read(fixture(name)).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] = BYTES[place % BYTES.len()];
            assert_is_read_or_refused(&bytes);
        }
    }
}
