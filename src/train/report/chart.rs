//! Charts: axes, and the series on them.

use super::number;
use super::scale::Scale;
use crate::html::palette::{Colour, SERIES};

/// Values of x and y.
pub type Points = Vec<(f64, f64)>;

/// An axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub(super) label: String,
    pub(super) kind: Kind,
    /// Values that it must include, besides those of the series.
    pub(super) holds: Vec<f64>,
}

/// How values are laid out on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Linear,
    /// Linear, with ticks at whole numbers only.
    Whole,
    Logarithmic,
    /// Logarithmic if the largest value is many times the smallest, otherwise linear.
    Fitting,
}

/// The ratio of the largest to the smallest value from which a fitting axis is logarithmic.
const WIDE: f64 = 15.0;

impl Axis {
    /// A linear axis. `label` gives the quantity and its unit.
    pub fn linear(label: &str) -> Axis {
        Axis { label: label.into(), kind: Kind::Linear, holds: Vec::new() }
    }

    /// A linear axis of counts, such as epochs.
    pub fn whole(label: &str) -> Axis {
        Axis { kind: Kind::Whole, ..Axis::linear(label) }
    }

    /// A logarithmic axis. Values that are not positive lie on its lower edge.
    pub fn logarithmic(label: &str) -> Axis {
        Axis { kind: Kind::Logarithmic, ..Axis::linear(label) }
    }

    /// An axis that is logarithmic if the values have a wide range, otherwise linear.
    pub fn fitting(label: &str) -> Axis {
        Axis { kind: Kind::Fitting, ..Axis::linear(label) }
    }

    /// The axis extended to these values, so that several charts have the same axis, or that it starts
    /// at zero.
    pub fn holding(mut self, values: impl IntoIterator<Item = f64>) -> Axis {
        self.holds.extend(values);
        self
    }

    /// The scale that fits `values`; `None` if none is finite.
    pub(super) fn scale(&self, values: impl Iterator<Item = f64>, margin: f64) -> Option<Scale> {
        let values: Vec<f64> = values.chain(self.holds.iter().copied()).collect();
        let logarithmic = match self.kind {
            Kind::Linear | Kind::Whole => false,
            Kind::Logarithmic => true,
            Kind::Fitting => is_wide(&values),
        };
        let scale = Scale::around(values.into_iter(), logarithmic, margin)?;
        Some(scale.whole(self.kind == Kind::Whole))
    }
}

fn is_wide(values: &[f64]) -> bool {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let smallest = finite().filter(|&value| value > 0.0).fold(f64::INFINITY, f64::min);
    finite().all(|value| value >= 0.0) && finite().any(|value| value / smallest >= WIDE)
}

/// A series on a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend, which leaves out series without one.
    pub(super) name: Option<String>,
    pub(super) colour: Colour,
    pub(super) mark: Mark,
}

/// How a series is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through the points, interrupted at points that are not finite.
    Line(Points),
    /// A dashed line.
    Dashed(Points),
    /// A dot for each point.
    Dots(Points),
    /// A ring around each point.
    Rings(Points),
    /// The area between two lines: x, and y of the lower and the upper line.
    Band(Vec<(f64, f64, f64)>),
}

impl Mark {
    /// All its points; a band has two for each x.
    pub(super) fn points(&self) -> Points {
        match self {
            Self::Line(points)
            | Self::Dashed(points)
            | Self::Dots(points)
            | Self::Rings(points) => points.clone(),
            Self::Band(rows) => {
                rows.iter().flat_map(|&(x, low, high)| [(x, low), (x, high)]).collect()
            }
        }
    }
}

impl Series {
    /// A series that the legend names.
    pub fn new(name: &str, colour: Colour, mark: Mark) -> Series {
        Series { name: Some(name.into()), colour, mark }
    }

    /// A series without a name.
    pub fn unnamed(colour: Colour, mark: Mark) -> Series {
        Series { name: None, colour, mark }
    }

