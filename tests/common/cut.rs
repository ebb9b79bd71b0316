//! A network cut at some of its layers, and the gradients it computes there: on the CPU, or on the
//! device that `DREAMER_TEST_DEVICE` names.

use dreamer::backend::torch::{self, Torch};
use dreamer::backend::{Backend, DeviceChoice, Roll, Tile};
use dreamer::dream::{Size, Tiling};
use dreamer::network::{Graph, truncate};
use dreamer::picture::Planes;
use dreamer::weights::Weights;

/// An executor whose targets are chosen layers, and how its pictures may be cut into tiles.
pub struct Cut {
    pub torch: Torch,
    pub tiling: Tiling,
}

/// The gradient of a whole picture, and Σa² of each target.
pub struct Gradient {
    pub planes: Planes,
    pub energies: Vec<f64>,
}

impl Cut {
    /// Cuts `whole` at `layers`; `weights` are those of the part that is left.
    pub fn new(whole: &Graph, layers: &[&str], weights: impl FnOnce(&Graph) -> Weights) -> Cut {
        let find = |layer: &&str| {
            whole.find(layer).unwrap_or_else(|| panic!("{} has no layer {layer}", whole.name()))
        };
        let (graph, targets) = truncate(whole, &layers.iter().map(find).collect::<Vec<_>>());
        let device = torch::open(device()).unwrap();
        let torch = Torch::new(&graph, weights(&graph), &targets, device).unwrap();
        Cut { torch, tiling: Tiling::new(&graph, &targets) }
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
        let mut canvas = self.torch.canvas(picture.clone()).unwrap();
        let energies = tiles
            .iter()
            .map(|tile| self.torch.gradient(&mut canvas, roll, tile, factors).unwrap())
            .reduce(|sum, more| sum.iter().zip(more).map(|(sum, more)| sum + more).collect())
            .unwrap();
        Gradient { planes: self.torch.gradient_planes(&canvas).unwrap(), energies }
    }
}

fn device() -> DeviceChoice {
    std::env::var("DREAMER_TEST_DEVICE").map_or(DeviceChoice::Cpu, |name| name.parse().unwrap())
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
