//! What the program says where it cannot dream.

use std::fs;

use crate::folder::says;
#[cfg(target_os = "linux")]
use crate::small_disk::SmallDisk;
use crate::studio::{SHORT, photo, studio, weights, write_weights};

/// The studio with a file in it that is to be dreamed, and the error that this gives.
fn error_of(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = studio();
    folder.write(name, content);
    folder.fails([name])
}

#[test]
fn a_missing_photograph_is_named() {
    says(&studio().fails(["none.jpg"]), &["none.jpg", "does not exist"]);
}

#[test]
fn a_folder_is_no_photograph() {
    says(&studio().fails(["./models"]), &["models is a folder"]);
}

#[test]
fn an_empty_file_is_no_photograph() {
    says(&error_of("empty.jpg", ""), &["empty.jpg", "empty"]);
    let folder = studio();
    let mut command = folder.dreamer(["-"]);
    command.write_stdin("");
    says(&folder.refuses(1, command), &["standard input is empty"]);
}

#[test]
fn a_text_under_a_photographs_name_is_told_to_be_text() {
    says(&error_of("story.jpg", "Once upon a time"), &["story.jpg", "its content is text"]);
}

#[test]
fn a_jpeg_cut_short_is_refused() {
    let folder = studio();
    photo(96, 80).save(folder.path("whole.jpg")).unwrap();
    let whole = fs::read(folder.path("whole.jpg")).unwrap();
    folder.write("half.jpg", &whole[..whole.len() / 2]);
    says(&folder.fails(["half.jpg"]), &["half.jpg", "truncated"]);
}

#[test]
fn a_photograph_too_small_for_the_layer_is_refused_with_what_to_do() {
    let folder = studio();
    for (name, width, height) in [("dot.png", 1, 1), ("pole.png", 1, 5000)] {
        photo(width, height).save(folder.path(name)).unwrap();
        says(&folder.fails([name]), &[name, "too small", &format!("{width}×{height}"), "earlier"]);
    }
}

#[test]
fn a_header_that_claims_a_huge_picture_is_refused_by_the_limit() {
    let folder = studio();
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, 60_000, 60_000);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, &[]).unwrap();
    drop(writer);
    folder.write("huge.png", bytes);
    says(&folder.fails(["huge.png"]), &["huge.png is 60000×60000", "--max-pixels"]);
    says(&folder.fails(["photo.png", "--max-pixels=100"]), &["limit of 100", "--max-pixels"]);
}

#[test]
fn an_unknown_layer_names_the_closest_ones() {
    let error = studio().misused(["photo.png", "--layer", "featurs.9"]);
    says(&error, &["\"featurs.9\"", "the closest are features.9", "dreamer layers"]);
}

#[test]
fn a_layer_of_another_model_names_that_model() {
    let error = studio().misused(["photo.png", "--layer", "inception4c"]);
    says(&error, &["squeezenet1_1 has no layer \"inception4c\"", "--model googlenet"]);
}

#[test]
fn a_layer_named_twice_is_refused() {
    let error = studio().misused(["photo.png", "--layer", "features.3,features.3=2"]);
    says(&error, &["features.3 twice"]);
    let error = studio().misused(["photo.png", "--layer", "features.12,classifier.0"]);
    says(&error, &["features.12 and classifier.0", "one layer"]);
}

#[test]
fn an_unknown_model_names_the_known_ones() {
    let folder = studio();
    let assert = folder.dreamer(["photo.png", "-m", "googlnet"]).assert().code(2).stdout("");
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&error, &["error: ", "googlnet", "squeezenet1_1", "lenet5"]);
}

#[test]
fn missing_weights_say_where_they_were_looked_for_and_what_to_do() {
    let folder = studio();
    let error = folder.fails(["photo.png", "--model", "vgg16"]);
    let searched = folder.path("models/vgg16.safetensors");
    says(&error, &["no weights for vgg16", searched.to_str().unwrap(), "--weights"]);

    let mut command = folder.dreamer(["photo.png", "--model=vgg16"]);
    command.env_remove("DREAMER_MODELS").env_remove("XDG_DATA_HOME").env("HOME", "/home/nobody");
    let error = folder.refuses(1, command);
    says(&error, &["models/vgg16.safetensors and /home/nobody", "--weights"]);

    let mut homeless = folder.dreamer(["photo.png", "--model=vgg16"]);
    homeless.env_remove("DREAMER_MODELS").env_remove("XDG_DATA_HOME").env_remove("HOME");
    says(&folder.refuses(1, homeless), &["searched for", "--weights"]);
}

