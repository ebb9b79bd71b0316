//! The front door: a network that is ready to dream, one picture after another.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cut::Cut;
use super::executor::{BackendChoice, Executor, Loaded, Work};
use super::objective::{self, Goal, ObjectiveKind, Target};
use super::{
    Dream, Error, LayerWeight, Model, Network, Observer, Octaves, Settings, SizeError, octaves,
};
use crate::Size;
use crate::backend::{Backend, DeviceChoice};
use crate::memory::{self, Budget};
use crate::network::{ClassError, SelectError, multiplications, select};
use crate::picture::{Picture, Planes};
use crate::weights::Weights;

/// Which network to dream with, and what computes.
#[derive(Clone, Debug)]
pub struct Options {
    /// `None`: the one of `weights`, or the first whose weights are found, or the one that is built in.
    pub model: Option<Model>,
    /// A file; `None`: the model's, where weights are looked for.
    pub weights: Option<PathBuf>,
    /// Whether libtorch or the core computes.
    pub backend: BackendChoice,
    /// The CPU or a GPU.
    pub device: DeviceChoice,
    /// Of the CPU; `None`: one a core.
    pub threads: Option<usize>,
}

/// Whatever is found, on the best device.
impl Default for Options {
    fn default() -> Options {
        Options {
            model: None,
            weights: None,
            backend: BackendChoice::Auto,
            device: DeviceChoice::Auto,
            threads: None,
        }
    }
}

/// A network and what computes it. Clones share the network's weights, and may dream at once.
pub struct Dreamer {
    shared: Arc<Shared>,
    executor: Executor,
    /// The network that was last dreamed with, and its memory for pictures.
    last: Mutex<Option<(Arc<Cut>, Loaded)>>,
}

impl Clone for Dreamer {
    fn clone(&self) -> Dreamer {
        self.on(self.executor.clone())
    }
}

/// What a dreamer and its clones have in common.
struct Shared {
    network: Network,
    /// Weights that were read for several cuts.
    weights: Mutex<Option<Weights>>,
    /// The cuts that were last used, the last one first.
    cuts: Mutex<Vec<Arc<Cut>>>,
}

/// A layer or channel that settings ask for.
struct Asked {
    name: String,
    /// As it was asked for: the name itself, or a class's.
    said: String,
    weight: f64,
    /// The channel of a class against all others.
    class: Option<usize>,
}

/// Cuts that are kept beside those in use.
const KEPT_CUTS: usize = 2;

/// A dream that fits the network and the machine, and has not begun.
#[derive(Clone)]
pub struct Plan {
    /// With layers, and with tiles where memory demands them.
    pub settings: Settings,
    /// The sizes at which the picture is dreamed.
    pub octaves: Octaves,
    cut: Arc<Cut>,
    /// What is climbed.
    targets: Vec<Target>,
    bytes_per_pixel: Option<usize>,
}

impl Plan {
    /// Of the picture.
    pub fn size(&self) -> Size {
        *self.octaves.sizes.last().expect("there is at least the picture's own size")
    }

    /// Bytes of the machine's memory that the dream takes, the network's weights not counted.
    pub fn bytes(&self) -> u64 {
        let pixels = self.size().pixels();
        let step = self.settings.tile.map_or(pixels, |side| pixels.min(side * side));
        memory::of_dream(step, self.bytes_per_pixel.unwrap_or(0))
    }

    /// Bytes that the network takes.
    pub fn network_bytes(&self) -> u64 {
        self.cut.bytes()
    }

    /// Bytes of the machine's memory that a step takes for each pixel; `None` where it takes a GPU's.
    pub fn bytes_per_pixel(&self) -> Option<usize> {
        self.bytes_per_pixel
    }

    /// Multiplications that the dream takes.
    pub fn multiplications(&self) -> u64 {
        let each =
            |size: &Size| multiplications(&self.cut.needed, size.height, size.width).unwrap_or(0);
        self.octaves.sizes.iter().map(each).sum::<u64>() * self.settings.iterations as u64
    }
}

