//! The work of a comparison: one dream after another, on a network whose weights are read once.

use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::time::Instant;

use indicatif::ProgressBar;

use super::super::arguments::{DreamOptions, LayerWeight};
use super::super::dream::{Choice, Executor, Loaded, Photograph, recipe};
use super::super::exit::Exit;
use super::super::interrupt;
use super::super::network::Network;
use super::super::progress::Display;
use super::super::shell::quoted;
use super::keep::{Keep, Origin, fingerprint};
use super::plan::{Plan, Planned};
use crate::compare::{Cell, Original, Shown};
use crate::dream::{Observer, Progress, Size};
use crate::network::{Graph, multiplications, select};
use crate::picture::{Format, Input, Picture, Planes, encode};
use crate::weights::Weights;

/// A picture to dream on, read once.
pub struct Start {
    /// As it is called beside its dreams.
    pub label: String,
    pub input: Input,
    pub picture: Picture,
}

/// What is the same for all dreams.
pub struct Work<'a> {
    pub network: Network,
    pub executor: Executor,
    pub starts: &'a [Start],
    pub keep: Option<&'a Keep>,
    pub display: &'a Display,
}

/// A dream that is done, or failed.
pub struct Done {
    pub cell: Cell,
    pub told: Told,
}

/// What a script may want to know of a dream.
#[derive(Default)]
pub struct Told {
    pub target: String,
    pub octaves: usize,
    /// Of the last step; `None` where it was not dreamed now.
    pub score: Option<f64>,
    pub seconds: f64,
    /// Whether an earlier run had dreamed it.
    pub kept: bool,
}

impl Work<'_> {
    /// Dreams a whole plan; the dreams are in the plan's order. One that fails says why, and the
    /// others go on.
    ///
    /// # Errors
    /// [`Exit`] where nothing can be dreamed at all, or the user ends it.
    pub fn dream(&self, plan: &Plan) -> Result<Vec<Done>, Exit> {
        let targets = distinct(plan.cells.iter().map(|cell| cell.target.as_str()));
        self.display.busy(&format!("loading {}", self.network.model));
        let (needed, _) = select(&self.network.graph, &targets).map_err(Exit::usage)?;
        let weights = self.network.weights.load(&needed, &self.network.graph)?;
        let choices: Vec<Choice> = targets
            .iter()
            .map(|name| {
                let layer = LayerWeight { name: (*name).to_owned(), weight: 1.0 };
                Choice::of(self.network.clone(), vec![layer])
            })
            .collect::<Result<_, _>>()?;
        let choice = |cell: &Planned| {
            let place = targets.iter().position(|target| *target == cell.target);
            &choices[place.expect("it is among them")]
        };
        let costs: Vec<u64> =
            plan.cells.iter().map(|cell| self.cost(cell, choice(cell)).unwrap_or(0)).collect();
        let line = self.display.bar();
        line.set_length(costs.iter().sum::<u64>().max(1));
        line.reset_eta();

        // Dreams of one target after another, so that its network is made once.
        let mut done: Vec<Option<Done>> = plan.cells.iter().map(|_| None).collect();
        for target in &targets {
            let cut = Cut { weights: &weights, loaded: OnceCell::new() };
            for (index, cell) in plan.cells.iter().enumerate() {
                if cell.target != *target {
                    continue;
                }
                let before = line.position();
                let number = done.iter().flatten().count() + 1;
                line.set_message(format!("{}  {number}/{}", cell.labels.join(" "), done.len()));
                let mut bar = Bar { line: &line, before, cost: costs[index], score: None };
                let dreamed = self.cell(cell, choice(cell), &cut, &mut bar);
                if interrupt::asked().is_break() {
                    let kept = done.iter().flatten().count();
                    return Err(Exit::Interrupted(self.left(kept, done.len())));
                }
                done[index] = Some(dreamed?);
                line.set_position(before + costs[index]);
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// What is left behind when the user ends it.
    fn left(&self, kept: usize, of: usize) -> String {
        match self.keep {
            None => "nothing was written".into(),
            Some(keep) => format!(
                "{kept} of {of} dreams are kept in {}; the same command goes on with them",
                keep.folder().display()
            ),
        }
    }

    /// Multiplications of a dream.
    fn cost(&self, cell: &Planned, choice: &Choice) -> Option<u64> {
        let size = self.size(cell);
        let input = &self.starts[cell.start].input;
        let octaves = choice.octaves(&cell.options, input, size, &Display::new(true)).ok()?;
        let each = |size: &Size| multiplications(&choice.needed, size.height, size.width).ok();
        let all: u64 = octaves.sizes.iter().filter_map(each).sum();
        Some(all * cell.options.iterations as u64)
    }

    fn size(&self, cell: &Planned) -> Size {
        let planes = &self.starts[cell.start].picture.planes;
        let (width, height) = (planes.width(), planes.height());
        let longest = cell.options.max_size.unwrap_or(usize::MAX).min(width.max(height));
        let ratio = longest as f64 / width.max(height) as f64;
        let side = |side: usize| ((side as f64 * ratio).round() as usize).max(1);
        Size { height: side(height), width: side(width) }
    }

    /// Dreams one; what is an error of its own is told in it.
    fn cell(
        &self,
        planned: &Planned,
        choice: &Choice,
        cut: &Cut,
        bar: &mut Bar,
    ) -> Result<Done, Exit> {
        let started = Instant::now();
        let Planned { options, labels, .. } = planned;
        let Start { label, input, picture } = &self.starts[planned.start];
        let mut picture = picture.clone();
        if let Some(longest) = options.max_size {
            picture.shrink(longest);
        }
        let silent = Display::new(true);
        let photograph = Photograph::of(&self.executor, choice, options, (input, picture), &silent);

        let tile = photograph.as_ref().map_or(options.tile, Photograph::tile);
        let recipe = recipe(&self.executor, choice, options, input, tile);
        let name = file_name(input, labels.iter().filter(|other| *other != label));
        let file = quoted(&format!("{name}.jpg"));
        let command = format!("{} --output {file}", recipe.command_line()?);
        let mut told = Told { target: planned.target.clone(), ..Told::default() };
        let picture = match photograph {
            Err(error) => Err(error.told()),
            Ok(photograph) => {
                told.octaves = photograph.octaves.len();
                let settings = serde_json::to_string(&recipe)?;
                let start = fingerprint(&photograph.picture.planes);
                let origin = Origin { name: &name, settings: &settings, start };
                let before = self.keep.and_then(|keep| keep.find(&origin));
                told.kept = before.is_some();
                match before {
                    Some(file) => Ok(shown(file, &photograph)),
                    None => {
                        let loaded = cut.loaded(&self.executor, choice)?;
                        self.dreamed(photograph, loaded, options.quality, &origin, bar)?
                    }
                }
            }
        };
        told.score = bar.score;
        told.seconds = started.elapsed().as_secs_f64();
        let (labels, note) = (labels.clone(), planned.note.clone());
        let cell = Cell { labels, note, original: planned.start, command, picture };
        Ok(Done { cell, told })
    }

    /// Dreams on a photograph, and keeps the dream where dreams are kept.
    fn dreamed(
        &self,
        mut photograph: Photograph,
        loaded: &Loaded,
        quality: u8,
        origin: &Origin,
        bar: &mut Bar,
    ) -> Result<Result<Shown, String>, Exit> {
        if let Err(error) = photograph.dream(loaded, bar) {
            return Ok(Err(error.told()));
        }
        let settings = Some(origin.settings);
        let file = match encode(&photograph.picture, settings, Format::Jpeg, quality) {
            Err(error) => return Ok(Err(error.to_string())),
            Ok(file) => file,
        };
        if let Some(keep) = self.keep {
            keep.add(origin, &file)?;
        }
        Ok(Ok(shown(file, &photograph)))
    }
}

/// The network of one target, made when it is first needed.
struct Cut<'a> {
    weights: &'a Weights,
    loaded: OnceCell<Loaded>,
}

impl Cut<'_> {
    fn loaded(&self, executor: &Executor, choice: &Choice) -> Result<&Loaded, Exit> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = executor.load_with(choice, self.weights.of(&choice.needed))?;
        Ok(self.loaded.get_or_init(|| loaded))
    }
}

