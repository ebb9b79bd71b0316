//! A network cut at some of its layers, and what an executor computes there.

use dreamer::backend::core::Core;
use dreamer::backend::{Backend, Roll, Tile};
use dreamer::dream::{Size, Tiling};
use dreamer::network::{Graph, NodeId, select};
use dreamer::picture::Planes;
use dreamer::weights::{Tensor, Weights};

/// A backend as tests look at it.
pub trait Executor: Backend {
    /// A graph truncated at `targets`, with its weights.
    fn open(graph: &Graph, weights: Weights, targets: &[NodeId]) -> Self;

    /// The targets' activations for a whole picture, each 1×channels×height×width.
    fn activations(&self, picture: Planes) -> Vec<Tensor>;

    /// The gradient that is in a canvas.
    fn gradient_planes(&self, canvas: &Self::Canvas) -> Planes;
}

impl Executor for Core {
    fn open(graph: &Graph, weights: Weights, targets: &[NodeId]) -> Core {
        Core::new(graph, weights, targets)
    }

    fn activations(&self, picture: Planes) -> Vec<Tensor> {
        self.activations(picture).unwrap()
    }

    fn gradient_planes(&self, canvas: &Self::Canvas) -> Planes {
        self.gradient_planes(canvas)
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

        fn activations(&self, picture: Planes) -> Vec<Tensor> {
            self.activations(picture).unwrap()
        }

        fn gradient_planes(&self, canvas: &Self::Canvas) -> Planes {
            self.gradient_planes(canvas).unwrap()
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
        roll: Roll,
        factors: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Gradient {
        let whole = self.tiling.whole(size(picture));
        self.tiled_gradient(picture, roll, &whole, factors)
    }

    /// Likewise, tile by tile.
    pub fn tiled_gradient(
        &self,
        picture: &Planes,
        roll: Roll,
        tiles: &[Tile],
        factors: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Gradient {
        let mut canvas = self.executor.canvas(picture.clone()).unwrap();
        let energies = tiles
            .iter()
            .map(|tile| self.executor.gradient(&mut canvas, roll, tile, factors).unwrap())
            .reduce(|sum, more| sum.iter().zip(more).map(|(sum, more)| sum + more).collect())
            .unwrap();
        Gradient { planes: self.executor.gradient_planes(&canvas), energies }
    }
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