/// The dream of a picture.
struct Run<'a> {
    plan: &'a Plan,
    original: &'a Planes,
    observer: &'a mut (dyn Observer + Send),
}

impl Work for Run<'_> {
    type Done = Result<Planes, Error>;

    fn on<B: Backend>(self, backend: &B) -> Self::Done {
        let Plan { cut, targets, settings, octaves, .. } = self.plan;
        let dream = Dream { backend, tiling: &cut.tiling, targets, settings };
        dream.run(self.original, &octaves.sizes, self.observer)
    }
}

/// What came of a picture.
pub struct Dreamed {
    /// The dream, with the transparency of the picture.
    pub picture: Picture,
    /// The sizes at which it was dreamed, and those that were left out.
    pub octaves: Octaves,
    /// As they were, with layers and tiles.
    pub settings: Settings,
}

impl Dreamer {
    /// Opens a device and finds a network; weights are read with the first dream.
    ///
    /// # Errors
    /// [`Error`] where the device or the network is not there.
    pub fn open(options: &Options) -> Result<Dreamer, Error> {
        let Options { model, weights, backend, device, threads } = options;
        let executor = Executor::open(*backend, *device, *threads)?;
        Ok(Dreamer::new(Network::open(model.as_ref(), weights.as_deref())?, executor))
    }

    /// A network on a device that is open.
    pub fn new(network: Network, executor: Executor) -> Dreamer {
        let shared = Shared { network, weights: Mutex::default(), cuts: Mutex::default() };
        Dreamer { shared: Arc::new(shared), executor, last: Mutex::default() }
    }

    /// The same network on another device, or with other threads.
    pub fn on(&self, executor: Executor) -> Dreamer {
        Dreamer { shared: self.shared.clone(), executor, last: Mutex::default() }
    }

    /// The network it dreams with.
    pub fn network(&self) -> &Network {
        &self.shared.network
    }

    /// The device and threads that it computes with.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Dreams on a picture.
    ///
    /// # Errors
    /// [`Error`] where settings and picture do not fit the network, a file cannot be read, the device
    /// fails, or the observer ends the dream.
    pub fn dream(
        &self,
        picture: &Picture,
        settings: &Settings,
        observer: &mut (dyn Observer + Send),
    ) -> Result<Dreamed, Error> {
        let mut shrunk;
        let mut picture = picture;
        if let Some(longest) = settings.max_size {
            shrunk = picture.clone();
            shrunk.shrink(longest);
            picture = &shrunk;
        }
        let plan = self.plan(picture.planes.size(), settings, Some(&Budget::new()))?;
        let planes = self.run(&plan, &picture.planes, observer)?;
        let picture = Picture { planes, alpha: picture.alpha.clone(), depth: picture.depth };
        Ok(Dreamed { picture, octaves: plan.octaves, settings: plan.settings })
    }

    /// Sets up the dream of a picture of a size, `max_size` not regarded. It is cut into tiles where the
    /// settings say so, or a step would not fit into `memory`. (A GPU that runs out of its own memory
    /// makes the dream cut tiles by itself.)
    ///
    /// # Errors
    /// [`Error`] where settings or size do not fit the network.
    pub fn plan(
        &self,
        size: Size,
        settings: &Settings,
        memory: Option<&Budget>,
    ) -> Result<Plan, Error> {
        settings.check().map_err(Error::Setting)?;
        let (cut, targets) = self.targets(settings)?;
        let settings = self.named(settings);
        let octaves = octaves(&cut.needed, size, settings.octaves, settings.octave_scale).map_err(
            |reason| {
                let model = self.shared.network.graph.name().to_owned();
                Error::Size(SizeError { layers: settings.target_names(), model, reason })
            },
        )?;
        let bytes_per_pixel = cut.bytes_per_pixel(&self.executor);
        let tiling = objective::tiling(&cut.tiling, &targets);
        let tile = match settings.tile {
            Some(side) => {
                tiling.tiles(size, side).map_err(Error::ChosenTile)?;
                Some(side)
            }
            None => memory
                .zip(bytes_per_pixel)
                .and_then(|(budget, bytes)| budget.tile_side(bytes, size))
                .map(|side| tiling.fit(size, side))
                .transpose()?,
        };
        let settings = Settings { tile, ..settings };
        Ok(Plan { settings, octaves, cut, targets, bytes_per_pixel })
    }

