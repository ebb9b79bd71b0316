//! Which dreams are compared, and how they are laid out.

use anyhow::anyhow;

use super::super::exit::Exit;
use super::sweep::{Sweep, Swept};
use super::targets::Target;
use dreamer::compare::Arrangement;
use dreamer::picture::PictureFile;

/// A dream to be dreamed.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its value on each axis.
    pub labels: Vec<String>,
    pub note: String,
    /// Which of the starting pictures it is dreamed on.
    pub start: usize,
    pub target: Target,
    pub options: Swept,
}

/// All dreams of a comparison, in the order in which they are shown.
pub struct Grid {
    pub cells: Vec<Planned>,
    pub arrangement: Arrangement,
    /// Options in which the dreams differ.
    pub swept: Vec<&'static str>,
    /// Whether they differ in what is dreamed.
    pub by_target: bool,
}

/// A value on an axis.
struct Point<'a> {
    label: String,
    choice: Choice<'a>,
}

enum Choice<'a> {
    Target(&'a Target),
    Value(&'a Sweep, &'a str),
}

impl Grid {
    /// A dream for each of `targets` with each value of `sweeps`.
    ///
    /// # Errors
    /// [`Exit`] where that makes more than two axes, or an option cannot have a value.
    pub fn new<'a>(
        targets: &'a [Target],
        sweeps: &'a [Sweep],
        options: &Swept,
    ) -> Result<Grid, Exit> {
        let by_target = targets.len() > 1 || sweeps.is_empty();
        let mut axes: Vec<Vec<Point>> = Vec::new();
        if by_target {
            let point = |target: &'a Target| Point {
                label: target.name.clone(),
                choice: Choice::Target(target),
            };
            axes.push(targets.iter().map(point).collect());
        }
        axes.extend(sweeps.iter().map(|sweep| {
            let point = |value: &'a String| Point {
                label: format!("{} {value}", sweep.option),
                choice: Choice::Value(sweep, value),
            };
            sweep.values.iter().map(point).collect()
        }));
        let swept: Vec<_> = sweeps.iter().map(|sweep| sweep.option).collect();
        if let Some(twice) = (1..swept.len()).find(|at| swept[..*at].contains(&swept[*at])) {
            let option = swept[twice];
            return Err(Exit::usage(anyhow!("--sweep names {option} twice; name it once")));
        }
        let (columns, rows) = match &axes[..] {
            [only] => (only, None),
            [columns, rows] => (columns, Some(rows)),
            _ => {
                return Err(Exit::usage(anyhow!(
                    "a grid has two axes, and these are {}; leave out a --sweep{}",
                    axes.len(),
                    if by_target { ", or choose one layer" } else { "" }
                )));
            }
        };
        let mut cells = Vec::new();
        for row in rows.map_or(vec![None], |rows| rows.iter().map(Some).collect()) {
            for column in columns {
                let points: Vec<&Point> = [column].into_iter().chain(row).collect();
                cells.push(planned(&points, &targets[0], options)?);
            }
        }
        share_pictures(&mut cells);
        let arrangement = match rows {
            None => Arrangement::Flow,
            Some(_) => Arrangement::Table { columns: columns.len() },
        };
        Ok(Grid { cells, arrangement, swept, by_target })
    }

    /// A dream of each of `targets` on each of the starting pictures of those names.
    pub fn from_each_start(targets: &[Target], starts: &[String], options: &Swept) -> Grid {
        let cell = |target: &Target, (start, name): (usize, &String)| Planned {
            labels: vec![target.name.clone(), name.clone()],
            note: target.note.clone(),
            start,
            target: target.clone(),
            options: options.clone(),
        };
        let cells = targets
            .iter()
            .flat_map(|target| starts.iter().enumerate().map(move |start| cell(target, start)));
        Grid {
            cells: cells.collect(),
            arrangement: Arrangement::Groups { size: starts.len() },
            swept: Vec::new(),
            by_target: true,
        }
    }
}

