//! The page of one training run.

use super::page::{Page, Section};
use super::pictures::Picture;
use super::table::{Column, Table};
use super::{confusion, curves, layers, number};
use crate::train::history::{ClassDreams, History};

/// Everything in `history`, on one page.
pub fn page(history: &History) -> Page {
    let mut page = Page::new(&history.title, &subtitle(history));
    sections(history).into_iter().for_each(|section| page.add(section));
    page.add(settings(history));
    page
}

/// The sections of that page, for inclusion in a larger one; those without content are empty.
pub fn sections(history: &History) -> Vec<Section> {
    let curves =
        Section::new("Learning curves").charts(&curves::charts(history)).table(&epochs(history));
    let confusions = (history.confusion.as_ref())
        .map(|matrix| confusion::section(matrix, |label| history.class(label)));
    let mut sections = vec![result(history), curves];
    sections.extend(confusions);
    sections.push(dreams(history));
    sections.extend([mistakes(history), filters(history), feature_maps(history)]);
    sections.extend(layers::sections(history));
    sections
}

fn subtitle(history: &History) -> String {
    match history.epochs.len() {
        0 => "A training run without a complete epoch".into(),
        1 => "A training run of one epoch".into(),
        epochs => format!("A training run of {epochs} epochs"),
    }
}

fn result(history: &History) -> Section {
    let section = Section::new("Result");
    let Some(last) = history.epochs.last() else { return section };
    let mut figures = Vec::new();
    if let Some(best) = history.best() {
        figures.push(("best test error", number::percent(best.test.error)));
        figures.push(("after epoch", best.number.to_string()));
    }
    if let Some(validation) = history.best().and_then(|best| best.validation) {
        figures.push(("its validation error", number::percent(validation.error)));
    }
    if let Some(robust) = history.best().and_then(|best| best.robust) {
        figures.push(("its error on adversarial pictures", number::percent(robust.error)));
    }
    figures.push(("final test error", number::percent(last.test.error)));
    figures.push(("final training error", number::percent(last.training.error)));
    let seconds = history.epochs.iter().map(|epoch| epoch.seconds).sum();
    figures.push(("training time", number::duration(seconds)));
    section.figures(&figures)
}

fn epochs(history: &History) -> Table {
    let validated = history.epochs.iter().any(|epoch| epoch.validation.is_some());
    let mut columns = vec![
        "epoch",
        "learning rate",
        "training loss",
        "training error",
        "test loss",
        "test error",
        "time",
    ];
    if validated {
        columns.push("validation error");
    }
    if history.epochs.iter().any(|epoch| epoch.robust.is_some()) {
        columns.push("adversarial error");
    }
    let mut table = Table::new("All epochs", columns.into_iter().map(Column::number));
    for epoch in &history.epochs {
        let validation = epoch.validation.map(|score| number::percent(score.error));
        let cells = [
            epoch.number.to_string(),
            number::short(epoch.learning_rate),
            number::short(epoch.training.loss),
            number::percent(epoch.training.error),
            number::short(epoch.test.loss),
            number::percent(epoch.test.error),
            number::duration(epoch.seconds),
        ];
        let robust = epoch.robust.map(|score| number::percent(score.error));
        table.row(cells.into_iter().chain(validation).chain(robust));
    }
    table
}

fn dreams(history: &History) -> Section {
    let section = Section::new("Class dreams");
    history.dreams.iter().fold(section, |section, dreams| {
        let ClassDreams { epoch, labels, tiles } = dreams;
        let names: Vec<String> = labels.iter().map(|label| history.class(*label)).collect();
        let alternatives: Vec<String> =
            names.iter().map(|name| format!("a dream of {name} after epoch {epoch}")).collect();
        let pictures = (tiles.iter().zip(&names).zip(&alternatives))
            .map(|((tile, caption), alternative)| Picture { tile, caption, alternative });
        let pictures: Vec<Picture> = pictures.collect();
        section.pictures(
            &format!("Grey noise, changed towards each class, after epoch {epoch}"),
            &pictures,
        )
    })
}

fn mistakes(history: &History) -> Section {
    let texts: Vec<[String; 2]> = (history.mistakes.iter())
        .map(|mistake| {
            let [label, prediction] =
                [mistake.label, mistake.prediction].map(|label| history.class(usize::from(label)));
            let confidence = format!("{:.0} %", 100.0 * mistake.confidence);
            [
                format!("{label} predicted as {prediction}, {confidence}"),
                format!("a picture of {label}"),
            ]
        })
        .collect();
    let pictures: Vec<Picture> = (history.mistakes.iter().zip(&texts))
        .map(|(mistake, [caption, alternative])| Picture {
            tile: &mistake.picture,
            caption,
            alternative,
        })
        .collect();
    Section::new("Mistakes").pictures(
        "Test pictures that the best network misclassifies, with its confidence",
        &pictures,
    )
}

fn filters(history: &History) -> Section {
    let alternatives: Vec<String> =
        (1..=history.filters.len()).map(|number| format!("filter {number}")).collect();
    let pictures: Vec<Picture> = (history.filters.iter().zip(&alternatives))
        .map(|(tile, alternative)| Picture { tile, caption: "", alternative })
        .collect();
    Section::new("Filters").pictures("Weights of the first layer; mid-grey is zero", &pictures)
}

fn feature_maps(history: &History) -> Section {
    let section = Section::new("Feature maps");
    history.feature_maps.iter().fold(section, |section, layer| {
        let alternatives: Vec<String> =
            (1..=layer.maps.len()).map(|map| format!("{}, map {map}", layer.layer)).collect();
        let pictures: Vec<Picture> = (layer.maps.iter().zip(&alternatives))
            .map(|(tile, alternative)| Picture { tile, caption: "", alternative })
            .collect();
        section.pictures(&format!("{}, of a test picture", layer.layer), &pictures)
    })
}

fn settings(history: &History) -> Section {
    let mut table = Table::new("Settings", ["setting", "value"].map(Column::text));
    for (name, value) in &history.settings {
        table.row([name.clone(), value.clone()]);
    }
    let section = Section::new("How to reproduce it").table(&table);
    if history.command.is_empty() { section } else { section.code(&history.command) }
}