    /// Dreams what is planned on a picture of the planned size.
    ///
    /// # Errors
    /// [`Error`] where a file cannot be read, the device fails, or the observer ends the dream.
    pub fn run(
        &self,
        plan: &Plan,
        original: &Planes,
        observer: &mut (dyn Observer + Send),
    ) -> Result<Planes, Error> {
        let cut = &plan.cut;
        if original.size() != plan.size() {
            return Err(Error::OtherSize { planned: plan.size(), found: original.size() });
        }
        let work = Run { plan, original, observer };
        self.with_network(cut, |loaded| loaded.work(&self.executor, work))?
    }

    /// Whether the network has the layers and classes that settings name.
    ///
    /// # Errors
    /// [`Error`] says what there is instead of a layer that is not there.
    pub fn check(&self, settings: &Settings) -> Result<(), Error> {
        self.targets(settings).map(drop)
    }

    /// Reads the weights that a plan needs, and puts them on the device, if that is not done.
    ///
    /// # Errors
    /// [`Error`] where the weights cannot be read or the device lacks the memory.
    pub fn prepare(&self, plan: &Plan) -> Result<(), Error> {
        self.with_network(&plan.cut, |_| ())
    }

    /// Reads the weights that the layers and classes of several settings need at once, for dreams with one
    /// of them each.
    ///
    /// # Errors
    /// [`Error`] where a layer or a class is not there or the weights cannot be read.
    pub fn read_weights(&self, several: &[Settings]) -> Result<(), Error> {
        let Network { graph, weights, .. } = &self.shared.network;
        let mut layers = Vec::new();
        for settings in several {
            layers.extend(self.asked(settings)?.into_iter().map(|asked| asked.name));
        }
        layers.sort();
        layers.dedup();
        let names: Vec<&str> = layers.iter().map(String::as_str).collect();
        let (needed, _) = select(graph, &names)?;
        *lock(&self.shared.weights) = Some(weights.load(&needed, graph)?);
        Ok(())
    }

    /// Looks at the weights that the layers of settings need, which are read for that, and kept for the
    /// first dream.
    ///
    /// # Errors
    /// [`Error`] where a layer is not there or the weights cannot be read.
    pub fn with_weights<T>(
        &self,
        settings: &Settings,
        look: impl FnOnce(&Weights) -> T,
    ) -> Result<T, Error> {
        let (cut, _) = self.targets(settings)?;
        Ok(cut.with_weights(|| self.weights_of(&cut), look)?)
    }

    /// The same settings with the network's own where they leave it the choice: its default layer where
    /// they name neither layer nor class.
    pub fn named(&self, settings: &Settings) -> Settings {
        let mut named = settings.clone();
        if settings.layers.is_empty() && settings.classes.is_empty() {
            named.layers = vec![self.shared.network.graph.default_layer().into()];
        }
        named.smooth.get_or_insert(self.shared.network.graph.smoothing());
        named
    }

