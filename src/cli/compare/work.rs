//! The work of a comparison: dreams side by side where they are small, on a network whose weights are
//! read once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use indicatif::ProgressBar;

use super::super::batch::settings::hash_of_dream;
use super::super::exit::Exit;
use super::super::files::{file_name, named, shrink, shrunk};
use super::super::interrupt;
use super::super::options::DreamOptions;
use super::super::progress::{Display, Watch};
use super::super::recipe::{self, quoted};
use super::cache::{CacheKey, DreamCache};
use super::grid::{Grid, Planned};
use super::sweep::{Swept, WITHOUT_TARGETS};
use dreamer::compare::{Cell, Original, Shown};
use dreamer::dream::{Dreamer, Plan, Scheduler, Settings};
use dreamer::picture::{Format, Input, Picture, encode};

/// A picture to dream on, read once.
pub struct Start {
    /// As it is called beside its dreams.
    pub label: String,
    pub input: Input,
    pub picture: Picture,
}

/// What is the same for all dreams.
pub struct Work<'a> {
    pub dreamer: Dreamer,
    pub options: &'a DreamOptions<WITHOUT_TARGETS>,
    pub starts: &'a [Start],
    pub cache: Option<&'a DreamCache>,
    pub display: &'a Display,
}

/// A dream that is done, or failed.
pub struct Done {
    pub cell: Cell,
    pub stats: Stats,
}

/// What a script may need to know of a dream.
#[derive(Default)]
pub struct Stats {
    pub target: String,
    pub octaves: usize,
    /// Of the last step; `None` where it was not dreamed now.
    pub score: Option<f64>,
    pub seconds: f64,
    /// Whether an earlier run had dreamed it.
    pub kept: bool,
}

/// A dream to be dreamed.
struct Job<'a> {
    /// Its place in the grid.
    index: usize,
    cell: &'a Planned,
    /// Multiplications that it takes.
    cost: u64,
    /// Whether it has all threads to itself.
    is_exclusive: bool,
}

impl Work<'_> {
    /// Dreams a whole grid; the dreams are in the grid's order. One that fails says why, and the others
    /// go on.
    ///
    /// # Errors
    /// [`Exit`] where nothing can be dreamed at all, or the user ends it.
    pub fn dream(&self, grid: &Grid) -> Result<Vec<Done>, Exit> {
        let targets = distinct(grid.cells.iter().map(|cell| &cell.target));
        self.display.busy(&format!("loading {}", self.dreamer.network().model));
        let each: Vec<Settings> =
            targets.iter().map(|target| target.set(&Settings::default())).collect();
        self.dreamer.read_weights(&each)?;
        let scheduler = Scheduler::new(std::slice::from_ref(&self.dreamer), grid.cells.len())?;
        // Small ones first, side by side, and of these those of one target after another, so that few
        // networks are there at a time.
        let cells = || grid.cells.iter().enumerate();
        let mut jobs: Vec<Job> = targets
            .iter()
            .flat_map(|target| cells().filter(move |(_, cell)| cell.target == **target))
            .map(|(index, cell)| self.job(&scheduler, index, cell))
            .collect();
        jobs.sort_by_key(|job| job.is_exclusive);
        let line = self.display.bar();
        line.set_length(jobs.iter().map(|job| job.cost).sum::<u64>().max(1));
        line.reset_eta();

        let run = Run {
            work: self,
            scheduler,
            line: &line,
            of: jobs.len(),
            begun: AtomicUsize::new(0),
            results: Mutex::new(jobs.iter().map(|_| None).collect()),
            failure: Mutex::new(None),
        };
        let jobs = Mutex::new(jobs.into_iter());
        let next = || lock(&jobs).next().filter(|_| !run.is_over());
        run.scheduler.for_each(next, |job| run.work(&job));
        run.finish()
    }

    /// What is left behind when the user ends it.
    fn left(&self, kept: usize, of: usize) -> String {
        match self.cache {
            None => "nothing was written".into(),
            Some(cache) => format!(
                "{kept} of {of} dreams are kept in {}; the same command goes on with them",
                cache.folder().display()
            ),
        }
    }

    /// A dream; one that cannot be planned costs nothing.
    fn job<'a>(&self, scheduler: &Scheduler, index: usize, cell: &'a Planned) -> Job<'a> {
        let picture = &self.starts[cell.start].picture;
        let size = shrunk(picture.planes.size(), &cell.options.settings);
        let plan = scheduler.dreamer().plan(size, &settings(cell), None).ok();
        let bytes_per_pixel = plan.as_ref().and_then(Plan::bytes_per_pixel);
        let is_exclusive = scheduler.is_exclusive(size, bytes_per_pixel);
        Job { index, cell, cost: plan.map_or(0, |plan| plan.multiplications()), is_exclusive }
    }
}

/// What a cell is dreamed with.
fn settings(cell: &Planned) -> Settings {
    cell.target.set(&cell.options.settings)
}

/// What the threads of one comparison share.
struct Run<'a> {
    work: &'a Work<'a>,
    scheduler: Scheduler,
    line: &'a ProgressBar,
    /// Number of all dreams.
    of: usize,
    begun: AtomicUsize,
    results: Mutex<Vec<Option<Done>>>,
    /// Why nothing can go on.
    failure: Mutex<Option<Exit>>,
}

