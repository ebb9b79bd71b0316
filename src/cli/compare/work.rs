//! The work of a comparison: dreams side by side where they are small, on a network whose weights are
//! read once.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Instant;

use indicatif::ProgressBar;

use super::super::arguments::{DreamOptions, LayerWeight};
use super::super::dream::memory_gate::Gate;
use super::super::dream::photograph::shrunk;
use super::super::dream::sharing::Sharing;
use super::super::dream::{Choice, Executor, Loaded, Photograph, recipe};
use super::super::exit::Exit;
use super::super::interrupt;
use super::super::network::Network;
use super::super::progress::Display;
use super::super::shell::quoted;
use super::keep::{Keep, Origin, fingerprint};
use super::plan::{Plan, Planned};
use dreamer::compare::{Cell, Original, Shown};
use dreamer::dream::{Observer, Progress, Size};
use dreamer::memory::{self, Budget};
use dreamer::network::{multiplications, select};
use dreamer::picture::{Format, Input, Picture, Planes, encode};
use dreamer::weights::Weights;

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
        let cuts: Vec<Cut> = targets
            .iter()
            .map(|name| {
                let layer = LayerWeight { name: (*name).to_owned(), weight: 1.0 };
                let choice = Choice::of(self.network.clone(), vec![layer])?;
                let dreams = plan.cells.iter().filter(|cell| cell.target == *name).count();
                let bytes_per_pixel = self.executor.bytes_per_pixel(&choice);
                let state = Mutex::new(State { left: dreams, loaded: None });
                Ok(Cut { choice, bytes_per_pixel, state })
            })
            .collect::<Result<_, Exit>>()?;
        // Dreams of one target after another, so that few networks are there at a time.
        let jobs: Vec<Job> = cuts
            .iter()
            .zip(&targets)
            .flat_map(|(cut, target)| {
                let cells = plan.cells.iter().enumerate();
                cells.filter(move |(_, cell)| cell.target == *target).map(move |(index, cell)| {
                    let cost = self.cost(cell, &cut.choice).unwrap_or(0);
                    Job { index, cell, cut, cost }
                })
            })
            .collect();
        let line = self.display.bar();
        line.set_length(jobs.iter().map(|job| job.cost).sum::<u64>().max(1));
        line.reset_eta();

        let sharing = match &*self.executor.device() {
            "cpu" => Sharing::new(self.executor.threads(), jobs.len()),
            _ => Sharing::new(1, 1),
        };
        let budget = Budget::new();
        let (small, large): (Vec<&Job>, Vec<&Job>) = jobs.iter().partition(|job| {
            let size = self.size(job.cell);
            sharing.lanes > 1 && sharing.side_by_side(size, job.cut.bytes_per_pixel, &budget)
        });
        let run = Run {
            work: self,
            weights: &weights,
            line: &line,
            of: jobs.len(),
            memory: Gate::new(budget.now / 4 * 3),
            budget,
            begun: AtomicUsize::new(0),
            results: Mutex::new(jobs.iter().map(|_| None).collect()),
            failure: Mutex::new(None),
        };
        let DreamOptions { device, backend, .. } = &plan.cells[0].options;
        let open = || Executor::on(device.devices()[0], Some(sharing.threads), *backend);
        let lanes = sharing.lanes.min(small.len());
        let next = Mutex::new(small.into_iter());
        thread::scope(|scope| {
            for _ in 0..lanes {
                scope.spawn(|| match open() {
                    Err(exit) => run.fail(exit),
                    Ok(executor) => {
                        let take = || next.lock().expect("no thread panics with it").next();
                        run.work_through(std::iter::from_fn(take), &executor, false);
                    }
                });
            }
        });
        run.work_through(large.into_iter(), &self.executor, true);
        run.finish()
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
        shrunk(&cell.options, [planes.width(), planes.height()])
    }

    /// Dreams one; what is an error of its own is told in it.
    fn cell(
        &self,
        run: &Run,
        job: &Job,
        (executor, alone): (&Executor, bool),
        bar: &mut Bar,
    ) -> Result<Done, Exit> {
        let started = Instant::now();
        let (planned, choice) = (job.cell, &job.cut.choice);
        let Planned { options, labels, .. } = planned;
        let Start { label, input, picture } = &self.starts[planned.start];
        let mut picture = picture.clone();
        if let Some(longest) = options.max_size {
            picture.shrink(longest);
        }
        let silent = Display::new(true);
        let bytes_per_pixel = job.cut.bytes_per_pixel;
        // What there was at the start, whatever earlier dreams have left.
        let memory = bytes_per_pixel.filter(|_| alone).map(|bytes| (&run.budget, bytes));
        let photograph = Photograph::of(choice, options, (input, picture), memory, &silent);

        let tile = photograph.as_ref().map_or(options.tile, Photograph::tile);
        let recipe = recipe(executor, choice, options, input, tile);
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
                        let pixels = self.size(planned).pixels();
                        let step = memory::of_dream(pixels, bytes_per_pixel.unwrap_or(0));
                        let _room = run.memory.enter(step + job.cut.bytes());
                        let loaded = job.cut.loaded(executor, run.weights)?;
                        self.dreamed(photograph, &loaded, options.quality, &origin, bar)?
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

/// A dream to be dreamed.
struct Job<'a> {
    /// Its place in the plan.
    index: usize,
    cell: &'a Planned,
    cut: &'a Cut,
    /// Multiplications that it takes.
    cost: u64,
}

