//! The scale of an axis: the positions of values, and the ticks.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::number;

/// A linear or logarithmic scale. Values beyond its ends are placed at its ends, so a zero on a
/// logarithmic axis is on its lower edge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    lowest: f64,
    highest: f64,
    logarithmic: bool,
    /// Whether ticks are whole numbers only.
    whole: bool,
}

impl Scale {
    /// A scale that includes all finite (and, if it is logarithmic, positive) `values`, with a
    /// margin on both sides of `margin` times their range.
    pub(super) fn around(
        values: impl Iterator<Item = f64>,
        logarithmic: bool,
        margin: f64,
    ) -> Option<Scale> {
        let usable = |value: &f64| value.is_finite() && (!logarithmic || *value > 0.0);
        let (lowest, highest) =
            values.filter(usable).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        (lowest <= highest).then(|| {
            let scale = Scale { lowest, highest, logarithmic, whole: false };
            let [low, high] = [lowest, highest].map(|value| scale.place(value));
            let least = if logarithmic { 0.1 } else { 1e-9_f64.max(high.abs() * 1e-3) };
            let room = margin * (high - low).max(least);
            let [lowest, highest] = [low - room, high + room].map(|place| scale.value(place));
            Scale { lowest, highest, ..scale }
        })
    }

    pub(super) fn whole(self, whole: bool) -> Scale {
        Scale { whole, ..self }
    }

    /// The position on a linear line.
    fn place(&self, value: f64) -> f64 {
        if self.logarithmic { value.max(f64::MIN_POSITIVE).log10() } else { value }
    }

    fn value(&self, place: f64) -> f64 {
        let value = if self.logarithmic { 10_f64.powf(place) } else { place };
        value.clamp(f64::MIN, f64::MAX)
    }

    /// The values of up to `number` ticks.
    pub(super) fn ticks(&self, number: usize) -> Vec<f64> {
        let number = number.max(2);
        let [low, high] = [self.lowest, self.highest].map(|value| self.place(value));
        if self.logarithmic && high - low >= 0.7 {
            return logarithmic_ticks(low, high, number);
        }
        linear_ticks(self.lowest, self.highest, number, self.whole)
    }

    /// The label of one of `ticks`, with as many digits as distinguish them.
    pub(super) fn text(&self, tick: f64, ticks: &[f64]) -> String {
        let largest = ticks.iter().fold(tick.abs(), |largest, tick| largest.max(tick.abs()));
        let steps = ticks.windows(2).map(|pair| pair[1] - pair[0]);
        let finest = steps.fold(f64::INFINITY, f64::min);
        if self.logarithmic || ticks.len() < 2 {
            return if ticks.iter().any(|&tick| is_long(tick)) && !matches!(tick, 1.0 | 10.0) {
                power_of_ten(tick)
            } else {
                number::short(tick)
            };
        }
        if is_long(largest) && finest >= 0.099 * 10_f64.powf(largest.log10().floor()) {
            return power_of_ten(tick);
        }
        let decimals = (-finest.log10() - 1e-9).ceil().clamp(0.0, 12.0) as usize;
        format!("{tick:.decimals$}").replacen('-', "−", 1)
    }
}

/// Whether a number has many digits before or after its point.
fn is_long(tick: f64) -> bool {
    tick != 0.0 && !(1e-3..1e5).contains(&tick.abs())
}

fn linear_ticks(low: f64, high: f64, number: usize, whole: bool) -> Vec<f64> {
    let raw = (high / number as f64 - low / number as f64).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|&s| s >= raw);
    let step = step.unwrap_or(raw).max(if whole { 1.0 } else { 0.0 });
    let first = (low / step - 1e-9).ceil();
    (0..=number)
        .map(|place| (first + place as f64) * step)
        .take_while(|&tick| tick <= high + 1e-9 * step)
        .map(|tick| tick + 0.0)
        .collect()
}

/// Powers of ten, or 1, 2 and 5 times them where there is room.
fn logarithmic_ticks(low: f64, high: f64, number: usize) -> Vec<f64> {
    let decades = high - low;
    let every = (decades / number as f64).ceil().max(1.0) as usize;
    let times: &[f64] = if decades * 3.0 <= number as f64 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    (low.floor() as i32..=high.ceil() as i32)
        .step_by(every)
        .flat_map(|power| times.iter().map(move |times| times * 10_f64.powi(power)))
        .filter(|tick| (low - 1e-9..=high + 1e-9).contains(&tick.log10()))
        .collect()
}

