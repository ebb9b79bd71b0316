//! The page of a comparison, in a real browser.
//!
//! Its pictures are left in `target/tmp` to be looked at.

#[path = "common/browser.rs"]
mod browser;

use std::fs;
use std::path::{Path, PathBuf};

use browser::{Browser, key};
use dreamer::compare::{Arrangement, Cell, Comparison, Original, Shown, page};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, Rgb, RgbImage};

const DESKTOP: [u32; 2] = [1280, 900];
const PHONE: [u32; 2] = [390, 844];
const SIZE: [usize; 2] = [320, 200];

/// The original is blue, and each dream a red of its own: darker from cell to cell.
const BLUE: Rgb<u8> = Rgb([20, 40, 220]);
const DREAMS: usize = 7;

fn red(cell: usize) -> Rgb<u8> {
    Rgb([240 - 20 * cell as u8, 30, 30])
}

fn shown(colour: Rgb<u8>) -> Shown {
    let [width, height] = SIZE;
    let mut file = Vec::new();
    let pixels: Vec<u8> = (0..width * height).flat_map(|_| colour.0).collect();
    JpegEncoder::new_with_quality(&mut file, 95)
        .encode(&pixels, width as u32, height as u32, ExtendedColorType::Rgb8)
        .unwrap();
    Shown { file, width, height }
}

fn cell(index: usize) -> Cell {
    Cell {
        labels: vec![format!("features.{index}")],
        note: format!("{} channels · sees {} px", 64 << (index / 3), 7 + 8 * index),
        original: 0,
        command: command(index),
        picture: Ok(shown(red(index))),
    }
}

fn command(index: usize) -> String {
    format!("dreamer 'a photo.jpg' --model squeezenet1_0 --layer features.{index} --output a.jpg")
}

