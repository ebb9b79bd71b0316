//! One photograph's way: read, looked up, decoded, dreamed, encoded and written.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, anyhow};
use blake3::Hash;
use serde_json::json;

use super::super::arguments::DreamArguments;
use super::super::dream::choice::Choice;
use super::super::dream::memory_gate::Gate;
use super::super::dream::photograph::{Photograph, shrunk, size};
use super::super::exit::Exit;
use super::super::progress::Display;
use super::super::recipe::Recipe;
use super::inputs::Entry;
use super::lanes::{Lanes, Need, Ready};
use super::plan::Plan;
use super::report::{PARTS, Report};
use super::writer::{Slot, Writer, hash_of};
use dreamer::dream::{Observer, Progress, Size};
use dreamer::memory;
use dreamer::picture::{Depth, EncodeError, Encoded, Format, Input, Limits, Picture, Planes};

/// What all photographs of a run share.
pub struct Worker<'a> {
    pub arguments: &'a DreamArguments,
    pub choice: &'a Arc<Choice>,
    pub writer: &'a Arc<Writer>,
    pub plan: &'a Plan,
    pub lanes: &'a Lanes,
    /// Memory for pictures that are decoded, beside what steps take.
    pub pictures: &'a Gate,
    pub report: &'a Arc<Report>,
}

/// A photograph that is not dreamed yet.
struct Due {
    encoded: Encoded,
    input: Input,
    hash: Hash,
    /// Hash of the preview that an earlier run has left in the dream's place.
    preview: Option<Hash>,
}

/// A photograph's dream, which is written.
struct Dreamed {
    octaves: Vec<Size>,
    recipe: Recipe,
    score: f64,
}

