//! One photograph's way: read, looked up, decoded, dreamed, encoded and written.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, anyhow};
use blake3::Hash;
use serde_json::json;

use super::super::exit::Exit;
use super::super::files::{file_name, named, shrink, shrunk};
use super::super::progress::Watch;
use super::super::recipe;
use super::arguments::DreamArguments;
use super::inputs::Entry;
use super::report::{PARTS, Report};
use super::writer::{Slot, Writer, hash_of};
use dreamer::Size;
use dreamer::dream::{Plan, Recipe, Scheduler, Settings};
use dreamer::picture::{EncodeError, Encoded, Format, Input, Limits, Picture};

/// What all photographs of a run share.
pub struct Worker<'a> {
    pub arguments: &'a DreamArguments,
    pub writer: &'a Arc<Writer>,
    pub scheduler: &'a Scheduler,
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
    pub fn settings(&self) -> &Settings {
        &self.arguments.dream.settings.0
    }

    /// Dreams a photograph, unless that is done, and reports how it went.
    pub fn work(&self, entry: &Entry) {
        let started = Instant::now();
        match self.due(entry) {
            Err(exit) => self.report.failed(entry, &exit.message()),
            Ok(None) => self.report.skipped(entry),
            Ok(Some(due)) => match self.dream(entry, due) {
                Err(exit) => self.report.failed(entry, &exit.message()),
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

    /// Reports what would become of a photograph; returns its plan if it would be dreamed.
    pub fn plan(&self, entry: &Entry) -> Option<Plan> {
        match self.planned(entry) {
            Err(exit) => self.report.failed(entry, &exit.message()),
            Ok(None) => self.report.skipped(entry),
            Ok(Some(plan)) => {
                let size = plan.size();
                let details = json!({ "width": size.width, "height": size.height });
                self.report.dreamed(entry, details);
                return Some(plan);
            }
        }
        None
    }

    fn planned(&self, entry: &Entry) -> Result<Option<Plan>, Exit> {
        let Some(Due { encoded, input, .. }) = self.due(entry)? else { return Ok(None) };
        let size = shrunk(encoded.size(&input, &self.limits())?, self.settings());
        let plan = self.scheduler.dreamer().plan(size, self.settings(), None);
        Ok(Some(plan.map_err(|error| named(error, &input))?))
    }

    fn limits(&self) -> Limits {
        self.arguments.dream.files.0.limits()
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

    /// Decodes a photograph, dreams on it and writes the dream; `None` if it was asked to stop.
    fn dream(&self, entry: &Entry, due: Due) -> Result<Option<Dreamed>, Exit> {
        let Due { encoded, input, hash, preview } = due;
        let limits = self.limits();
        let _memory = self.scheduler.picture(encoded.size(&input, &limits)?.pixels());
        let picture = shrink(encoded.decode(&input, &limits)?, self.settings());
        let size = picture.planes.size();
        let format = Format::from_path(&entry.output)?;
        if size.width.max(size.height) > format.max_side() {
            let Size { width, height } = size;
            return Err(EncodeError::TooLarge { format, width, height }.into());
        }
        let plan =
            self.scheduler.plan(size, self.settings()).map_err(|error| named(error, &input))?;
        let dreamer = self.scheduler.lease(&plan, 0);
        if self.report.is_over() {
            return Ok(None);
        }
        if let Err(error) = dreamer.prepare(&plan) {
            // Nor can that of any other photograph.
            self.report.broken(error.into());
            return Ok(None);
        }
        let recipe =
            recipe::new(&dreamer, &plan.settings, &self.arguments.dream, file_name(&input));
        let mut slot = Slot::new(self.writer, entry, hash, preview);
        let mut preview_error = None;
        let (dreamed, score) = {
            let report = &self.report;
            let mut watch = Watch::new(report.bar(), PARTS).while_it(|| match report.is_over() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            });
            if self.arguments.preview {
                watch = watch.with_preview(|planes| {
                    if preview_error.is_none() {
                        let planes = planes.clone();
                        let picture = Picture { planes, alpha: None, depth: picture.depth };
                        preview_error = slot.preview(&picture, &recipe).err();
                    }
                });
            }
            let dreamed = dreamer.run(&plan, &picture.planes, &mut watch);
            if dreamed.is_ok() {
                watch.finish();
            }
            let names = plan.settings.target_names();
            let note = dreamed
                .as_ref()
                .ok()
                .and_then(|planes| watch.note(&names, &picture.planes, planes));
            if let Some(note) = note {
                report.note(&format!("note: {input}: {note}"));
            }
            (dreamed, watch.score.unwrap_or_default())
        };
        drop(dreamer);
        let planes = match dreamed {
            Err(_) if self.report.is_over() => return Ok(None),
            planes => planes?,
        };
        if let Some(error) = preview_error {
            self.report.note(&format!("warning: no preview of {input}: {}", error.message()));
        }
        if picture.alpha.is_some() && !format.has_alpha() {
            self.report
                .note(&format!("note: the transparency of {input} is lost: {format} has none"));
        }
        slot.finish(&Picture { planes, ..picture }, &recipe)?;
        Ok(Some(Dreamed { octaves: plan.octaves.sizes, recipe, score }))
    }
}