fn comparison() -> Comparison {
    let mut cells: Vec<Cell> = (0..DREAMS).map(cell).collect();
    cells[5].picture = Err("the gradient of features.5 is zero: choose another layer".into());
    Comparison {
        title: "a photo.jpg".into(),
        subtitle: "squeezenet1_0 · 4 octaves × 10 steps of 1.5".into(),
        originals: vec![Original { label: "original".into(), picture: shown(BLUE) }],
        cells,
        arrangement: Arrangement::Flow,
    }
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A window on a page, unless there is no browser.
fn open(test: &str, comparison: &Comparison, screen: [u32; 2]) -> Option<Browser> {
    let browser = Browser::open(test)?;
    let file = scratch(&format!("{test}.html"));
    fs::write(&file, page::html(comparison)).unwrap();
    browser.screen(screen, "light");
    browser.visit(&file);
    Some(browser)
}

macro_rules! browser_or_skip {
    ($test:expr, $comparison:expr, $screen:expr) => {
        match open($test, $comparison, $screen) {
            Some(browser) => browser,
            None => return,
        }
    };
}

/// The colour at a share of a place's width and height.
fn colour(picture: &RgbImage, [left, top, width, height]: [f64; 4], at: [f64; 2]) -> Rgb<u8> {
    *picture.get_pixel((left + at[0] * width) as u32, (top + at[1] * height) as u32)
}

#[track_caller]
fn assert_alike(found: Rgb<u8>, wanted: Rgb<u8>) {
    let far = found.0.iter().zip(wanted.0).any(|(found, wanted)| found.abs_diff(wanted) > 6);
    assert!(!far, "{found:?} is not {wanted:?}");
}

fn nth(index: usize) -> String {
    format!("main .tile:nth-child({}) .picture", index + 1)
}

fn focused(browser: &Browser) -> String {
    browser.text("document.activeElement.dataset.label ?? document.activeElement.id")
}

fn pinned(browser: &Browser) -> Vec<String> {
    let labels = browser.run(
        "return [...document.querySelectorAll('.pin strong')].map((label) => label.textContent)",
    );
    serde_json::from_value(labels).unwrap()
}

#[test]
fn the_slider_wipes_every_dream_to_its_original() {
    let browser =
        browser_or_skip!("the_slider_wipes_every_dream_to_its_original", &comparison(), DESKTOP);
    let seen = browser.screenshot();
    for index in [0, 1, 4] {
        let frame = browser.place(&format!("{} .frame", nth(index + 1)));
        assert_alike(colour(&seen, frame, [0.1, 0.5]), red(index));
    }

    // With the keyboard: by one each stroke.
    browser.run("document.getElementById('wipe').focus()");
    browser.press(&[key::RIGHT; 30]);
    assert_eq!(browser.number("document.getElementById('wipe').valueAsNumber"), 30.0);
    assert_eq!(browser.text("document.getElementById('wiped').textContent"), "30 %");
    let seen = browser.screenshot();
    for index in [0, 1, 4] {
        let frame = browser.place(&format!("{} .frame", nth(index + 1)));
        assert_alike(colour(&seen, frame, [0.26, 0.5]), BLUE);
        assert_alike(colour(&seen, frame, [0.34, 0.5]), red(index));
    }

    // With the mouse.
    let [left, top, width, height] = browser.place("#wipe");
    let middle = top + height / 2.0;
    browser.drag([left + 0.3 * width, middle], [left + 0.8 * width, middle]);
    let wiped = browser.number("document.getElementById('wipe').valueAsNumber");
    assert!((wiped - 80.0).abs() <= 3.0, "{wiped}");
    let frame = browser.place(&format!("{} .frame", nth(2)));
    assert_alike(colour(&browser.screenshot(), frame, [0.7, 0.5]), BLUE);
}

#[test]
fn arrow_keys_go_from_picture_to_picture() {
    let browser = browser_or_skip!("arrow_keys_go_from_picture_to_picture", &comparison(), DESKTOP);
    browser.run("document.querySelector('main .picture').focus()");
    assert_eq!(focused(&browser), "original");
    browser.press(&[key::RIGHT]);
    assert_eq!(focused(&browser), "features.0");
    browser.press(&[key::RIGHT, key::RIGHT, key::LEFT]);
    assert_eq!(focused(&browser), "features.1");
    let [left, top, ..] = browser.place(":focus");
    browser.press(&[key::DOWN]);
    let [below_left, below_top, ..] = browser.place(":focus");
    assert!(below_top > top && below_left == left, "it is the one below");
    browser.press(&[key::UP]);
    assert_eq!(focused(&browser), "features.1");
    browser.press(&[key::END]);
    assert_eq!(focused(&browser), "features.6");
    browser.press(&[key::RIGHT]);
    assert_eq!(focused(&browser), "features.6", "there is none beyond the last");
}

#[test]
fn the_tab_key_passes_the_grid_in_one_stop_and_a_button() {
    let test = "the_tab_key_passes_the_grid_in_one_stop_and_a_button";
    let browser = browser_or_skip!(test, &comparison(), DESKTOP);
    let mut stops = Vec::new();
    for _ in 0..8 {
        browser.press(&[key::TAB]);
        stops.push(
            browser.text(
                "document.activeElement.id || document.activeElement.dataset.label || 'page'",
            ),
        );
    }
    let controls = ["wipe", "zoom-out", "zoom-reset", "zoom-in", "size", "original"];
    assert_eq!(stops[..6], controls);
    assert!(!stops[6..].iter().any(|stop| stop.starts_with("features")), "{stops:?}");
}

#[test]
fn two_pictures_are_pinned_side_by_side_by_click_and_by_key() {
    let test = "two_pictures_are_pinned_side_by_side_by_click_and_by_key";
    let browser = browser_or_skip!(test, &comparison(), DESKTOP);
    browser.click(&nth(2));
    assert_eq!(pinned(&browser), ["features.1"]);
    browser.click(&nth(4));
    assert_eq!(pinned(&browser), ["features.1", "features.3"]);
    let [one, two] = [1, 2].map(|n| browser.place(&format!(".pin:nth-child({n}) .frame")));
    assert_eq!(one[1], two[1], "they are beside each other");
    assert!(one[0] + one[2] <= two[0] && (one[2] - two[2]).abs() < 1.0);
    assert_eq!(browser.run("return document.querySelectorAll('[aria-pressed=true]').length"), 2);

    // The second one follows the arrow keys, so that all can be seen beside the first.
    browser.press(&[key::LEFT]);
    assert_eq!(pinned(&browser), ["features.1", "features.2"]);
    // One that failed is passed over.
    browser.press(&[key::RIGHT, key::RIGHT, key::RIGHT]);
    assert_eq!(focused(&browser), "features.5");
    assert_eq!(pinned(&browser), ["features.1", "features.4"]);

    browser.press(&[key::ESCAPE]);
    assert_eq!(pinned(&browser), [""; 0]);
    assert!(browser.run("return document.getElementById('stage').hidden").as_bool().unwrap());

    browser.press(&[key::LEFT, key::ENTER]);
    assert_eq!(pinned(&browser), ["features.4"]);
    browser.press(&[key::ENTER]);
    assert_eq!(pinned(&browser), [""; 0], "pinned again, it is let go");
}

#[test]
fn the_line_on_a_pinned_picture_wipes_it_by_mouse_and_by_key() {
    let test = "the_line_on_a_pinned_picture_wipes_it_by_mouse_and_by_key";
    let browser = browser_or_skip!(test, &comparison(), DESKTOP);
    browser.click(&nth(1));
    browser.click(&nth(2));
    let frames = [1, 2].map(|n| browser.place(&format!(".pin:nth-child({n}) .frame")));
    let [left, top, width, height] = frames[0];
    let y = top + height / 2.0;
    assert_eq!(
        browser.text("document.querySelector('.handle').getAttribute('aria-valuenow')"),
        "50"
    );
    browser.drag([left + 0.5 * width, y], [left + 0.25 * width, y]);
    let seen = browser.screenshot();
    for (index, frame) in frames.into_iter().enumerate() {
        assert_alike(colour(&seen, frame, [0.15, 0.2]), BLUE);
        assert_alike(colour(&seen, frame, [0.35, 0.2]), red(index));
    }
    let wiped =
        || browser.number("+document.querySelector('.handle').getAttribute('aria-valuenow')");
    assert!((wiped() - 25.0).abs() <= 1.0, "{}", wiped());
    browser.run("document.querySelector('.handle').focus()");
    let before = wiped();
    browser.press(&[key::RIGHT, key::RIGHT]);
    assert_eq!(wiped(), before + 4.0);
    browser.press(&[key::END]);
    assert_eq!(wiped(), 100.0);
}

/// The transforms of all pictures, which are in step if it is one.
fn transforms(browser: &Browser) -> Vec<String> {
    let all = browser.run(
        "return [...new Set([...document.querySelectorAll('.tile .frame img, .tile .before')].map(
            (picture) => getComputedStyle(picture).transform))]",
    );
    serde_json::from_value(all).unwrap()
}