/// `10⁻⁵`, `2·10⁷`.
fn power_of_ten(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let scientific = format!("{value:.1e}");
    let (times, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: String = power.chars().map(superscript).collect();
    match times.trim_end_matches(".0") {
        "1" => format!("10{power}"),
        times => format!("{}·10{power}", times.replacen('-', "−", 1)),
    }
}

fn superscript(digit: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    digit.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize])
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let [low, high, place] = [self.lowest, self.highest, *value].map(|v| self.place(v));
        // Halves, as the difference of the lowest and the highest number there is no number.
        let share = (place / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        start + (f64::from(end - start) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks(hint.max_num_points())
    }

    fn range(&self) -> Range<f64> {
        self.lowest..self.highest
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        self.text(*value, &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(lowest: f64, highest: f64) -> Scale {
        Scale { lowest, highest, logarithmic: false, whole: false }
    }

    fn texts(scale: &Scale, number: usize) -> Vec<String> {
        let ticks = scale.ticks(number);
        ticks.iter().map(|&tick| scale.text(tick, &ticks)).collect()
    }

    #[test]
    fn ticks_of_a_linear_scale_are_round_numbers() {
        assert_eq!(texts(&between(0.0, 31.0), 7), ["0", "5", "10", "15", "20", "25", "30"]);
        assert_eq!(texts(&between(0.0, 0.04), 4), ["0.00", "0.01", "0.02", "0.03", "0.04"]);
        assert_eq!(texts(&between(0.0, 3e-7), 3), ["0", "10⁻⁷", "2·10⁻⁷", "3·10⁻⁷"]);
        assert_eq!(texts(&between(-0.3, 0.32), 4), ["−0.2", "0.0", "0.2"]);
        assert_eq!(texts(&between(0.0, 1.5e5), 3), ["0", "5·10⁴", "10⁵", "1.5·10⁵"]);
        assert_eq!(texts(&between(100_000.0, 102_000.0), 2), ["100000", "101000", "102000"]);
        assert_eq!(texts(&between(0.45, 0.58), 2), ["0.5"]);
        assert_eq!(texts(&between(0.5, 1.5).whole(true), 6), ["1"]);
    }

    #[test]
    fn ticks_of_a_logarithmic_scale_are_powers_of_ten() {
        let wide = Scale::around([1e-6, 1.0].into_iter(), true, 0.0).unwrap();
        assert_eq!(texts(&wide, 4), ["10⁻⁶", "10⁻⁴", "10⁻²", "1"]);
        let narrow = Scale::around([0.9, 60.0].into_iter(), true, 0.0).unwrap();
        assert_eq!(texts(&narrow, 7), ["1", "2", "5", "10", "20", "50"]);
    }

    #[test]
    fn zero_is_on_the_lower_edge_of_a_logarithmic_scale() {
        let scale = Scale::around([0.0, 0.01, 1.0, f64::NAN].into_iter(), true, 0.0).unwrap();
        assert_eq!(scale.map(&0.0, (100, 0)), 100);
        assert_eq!(scale.map(&0.1, (100, 0)), 50);
        assert_eq!(scale.map(&1.0, (100, 0)), 0);
    }

    #[test]
    fn nothing_finite_has_no_scale() {
        assert_eq!(Scale::around([f64::NAN, f64::INFINITY].into_iter(), false, 0.1), None);
        assert_eq!(Scale::around([-1.0, 0.0].into_iter(), true, 0.1), None);
    }

    #[test]
    fn one_value_and_extreme_values_have_ticks() {
        for values in [vec![3.0], vec![0.0], vec![f64::MIN, f64::MAX], vec![1e-300, 2e-300]] {
            for logarithmic in [false, true] {
                let scale = Scale::around(values.iter().copied(), logarithmic, 0.05);
                assert!(scale.is_none_or(|scale| scale.ticks(6).len() <= 20), "{values:?}");
            }
        }
        let one = Scale::around([3.0].into_iter(), false, 0.05).unwrap();
        assert!(!one.ticks(6).is_empty());
    }
}