impl Run<'_> {
    fn is_over(&self) -> bool {
        interrupt::asked().is_break() || lock(&self.failure).is_some()
    }

    /// Dreams one; what is an error of its own is kept in it.
    fn work(&self, job: &Job) {
        let done = self.cell(job);
        if interrupt::asked().is_break() {
            return;
        }
        match done {
            Err(exit) => {
                lock(&self.failure).get_or_insert(exit);
            }
            Ok(done) => lock(&self.results)[job.index] = Some(done),
        }
    }

    fn cell(&self, job: &Job) -> Result<Done, Exit> {
        let started = Instant::now();
        let Planned { options, labels, .. } = job.cell;
        let Start { label, input, picture } = &self.work.starts[job.cell.start];
        let settings = settings(job.cell);
        let _memory = self.scheduler.picture(picture.planes.size().pixels());
        let picture = shrink(picture.clone(), &settings);
        let size = picture.planes.size();
        let plan = self.scheduler.plan(size, &settings).map_err(|error| named(error, input));

        // Its number of threads is in the recipe.
        let bytes_per_pixel = plan.as_ref().ok().and_then(Plan::bytes_per_pixel);
        let dreamer = self.scheduler.dreamer_for(size, bytes_per_pixel);
        let name = name(input, labels.iter().filter(|other| *other != label));
        let settings = plan.as_ref().map_or(settings, |plan| plan.settings.clone());
        let mut swept = self.work.options.clone();
        swept.files.0 = options.files.clone();
        let recipe = recipe::new(dreamer, &settings, &swept, file_name(input));
        let file = quoted(&format!("{name}.jpg"));
        let command = format!("{} --output {file}", recipe::command_line(&recipe)?);
        let mut stats = Stats { target: job.cell.target.name.clone(), ..Stats::default() };
        let mut watch = Watch::new(self.line.clone(), job.cost).while_it(interrupt::asked);
        let picture = match plan {
            Err(error) => Err(error.message()),
            Ok(plan) => {
                stats.octaves = plan.octaves.sizes.len();
                let settings = serde_json::to_string(&recipe)?;
                let start = hash_of_dream(&picture.planes, &plan.settings)?;
                let key = CacheKey { name: &name, settings: &settings, start };
                let before = self.work.cache.and_then(|cache| cache.find(&key));
                stats.kept = before.is_some();
                match before {
                    Some(file) => Ok(shown(file, &picture)),
                    None => self.dreamed(picture, &plan, options, &key, &mut watch, labels)?,
                }
            }
        };
        watch.finish();
        stats.score = watch.score;
        stats.seconds = started.elapsed().as_secs_f64();
        let (labels, note) = (labels.clone(), job.cell.note.clone());
        let cell = Cell { labels, note, original: job.cell.start, command, picture };
        Ok(Done { cell, stats })
    }

    /// Dreams on a photograph, and keeps the dream where dreams are kept.
    fn dreamed(
        &self,
        picture: Picture,
        plan: &Plan,
        options: &Swept,
        key: &CacheKey,
        watch: &mut Watch,
        labels: &[String],
    ) -> Result<Result<Shown, String>, Exit> {
        let dreamer = self.scheduler.lease(plan, plan.network_bytes());
        if self.is_over() {
            return Err(Exit::Interrupted("other dreams ended the comparison".into()));
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        self.line.set_message(format!("{}  {number}/{}", labels.join(" "), self.of));
        dreamer.prepare(plan)?;
        let planes = match dreamer.run(plan, &picture.planes, watch) {
            Err(error) => return Ok(Err(Exit::from(error).message())),
            Ok(planes) => planes,
        };
        let names = plan.settings.target_names();
        if let Some(note) = watch.note(&names, &picture.planes, &planes) {
            self.work.display.note(&format!("note: {}: {note}", labels.join(" ")));
        }
        drop(dreamer);
        let picture = Picture { planes, ..picture };
        let settings = Some(key.settings);
        let file = match encode(&picture, settings, Format::Jpeg, options.files.quality) {
            Err(error) => return Ok(Err(error.to_string())),
            Ok(file) => file,
        };
        if let Some(cache) = self.work.cache {
            cache.add(key, &file)?;
        }
        Ok(Ok(shown(file, &picture)))
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

fn shown(file: Vec<u8>, picture: &Picture) -> Shown {
    Shown { file, width: picture.planes.width(), height: picture.planes.height() }
}

/// Each once, in the order in which they first come.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    values.for_each(|value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
    });
    seen
}

/// A name for a dream's file, without its suffix: `photo.features.7`.
fn name<'a>(input: &Input, labels: impl Iterator<Item = &'a String>) -> String {
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
pub fn original(start: &Start, options: &Swept) -> Result<Original, Exit> {
    let picture = shrink(start.picture.clone(), &options.settings);
    let file = encode(&picture, None, Format::Jpeg, options.files.quality)?;
    Ok(Original { label: start.label.clone(), picture: shown(file, &picture) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_the_photograph_and_what_tells_it_from_the_others() {
        let named = |labels: &[&str]| {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            name(&Input::Path("album/a photo.jpg".into()), labels.iter())
        };
        assert_eq!(named(&["features.7:12"]), "a photo.features.7-12");
        assert_eq!(named(&["inception_4c/output", "step 2"]), "a photo.inception_4c-output.step-2");
    }
}