#[test]
fn weights_whose_name_tells_no_model_ask_for_one() {
    let folder = studio();
    write_weights(&folder.path("mine.safetensors"), &weights());
    let error = folder.misused(["photo.png", "--weights", "mine.safetensors"]);
    says(&error, &["mine.safetensors", "--model", "squeezenet1_1"]);
}

/// The lines that the program prints about `weights`.
fn weights_error(weights: &[crate::studio::Parameter]) -> Vec<String> {
    let folder = studio();
    write_weights(&folder.path("models/squeezenet1_1.safetensors"), weights);
    let assert = folder.dreamer(["photo.png"]).assert().code(1).stdout("");
    assert_eq!(folder.names(), ["models", "photo.png"]);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(error.starts_with("error: ") && !error.contains("panicked"), "{error}");
    error.lines().map(str::to_owned).collect()
}

#[test]
fn weights_of_another_network_are_told_name_by_name_but_no_more_than_ten() {
    let mut weights = weights();
    weights[1].1 = vec![8, 8];
    for (name, ..) in &mut weights[2..30] {
        *name = format!("other.{name}");
    }
    let lines = weights_error(&weights);
    let [first, details @ ..] = &lines[..] else { panic!("{lines:?}") };
    says(first, &["squeezenet1_1.safetensors", "does not fit squeezenet1_1"]);
    let details = details.join("\n");
    says(&details, &["missing: ", "unexpected: other.", "[8, 8] in the file", " more"]);
    assert_eq!(details.matches("other.").count(), 10);
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    let mut weights = weights();
    weights[4].2[5] = f32::NAN;
    let name = weights[4].0.clone();
    let lines = weights_error(&weights);
    assert_eq!(lines.len(), 1);
    says(&lines[0], &[&name, "not finite"]);
}

#[test]
fn files_that_are_no_weights_are_refused() {
    let folder = studio();
    for (name, content) in [("text", "not at all"), ("empty", ""), ("short", "\u{1}\0\0\0\0\0\0\0")]
    {
        folder.write(name, content);
        let error = folder.fails(["photo.png", "--model=squeezenet1_1", "--weights", name]);
        says(&error, &[name, "is not a weight file", "safetensors"]);
    }
    let error = folder.fails(["photo.png", "--model=squeezenet1_1", "--weights=models"]);
    says(&error, &["models", "not a file"]);
    let error = folder.fails(["photo.png", "--model=squeezenet1_1", "--weights=none"]);
    says(&error, &["cannot read the weights none"]);
}

#[test]
fn an_output_that_exists_is_kept_without_force() {
    let folder = studio();
    folder.write("photo.dream.png", "precious");
    says(&folder.fails(["photo.png"]), &["photo.dream.png already exists", "--force"]);
    assert_eq!(fs::read(folder.path("photo.dream.png")).unwrap(), b"precious");
    folder.dreamer(["photo.png", "--force"]).args(SHORT).assert().success();
    assert!(image::open(folder.path("photo.dream.png")).is_ok());
}

#[test]
fn the_photograph_itself_is_not_overwritten_without_force() {
    let folder = studio();
    let before = fs::read(folder.path("photo.png")).unwrap();
    says(&folder.fails(["photo.png", "-o", "photo.png"]), &["photo.png already exists", "--force"]);
    assert_eq!(fs::read(folder.path("photo.png")).unwrap(), before);
}

#[test]
fn an_unknown_suffix_lists_the_known_ones() {
    let folder = studio();
    for name in ["dream.gif", "dream", "dream.heic"] {
        says(&folder.fails(["photo.png", "-o", name]), &[name, ".png", ".jpg", ".webp"]);
    }
}