    /// The layers and channels that settings mean: a class is in the layer of the scores, as a whole, or
    /// its channel where something else is climbed than the class against all others, as in a network with
    /// a map for each class.
    fn asked(&self, settings: &Settings) -> Result<Vec<Asked>, Error> {
        let Network { graph, classes, model, .. } = &self.shared.network;
        let layer =
            |LayerWeight { name, weight }| Asked { said: name.clone(), name, weight, class: None };
        let mut asked: Vec<Asked> = self.named(settings).layers.into_iter().map(layer).collect();
        let is_whole = settings.objective.is_none()
            && settings.guide.is_none()
            && graph.class_maps().is_none();
        for LayerWeight { name: said, weight } in settings.classes.clone() {
            let no_names = || ClassError::NoNames { model: model.clone() };
            let index = classes.as_ref().ok_or_else(no_names)?.find(model, &said)?;
            let scores = &graph.node(graph.scores().ok_or_else(no_names)?).name;
            let name = if is_whole { scores.clone() } else { format!("{scores}:{index}") };
            asked.push(Asked { name, said, weight, class: is_whole.then_some(index) });
        }
        Ok(asked)
    }

    /// The network cut at the layers and classes of settings, and what is climbed there.
    fn targets(&self, settings: &Settings) -> Result<(Arc<Cut>, Vec<Target>), Error> {
        let asked = self.asked(settings)?;
        let cut = self.cut(asked.iter().map(|asked| asked.name.clone()).collect())?;
        let place = |index: usize| (cut.targets[index], asked[index].class);
        for later in 0..asked.len() {
            if let Some(earlier) = (0..later).find(|earlier| place(*earlier) == place(later)) {
                let [first, second] = [earlier, later].map(|index| asked[index].said.clone());
                return Err(Error::SameLayer { first, second });
            }
        }
        let target = |(asked, default): (&Asked, &ObjectiveKind)| {
            let objective = settings.objective.unwrap_or(*default);
            let goal = asked.class.map_or(Goal::Layer(objective), Goal::Class);
            Target { goal, weight: asked.weight }
        };
        let targets = asked.iter().zip(&cut.objectives).map(target).collect();
        Ok((cut, targets))
    }

    /// Gives back the memory for pictures that the last dream took.
    pub(super) fn release(&self) {
        if let Ok(mut last) = self.last.try_lock() {
            *last = None;
        }
    }

    /// The network cut at layers and channels: the cut that is kept, or a new one.
    pub(super) fn cut(&self, names: Vec<String>) -> Result<Arc<Cut>, SelectError> {
        let mut cuts = lock(&self.shared.cuts);
        let cut = match cuts.iter().position(|cut| cut.names == names) {
            Some(place) => cuts.remove(place),
            None => Arc::new(Cut::new(&self.shared.network, names)?),
        };
        cuts.insert(0, cut.clone());
        // A cut in use comes back as it is, so that its network is not loaded twice.
        let mut idle = 0;
        cuts.retain(|cut| {
            idle += usize::from(Arc::strong_count(cut) == 1);
            Arc::strong_count(cut) > 1 || idle <= KEPT_CUTS
        });
        Ok(cut)
    }

    /// Does something with the network, loaded: the one of the last dream, or another one while that
    /// is in use.
    pub(super) fn with_network<T>(
        &self,
        cut: &Arc<Cut>,
        work: impl FnOnce(&Loaded) -> T,
    ) -> Result<T, Error> {
        self.executor.enter();
        let load = || cut.loaded(&self.executor, || self.weights_of(cut));
        let Ok(mut last) = self.last.try_lock() else { return Ok(work(&load()?)) };
        let loaded = match last.take() {
            Some((other, loaded)) if Arc::ptr_eq(&other, cut) => loaded,
            _ => load()?,
        };
        Ok(work(&last.insert((cut.clone(), loaded)).1))
    }

    fn weights_of(&self, cut: &Cut) -> Result<Weights, crate::weights::ReadError> {
        if let Some(weights) = &*lock(&self.shared.weights) {
            let own = weights.of(&cut.needed);
            let needed = cut.needed.nodes().iter().flat_map(|node| node.op.parameters());
            if own.iter().count() == needed.count() {
                return Ok(own);
            }
        }
        let Network { graph, weights, .. } = &self.shared.network;
        weights.load(&cut.needed, graph)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