#[test]
fn zoom_and_pan_are_in_step_in_all_pictures() {
    let browser =
        browser_or_skip!("zoom_and_pan_are_in_step_in_all_pictures", &comparison(), DESKTOP);
    assert_eq!(transforms(&browser), ["matrix(1, 0, 0, 1, 0, 0)"]);
    browser.click("#zoom-in");
    browser.press(&["+"]);
    assert_eq!(browser.text("document.getElementById('zoom-reset').textContent"), "225 %");
    let zoomed = transforms(&browser);
    assert!(zoomed.len() == 1 && zoomed[0].starts_with("matrix(2.25, 0, 0, 2.25, -"), "{zoomed:?}");

    let [left, top, width, height] = browser.place(&format!("{} .frame", nth(2)));
    let centre = [left + width / 2.0, top + height / 2.0];
    browser.drag(centre, [centre[0] + 30.0, centre[1] - 20.0]);
    let moved = transforms(&browser);
    assert!(moved.len() == 1 && moved != zoomed, "{moved:?}");
    assert_eq!(pinned(&browser), [""; 0], "a drag is no click");

    // However far it is dragged, no edge comes into sight.
    for _ in 0..8 {
        browser.drag(centre, [centre[0] + 100.0, centre[1] + 60.0]);
    }
    assert_eq!(transforms(&browser), ["matrix(2.25, 0, 0, 2.25, 0, 0)"]);
    browser.press(&["0"]);
    assert_eq!(transforms(&browser), ["matrix(1, 0, 0, 1, 0, 0)"]);
}

