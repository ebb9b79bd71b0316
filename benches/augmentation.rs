//! Time of augmenting one picture on one core: `cargo bench --no-default-features --features train --bench augmentation`.

use std::hint::black_box;
use std::time::Instant;

use dreamer::train::augment::{Augmentation, Augmenter};
use dreamer::train::data::PictureShape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const DIGIT: PictureShape = PictureShape { channels: 1, height: 28, width: 28 };
const PHOTOGRAPH: PictureShape = PictureShape { channels: 3, height: 32, width: 32 };

const CASES: [(&str, PictureShape); 5] = [
    ("none", DIGIT),
    ("shift,rotate,scale", DIGIT),
    ("elastic", DIGIT),
    ("shift,rotate,scale,elastic", DIGIT),
    ("shift,rotate,scale,flip", PHOTOGRAPH),
];

const PICTURES: usize = 100;
const ROUNDS: usize = 300;

fn main() {
    for (text, shape) in CASES {
        let augmentation: Augmentation = text.parse().expect("the list is well written");
        let mut augmenter = Augmenter::new(&augmentation, shape);
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let picture: Vec<u8> = (0..shape.volume()).map(|place| (place % 256) as u8).collect();
        let mut output = vec![0.0; shape.volume()];
        let mut round = || {
            let start = Instant::now();
            for _ in 0..PICTURES {
                augmenter.apply(black_box(&picture), &mut output, &mut rng);
                black_box(&mut output);
            }
            start.elapsed().as_secs_f64() / PICTURES as f64
        };
        // Other programs only ever make it slower: the best round is the truest.
        let best = (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min);
        println!("{shape}×{}  {text:<27} {:6.2} µs a picture", shape.channels, best * 1e6);
    }
}
