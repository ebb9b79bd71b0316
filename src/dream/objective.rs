//! What is climbed: the activations of one layer, or of several with weights.
//!
//! A channel of a layer is to an objective what a layer is: [`crate::network::select`] makes a node of
//! it, whose activation a is that channel's.

/// Layers, or channels, and their weights, in the order of the executor's targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    weights: Vec<f64>,
}

impl Objective {
    /// One weight for each target.
    pub fn new(weights: Vec<f64>) -> Objective {
        Objective { weights }
    }

    /// Whether gradients depend on the layers' norms, so that the norms must be known first.
    pub fn needs_norms(&self) -> bool {
        self.weights.len() > 1
    }

    /// The factor of each target's activation a in the gradient at that target, given Σa² of each.
    ///
    /// One layer: its weight, so that with weight 1 the score is ½·Σa². Several: w/‖a‖₂, so that
    /// weights compare like with like; a layer that is all zero contributes nothing.
    pub fn factors(&self, energies: &[f64]) -> Vec<f64> {
        if !self.needs_norms() {
            return self.weights.clone();
        }
        let factor = |(weight, energy): (&f64, &f64)| match energy.sqrt() {
            0.0 => 0.0,
            norm => weight / norm,
        };
        self.weights.iter().zip(energies).map(factor).collect()
    }

    /// The score: w·½·Σa² of one layer, Σ w·‖a‖₂ of several.
    pub fn score(&self, energies: &[f64]) -> f64 {
        if !self.needs_norms() {
            return 0.5 * self.weights[0] * energies[0];
        }
        self.weights.iter().zip(energies).map(|(weight, energy)| weight * energy.sqrt()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_layer_is_climbed_by_its_own_activation() {
        let objective = Objective::new(vec![1.0]);
        assert_eq!(objective.factors(&[16.0]), [1.0]);
        assert_eq!(objective.score(&[16.0]), 8.0);
    }

    #[test]
    fn several_layers_are_divided_by_their_norms() {
        let objective = Objective::new(vec![1.0, 3.0]);
        assert_eq!(objective.factors(&[16.0, 4.0]), [0.25, 1.5]);
        assert_eq!(objective.score(&[16.0, 4.0]), 10.0);
    }

    #[test]
    fn a_silent_layer_contributes_nothing() {
        assert_eq!(Objective::new(vec![1.0, 1.0]).factors(&[0.0, 4.0]), [0.0, 0.5]);
    }
}