    /// A line among several, by its place: beyond the last colour, lines are dashed.
    pub fn line_of_several(name: &str, place: usize, points: Points) -> Series {
        let mark = if (place / SERIES).is_multiple_of(2) {
            Mark::Line(points)
        } else {
            Mark::Dashed(points)
        };
        Series::new(name, Colour::Series(place), mark)
    }

    /// A dot among several, by its place: beyond the last colour, dots are rings.
    pub fn dot_of_several(name: &str, place: usize, dot: (f64, f64)) -> Series {
        let mark = if (place / SERIES).is_multiple_of(2) { Mark::Dots } else { Mark::Rings };
        Series::new(name, Colour::Series(place), mark(vec![dot]))
    }
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
    /// Width and height, in units in which text is about 12 high.
    pub(super) size: [u32; 2],
}

impl Chart {
    /// A chart without series yet.
    pub fn new(title: &str, x: Axis, y: Axis) -> Chart {
        Chart { title: title.into(), x, y, series: Vec::new(), size: [460, 300] }
    }

    /// A small chart, one of many beside one another.
    pub fn panel(title: &str, x: Axis, y: Axis) -> Chart {
        Chart { size: [320, 200], ..Chart::new(title, x, y) }
    }

    /// The chart with one more series, drawn over those before.
    pub fn with(mut self, series: Series) -> Chart {
        self.series.push(series);
        self
    }

    /// The chart with more series.
    pub fn with_all(mut self, series: impl IntoIterator<Item = Series>) -> Chart {
        self.series.extend(series);
        self
    }

    /// All points that are finite, to find the scales.
    pub(super) fn points(&self) -> Points {
        let points = self.series.iter().flat_map(|series| series.mark.points());
        points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    }

    /// A description for those who cannot see the chart: for each named series its start, its end and
    /// its range.
    pub(super) fn description(&self) -> String {
        let series = self.series.iter().filter_map(|series| {
            let name = series.name.as_ref()?;
            Some(format!(" {name}: {}.", in_words(&series.mark.points())))
        });
        format!(
            "{}: {} by {}.{}",
            self.title,
            self.y.label,
            self.x.label,
            series.collect::<String>()
        )
    }
}

fn in_words(points: &[(f64, f64)]) -> String {
    let finite = || points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
    let (Some(first), Some(last)) = (finite().next(), finite().next_back()) else {
        return "nothing".into();
    };
    let at = |(x, y): &(f64, f64)| format!("{} at {}", number::short(*y), number::short(*x));
    if finite().count() == 1 {
        return at(first);
    }
    let lowest = finite().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let highest = finite().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    format!(
        "from {} to {}, between {} and {}",
        at(first),
        at(last),
        number::short(lowest),
        number::short(highest)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_logarithmic_where_the_range_is_wide() {
        assert!(is_wide(&[0.9, 0.01]));
        assert!(is_wide(&[0.9, 0.01, 0.0, f64::NAN]));
        assert!(!is_wide(&[0.9, 0.3]));
        assert!(!is_wide(&[-0.9, 0.001]));
        assert!(!is_wide(&[]));
        assert!(!is_wide(&[0.0, 0.0]));
    }

    #[test]
    fn a_chart_is_described_in_words() {
        let points = vec![(1.0, 5.0), (2.0, f64::NAN), (3.0, 2.0), (4.0, 2.5)];
        let chart = Chart::new("Loss", Axis::whole("epoch"), Axis::linear("mean loss"))
            .with(Series::new("test", Colour::Series(0), Mark::Line(points)))
            .with(Series::new("none", Colour::Series(1), Mark::Line(Vec::new())));
        assert_eq!(
            chart.description(),
            "Loss: mean loss by epoch. test: from 5 at 1 to 2.5 at 4, between 2 and 5. none: nothing."
        );
    }

    #[test]
    fn lines_beyond_the_last_colour_are_dashed() {
        let mark = |place| Series::line_of_several("run", place, Vec::new()).mark;
        assert_eq!(mark(SERIES - 1), Mark::Line(Vec::new()));
        assert_eq!(mark(SERIES), Mark::Dashed(Vec::new()));
    }
}
