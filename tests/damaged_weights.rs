//! Weight files that are damaged, or were made to do harm: each is refused in one line, and nothing
//! in them is run.

#[path = "common/zip.rs"]
mod zip;

use std::fs;
use std::path::Path;

use dreamer::weights::{Tensor, WeightFile, Weights};
use zip::{Member, archive};

/// What is in a file of these bytes.
fn read(bytes: &[u8]) -> Result<Weights, String> {
    let file = WeightFile::new(bytes, Path::new("bad.pth")).and_then(|file| file.all());
    file.map_err(|error| error.to_string())
}

/// The file is refused in one line that names it and says `why`.
#[track_caller]
fn assert_refused(bytes: &[u8], why: &str) {
    let message = read(bytes).map(|_| ()).unwrap_err();
    assert!(message.contains("bad.pth"), "{message}");
    assert!(message.contains(why), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

/// A PyTorch archive with one storage, `0`, of these values.
fn torch(pickle: &[u8], values: &[f32]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    archive(&[Member::stored("a/data.pkl", pickle), Member::stored("a/data/0", &values)])
}

/// The same in the form before 1.6, the storage after a count.
fn legacy(pickle: &[u8], count: i64, values: &[f32]) -> Vec<u8> {
    let values = values.iter().flat_map(|value| value.to_le_bytes());
    let magic = b"\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.";
    let [version, system, keys] = [&b"M\xE9\x03."[..], b"}.", b"(U\x010l."];
    let mut bytes = [magic, version, system, pickle, keys].concat();
    bytes.extend(count.to_le_bytes());
    bytes.extend(values);
    bytes
}

/// A pickle of a dictionary.
fn dictionary(items: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut pickle = b"}".to_vec();
    for (key, value) in items {
        pickle.extend(text(key));
        pickle.extend(value);
        pickle.push(b's');
    }
    pickle.push(b'.');
    pickle
}

fn text(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

fn tuple(numbers: &[i64]) -> String {
    let numbers: String = numbers.iter().map(|number| format!("I{number}\n")).collect();
    format!("({numbers}t")
}

/// A float32 tensor of the storage `0`, which has `length` elements.
fn tensor(length: i64, offset: i64, shape: &[i64], strides: &[i64]) -> Vec<u8> {
    let storage = format!("(Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nI{length}\ntQ");
    let [shape, strides] = [shape, strides].map(tuple);
    format!("ctorch._utils\n_rebuild_tensor_v2\n({storage}I{offset}\n{shape}{strides}I00\nNtR")
        .into()
}

/// A file of a tensor `w` of six values 0..6.
fn of_tensor(length: i64, offset: i64, shape: &[i64], strides: &[i64]) -> Vec<u8> {
    let values: Vec<f32> = (0..6).map(|value| value as f32).collect();
    torch(&dictionary(&[("w", tensor(length, offset, shape, strides))]), &values)
}

fn whole() -> Vec<u8> {
    tensor(6, 0, &[2, 3], &[3, 1])
}

const VALUES: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
fn a_file_that_is_in_order_is_read() {
    let expected = Tensor::new(vec![2, 3], VALUES.into());
    let pickle = dictionary(&[("w", whole())]);
    for bytes in [of_tensor(6, 0, &[2, 3], &[3, 1]), legacy(&pickle, 6, &VALUES)] {
        assert_eq!(read(&bytes).unwrap().get("w"), Some(&expected));
    }
}

#[test]
fn nothing_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("was_here");
    let harm = format!("cos\nsystem\n(Vtouch {}\ntR", path.display());
    let tensor = whole();
    for (state, is_read) in [
        (dictionary(&[("harm", harm.clone().into()), ("w", tensor.clone())]), true),
        (dictionary(&[("w", [harm.as_bytes(), b"0", &tensor[..]].concat())]), true),
        (dictionary(&[("w", harm.clone().into())]), false),
        (format!("{harm}.").into(), false),
    ] {
        for bytes in [torch(&state, &VALUES), legacy(&state, 6, &VALUES)] {
            assert_eq!(read(&bytes).is_ok_and(|weights| weights.get("w").is_some()), is_read);
        }
    }
    assert!(!path.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn negative_numbers_are_refused() {
    assert_refused(&of_tensor(6, 0, &[2, -3], &[3, 1]), "w: its size, stride or offset is -3");
    assert_refused(&of_tensor(6, 0, &[2, 3], &[-3, 1]), "offset is -3");
    assert_refused(&of_tensor(6, -1, &[2, 3], &[3, 1]), "offset is -1");
    assert_refused(&of_tensor(-6, 0, &[2, 3], &[3, 1]), "offset is -6");
}

#[test]
fn tensors_beyond_their_storage_are_refused() {
    let huge = i64::MAX;
    assert_refused(
        &of_tensor(6, 1, &[2, 3], &[3, 1]),
        "w: its values, of shape [2, 3] and strides",
    );
    assert_refused(&of_tensor(6, 0, &[2, 3], &[4, 1]), "reach beyond the 24 bytes");
    assert_refused(&of_tensor(6, 0, &[huge, huge], &[huge, 1]), "reach beyond the 24 bytes");
    assert_refused(&of_tensor(6, huge, &[1], &[1]), "reach beyond the 24 bytes");
    assert_refused(&of_tensor(7, 0, &[2, 3], &[3, 1]), "has 24 bytes instead of 28");
    assert_refused(&of_tensor(huge, 0, &[2, 3], &[3, 1]), "has 24 bytes instead of");
}

#[test]
fn tensors_whose_values_lie_upon_one_another_are_refused() {
    assert_refused(&of_tensor(6, 0, &[1 << 40], &[0]), "overlap");
    assert_refused(&of_tensor(6, 0, &[2, 3], &[1, 1]), "overlap");
}

#[test]
fn tensors_of_too_many_axes_are_refused() {
    assert_refused(&of_tensor(6, 0, &[1; 65], &[1; 65]), "it has 65 axes");
    assert_refused(&of_tensor(6, 0, &[2, 3], &[1]), "it has 1 strides for 2 axes");
}

#[test]
fn a_missing_storage_is_named() {
    let pickle = dictionary(&[("w", whole())]);
    let bytes = archive(&[Member::stored("a/data.pkl", &pickle)]);
    assert_refused(&bytes, "w: its storage 0 is not in the file");
}

#[test]
fn tensors_that_no_pytorch_describes_are_refused() {
    for value in
        ["ctorch._utils\n_rebuild_tensor_v2\n(tR", "ctorch._utils\n_rebuild_parameter\n(NtR"]
    {
        let bytes = torch(&dictionary(&[("w", value.into())]), &VALUES);
        assert_refused(&bytes, "w: its description is not one of PyTorch's");
    }
    let unknown = String::from_utf8(whole()).unwrap().replace("Float", "Strange");
    let bytes = torch(&dictionary(&[("w", unknown.into())]), &VALUES);
    assert_refused(&bytes, "the unknown type StrangeStorage");
    // A parameter of itself.
    let own = b"ctorch._utils\n_rebuild_parameter\n](NaNaq\x07h\x07R";
    assert!(read(&torch(&dictionary(&[("w", own.into())]), &VALUES)).is_err());
}

#[test]
fn many_tensors_of_the_same_bytes_are_refused() {
    let names: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let values = vec![0.5; 10_000];
    let items: Vec<(&str, Vec<u8>)> =
        names.iter().map(|name| (name.as_str(), tensor(10_000, 0, &[10_000], &[1]))).collect();
    assert!(read(&torch(&dictionary(&items[..10]), &values)).is_ok());
    assert_refused(&torch(&dictionary(&items), &values), "many tensors share the same bytes");
}

#[test]
fn a_dictionary_that_holds_itself_is_read() {
    let pickle = [b"}q\x01", &text("self")[..], b"h\x01s", &text("w"), &whole(), b"s."].concat();
    assert_eq!(read(&torch(&pickle, &VALUES)).unwrap().iter().count(), 1);
    let pickle = [b"}q\x01", &text("model")[..], b"h\x01s", &text("w"), &whole(), b"s."].concat();
    assert_eq!(read(&torch(&pickle, &VALUES)).unwrap().iter().count(), 1);
}

#[test]
fn dictionaries_in_one_another_without_end_are_refused() {
    let depth = 100_000;
    let inner: Vec<u8> = (0..depth).flat_map(|_| [b"}".to_vec(), text("a")].concat()).collect();
    let pickle = [&inner[..], &whole(), &b"s".repeat(depth), b"."].concat();
    assert_refused(&torch(&pickle, &VALUES), "it holds no named tensors");
}

/// Each dictionary holds the next twice, so that there are more paths than anyone can walk.
#[test]
fn dictionaries_of_dictionaries_are_not_walked_for_ever() {
    let level = |_| [b"q\x01}", &text("a")[..], b"h\x01s", &text("b"), b"h\x01s"].concat();
    for innermost in [b"}".to_vec(), whole()] {
        let levels: Vec<u8> = (0..50).flat_map(level).collect();
        let pickle = [&innermost[..], &levels, b"."].concat();
        assert_refused(&torch(&pickle, &VALUES), "larger than those of any network");
    }
}

#[test]
fn long_names_are_not_put_together_for_ever() {
    let key = text(&"k".repeat(1 << 20));
    let mut pickle = [&key[..], b"q\x00", &whole(), b"q\x010}"].concat();
    for _ in 0..40 {
        pickle.extend(b"q\x020}h\x00h\x02s");
    }
    pickle.splice(pickle.len() - 1.., *b"s.");
    assert_refused(&torch(&pickle, &VALUES), "larger than those of any network");
}

#[test]
fn what_a_file_says_does_not_fill_the_screen() {
    for name in ["w\nerror: it is", &"w".repeat(1 << 16)] {
        let bytes = torch(&dictionary(&[(name, tensor(7, 0, &[7], &[1]))]), &VALUES);
        assert_refused(&bytes, "w");
        assert!(read(&bytes).map(|_| ()).unwrap_err().len() < 2000);
    }
}

#[test]
fn a_memo_of_huge_numbers_is_kept_small() {
    let keep = |number: u32| [b"r", &number.to_le_bytes()[..]].concat();
    let pickle = [b"}", &keep(u32::MAX)[..], &keep(u32::MAX - 1), &text("w"), &whole(), b"s."];
    assert!(read(&torch(&pickle.concat(), &VALUES)).is_ok());
}

#[test]
fn a_compressed_pickle_of_millions_of_instructions_is_refused() {
    let bombs = [&b"N"[..], b"}", b"(", b"N\x94"].map(|instructions| instructions.repeat(1 << 22));
    for bomb in bombs {
        let pickle = Member::deflated("a/data.pkl", &[&bomb[..], b"N."].concat());
        assert_refused(&archive(&[pickle]), "larger than that of any network");
    }
}

#[test]
fn a_text_longer_than_the_file_is_refused() {
    assert_refused(&torch(b"}X\xFF\xFF\xFF\x7Fabc", &VALUES), "its pickle ends too soon");
}

#[test]
fn the_storages_of_the_old_form_are_counted() {
    let pickle = dictionary(&[("w", whole())]);
    assert_refused(&legacy(&pickle, -1, &VALUES), "its storage 0 has -1 elements instead of 6");
    assert_refused(&legacy(&pickle, i64::MAX, &VALUES), "elements instead of 6");
    assert_refused(&legacy(&pickle, 6, &VALUES[1..]), "it ends within its storage 0");
    let other = dictionary(&[("w", b"N".to_vec())]);
    assert_refused(&legacy(&other, 6, &VALUES), "a storage 0 that no tensor uses");
    let huge = dictionary(&[("w", tensor(i64::MAX, 0, &[6], &[1]))]);
    assert_refused(&legacy(&huge, i64::MAX, &VALUES), "it ends within its storage 0");
}

#[test]
fn members_upon_one_another_are_refused() {
    let pickle = dictionary(&[("w", whole())]);
    let bytes = archive(&[
        Member::stored("a/data.pkl", &pickle),
        Member { offset: Some(0), ..Member::stored("a/data/0", &pickle) },
    ]);
    assert_refused(&bytes, "a/data.pkl and a/data/0 overlap");
}

#[test]
fn members_of_one_name_are_refused() {
    let member = || Member::stored("a/data.pkl", b"N.");
    assert_refused(&archive(&[member(), member()]), "two members a/data.pkl");
}

#[test]
fn members_that_cannot_be_read_are_refused() {
    let pickle = dictionary(&[("w", whole())]);
    for (member, why) in [
        (
            Member { method: 12, ..Member::stored("a/data.pkl", &pickle) },
            "compressed with method 12",
        ),
        (Member { flags: 1, ..Member::stored("a/data.pkl", &pickle) }, "is encrypted"),
        (Member { size: 1, ..Member::stored("a/data.pkl", &pickle) }, "claims 1 bytes"),
        (
            Member { size: 1 << 30, ..Member::deflated("a/data.pkl", &pickle) },
            "claims 1073741824 bytes",
        ),
        (
            Member { size: pickle.len() as u32 + 1, ..Member::deflated("a/data.pkl", &pickle) },
            "cannot be inflated",
        ),
        (Member { crc: 7, ..Member::deflated("a/data.pkl", &pickle) }, "its checksum is wrong"),
        (Member { method: 8, ..Member::stored("a/data.pkl", &pickle) }, "cannot be inflated"),
    ] {
        assert_refused(&archive(&[member]), why);
    }
}

/// A gigabyte of zeros in a megabyte, of which a tensor needs six values.
#[test]
fn no_more_of_a_zip_bomb_is_inflated_than_a_tensor_takes() {
    let mut zeros = Member::deflated("a/data/0", &vec![0; 1 << 20]);
    zeros.bytes.resize(1 << 21, 0);
    let pickle = dictionary(&[("w", whole())]);
    let bytes =
        archive(&[Member::stored("a/data.pkl", &pickle), Member { size: 1 << 30, ..zeros }]);
    assert_eq!(read(&bytes).unwrap().get("w").unwrap().data(), [0.0; 6]);
}

#[test]
fn arrays_that_do_not_fill_their_shape_are_refused() {
    for (shape, why) in [
        ("(7,)", "w: its shape [7] needs 28 bytes, but the file has 24"),
        ("(5,)", "needs 20 bytes"),
        ("(99999999999, 99999999999)", "more values than any file can hold"),
        ("(-6,)", "its header is truncated or not NumPy's"),
    ] {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
        let length = (header.len() as u16).to_le_bytes();
        let array = [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), &[0; 24]].concat();
        for member in [Member::stored("w.npy", &array), Member::deflated("w.npy", &array)] {
            assert_refused(&archive(&[member]), why);
        }
    }
}

#[test]
fn an_archive_of_something_else_is_no_weight_file() {
    let bytes = archive(&[Member::stored("readme.txt", b"hello")]);
    assert_refused(
        &bytes,
        "bad.pth is not a weight file: it is a zip archive without PyTorch or NumPy weights",
    );
    let bytes = archive(&[Member::stored("net/model.json", b"{}")]);
    assert_refused(&bytes, "TorchScript of PyTorch before 1.4");
    assert_refused(&torch(b"N.", &VALUES), "it holds no named tensors");
}