#[test]
fn an_output_folder_that_is_missing_or_a_name_that_is_a_folders_is_refused() {
    let folder = studio();
    fs::create_dir(folder.path("folder.png")).unwrap();
    says(&folder.fails(["photo.png", "-o", "none/a.png"]), &["no folder none", "create it"]);
    says(&folder.fails(["photo.png", "-o", "folder.png"]), &["folder.png is a folder"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_folder_that_takes_no_files_is_refused_before_the_work() {
    let error = studio().fails(["photo.png", "-o", "/sys/dream.png"]);
    says(&error, &["/sys/dream.png cannot be written", "--output"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = studio();
    let disk = folder.path("disk");
    let Some(_disk) = SmallDisk::mount(&disk, "16k", "a_full_disk_leaves_nothing_behind") else {
        return;
    };
    let error = folder.fails(["photo.png", "-o", "disk/a.png", SHORT[0], SHORT[1]]);
    says(&error, &["disk/a.png cannot be written: the disk is full"]);
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 0);
}

#[test]
fn a_picture_too_long_for_its_format_is_refused_before_the_work() {
    let folder = studio();
    photo(16_400, 40).save(folder.path("wide.png")).unwrap();
    let error = folder.fails(["wide.png", "-l", "features.3", "-o", "wide.webp"]);
    says(&error, &["wide.webp", "at most 16384", "16400×40"]);
}

#[test]
fn standard_output_takes_the_picture_or_the_report() {
    for option in ["--json", "--preview"] {
        says(&studio().misused(["photo.png", "-o", "-", option]), &["--json", "standard output"]);
    }
}

#[test]
fn numbers_out_of_range_are_misuses_that_name_the_range() {
    let folder = studio();
    for (option, range) in [
        ("--octaves=0", "from 1 to 1000"),
        ("--octaves=1000000", "from 1 to 1000"),
        ("--step=nan", "not a number"),
        ("--step=0", "above 0"),
        ("--octave-scale=1", "above 1"),
        ("--threads=100000", "from 1 to 1024"),
        ("--iterations=18446744073709551615", "from 1 to"),
        ("--quality=101", "from 1 to 100"),
        ("--layer=features.3=0", "leave the name out"),
        ("--layer=features.3,,features.4", "the name is missing"),
        ("--device=gpu", "write auto, cpu, cuda"),
    ] {
        says(&folder.misused(["photo.png", option]), &[range]);
    }
}

#[cfg(feature = "torch")]
#[test]
fn a_device_that_is_not_there_is_an_error() {
    let error = studio().fails(["photo.png", "--device", "cuda:99"]);
    says(&error, &["no device cuda:99"]);
}

#[test]
fn tiles_too_small_for_the_layer_name_the_least_size() {
    let folder = studio();
    photo(256, 200).save(folder.path("large.png")).unwrap();
    let error = folder.misused(["large.png", "--tile=10"]);
    says(&error, &["tiles of 10 pixels", "--tile="]);
    let advice = error.split_whitespace().find(|word| word.starts_with("--tile=")).unwrap();
    folder.dreamer(["large.png", advice]).args(SHORT).assert().success();
}

#[test]
fn a_layer_that_sees_everything_cannot_be_tiled() {
    let error = studio().misused(["photo.png", "--tile=64", "--layer", "classifier.3"]);
    says(&error, &["sees the whole picture", "earlier layer"]);
}

#[test]
fn no_error_contains_escapes_where_there_is_no_terminal() {
    let folder = studio();
    let output = folder.dreamer(["none.jpg"]).output().unwrap();
    assert!(!output.stderr.contains(&0x1B));
    let output = folder.dreamer(["photo.png", "--octaves=x"]).output().unwrap();
    assert!(!output.stderr.contains(&0x1B));
}

#[test]
fn a_layer_that_nothing_excites_is_an_error_that_says_so() {
    let folder = studio();
    let mut weights = weights();
    weights[0].2.fill(0.0);
    weights[1].2.fill(-1.0);
    write_weights(&folder.path("models/squeezenet1_1.safetensors"), &weights);
    let error = folder.fails(["photo.png", "--layer=features.1"]);
    says(&error, &["the gradient of features.1 is zero", "choose another layer"]);
}
