//! A network cut at some of its layers, and what an executor computes there.

use dreamer::Size;
use dreamer::backend::core::Core;
use dreamer::backend::{Backend, Edge, Record, Rectangle, Seed};
use dreamer::dream::{Shift, Tile, Tiling};
use dreamer::network::{Graph, NodeId, Shape, select};
use dreamer::picture::Planes;
use dreamer::weights::{Tensor, Weights};

/// A backend as tests open it.
pub trait Executor: Backend {
    /// A graph truncated at `targets`, with its weights.
    fn open(graph: &Graph, weights: Weights, targets: &[NodeId]) -> Self;
}

impl Executor for Core {
    fn open(graph: &Graph, weights: Weights, targets: &[NodeId]) -> Core {
        Core::new(graph, weights, targets)
    }
}

/// On the CPU, or on the device that `DREAMER_TEST_DEVICE` names.
#[cfg(feature = "torch")]
mod torch {
    use dreamer::backend::DeviceChoice;
    use dreamer::backend::torch::{self, Torch};

    use super::*;

    impl Executor for Torch {
        fn open(graph: &Graph, weights: Weights, targets: &[NodeId]) -> Torch {
            let device = std::env::var("DREAMER_TEST_DEVICE");
            let choice = device.map_or(DeviceChoice::Cpu, |name| name.parse().unwrap());
            Torch::new(graph, weights, targets, torch::open(choice).unwrap()).unwrap()
        }
    }
}

/// Makes a test, on each executor, of each function that is generic in the executor.
macro_rules! on_each_executor {
    ($($test:ident)*) => {
        mod core {
            $(#[test]
            fn $test() {
                super::$test::<dreamer::backend::core::Core>();
            })*
        }

        #[cfg(feature = "torch")]
        mod torch {
            $(#[test]
            fn $test() {
                super::$test::<dreamer::backend::torch::Torch>();
            })*
        }
    };
}
pub(crate) use on_each_executor;

/// An executor whose targets are chosen layers, and how its pictures may be cut into tiles.
pub struct Cut<E> {
    pub executor: E,
    pub tiling: Tiling,
}

/// The gradient of a whole picture, and Σa² of each target.
pub struct Gradient {
    pub planes: Planes,
    pub energies: Vec<f64>,
}

impl<E: Executor> Cut<E> {
    /// Cuts `whole` at `layers`; `weights` are those of the part that is left.
    pub fn new(whole: &Graph, layers: &[&str], weights: impl FnOnce(&Graph) -> Weights) -> Cut<E> {
        let (graph, targets) = select(whole, layers).unwrap();
        let executor = E::open(&graph, weights(&graph), &targets);
        Cut { executor, tiling: Tiling::new(&graph, &targets) }
    }

    /// The gradient of the picture as one tile, the gradient at a target with activation a being
    /// `factors(energies)[target] · a`.
    pub fn gradient(
        &self,
        picture: &Planes,
        shift: Shift,
        factors: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Gradient {
        let whole = self.tiling.whole(size(picture));
        self.tiled_gradient(picture, shift, &whole, factors)
    }

    /// Likewise, tile by tile.
    pub fn tiled_gradient(
        &self,
        picture: &Planes,
        shift: Shift,
        tiles: &[Tile],
        factors: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Gradient {
        let executor = &self.executor;
        let image = upload(executor, picture);
        let mut gradient =
            upload(executor, &Planes::filled(picture.width(), picture.height(), 0.0));
        let mut energies = vec![0.0; tiles[0].cells.len()];
        for tile in tiles {
            let trace = executor
                .forward(&image, tile.view(shift, [Edge::Wrap; 2]), Record::Gradient)
                .unwrap();
            let own = squared_norms(executor, &trace, tile);
            let seeds =
                factors(&own).into_iter().map(|factor| Seed::Activation { factor }).collect();
            executor.backward(trace, seeds, tile.kept_in_view(), &mut gradient).unwrap();
            energies.iter_mut().zip(own).for_each(|(energy, own)| *energy += own);
        }
        Gradient { planes: download(executor, &gradient), energies }
    }

    /// The targets' activations for a whole picture, each 1×channels×height×width.
    pub fn activations(&self, picture: &Planes) -> Vec<Tensor> {
        let executor = &self.executor;
        let image = upload(executor, picture);
        let view = self.tiling.whole(size(picture))[0].view(Shift::default(), [Edge::Wrap; 2]);
        let trace = executor.forward(&image, view, Record::Nothing).unwrap();
        let tensor = |activation| {
            let Shape { channels, height, width } = executor.shape(&activation);
            let values = executor.download(&activation).unwrap();
            Tensor::new(vec![1, channels, height, width], values)
        };
        executor.activations(&trace).into_iter().map(tensor).collect()
    }
}

/// Σa² of each target over the cells of a tile.
pub fn squared_norms<E: Executor>(executor: &E, trace: &E::Trace<'_>, tile: &Tile) -> Vec<f64> {
    let norm = |(activation, cells): (&E::Array<'_>, &Option<Rectangle>)| {
        executor.dot(activation, activation, *cells).unwrap()
    };
    executor.activations(trace).iter().zip(&tile.cells).map(norm).collect()
}

/// A picture where the executor computes.
pub fn upload<E: Executor>(executor: &E, picture: &Planes) -> E::Array<'static> {
    let shape = Shape { channels: 3, height: picture.height(), width: picture.width() };
    executor.upload(shape, picture.data().to_vec()).unwrap()
}

/// A picture that an executor has.
pub fn download<E: Executor>(executor: &E, picture: &E::Array<'_>) -> Planes {
    let Shape { height, width, .. } = executor.shape(picture);
    Planes::new(width, height, executor.download(picture).unwrap())
}

/// The size of a picture.
pub fn size(picture: &Planes) -> Size {
    Size { height: picture.height(), width: picture.width() }
}

/// ‖ours − theirs‖ / ‖theirs‖.
pub fn relative_error(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| value * value).sum::<f64>().sqrt()
    };
    let difference = norm(&mut ours.iter().zip(theirs).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    difference / norm(&mut theirs.iter().map(|value| f64::from(*value)))
}