/// What the threads of one comparison share.
struct Run<'a> {
    work: &'a Work<'a>,
    weights: &'a Weights,
    line: &'a ProgressBar,
    /// Number of all dreams.
    of: usize,
    memory: Gate,
    budget: Budget,
    begun: AtomicUsize,
    results: Mutex<Vec<Option<Done>>>,
    /// Why nothing can go on.
    failure: Mutex<Option<Exit>>,
}

impl Run<'_> {
    /// Dreams one after another with an executor of the calling thread's, as long as nothing ends it;
    /// `alone` where nothing else is dreamed meanwhile.
    fn work_through<'a>(
        &self,
        jobs: impl Iterator<Item = &'a Job<'a>>,
        executor: &Executor,
        alone: bool,
    ) {
        executor.enter();
        for job in jobs {
            if interrupt::asked().is_break() || lock(&self.failure).is_some() {
                return;
            }
            let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
            let labels = job.cell.labels.join(" ");
            self.line.set_message(format!("{labels}  {number}/{}", self.of));
            let mut bar = Bar { line: self.line, cost: job.cost, told: 0, score: None };
            let dreamed = self.work.cell(self, job, (executor, alone), &mut bar);
            job.cut.release();
            if interrupt::asked().is_break() {
                return;
            }
            match dreamed {
                Err(exit) => return self.fail(exit),
                Ok(done) => lock(&self.results)[job.index] = Some(done),
            }
            bar.reach(job.cost);
        }
    }

    fn fail(&self, exit: Exit) {
        lock(&self.failure).get_or_insert(exit);
    }

    fn finish(self) -> Result<Vec<Done>, Exit> {
        let results = self.results.into_inner().expect("no thread panics with it");
        let done: Vec<Done> = results.into_iter().flatten().collect();
        if interrupt::asked().is_break() {
            return Err(Exit::Interrupted(self.work.left(done.len(), self.of)));
        }
        match self.failure.into_inner().expect("no thread panics with it") {
            Some(exit) => Err(exit),
            None => Ok(done),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics with it")
}

/// The network of one target, made when it is first needed and gone after its last dream.
struct Cut {
    choice: Choice,
    /// Bytes of the machine's memory that a step takes for each pixel, where it computes there.
    bytes_per_pixel: Option<usize>,
    state: Mutex<State>,
}

struct State {
    /// Dreams that are still to come.
    left: usize,
    loaded: Option<Loaded>,
}

impl Cut {
    /// The network for an executor, which shares its weights with all others.
    fn loaded(&self, executor: &Executor, weights: &Weights) -> Result<Loaded, Exit> {
        let mut state = lock(&self.state);
        let loaded = match state.loaded.take() {
            Some(loaded) => loaded,
            None => executor.load_with(&self.choice, weights.of(&self.choice.needed))?,
        };
        Ok(state.loaded.insert(loaded).for_executor(executor))
    }

    fn release(&self) {
        let mut state = lock(&self.state);
        state.left -= 1;
        if state.left == 0 {
            state.loaded = None;
        }
    }

    /// Bytes that the network takes: its weights, and those laid out for the way there and back.
    fn bytes(&self) -> u64 {
        let parameters = self.choice.needed.nodes().iter().flat_map(|node| node.op.parameters());
        let values: usize = parameters.map(|(_, shape)| shape.iter().product::<usize>()).sum();
        3 * (values * size_of::<f32>()) as u64
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
    cost: u64,
    /// Of the cost, what the line tells already.
    told: u64,
    score: Option<f64>,
}

impl Bar<'_> {
    fn reach(&mut self, cost: u64) {
        self.line.inc(cost.saturating_sub(self.told));
        self.told = self.told.max(cost);
    }
}

impl Observer for Bar<'_> {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        let share = progress.pixels as f64 / progress.total_pixels.max(1) as f64;
        self.reach((self.cost as f64 * share) as u64);
        self.score = Some(progress.score);
        interrupt::asked()
    }

    fn octave(&mut self, _octave: usize, _picture: &Planes) {}
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
