//! Two programs measured in turns, and what is told of them.

/// Pairs of runs, ours and theirs in turn.
pub const ROUNDS: usize = 5;

/// Whether a row is asked for: every row, or those whose names contain one of the command line's
/// words.
pub fn wanted(name: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench").peekable();
    words.peek().is_none() || words.any(|word| name.contains(&word))
}

/// Prints the heads of the columns.
pub fn heading(theirs: &str) {
    println!("{:<44} {:>10} {:>10}   {theirs}", "", "ours", "ratio");
}

/// Prints what pairs of runs took: medians, and the median of the pairs' ratios.
pub fn row(name: &str, unit: &str, ours: &[f64], theirs: &[f64]) {
    let own = median(ours.to_vec());
    if theirs.is_empty() {
        println!("{name:<44} {own:>6.1} {unit}");
        return;
    }
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    let (least, most) = ratios.iter().fold((f64::INFINITY, 0.0f64), |(least, most), ratio| {
        (least.min(*ratio), most.max(*ratio))
    });
    println!(
        "{name:<44} {own:>6.1} {unit:<3} {:>10.2}   {:.1} {unit} (ratios {least:.2} to {most:.2})",
        median(ratios),
        median(theirs.to_vec())
    );
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
