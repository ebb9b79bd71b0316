//! What tests climb.

use dreamer::dream::{Goal, ObjectiveKind, Settings, Target};

/// The energy of each layer of settings, or what they choose for all.
pub fn energies(settings: &Settings) -> Vec<Target> {
    let goal = Goal::Layer(settings.objective.unwrap_or(ObjectiveKind::Energy));
    settings.layers.iter().map(|layer| Target { goal, weight: layer.weight }).collect()
}
