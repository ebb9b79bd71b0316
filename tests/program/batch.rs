//! Folders of photographs.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::album::{TINY, album, count, dream_all, dream_some, names, told, tree};
use crate::folder::{bytes, says};
use crate::small_disk::SmallDisk;
use crate::studio::{BACKENDS, dream, dreamed_again, open, photo, studio};
use crate::waiting::until;

#[test]
fn a_folder_is_dreamed_into_another_that_keeps_its_tree() {
    let folder = album();
    let said = dream_all(&folder, &["photos", "-r", "-o", "dreams/"]);
    assert_eq!(names(&folder.path("dreams")), ["2024/c.png", "a.jpg", "b.png"]);
    says(&said, &["3 photographs dreamed in"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    let [before, after] = ["photos/b.png", "dreams/b.png"].map(|name| open(&folder, name));
    assert_ne!(before.planes, after.planes);
    assert_eq!(bytes(&folder, "dreams/a.jpg")[..2], [0xFF, 0xD8]);
}

#[test]
fn folders_in_folders_are_taken_when_asked() {
    let folder = album();
    dream_all(&folder, &["photos", "-o", "dreams/"]);
    assert_eq!(names(&folder.path("dreams")), ["a.jpg", "b.png"]);
}

#[test]
fn files_keep_the_tree_below_the_folder_that_they_share() {
    let folder = album();
    dream_all(&folder, &["photos/a.jpg", "photos/2024/c.png", "-o", "dreams"]);
    assert_eq!(names(&folder.path("dreams")), ["2024/c.png", "a.jpg"]);
    dream_all(&folder, &["photos/2024/c.png", "-o", "based/", "--base=."]);
    assert_eq!(names(&folder.path("based")), ["photos/2024/c.png"]);
}

#[test]
fn a_pattern_that_no_shell_has_expanded_is_expanded() {
    let folder = album();
    dream_all(&folder, &["photos/**/*.png", "-o", "dreams/"]);
    assert_eq!(names(&folder.path("dreams")), ["2024/c.png", "b.png"]);
    says(&folder.misused(["photos/*.tif", "-o", "none/"]), &["photos/*.tif"]);
}

#[test]
fn a_list_names_photographs_on_lines() {
    let folder = album();
    folder.write("list", "photos/b.png\n\nphotos/2024\n");
    dream_all(&folder, &["--from-list=list", "-o", "dreams/"]);
    assert_eq!(names(&folder.path("dreams")), ["2024/c.png", "b.png"]);
    let mut command = folder.dreamer(["--from-list", "-", "-o", "more/"]);
    command.args(TINY).write_stdin("photos/a.jpg\0photos/b.png\0").assert().success();
    assert_eq!(names(&folder.path("more")), ["a.jpg", "b.png"]);
    says(&folder.fails(["--from-list=none", "-o", "other/"]), &["the list none cannot be read"]);
}

#[test]
fn one_stem_with_two_suffixes_gives_two_dreams() {
    let folder = studio();
    fs::create_dir(folder.path("photos")).unwrap();
    for name in ["a.jpg", "a.png", "a.gif", "a.JPG"] {
        photo(40, 40).to_rgb8().save(folder.path("photos").join(name)).unwrap();
    }
    dream_all(&folder, &["photos/", "-o", "dreams/"]);
    assert_eq!(names(&folder.path("dreams")), ["a.JPG", "a.gif.png", "a.jpg", "a.png"]);
    dream_all(&folder, &["photos/", "-o", "tiffs/", "--format=tif"]);
    let tiffs = ["a.JPG.tif", "a.gif.tif", "a.jpg.tif", "a.png.tif"];
    assert_eq!(names(&folder.path("tiffs")), tiffs);
}

#[test]
fn what_is_done_is_skipped_and_what_is_missing_is_dreamed() {
    let folder = album();
    let arguments = ["photos", "-r", "-o", "dreams/"];
    dream_all(&folder, &arguments);
    let before = tree(&folder.path("dreams"));
    says(&dream_all(&folder, &arguments), &["0 photographs dreamed", "3 done before"]);

    fs::remove_file(folder.path("dreams/b.png")).unwrap();
    photo(44, 44).save(folder.path("photos/d.png")).unwrap();
    says(&dream_all(&folder, &arguments), &["2 photographs dreamed", "2 done before"]);
    let after = tree(&folder.path("dreams"));
    assert_eq!(after.len(), 4);
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
}

#[test]
fn other_settings_and_other_photographs_are_dreamed_anew_by_force_alone() {
    let folder = album();
    let arguments = ["photos", "-o", "dreams/"];
    let other = ["photos", "-o", "dreams/", "--seed=5"];
    dream_all(&folder, &arguments);
    let first = tree(&folder.path("dreams"));
    let said = dream_some(&folder, &other);
    says(&said, &["dreams/b.png was dreamed with other settings", "--force", "2 failed"]);
    assert_eq!(tree(&folder.path("dreams")), first);

    dream_all(&folder, &[&other[..], &["--force"]].concat());
    assert_ne!(tree(&folder.path("dreams")), first);
    says(&dream_all(&folder, &[&other[..], &["-f"]].concat()), &["2 done before"]);

    photo(48, 41).save(folder.path("photos/b.png")).unwrap();
    says(&dream_some(&folder, &other), &["from another photograph", "1 done before, 1 failed"]);
}

#[test]
fn a_file_that_no_run_has_written_is_kept_without_force() {
    let folder = album();
    fs::create_dir(folder.path("dreams")).unwrap();
    folder.write("dreams/a.jpg", "precious");
    let said = dream_some(&folder, &["photos", "-o", "dreams/"]);
    says(&said, &["dreams/a.jpg exists already", "--force", "1 photograph dreamed", "1 failed"]);
    assert_eq!(bytes(&folder, "dreams/a.jpg"), b"precious");
    // And one that was changed by others.
    folder.write("dreams/b.png", "retouched");
    says(&dream_some(&folder, &["photos", "-o", "dreams/"]), &["dreams/b.png exists already"]);
    assert_eq!(bytes(&folder, "dreams/b.png"), b"retouched");
}

#[test]
fn weights_that_have_changed_are_other_settings() {
    let folder = album();
    dream_all(&folder, &["photos", "-o", "dreams/"]);
    let mut weights = crate::studio::weights();
    weights[0].2[0] += 0.5;
    crate::studio::write_weights(&folder.path("models/squeezenet1_1.safetensors"), &weights);
    says(&dream_some(&folder, &["photos", "-o", "dreams/"]), &["other settings", "2 failed"]);
}

#[test]
fn one_bad_photograph_does_not_stop_the_rest() {
    let folder = album();
    folder.write("photos/0.jpg", "no picture");
    folder.write("photos/z.png", "");
    let said = dream_some(&folder, &["photos", "-o", "dreams/", "--quiet"]);
    says(&said, &["error: photos/0.jpg is not a picture", "error: photos/z.png is empty"]);
    says(&said, &["error: 2 photographs dreamed in ", " 2 failed\n"]);
    assert_eq!(said.lines().count(), 3, "{said}");
    assert_eq!(names(&folder.path("dreams")), ["a.jpg", "b.png"]);
}

#[test]
fn fail_fast_stops_at_the_first_bad_one() {
    let folder = studio();
    fs::create_dir(folder.path("photos")).unwrap();
    for number in 0..60 {
        photo(40, 40).save(folder.path(format!("photos/{number:02}.png"))).unwrap();
    }
    folder.write("photos/00.png", "no picture");
    folder.write("photos/59.png", "no picture");
    let said = dream_some(&folder, &["photos", "-o", "dreams/", "--fail-fast"]);
    says(&said, &["photos/00.png", "stopped at one that failed"]);
    assert!(!said.contains("59.png"), "{said}");
    assert!(names(&folder.path("dreams")).len() < 58);
}

#[test]
fn json_is_a_line_for_each_photograph() {
    let folder = album();
    folder.write("photos/bad.png", "no picture");
    let lines = told(&folder, &["photos", "-r", "-o", "dreams/"]);
    assert_eq!(lines.len(), 4);
    let line = &lines["b.png"];
    assert_eq!(line["input"], "photos/b.png");
    assert_eq!(line["status"], "dreamed");
    assert_eq!([&line["width"], &line["height"]], [48, 40]);
    assert_eq!(line["settings"]["threads"], 1);
    assert!(line["seconds"].as_f64() > Some(0.0) && line["score"].as_f64() > Some(0.0));
    assert_eq!(lines["bad.png"]["status"], "failed");
    says(lines["bad.png"]["reason"].as_str().unwrap(), &["not a picture"]);
    let again = told(&folder, &["photos", "-r", "-o", "dreams/"]);
    assert_eq!([count(&again, "skipped"), count(&again, "failed")], [3, 1]);
}

#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let folder = album();
    let arguments = ["photos", "-r", "-o", "dreams/", "--dry-run"];
    let assert = folder.dreamer(arguments).args(TINY).assert().success();
    let [list, said] = [&assert.get_output().stdout, &assert.get_output().stderr]
        .map(|text| String::from_utf8_lossy(text).into_owned());
    says(&list, &["to dream  photos/2024/c.png → dreams/2024/c.png\n"]);
    assert_eq!(list.lines().count(), 3, "{list}");
    says(&said, &["about ", " for 3 photographs", "measured", "3 photographs to dream"]);
    assert!(!folder.path("dreams").exists());
    let lines = told(&folder, &arguments);
    assert_eq!(count(&lines, "to dream"), 3);
    assert_eq!(lines["a.jpg"]["width"], 40);
    dream_all(&folder, &["photos", "-o", "dreams/"]);
    let lines = told(&folder, &arguments);
    assert_eq!([count(&lines, "to dream"), count(&lines, "skipped")], [1, 2]);
}

#[test]
fn a_dream_among_many_has_the_bytes_that_it_has_alone() {
    for backend in BACKENDS {
        let folder = studio();
        for (name, width, height) in [("small.png", 60, 50), ("large.png", 1500, 1410)] {
            photo(width, height).save(folder.path(name)).unwrap();
        }
        let arguments = ["small.png", "large.png", "photo.png", "-o", "dreams/"];
        let options = ["--backend", backend, "--layer=features.1", "--octaves=2", "--iterations=1"];
        folder.dreamer(arguments).args(options).arg("--threads=2").assert().success();
        says(&dreamed_again(&folder, "dreams/small.png"), &["--threads 1"]);
        says(&dreamed_again(&folder, "dreams/photo.png"), &["--threads 1"]);
        says(&dreamed_again(&folder, "dreams/large.png"), &["--threads 2"]);
        // Two photographs share five threads, and one has them all.
        for (photos, threads) in [(&["photo.png", "small.png"][..], 2), (&["photo.png"], 5)] {
            let output = format!("{threads} each/");
            let mut command = folder.dreamer(photos);
            command.args(["--threads=5", "-o", &output]).args(options).assert().success();
            let line = dreamed_again(&folder, &format!("{output}photo.png"));
            says(&line, &[&format!("--threads {threads}")]);
        }
    }
}

#[test]
fn devices_share_the_photographs() {
    for backend in BACKENDS {
        let folder = album();
        let options = ["--device=cpu,cpu", "--threads=2", "--backend", backend];
        let lines = told(&folder, &[&["photos", "-r", "-o", "dreams/"], &options[..]].concat());
        assert_eq!(count(&lines, "dreamed"), 3, "{lines:?}");
        for line in lines.values() {
            assert_eq!(line["settings"]["device"], "cpu");
            assert_eq!(line["settings"]["threads"], 1);
        }
        let error = folder.misused(["photo.png", "--device=cpu,cpu", "--backend", backend]);
        says(&error, &["one photograph is dreamed on one device", "cpu,cpu"]);
    }
}

#[test]
fn shards_share_a_folder_without_touching_each_others_dreams() {
    let folder = studio();
    fs::create_dir(folder.path("photos")).unwrap();
    for number in 0..12 {
        photo(40, 40 + number).save(folder.path(format!("photos/{number}.png"))).unwrap();
    }
    let mut sum = 0;
    for shard in ["--shard=1/3", "--shard=2/3", "--shard=3/3"] {
        let lines = told(&folder, &["photos", "-o", "dreams/", shard]);
        assert_eq!(count(&lines, "dreamed"), lines.len(), "none is another's");
        sum += lines.len();
    }
    assert_eq!(sum, 12);
    says(&dream_all(&folder, &["photos", "-o", "dreams/"]), &["12 done before"]);
    dream_all(&folder, &["photos", "-o", "alone/"]);
    assert_eq!(tree(&folder.path("dreams")), tree(&folder.path("alone")));
}

#[test]
fn a_scheduler_tells_the_shard() {
    let folder = album();
    let run = |variables: &[(&str, &str)]| {
        let mut command = folder.dreamer(["photos", "-r", "-o", "dreams/", "--shard=auto"]);
        for name in ["SLURM_ARRAY_TASK_ID", "SLURM_STEP_NUM_TASKS", "JOB_COMPLETION_INDEX"] {
            command.env_remove(name);
        }
        command.args(TINY).envs(variables.iter().copied()).output().unwrap()
    };
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(2));
    says(&String::from_utf8_lossy(&output.stderr), &["--shard auto finds no job", "--shard I/N"]);
    for index in ["0", "1"] {
        let output = run(&[("JOB_COMPLETION_INDEX", index), ("JOB_COMPLETIONS", "2")]);
        // A part may be empty of three photographs, which is no error.
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(names(&folder.path("dreams")).len(), 3);
}

#[test]
fn one_photograph_and_a_folder_is_a_folder_of_one() {
    let folder = studio();
    dream_all(&folder, &["photo.png", "-o", "dreams/"]);
    assert_eq!(names(&folder.path("dreams")), ["photo.png"]);
    fs::create_dir(folder.path("there")).unwrap();
    dream_all(&folder, &["photo.png", "-o", "there"]);
    assert_eq!(names(&folder.path("there")), ["photo.png"]);
    dream(&folder, &["photo.png", "-o", "single.png"]);
    assert!(open(&folder, "single.png").planes != open(&folder, "photo.png").planes);
}

#[test]
fn previews_give_way_to_the_dreams() {
    let folder = album();
    let options = ["--octaves=2", "--octave-scale=1.3", "--iterations=2", "--layer=features.3"];
    folder.dreamer(["photos", "-r", "-o", "straight/"]).args(options).assert().success();
    let previewed = ["photos", "-r", "-o", "previewed/", "--preview"];
    folder.dreamer(previewed).args(options).assert().success();
    assert!(tree(&folder.path("straight")) == tree(&folder.path("previewed")));
    let logs = tree(&folder.path("previewed/.dreamer"));
    let lines = logs.into_values().map(|log| String::from_utf8(log).unwrap()).collect::<String>();
    let previews = lines.matches("\"settings_hash\":null").count();
    assert_eq!((previews, lines.lines().count()), (3, 6), "{lines}");
    says(&dream_some(&folder, &previewed), &["other settings"]);
}

#[test]
fn a_preview_that_a_killed_run_has_left_is_dreamed_to_its_end() {
    let folder = studio();
    let output = folder.path("dreams/photo.png");
    let dream = |output, iterations| {
        let layer = ["--layer=features.1", "--octaves=2", "--octave-scale=4"];
        [&["photo.png", "-o", output][..], &layer, &["--iterations", iterations]].concat()
    };
    let mut command = folder.std_dreamer();
    command.args(dream("dreams/", "1000")).args(["--preview", "--quiet"]);
    let mut child = command.spawn().unwrap();
    until(&mut child, || output.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(image::open(&output).unwrap().width(), 24);

    let finish = dream("dreams/", "2");
    let planned = folder.dreamer(&finish).arg("--dry-run").assert().success();
    says(&String::from_utf8_lossy(&planned.get_output().stdout), &["to dream  photo.png"]);
    // Somebody has drawn into it: then it is theirs.
    let preview = fs::read(&output).unwrap();
    photo(24, 20).save(&output).unwrap();
    let assert = folder.dreamer(&finish).assert().code(1);
    says(&String::from_utf8_lossy(&assert.get_output().stderr), &["no run is known"]);
    fs::write(&output, preview).unwrap();
    folder.dreamer(&finish).assert().success();
    folder.dreamer(dream("straight/", "2")).assert().success();
    assert_eq!(bytes(&folder, "dreams/photo.png"), bytes(&folder, "straight/photo.png"));
}

#[test]
fn a_folder_of_another_disk_takes_dreams_too() {
    let folder = album();
    fs::create_dir(folder.path("dreams")).unwrap();
    let there = folder.path("dreams/2024");
    let Some(_disk) = SmallDisk::mount(&there, "1m", "a_folder_of_another_disk_takes_dreams_too")
    else {
        return;
    };
    let arguments = ["photos", "-r", "-o", "dreams/"];
    dream_all(&folder, &arguments);
    assert_eq!(names(&folder.path("dreams")), ["2024/c.png", "a.jpg", "b.png"]);
    says(&dream_all(&folder, &arguments), &["0 photographs dreamed", "3 done before"]);
}

#[cfg(target_os = "linux")]
#[test]
fn more_photographs_take_no_more_memory() {
    let folder = studio();
    for (photos, count) in [("few", 6), ("many", 48)] {
        fs::create_dir(folder.path(photos)).unwrap();
        for number in 0..count {
            // All sizes are among the few as well.
            let side = 100 + 4 * (number % 3);
            photo(side, side).save(folder.path(photos).join(format!("{number}.png"))).unwrap();
        }
    }
    for backend in BACKENDS {
        let peak = |photos: &str| {
            let mut command = folder.std_dreamer();
            command.args([photos, "-q", "--threads=2", "--backend", backend, "-o"]);
            command.arg(format!("{backend} {photos}/"));
            command.args(["--layer=features.5", "--octaves=2", "--iterations=2"]);
            let mut child = command.spawn().unwrap();
            let status = format!("/proc/{}/status", child.id());
            let mut peak = 0;
            while child.try_wait().unwrap().is_none() {
                peak = peak.max(resident_peak(&status).unwrap_or(0));
                sleep(Duration::from_millis(1));
            }
            assert_eq!(child.wait().unwrap().code(), Some(0));
            peak
        };
        let [few, many] = ["few", "many"].map(peak);
        println!("{backend}: {} MB, and {} MB for eight times as many", few >> 20, many >> 20);
        assert!(many < few + few / 4, "{backend}: {few} and {many} bytes");
    }
}

/// Bytes that a process has taken at most so far.
#[cfg(target_os = "linux")]
fn resident_peak(status: &str) -> Option<u64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(1024 * line.split_whitespace().nth(1)?.parse::<u64>().ok()?)
}

#[test]
fn several_photographs_need_a_folder() {
    let folder = album();
    let two = ["photos/a.jpg", "photos/b.png"];
    says(&folder.misused(two), &["--output FOLDER/"]);
    says(&folder.misused([&two[..], &["-o", "one.png"]].concat()), &["one.png is one picture"]);
    says(&folder.misused(["photo.png", "--dry-run"]), &["--dry-run is for several photographs"]);
    says(&folder.misused(["-", "photo.png", "-o", "d/"]), &["--from-list -"]);
    says(&folder.misused(["./models", "-o", "d/"]), &["no photograph", "--recursive"]);
}

#[test]
fn an_error_of_the_network_is_told_once() {
    let folder = album();
    let error = folder.misused(["photos", "-o", "dreams/", "--layer=featurs.9"]);
    says(&error, &["\"featurs.9\"", "features.9"]);
}

#[test]
fn a_photograph_too_small_for_the_layer_is_one_that_fails() {
    let folder = album();
    photo(1, 300).save(folder.path("photos/thin.png")).unwrap();
    let said = dream_some(&folder, &["photos", "-o", "dreams/"]);
    says(&said, &["photos/thin.png is too small", "2 photographs dreamed", "1 failed"]);
}

#[test]
fn options_of_one_dream_apply_to_all() {
    let folder = album();
    let arguments = ["photos", "-o", "dreams/", "--max-size=20", "--seed=9", "--format=png"];
    dream_all(&folder, &arguments);
    for name in ["dreams/a.jpg.png", "dreams/b.png"] {
        assert_eq!(open(&folder, name).planes.width(), 20);
        let assert = folder.dreamer(["show", name]).assert().success();
        let line = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        says(&line, &["--max-size 20", "--seed 9", TINY[0].strip_prefix("--layer=").unwrap()]);
    }
}