/// Has cells that name the same picture read it once.
fn share_pictures(cells: &mut [Planned]) {
    let mut known: Vec<PictureFile> = Vec::new();
    for picture in cells.iter_mut().flat_map(|cell| cell.options.settings.pictures_mut()) {
        match known.iter().find(|other| *other == picture) {
            Some(other) => *picture = other.clone(),
            None => known.push(picture.clone()),
        }
    }
}

fn planned(points: &[&Point], only: &Target, options: &Swept) -> Result<Planned, Exit> {
    let mut cell = Planned {
        labels: points.iter().map(|point| point.label.clone()).collect(),
        note: String::new(),
        start: 0,
        target: only.clone(),
        options: options.clone(),
    };
    for point in points {
        match point.choice {
            Choice::Target(target) => {
                cell.target = target.clone();
                cell.note = target.note.clone();
            }
            Choice::Value(sweep, value) => sweep
                .set(&mut cell.options, value)
                .map_err(|error| Exit::usage(anyhow!("--sweep {error}")))?,
        }
    }
    Ok(cell)
}

#[cfg(test)]
mod tests {
    use super::super::targets::TargetKind;
    use super::*;

    fn plan(targets: &[&str], sweeps: &[&str]) -> Result<Grid, Exit> {
        let target = |name: &&str| Target {
            kind: TargetKind::Layer,
            name: (*name).to_owned(),
            note: "note".into(),
        };
        let targets: Vec<Target> = targets.iter().map(target).collect();
        let sweeps: Vec<Sweep> = sweeps.iter().map(|text| text.parse().expect("sound")).collect();
        Grid::new(&targets, &sweeps, &Swept::default())
    }

    fn labels(plan: &Grid) -> Vec<String> {
        plan.cells.iter().map(|cell| cell.labels.join(" / ")).collect()
    }

    #[test]
    fn layers_are_an_axis() {
        let plan = plan(&["a", "b"], &[]).expect("it is sound");
        assert_eq!(labels(&plan), ["a", "b"]);
        assert_eq!(plan.arrangement, Arrangement::Flow);
        assert_eq!(plan.cells[1].target.name, "b");
    }

    #[test]
    fn the_values_of_an_option_are_an_axis_on_one_layer() {
        let plan = plan(&["a"], &["octaves=2,4"]).expect("it is sound");
        assert_eq!(labels(&plan), ["octaves 2", "octaves 4"]);
        assert_eq!(plan.cells[1].options.settings.octaves, 4);
        assert_eq!(plan.cells[0].target.name, "a");
    }

    #[test]
    fn two_axes_are_columns_and_rows() {
        let plan = plan(&["a", "b"], &["step=1,2,4"]).expect("it is sound");
        let rows =
            ["a / step 1", "b / step 1", "a / step 2", "b / step 2", "a / step 4", "b / step 4"];
        assert_eq!(labels(&plan), rows);
        assert_eq!(plan.arrangement, Arrangement::Table { columns: 2 });
        let both = self::plan(&["a"], &["octaves=2,3,4", "step=1,2"]).expect("it is sound");
        assert_eq!(both.arrangement, Arrangement::Table { columns: 3 });
        assert_eq!(both.cells[4].options.settings.octaves, 3);
        assert_eq!(both.cells[4].options.settings.step, 2.0);
    }

    #[test]
    fn three_axes_are_refused_and_so_is_an_option_twice() {
        let refused = |targets, sweeps| match plan(targets, sweeps) {
            Err(Exit::Usage(error)) => error.to_string(),
            _ => panic!("it is refused"),
        };
        let error = refused(&["a", "b"], &["step=1,2", "octaves=1,2"]);
        assert!(error.contains("two axes"), "{error}");
        let error = refused(&["a"], &["step=1,2", "step=3"]);
        assert!(error.contains("step twice"), "{error}");
        let error = refused(&["a"], &["octaves=0"]);
        assert!(error.contains("octaves=0: "), "{error}");
    }
}
