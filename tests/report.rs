//! The pages that tell of training runs: whole, harmless and readable whatever the run was.
//!
//! One of each kind is left in `target/tmp` to be looked at.

#[path = "common/page.rs"]
mod page;
#[path = "common/run.rs"]
mod run;

use std::path::{Path, PathBuf};

use dreamer::atomic_file::WriteError;
use dreamer::train::confusion::Confusion;
use dreamer::train::history::{Epoch, FeatureMaps, History, Mistake, Score, Tile, WatchedLayer};
use dreamer::train::report::compare::{self, Dot};
use dreamer::train::report::{Axis, Page, Section, Table, run as report};
use roxmltree::{Document, Node};

fn xml(page: &Page) -> String {
    page::xml(&page.html())
}

fn document(xml: &str) -> Document<'_> {
    Document::parse(xml).unwrap_or_else(|error| panic!("{error} in\n{xml}"))
}

fn all<'a>(document: &'a Document, name: &'a str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.tag_name().name() == name).collect()
}

fn text(node: Node) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

fn keep(page: &Page, name: &str) {
    page.write(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)).unwrap();
}

/// A page of several runs, with every kind of part.
fn comparison(runs: usize) -> Page {
    let history = run::of_sigmoids(30);
    let names: Vec<String> = (1..=runs).map(|run| format!("run {run}")).collect();
    let histories: Vec<History> = (1..=runs)
        .map(|run| {
            let mut history = history.clone();
            for epoch in &mut history.epochs {
                epoch.test.error = epoch.test.error.powf(1.0 - 0.05 * run as f64);
                epoch.test.loss *= run as f64;
            }
            history
        })
        .collect();
    let runs: Vec<_> = names.iter().map(String::as_str).zip(&histories).collect();
    let dots: Vec<Dot> = (names.iter().zip(1..))
        .map(|(name, run)| Dot {
            name: name.clone(),
            x: 1000.0 * 4.0_f64.powi(run),
            y: 12.0 / f64::from(run),
        })
        .collect();
    let [x, y] = [Axis::logarithmic("parameters"), Axis::linear("test error, %").holding([0.0])];
    let mut page = Page::new("An experiment", "Several runs beside one another");
    page.add(
        Section::new("Runs")
            .paragraph("Runs that never were.")
            .table(&compare::table("Runs", &runs))
            .charts(&[compare::test_error(&runs), compare::test_cost(&runs)])
            .charts(&[compare::training_loss(&runs), compare::dots("Size", x, y, &dots)]),
    );
    page
}

/// Runs for which parts are missing or are not numbers.
fn troubled() -> Vec<History> {
    let broken = Score { loss: f64::NAN, error: f64::INFINITY };
    let zero = Score { loss: 0.0, error: 0.0 };
    let huge = Score { loss: f64::MAX, error: 1.0 };
    let epochs = |scores: &[Score]| {
        let epoch = |(place, &score): (usize, &Score)| Epoch {
            number: place + 1,
            seconds: f64::NAN,
            training: score,
            test: score,
            ..Epoch::default()
        };
        scores.iter().enumerate().map(epoch).collect::<Vec<_>>()
    };
    let layers = vec![
        WatchedLayer { name: "never seen".into(), snapshots: Vec::new() },
        WatchedLayer { name: "never filled".into(), snapshots: vec![Default::default(); 3] },
    ];
    let tile = Tile { width: 9, height: 9, channels: 2, pixels: vec![1; 3] };
    let mistake =
        Mistake { picture: tile.clone(), label: 900, prediction: 4, confidence: f64::NAN };
    let mut confusion = Confusion::new(120);
    confusion.add(100, 3);
    vec![
        History::default(),
        History { epochs: epochs(&[broken]), ..History::default() },
        History { epochs: epochs(&[zero]), ..History::default() },
        History { epochs: epochs(&[zero, broken, huge, zero]), ..History::default() },
        History { layers, ..History::default() },
        History {
            filters: vec![tile.clone(), Tile::default()],
            feature_maps: vec![FeatureMaps { layer: "empty".into(), maps: vec![tile] }],
            mistakes: vec![mistake],
            confusion: Some(confusion),
            ..History::default()
        },
        History { confusion: Some(Confusion::new(0)), ..History::default() },
        run::of_sigmoids(0),
        run::of_sigmoids(1),
    ]
}