impl Worker<'_> {
    /// Dreams a photograph, unless that is done, and tells how it went.
    pub fn work(&self, entry: &Entry) {
        let started = Instant::now();
        match self.due(entry) {
            Err(exit) => self.report.failed(entry, &exit.told()),
            Ok(None) => self.report.skipped(entry),
            Ok(Some(due)) => match self.dream(entry, due) {
                Err(exit) => self.report.failed(entry, &exit.told()),
                Ok(None) => {}
                Ok(Some(dreamed)) => {
                    let last = dreamed.octaves.last();
                    let details = json!({
                        "width": last.map(|size| size.width),
                        "height": last.map(|size| size.height),
                        "octaves": dreamed.octaves.iter()
                            .map(|size| [size.width, size.height]).collect::<Vec<_>>(),
                        "score": dreamed.score,
                        "seconds": started.elapsed().as_secs_f64(),
                        "settings": dreamed.recipe,
                    });
                    self.report.dreamed(entry, details);
                }
            },
        }
    }

    /// Tells what would become of a photograph; returns its octaves if it would be dreamed.
    pub fn foresee(&self, entry: &Entry) -> Option<Vec<Size>> {
        match self.foreseen(entry) {
            Err(exit) => self.report.failed(entry, &exit.told()),
            Ok(None) => self.report.skipped(entry),
            Ok(Some(octaves)) => {
                let size = octaves.last().expect("there is the picture's own");
                let details = json!({ "width": size.width, "height": size.height });
                self.report.dreamed(entry, details);
                return Some(octaves);
            }
        }
        None
    }

    fn foreseen(&self, entry: &Entry) -> Result<Option<Vec<Size>>, Exit> {
        let Some(Due { encoded, input, .. }) = self.due(entry)? else { return Ok(None) };
        let size = shrunk(&self.arguments.dream, encoded.size(&input, &self.limits())?);
        let silent = Display::new(true);
        Ok(Some(self.choice.octaves(&self.arguments.dream, &input, size, &silent)?.sizes))
    }

    fn limits(&self) -> Limits {
        Limits { max_pixels: self.arguments.dream.max_pixels }
    }

    /// Reads a photograph's file, and finds out whether its dream is there already.
    fn due(&self, entry: &Entry) -> Result<Option<Due>, Exit> {
        if let Some(problem) = &entry.problem {
            return Err(anyhow!("{}", problem).into());
        }
        let input = Input::Path(entry.path.clone());
        let encoded = Encoded::load(&input, &self.limits())?;
        let hash = blake3::hash(encoded.bytes());
        let Writer { folder, manifest, settings, force, .. } = &**self.writer;
        let output = folder.join(&entry.output);
        if output.symlink_metadata().is_err() {
            return Ok(Some(Due { encoded, input, hash, preview: None }));
        }
        let records = manifest.records(&entry.output);
        let own = match records {
            [] => None,
            _ => Some(
                hash_of(&output).with_context(|| format!("{} cannot be read", output.display()))?,
            ),
        };
        let same = || records.iter().filter(|record| Some(record.output) == own);
        let was_ours = same().next().is_some();
        if same().any(|record| record.input == hash && record.settings == Some(*settings)) {
            return Ok(None);
        }
        let preview = own.filter(|_| same().any(|record| record.settings.is_none()));
        let is_itself = output.canonicalize().ok() == entry.path.canonicalize().ok();
        if (*force || preview.is_some()) && !is_itself {
            return Ok(Some(Due { encoded, input, hash, preview }));
        }
        let output = output.display();
        Err(if is_itself {
            anyhow!("{output} is the photograph itself; choose another folder with --output")
        } else if was_ours {
            anyhow!(
                "{output} was dreamed with other settings or from another photograph; pass --force \
                 to dream it anew, or choose another folder with --output"
            )
        } else {
            anyhow!(
                "{output} exists already, and no run is known to have dreamed it as it is; pass \
                 --force to overwrite it, or choose another folder with --output"
            )
        }
        .into())
    }

    /// Decodes a photograph, dreams on it and writes the dream; `None` if it was told to stop.
    fn dream(&self, entry: &Entry, due: Due) -> Result<Option<Dreamed>, Exit> {
        let Due { encoded, input, hash, preview } = due;
        let limits = self.limits();
        let [width, height] = encoded.size(&input, &limits)?;
        let _room = self.pictures.enter(memory::of_dream(width * height, 0));
        let mut picture = encoded.decode(&input, &limits)?;
        if let Some(longest) = self.arguments.dream.max_size {
            picture.shrink(longest);
        }
        let size = size(&picture);
        let format = Format::from_path(&entry.output)?;
        if size.width.max(size.height) > format.max_side() {
            let Size { width, height } = size;
            return Err(EncodeError::TooLarge { format, width, height }.into());
        }
        let silent = Display::new(true);
        let octaves = self.choice.octaves(&self.arguments.dream, &input, size, &silent)?.sizes;
        let is_wide = self.plan.is_wide(size);
        // What there is at the start, whatever other photographs take at this moment.
        let memory = self.plan.bytes_per_pixel.map(|bytes| (&self.plan.budget, bytes));
        let memory = memory.filter(|_| is_wide || self.plan.wide.is_none());
        let tile = self.choice.tile(self.arguments.dream.tile, size, memory)?;
        let need = match is_wide {
            true => Need::Wide,
            false => Need::Narrow(self.step_bytes(size, tile)),
        };
        let mut photograph = Photograph::new(&self.arguments.dream, picture, octaves, tile);
        let slot = Slot::new(self.writer, entry, hash, preview);
        let report = self.report.clone();
        let (options, source) = (self.arguments.dream.clone(), input.clone());
        let previews = self.arguments.preview.then_some(photograph.picture.depth);
        let dreamed = self.lanes.run(need, move |ready: &Ready| {
            let recipe = ready.session.recipe(&options, &source, tile);
            let mut watch =
                Watch { report, told: 0, score: 0.0, recipe, slot, previews, preview_error: None };
            let dreamed = photograph.dream(&ready.loaded, &mut watch);
            (dreamed.map(|()| photograph), watch)
        });
        let (photograph, mut watch) = match dreamed {
            Ok(dreamed) => dreamed,
            Err(exit) => {
                self.report.broken(exit);
                return Ok(None);
            }
        };
        let photograph = match photograph {
            Err(_) if self.report.is_over() => return Ok(None),
            photograph => photograph?,
        };
        watch.finish();
        let Photograph { picture, octaves, .. } = photograph;
        let Watch { recipe, slot, score, preview_error, .. } = watch;
        if let Some(error) = preview_error {
            self.report.note(&format!("warning: no preview of {input}: {}", error.told()));
        }
        if picture.alpha.is_some() && !format.has_alpha() {
            self.report
                .note(&format!("note: the transparency of {input} is lost: {format} has none"));
        }
        slot.finish(&picture, &recipe)?;
        Ok(Some(Dreamed { octaves, recipe, score }))
    }

    /// Bytes that a step takes at most.
    fn step_bytes(&self, size: Size, tile: Option<usize>) -> u64 {
        let pixels = tile.map_or(size.pixels(), |side| size.pixels().min(side * side));
        memory::of_dream(pixels, self.plan.bytes_per_pixel.unwrap_or(0))
    }
}

/// Moves the bar on, writes previews, and ends the dream where the run is over.
struct Watch {
    report: Arc<Report>,
    /// Parts of the bar that are told.
    told: u64,
    score: f64,
    recipe: Recipe,
    slot: Slot,
    /// The photograph's depth, where previews are wanted.
    previews: Option<Depth>,
    /// Why there are none any more.
    preview_error: Option<Exit>,
}

impl Watch {
    fn reach(&mut self, parts: u64) {
        self.report.advance(parts.saturating_sub(self.told));
        self.told = self.told.max(parts);
    }

    fn finish(&mut self) {
        self.reach(PARTS);
    }
}

impl Observer for Watch {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.score = progress.score;
        self.reach(PARTS * progress.pixels / progress.total_pixels.max(1));
        if self.report.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn octave(&mut self, _octave: usize, picture: &Planes) {
        if let (Some(depth), None) = (self.previews, &self.preview_error) {
            let picture = Picture { planes: picture.clone(), alpha: None, depth };
            self.preview_error = self.slot.preview(&picture, &self.recipe).err();
        }
    }
}

/// Sees nothing and ends nothing.
pub struct Nobody;

impl Observer for Nobody {
    fn step(&mut self, _progress: &Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn octave(&mut self, _octave: usize, _picture: &Planes) {}
}