fn shown(file: Vec<u8>, photograph: &Photograph) -> Shown {
    let planes = &photograph.picture.planes;
    Shown { file, width: planes.width(), height: planes.height() }
}

/// Each once, in the order in which they first come.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    names.for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
    });
    seen
}

/// A name for a dream's file, without its suffix: `photo.features.7`.
fn file_name<'a>(input: &Input, labels: impl Iterator<Item = &'a String>) -> String {
    let stem = match input {
        Input::Stdin => "dream".into(),
        Input::Path(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let plain = |letter: char| letter.is_alphanumeric() || "._-".contains(letter);
    let labels = labels.map(|label| label.replace(|letter: char| !plain(letter), "-"));
    [stem].into_iter().chain(labels).collect::<Vec<_>>().join(".")
}

/// How a starting picture is shown.
///
/// # Errors
/// [`Exit`] where it is too large for a JPEG.
pub fn original(start: &Start, options: &DreamOptions) -> Result<Original, Exit> {
    let mut picture = start.picture.clone();
    if let Some(longest) = options.max_size {
        picture.shrink(longest);
    }
    let file = encode(&picture, None, Format::Jpeg, options.quality)?;
    let (width, height) = (picture.planes.width(), picture.planes.height());
    Ok(Original { label: start.label.clone(), picture: Shown { file, width, height } })
}

/// Moves the line of progress through one of several dreams.
struct Bar<'a> {
    line: &'a ProgressBar,
    before: u64,
    cost: u64,
    score: Option<f64>,
}

impl Observer for Bar<'_> {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        let share = progress.pixels as f64 / progress.total_pixels.max(1) as f64;
        self.line.set_position(self.before + (self.cost as f64 * share) as u64);
        self.score = Some(progress.score);
        interrupt::asked()
    }

    fn octave(&mut self, _octave: usize, _picture: &Planes) {}
}

impl Weights {
    /// The parameters of a part of the network.
    fn of(&self, part: &Graph) -> Weights {
        let names = part.nodes().iter().flat_map(|node| {
            node.op.parameters().into_iter().map(move |(role, _)| format!("{}.{role}", node.name))
        });
        names.filter_map(|name| Some((name.clone(), self.get(&name)?.clone()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_the_photograph_and_what_tells_it_from_the_others() {
        let name = |labels: &[&str]| {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            file_name(&Input::Path("album/a photo.jpg".into()), labels.iter())
        };
        assert_eq!(name(&["features.7:12"]), "a photo.features.7-12");
        assert_eq!(name(&["inception_4c/output", "step 2"]), "a photo.inception_4c-output.step-2");
    }
}
