//! Numbers formatted for people.

/// Four significant digits, such as `0.05012` or `1.234e-7`.
pub fn short(value: f64) -> String {
    significant(value, 4)
}

/// A fraction of 0..1 as a percentage: `12.3 %`, `1.23 %`, `0.08 %`.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if !percent.is_finite() {
        return short(percent);
    }
    if percent.abs() < 9.995 { format!("{percent:.2} %") } else { format!("{percent:.1} %") }
}

/// A duration: `0.42 s`, `12.3 s`, `4 min 05 s`, `2 h 13 min`.
pub fn duration(seconds: f64) -> String {
    if seconds < 9.995 {
        return format!("{seconds:.2} s");
    }
    if seconds < 59.95 || !seconds.is_finite() {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole / 3600 {
        0 => format!("{} min {:02} s", whole / 60, whole % 60),
        hours => format!("{hours} h {:02} min", whole / 60 % 60),
    }
}

fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "not a number".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    if value == 0.0 {
        return "0".into();
    }
    let exponent = value.abs().log10().floor() as i32;
    if !(-4..=6).contains(&exponent) {
        let scientific = format!("{value:.*e}", digits - 1);
        let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        return format!("{}e{power}", without_trailing_zeros(mantissa));
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    without_trailing_zeros(&format!("{value:.decimals$}")).to_owned()
}

fn without_trailing_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_four_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.1, "0.1"),
            (0.0500123, "0.05001"),
            (123.456, "123.5"),
            (60000.0, "60000"),
            (1.5e-9, "1.5e-9"),
            (-2e30, "-2e30"),
            (f64::NAN, "not a number"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn small_percentages_have_two_decimals() {
        assert_eq!(percent(0.0123), "1.23 %");
        assert_eq!(percent(0.0999), "9.99 %");
        assert_eq!(percent(0.09996), "10.0 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent(f64::NAN), "not a number");
    }

    #[test]
    fn times_get_the_units_of_their_size() {
        assert_eq!(duration(0.5), "0.50 s");
        assert_eq!(duration(12.34), "12.3 s");
        assert_eq!(duration(59.97), "1 min 00 s");
        assert_eq!(duration(245.0), "4 min 05 s");
        assert_eq!(duration(8000.0), "2 h 13 min");
    }
}