#[test]
fn each_pictures_command_is_copied() {
    let browser = browser_or_skip!("each_pictures_command_is_copied", &comparison(), DESKTOP);
    let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
    browser.devtools("Browser.grantPermissions", serde_json::json!({ "permissions": permissions }));
    let clipboard = || browser.text("navigator.clipboard.readText()");
    browser.run("document.querySelector('main .tile:nth-child(4) .copy').click()");
    assert_eq!(clipboard(), command(2));
    assert_eq!(browser.text("document.getElementById('status').textContent"), "Copied the command");
    browser.run("document.querySelector('main .tile:nth-child(3) .picture').focus()");
    browser.press(&["c"]);
    assert_eq!(clipboard(), command(1));
    browser.click(&nth(5));
    browser.click(".pin .plain");
    assert_eq!(clipboard(), command(4));
}

#[test]
fn a_cell_that_failed_says_why_and_keeps_its_command() {
    let browser = browser_or_skip!(
        "a_cell_that_failed_says_why_and_keeps_its_command",
        &comparison(),
        DESKTOP
    );
    let said = browser.text("document.querySelector('.failed').innerText");
    assert!(said.contains("the gradient of features.5 is zero"), "{said}");
    assert_eq!(browser.text("document.querySelector('.failed .copy').title"), command(5));
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let browser = browser_or_skip!("the_page_asks_nothing_of_the_network", &comparison(), DESKTOP);
    let fetched = browser.run(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)
            .filter((name) => !name.startsWith('data:'))",
    );
    assert_eq!(fetched, serde_json::json!([]));
    let html = page::html(&comparison());
    assert!(!html.contains("http"), "it names no other page");
}

/// Roles of what people do something with, or look at.
const NAMED: [&str; 4] = ["button", "slider", "image", "img"];

#[test]
fn everything_that_is_used_or_seen_has_a_name() {
    let browser =
        browser_or_skip!("everything_that_is_used_or_seen_has_a_name", &comparison(), DESKTOP);
    browser.click(&nth(1));
    let tree = browser.devtools("Accessibility.getFullAXTree", serde_json::json!({}));
    let mut seen = 0;
    for node in tree["nodes"].as_array().unwrap() {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        if node["ignored"] == false && NAMED.contains(&role) {
            let name = node["name"]["value"].as_str().unwrap_or_default();
            assert!(!name.trim().is_empty(), "{node}");
            seen += 1;
        }
    }
    assert!(seen > 2 * DREAMS, "{seen}");
}

/// Of text on the page: 21 at most, and 4.5 at least where people are to read it (WCAG 2.2, AA).
const CONTRASTS: &str = "
    const luminance = (colour) => {
        const levels = colour.match(/[\\d.]+/g).slice(0, 3).map((level) => level / 255)
            .map((level) => level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4);
        return 0.2126 * levels[0] + 0.7152 * levels[1] + 0.0722 * levels[2];
    };
    const page = luminance(getComputedStyle(document.body).backgroundColor);
    return ['h1', 'header p', '.caption strong', '.caption .note', '.copy', 'footer dd', '.toolbar label']
        .map((selector) => {
            const text = luminance(getComputedStyle(document.querySelector(selector)).color);
            return (Math.max(page, text) + 0.05) / (Math.min(page, text) + 0.05);
        })";

