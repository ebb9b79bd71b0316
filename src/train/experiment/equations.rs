//! The four equations of backpropagation (Nielsen, "Neural Networks and Deep Learning", 2015,
//! chapter 2), and where the core computes each.

use maud::{Markup, html};

use crate::train::report::Section;

/// A part of an equation, and the function of the core that computes it.
struct Place {
    part: &'static str,
    function: &'static str,
    file: &'static str,
}

/// An equation, as MathML and in words.
struct Equation {
    name: &'static str,
    formula: Markup,
    meaning: &'static str,
    places: &'static [Place],
}

const LOSS: &str = "src/backend/core/loss.rs";
const LINEAR: &str = "src/backend/core/linear.rs";
const ACTIVATION: &str = "src/backend/core/activation.rs";

const BP1: &[Place] = &[
    Place { part: "∇C", function: "Loss::of", file: LOSS },
    Place { part: "⊙ σ′(z)", function: "Activate::backward", file: ACTIVATION },
];
const BP2: &[Place] = &[
    Place { part: "Wᵀδ", function: "Linear::backward", file: LINEAR },
    Place { part: "⊙ σ′(z)", function: "Activate::backward", file: ACTIVATION },
];
const BP3: &[Place] =
    &[Place { part: "δ", function: "Linear::backward_parameters", file: LINEAR }];
const BP4: &[Place] =
    &[Place { part: "a δ", function: "Linear::backward_parameters", file: LINEAR }];

/// The section on the equations.
pub fn section() -> Section {
    Section::new("The four equations")
        .paragraph(
            "C is the loss of an example, aˡ = σ(zˡ) the activation of layer l, zˡ = wˡaˡ⁻¹ + bˡ its \
             weighted input, L the last layer, and δˡ = ∂C/∂zˡ the error of a layer. ⊙ multiplies \
             element by element. The error is passed back from layer to layer (BP1, BP2), and each layer's \
             gradients follow from its own error (BP3, BP4); a mini-batch takes the mean over its \
             examples (Replicas::gradient), and Optimiser::step moves the weights against it.",
        )
        .markup(html! {
            div class="wide" role="region" tabindex="0" aria-label="The four equations" {
                table {
                    thead { tr {
                        @for heading in ["", "equation", "in words", "computed by"] {
                            th scope="col" { (heading) }
                        }
                    } }
                    tbody { @for equation in equations() { (row(&equation)) } }
                }
            }
        })
}

fn row(equation: &Equation) -> Markup {
    html! {
        tr {
            th scope="row" { (equation.name) }
            td { math xmlns="http://www.w3.org/1998/Math/MathML" { (equation.formula) } }
            td { (equation.meaning) }
            td { @for (index, place) in equation.places.iter().enumerate() {
                @if index > 0 { "; " }
                (place.part) ": " code { (place.function) } " in " code { (place.file) }
            } }
        }
    }
}

fn equations() -> [Equation; 4] {
    let weights = html! {
        msubsup { mi { "w" } mrow { mi { "j" } mi { "k" } } mi { "l" } }
    };
    let biases = html! { msubsup { mi { "b" } mi { "j" } mi { "l" } } };
    let errors = html! { msubsup { mi { "δ" } mi { "j" } mi { "l" } } };
    let below = html! { mrow { mi { "l" } mo { "−" } mn { "1" } } };
    let above = html! { mrow { mi { "l" } mo { "+" } mn { "1" } } };
    let last = html! { mi { "L" } };
    let this = html! { mi { "l" } };
    [
        Equation {
            name: "BP1",
            formula: html! {
                (power("δ", &last)) mo { "=" }
                msub { mo { "∇" } mi { "a" } } mi { "C" }
                (slope(&last))
            },
            meaning: "the error of the last layer, from the loss",
            places: BP1,
        },
        Equation {
            name: "BP2",
            formula: html! {
                (power("δ", &this)) mo { "=" } mo { "(" }
                msup { mrow { mo { "(" } (power("w", &above)) mo { ")" } } mi { "T" } }
                (power("δ", &above)) mo { ")" }
                (slope(&this))
            },
            meaning: "the error of a layer, from that of the next layer",
            places: BP2,
        },
        Equation {
            name: "BP3",
            formula: html! { (derivative(&biases)) mo { "=" } (errors) },
            meaning: "the gradient of a bias",
            places: BP3,
        },
        Equation {
            name: "BP4",
            formula: html! {
                (derivative(&weights)) mo { "=" } msubsup { mi { "a" } mi { "k" } (below) } (errors)
            },
            meaning: "the gradient of a weight",
            places: BP4,
        },
    ]
}

fn power(name: &str, layer: &Markup) -> Markup {
    html! { msup { mi { (name) } (layer) } }
}

/// ⊙ σ′(zˡ).
fn slope(layer: &Markup) -> Markup {
    html! { mo { "⊙" } mi { "σ′" } mo { "(" } (power("z", layer)) mo { ")" } }
}

/// ∂C/∂`variable`.
fn derivative(variable: &Markup) -> Markup {
    html! { mfrac { mrow { mo { "∂" } mi { "C" } } mrow { mo { "∂" } (variable) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 3] = [
        (LOSS, include_str!("../../backend/core/loss.rs")),
        (LINEAR, include_str!("../../backend/core/linear.rs")),
        (ACTIVATION, include_str!("../../backend/core/activation.rs")),
    ];

    #[test]
    fn the_functions_are_where_the_page_says() {
        for Place { function, file, .. } in [BP1, BP2, BP3, BP4].into_iter().flatten() {
            let text = FILES.iter().find(|(name, _)| name == file).expect("it is a file").1;
            let (of, name) = function.split_once("::").expect("it is a method");
            let own = [format!(" {of} {{"), format!(" {of}<T> {{")];
            let mut blocks = text.split("\nimpl").skip(1).filter(|block| {
                let head = block.lines().next().unwrap_or_default();
                own.iter().any(|end| head.ends_with(end))
            });
            let is_there = blocks.any(|block| {
                block.contains(&format!("fn {name}(")) || block.contains(&format!("fn {name}<"))
            });
            assert!(is_there, "{file} has no {function}");
        }
    }
}
