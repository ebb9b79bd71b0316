//! Parameters and pictures made from their names: the twin of `tests/fixtures/make_torchvision.py`,
//! to the bit.

use dreamer::network::Graph;

/// The generated tensor of that name: a parameter by its key, a picture in 0..1 by `input`.
pub fn tensor(name: &str, shape: &[usize]) -> Vec<f32> {
    let (centre, half) = scale(name, shape);
    let mut state = fnv1a(name);
    (0..shape.iter().product()).map(|_| centre + half * symmetric(&mut state)).collect()
}

/// Key, shape and values of every parameter of a graph.
pub fn weights(graph: &Graph) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let mut weights = vec![];
    for node in graph.nodes() {
        for (parameter, shape) in node.op.parameters() {
            let key = format!("{}.{parameter}", node.name);
            let values = tensor(&key, &shape);
            weights.push((key, shape, values));
        }
    }
    weights
}

/// Centre and half width of the values of a tensor, such that activations neither explode nor die.
fn scale(name: &str, shape: &[usize]) -> (f32, f32) {
    let ends_residual_branch = name.ends_with("bn3.weight") || name.ends_with("conv.3.weight");
    match name.rsplit('.').next() {
        Some("input") => (0.5, 0.5),
        Some("bias") => (0.0, 0.2),
        Some("running_mean") => (0.0, 0.3),
        Some("running_var") => (1.25, 0.5),
        // Of a convolution or a linear layer: He et al. 2015, uniform.
        _ if shape.len() > 1 => {
            let inputs: usize = shape[1..].iter().product();
            (0.0, (6.0 / inputs as f64).sqrt() as f32)
        }
        _ if ends_residual_branch => (0.4, 0.2),
        _ => (1.0, 0.5),
    }
}

/// The next value of SplitMix64 as a multiple of 2⁻²³ in −1..1.
fn symmetric(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    let centred = (bits >> 40) as i32 - (1 << 23);
    centred as f32 / (1 << 23) as f32
}

/// The 64-bit FNV-1a hash.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
