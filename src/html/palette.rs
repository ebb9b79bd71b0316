//! The colours of charts, each in two shades: for a light page and for a dark one.
//!
//! The hues of the series are those of Okabe and Ito ("Color Universal Design", 2008), which people
//! with any common kind of colour blindness can distinguish, made darker or lighter until each
//! stands out from its background.

use std::fmt::Write;

use plotters::style::RGBColor;

/// The role of a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// One of several compared things, by its place; places beyond the last colour start again at
    /// the first.
    Series(usize),
    /// Text and marks.
    Ink,
    /// Labels, axes, and what stands in the background.
    Muted,
    /// The lines of the grid.
    Grid,
}

/// A shade on a light page and one on a dark page, as `0xRRGGBB`.
struct Shades {
    light: u32,
    dark: u32,
}

pub const SERIES: usize = 7;

/// The series' colours, then ink, muted and grid.
const SHADES: [Shades; SERIES + 3] = [
    Shades { light: 0x0072B2, dark: 0x58B0F0 },
    Shades { light: 0xD55E00, dark: 0xFF8B42 },
    Shades { light: 0x00845F, dark: 0x2CCB9C },
    Shades { light: 0xB24C8C, dark: 0xEB9AC6 },
    Shades { light: 0xA87900, dark: 0xF2C230 },
    Shades { light: 0x3E8FC0, dark: 0xA6DAF8 },
    Shades { light: 0x6B5B95, dark: 0xB7A5E8 },
    Shades { light: 0x1B1F24, dark: 0xE8EBEF },
    Shades { light: 0x57606B, dark: 0xA3ACB7 },
    Shades { light: 0xDDE1E6, dark: 0x363C44 },
];

impl Colour {
    fn place(self) -> usize {
        match self {
            Self::Series(place) => place % SERIES,
            Self::Ink => SERIES,
            Self::Muted => SERIES + 1,
            Self::Grid => SERIES + 2,
        }
    }

    /// The shade for light pages; `rules` replace it in dark ones.
    pub fn rgb(self) -> RGBColor {
        let [_, red, green, blue] = SHADES[self.place()].light.to_be_bytes();
        RGBColor(red, green, blue)
    }

    /// As a value in a style sheet.
    pub fn css(self) -> String {
        format!("var(--colour-{})", self.place())
    }
}

/// The style sheet that names the colours and, if the reader prefers dark pages, replaces them in
/// charts too, whose shapes only have the light shade.
pub fn rules() -> String {
    let mut rules = String::new();
    let names = |shade: fn(&Shades) -> u32| {
        let names = SHADES.iter().enumerate();
        names
            .map(|(place, shades)| format!("--colour-{place}:#{:06X};", shade(shades)))
            .collect::<String>()
    };
    let _ = writeln!(rules, ":root{{{}}}", names(|shades| shades.light));
    let dark = names(|shades| shades.dark);
    let _ = writeln!(rules, "@media (prefers-color-scheme:dark){{:root{{{dark}}}}}");
    for (place, Shades { light, .. }) in SHADES.iter().enumerate() {
        for property in ["fill", "stroke"] {
            let _ = writeln!(
                rules,
                "svg [{property}=\"#{light:06X}\"]{{{property}:var(--colour-{place})}}"
            );
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2's relative luminance.
    fn luminance(colour: u32) -> f64 {
        let [_, red, green, blue] = colour.to_be_bytes().map(|level| {
            let level = f64::from(level) / 255.0;
            if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(a: u32, b: u32) -> f64 {
        let [a, b] = [a, b].map(luminance);
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The style sheet's backgrounds.
    const LIGHT: u32 = 0xFFFFFF;
    const DARK: u32 = 0x14171B;

    #[test]
    fn every_series_stands_out_from_both_backgrounds() {
        for Shades { light, dark } in &SHADES[..SERIES] {
            assert!(contrast(*light, LIGHT) >= 3.0, "{light:06X}: {}", contrast(*light, LIGHT));
            assert!(contrast(*dark, DARK) >= 3.0, "{dark:06X}: {}", contrast(*dark, DARK));
        }
    }

    #[test]
    fn text_can_be_read_on_both_backgrounds() {
        for Shades { light, dark } in &SHADES[SERIES..SERIES + 2] {
            assert!(contrast(*light, LIGHT) >= 4.5);
            assert!(contrast(*dark, DARK) >= 4.5);
        }
    }

    #[test]
    fn no_two_colours_share_the_light_shade_by_which_they_are_found() {
        let mut lights: Vec<u32> = SHADES.iter().map(|shades| shades.light).collect();
        lights.sort_unstable();
        lights.dedup();
        assert_eq!(lights.len(), SHADES.len());
    }
}