fn every_page() -> Vec<Page> {
    let runs = troubled().into_iter().chain([run::of_sigmoids(30)]);
    runs.map(|history| report::page(&history)).chain([comparison(0), comparison(9)]).collect()
}

#[test]
fn a_page_has_every_part_of_its_run() {
    let page = report::page(&run::of_sigmoids(30));
    keep(&page, "run.html");
    let xml = xml(&page);
    let document = document(&xml);
    let headings: Vec<String> = all(&document, "h2").into_iter().map(text).collect();
    let expected = [
        "Result",
        "Learning curves",
        "Confusions",
        "Class dreams",
        "Mistakes",
        "Filters",
        "Feature maps",
        "Activations",
        "Gradients",
        "How to reproduce it",
    ];
    assert_eq!(headings, expected);
    assert_eq!(all(&document, "svg").len(), 3 + 5 + 5 + 1 + 5 + 5);
    assert_eq!(all(&document, "img").len(), 24 + 16 + 28 + 6);
    let page = text(document.root());
    for part in
        ["7 predicted as ", "momentum 0.9", "dreamer train sigmoid5 --data mnist", "sigmoid3"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn parts_that_a_run_has_not_are_left_out() {
    let xml = xml(&report::page(&History { title: "nothing".into(), ..History::default() }));
    let document = document(&xml);
    assert_eq!(all(&document, "h2").len(), 0);
    assert_eq!(all(&document, "nav").len(), 0);
    assert_eq!(text(all(&document, "h1")[0]), "nothing");
}

#[test]
fn a_constant_learning_rate_has_no_curve() {
    let mut history = run::of_sigmoids(30);
    history.epochs.iter_mut().for_each(|epoch| epoch.learning_rate = 0.1);
    assert!(!report::page(&history).html().contains("Learning rate"));
}

#[test]
fn every_page_is_well_formed() {
    for page in every_page() {
        document(&xml(&page));
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for page in every_page() {
        let xml = xml(&page);
        let document = document(&xml);
        for element in document.descendants().filter(Node::is_element) {
            let name = element.tag_name().name();
            assert!(
                !["script", "link", "iframe", "object", "image", "use"].contains(&name),
                "{name}"
            );
            for attribute in element.attributes() {
                let value = attribute.value();
                assert!(!attribute.name().starts_with("on"), "{}", attribute.name());
                assert!(!value.contains("://"), "{value}");
                match attribute.name() {
                    "src" => assert!(value.starts_with("data:image/png;base64,")),
                    "href" => assert!(value.starts_with('#')),
                    _ => {}
                }
            }
        }
        let style = text(all(&document, "style")[0]);
        assert!(!style.contains("url(") && !style.contains("@import"));
    }
}

#[test]
fn text_is_shown_as_it_is() {
    let hostile = "</title><script>alert('\"&amp;')</script>";
    let mut history = run::of_sigmoids(3);
    history.title = hostile.into();
    history.command = hostile.into();
    history.settings.push((hostile.into(), format!("{hostile}\u{0}\u{1b}[2J")));
    history.classes.iter_mut().for_each(|class| class.push_str(hostile));
    history.layers.iter_mut().for_each(|layer| layer.name.push_str(hostile));
    history.feature_maps.iter_mut().for_each(|maps| maps.layer.push_str(hostile));
    let xml = xml(&report::page(&history));
    let document = document(&xml);
    assert_eq!(text(all(&document, "title")[0]), hostile);
    assert_eq!(text(all(&document, "h1")[0]), hostile);
    assert_eq!(text(all(&document, "code")[0]), hostile);
    assert!(all(&document, "script").is_empty());
    assert!(all(&document, "td").iter().any(|&cell| text(cell) == format!("{hostile}[2J")));

    let axis = || Axis::linear(hostile);
    let chart =
        compare::dots(hostile, axis(), axis(), &[Dot { name: hostile.into(), x: 1.0, y: 2.0 }]);
    let mut page = Page::new("", hostile);
    page.add(Section::new(hostile).paragraph(hostile).charts(&[chart]));
    let xml = self::xml(&page);
    let document = self::document(&xml);
    assert!(all(&document, "script").is_empty());
    assert!(all(&document, "text").iter().any(|&label| text(label).trim() == hostile));
}

#[test]
fn those_who_cannot_see_are_told_what_is_shown() {
    for page in every_page() {
        let xml = xml(&page);
        let document = document(&xml);
        for svg in all(&document, "svg") {
            assert_eq!(svg.attribute("role"), Some("img"));
            assert!(svg.attribute("aria-label").is_some_and(|label| label.contains(" by ")));
        }
        for picture in all(&document, "img") {
            assert!(picture.attribute("alt").is_some_and(|text| !text.is_empty()));
        }
        for table in all(&document, "table") {
            let first = table.first_element_child().expect("a table's caption");
            assert!(first.has_tag_name("caption") && !text(first).is_empty());
        }
        assert!(all(&document, "th").iter().all(|heading| heading.has_attribute("scope")));
        let headings: Vec<&str> = (document.descendants())
            .map(|node| node.tag_name().name())
            .filter(|name| matches!(name.as_bytes(), [b'h', b'1'..=b'6']))
            .collect();
        assert_eq!(headings[0], "h1");
        assert!(headings[1..].iter().all(|&heading| heading == "h2"));
        for link in all(&document, "a") {
            let id = link.attribute("href").and_then(|link| link.strip_prefix('#'));
            let target = document.descendants().find(|node| node.attribute("id") == id);
            assert!(target.is_some(), "{id:?}");
        }
    }
}

#[test]
fn every_colour_of_a_chart_has_its_counterpart_on_dark_pages() {
    let xml = xml(&comparison(9));
    let document = document(&xml);
    let style = text(all(&document, "style")[0]);
    let mut seen = 0;
    for svg in all(&document, "svg") {
        for shape in svg.descendants() {
            for property in ["fill", "stroke"] {
                let Some(colour) = shape.attribute(property).filter(|&colour| colour != "none")
                else {
                    continue;
                };
                let rule = format!("svg [{property}=\"{colour}\"]{{{property}:var(--colour-");
                assert!(style.contains(&rule), "{rule}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_run_without_numbers_says_so() {
    let page = report::page(&troubled()[1]).html();
    assert!(page.contains("There are no finite values to draw."));
    assert!(page.contains("not a number"));
}

#[test]
fn a_comparison_names_every_run_in_its_legends() {
    let page = comparison(9);
    keep(&page, "comparison.html");
    let xml = xml(&page);
    let document = document(&xml);
    let legends: Vec<Node> = (all(&document, "ul").into_iter())
        .filter(|list| list.attribute("class") == Some("legend"))
        .collect();
    assert_eq!(legends.len(), 4);
    for legend in legends {
        let names: Vec<String> = legend.children().map(text).collect();
        assert_eq!(names, (1..=9).map(|run| format!("run {run}")).collect::<Vec<_>>());
    }
}

#[test]
fn the_same_run_makes_the_same_page() {
    let [first, second] = [0, 1].map(|_| report::page(&run::of_sigmoids(5)).html());
    assert_eq!(first, second);
}

#[test]
fn long_tables_are_folded() {
    let folded = |epochs| report::page(&run::of_sigmoids(epochs)).html().contains("<details>");
    assert!(!folded(15));
    assert!(folded(16));
}

#[test]
fn a_section_without_content_is_left_out() {
    let mut page = Page::new("a", "");
    page.add(Section::new("b").table(&Table::new("c", [])).charts(&[]).panels(&[]));
    assert!(!page.html().contains("<section"));
}

#[test]
fn a_page_replaces_the_one_before_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    Page::new("first", "").write(&path).unwrap();
    Page::new("second", "").write(&path).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("<h1>second</h1>"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_page_that_cannot_be_written_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let why = |path: PathBuf| Page::new("a", "").write(&path).unwrap_err();
    let missing = why(folder.path().join("none/page.html"));
    assert!(matches!(missing, WriteError::MissingFolder { .. }));
    assert!(missing.to_string().contains("there is no folder"));
    assert!(matches!(why(folder.path().into()), WriteError::Folder { .. }));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(why(file.join("page.html")), WriteError::Unwritable { .. }));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_its_own() {
    let error = Page::new("a", "").write("/dev/full".as_ref()).unwrap_err();
    assert!(matches!(error, WriteError::DiskFull { .. }), "{error}");
}