#[test]
fn it_is_readable_in_light_and_dark_on_a_desktop_and_a_phone() {
    let test = "it_is_readable_in_light_and_dark_on_a_desktop_and_a_phone";
    let browser = browser_or_skip!(test, &comparison(), DESKTOP);
    for (screen, name) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        for scheme in ["light", "dark"] {
            browser.screen(screen, scheme);
            browser.visit(&scratch(&format!("{test}.html")));
            let background = browser.text("getComputedStyle(document.body).backgroundColor");
            let wanted = if scheme == "dark" { "rgb(20, 23, 27)" } else { "rgb(255, 255, 255)" };
            assert_eq!(background, wanted);
            let contrasts: Vec<f64> = serde_json::from_value(browser.run(CONTRASTS)).unwrap();
            assert!(contrasts.iter().all(|contrast| *contrast >= 4.5), "{scheme}: {contrasts:?}");
            let width = browser.number("document.documentElement.scrollWidth");
            assert!(width <= f64::from(screen[0]), "{name}: {width} pixels wide");
            browser.screenshot().save(scratch(&format!("compare-{name}-{scheme}.png"))).unwrap();
            browser.click(&nth(1));
            browser.click(&nth(3));
            let width = browser.number("document.documentElement.scrollWidth");
            assert!(width <= f64::from(screen[0]), "{name}, pinned: {width} pixels wide");
            let picture = browser.screenshot();
            picture.save(scratch(&format!("compare-{name}-{scheme}-pinned.png"))).unwrap();
        }
    }
}

#[test]
fn what_it_shows_is_harmless_whatever_names_say() {
    let test = "what_it_shows_is_harmless_whatever_names_say";
    let mut comparison = comparison();
    let evil = "</style></script><script>document.title = 'evil'</script>\"'\u{1}";
    comparison.title = evil.into();
    comparison.cells[0].labels = vec![evil.into()];
    comparison.cells[0].command = evil.into();
    comparison.originals[0].label = evil.into();
    let browser = browser_or_skip!(test, &comparison, DESKTOP);
    assert_ne!(browser.text("document.title"), "evil");
    let label =
        browser.text("document.querySelector('main .tile:nth-child(2) strong').textContent");
    assert_eq!(label, evil.replace('\u{1}', ""));
}

#[test]
fn a_table_has_a_column_for_each_value() {
    let mut table = comparison();
    table.arrangement = Arrangement::Table { columns: 3 };
    let browser = browser_or_skip!("a_table_has_a_column_for_each_value", &table, DESKTOP);
    let place = |index: usize| browser.place(&format!(".table .tile:nth-child({index})"));
    assert_eq!(place(1)[1], place(3)[1]);
    assert_eq!(place(1)[0], place(4)[0]);
    assert!(place(4)[1] > place(1)[1]);
    browser.run("document.querySelector('main .picture').focus()");
    browser.press(&[key::DOWN]);
    assert_eq!(focused(&browser), "features.0", "below the original is the first column");
}

#[test]
fn groups_show_each_original_s_dream_under_one_heading() {
    let mut groups = comparison();
    groups.originals.push(Original { label: "noise".into(), picture: shown(Rgb([90; 3])) });
    for (index, cell) in groups.cells.iter_mut().enumerate() {
        let start = ["photo", "noise"][index % 2].to_owned();
        cell.labels = vec![format!("features.{}", index / 2), start];
        cell.original = index % 2;
    }
    groups.arrangement = Arrangement::Groups { size: 2 };
    let test = "groups_show_each_original_s_dream_under_one_heading";
    let browser = browser_or_skip!(test, &groups, DESKTOP);
    assert_eq!(browser.run("return document.querySelectorAll('.group h2').length"), 4);
    browser.run("document.getElementById('wipe').focus()");
    browser.press(&[key::END]);
    let seen = browser.screenshot();
    let frame = |tile: usize| browser.place(&format!(".group .tile:nth-child({tile}) .frame"));
    assert_alike(colour(&seen, frame(1), [0.5, 0.5]), BLUE);
    assert_alike(colour(&seen, frame(2), [0.5, 0.5]), Rgb([90; 3]));
}
