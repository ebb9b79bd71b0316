//! Dreams on a photograph: `cargo run --release --example dream -- photo.jpg dream.png`

use std::error::Error;

use dreamer::picture::{self, Input, Limits, Output, WriteOptions};
use dreamer::{Dreamer, Options, Settings};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(photograph), Some(dream)) = (arguments.next(), arguments.next()) else {
        return Err("name a photograph and the picture to write".into());
    };
    let dreamer = Dreamer::open(&Options::default())?;
    let photograph = picture::read(&Input::from(&*photograph), &Limits::default())?;
    let settings = Settings { octaves: 3, max_size: Some(800), ..Settings::default() };
    let dreamed = dreamer.dream(&photograph, &settings, &mut ())?;
    picture::write(&dreamed.picture, None, &Output::Path(dream.into()), &WriteOptions::default())?;
    Ok(())
}
