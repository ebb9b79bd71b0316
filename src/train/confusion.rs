//! Confusion matrices: which classes a network confuses.

use serde::{Deserialize, Serialize};

mod text;

/// How often examples of each class were classified as each class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Confusion {
    classes: usize,
    /// Rows are classes, columns predictions.
    counts: Vec<u64>,
}

/// A pair of confused classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The true class.
    pub label: usize,
    /// The class that the network predicts.
    pub prediction: usize,
    /// Number of examples.
    pub count: u64,
}

/// How well one class was classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassScore {
    /// Number of examples of the class.
    pub examples: u64,
    /// Number of them misclassified.
    pub missed: u64,
    /// Number of examples of other classes predicted as this one.
    pub mistaken: u64,
}

impl ClassScore {
    /// Fraction (0..1) of the class's examples that are misclassified; 0 if there are none.
    pub fn error(&self) -> f64 {
        share(self.missed, self.examples)
    }
}

impl Confusion {
    /// An empty matrix.
    pub fn new(classes: usize) -> Confusion {
        Confusion { classes, counts: vec![0; classes * classes] }
    }

    /// Counts an example of class `label` predicted as `prediction`.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn add(&mut self, label: usize, prediction: usize) {
        assert!(label < self.classes && prediction < self.classes, "{} classes", self.classes);
        self.counts[label * self.classes + prediction] += 1;
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The counts of predictions, one row per true class.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    /// Number of examples.
    pub fn examples(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Number of misclassified examples.
    pub fn errors(&self) -> u64 {
        self.examples() - (0..self.classes).map(|class| self.count(class, class)).sum::<u64>()
    }

    /// Fraction (0..1) of the examples that are misclassified; 0 if there are none.
    pub fn error(&self) -> f64 {
        share(self.errors(), self.examples())
    }

    /// How well each class was classified, by label.
    pub fn scores(&self) -> Vec<ClassScore> {
        self.rows()
            .enumerate()
            .map(|(class, row)| {
                let examples = row.iter().sum();
                let predictions: u64 = self.rows().map(|row| row[class]).sum();
                let right = row[class];
                ClassScore { examples, missed: examples - right, mistaken: predictions - right }
            })
            .collect()
    }

    /// The most frequently confused pairs of classes, up to `number` of them, worst first.
    pub fn worst_pairs(&self, number: usize) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = (self.counts.iter().enumerate())
            .map(|(place, &count)| Pair {
                label: place / self.classes,
                prediction: place % self.classes,
                count,
            })
            .filter(|pair| pair.label != pair.prediction && pair.count > 0)
            .collect();
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.count));
        pairs.truncate(number);
        pairs
    }

    /// How often examples of class `label` were predicted as `prediction`.
    fn count(&self, label: usize, prediction: usize) -> u64 {
        self.counts[label * self.classes + prediction]
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A matrix read from a file, before validation.
#[derive(Deserialize)]
struct Unchecked {
    classes: usize,
    counts: Vec<u64>,
}

impl TryFrom<Unchecked> for Confusion {
    type Error = String;

    fn try_from(Unchecked { classes, counts }: Unchecked) -> Result<Confusion, String> {
        if classes.checked_mul(classes) != Some(counts.len()) {
            return Err(format!(
                "{classes} classes need {classes}×{classes} counts, not {}",
                counts.len()
            ));
        }
        if counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(count)).is_none() {
            return Err("the counts are too large".into());
        }
        Ok(Confusion { classes, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 examples of class 0, one predicted as 1 and one as 2; 3 of class 1, two predicted as 2;
    /// none of class 2.
    fn example() -> Confusion {
        let mut confusion = Confusion::new(3);
        for (label, prediction) in [(0, 0), (0, 1), (0, 2), (1, 2), (1, 2), (1, 1)] {
            confusion.add(label, prediction);
        }
        confusion
    }

    #[test]
    fn the_error_is_the_share_of_wrong_answers() {
        assert_eq!(example().examples(), 6);
        assert_eq!(example().errors(), 4);
        assert_eq!(example().error(), 4.0 / 6.0);
        assert_eq!(Confusion::new(3).error(), 0.0);
    }

    #[test]
    fn a_class_has_examples_missed_and_others_mistaken_for_it() {
        let scores = example().scores();
        assert_eq!(scores[1], ClassScore { examples: 3, missed: 2, mistaken: 1 });
        assert_eq!(scores[2], ClassScore { examples: 0, missed: 0, mistaken: 3 });
        assert_eq!((scores[1].error(), scores[2].error()), (2.0 / 3.0, 0.0));
    }

    #[test]
    fn the_pair_confused_most_often_comes_first() {
        let pairs = example().worst_pairs(2);
        assert_eq!(pairs[0], Pair { label: 1, prediction: 2, count: 2 });
        assert_eq!(pairs[1], Pair { label: 0, prediction: 1, count: 1 });
        assert_eq!(pairs.len(), 2);
        assert!(Confusion::new(0).worst_pairs(2).is_empty());
    }

    #[test]
    fn json_keeps_it_and_counts_that_do_not_fit_are_refused() {
        let json = serde_json::to_string(&example()).unwrap();
        assert_eq!(json, r#"{"classes":3,"counts":[1,1,1,0,1,2,0,0,0]}"#);
        assert_eq!(serde_json::from_str::<Confusion>(&json).unwrap(), example());
        for broken in [
            r#"{"classes":3,"counts":[1]}"#,
            r#"{"classes":4294967296,"counts":[]}"#,
            r#"{"classes":2,"counts":[18446744073709551615,1,0,0]}"#,
        ] {
            assert!(serde_json::from_str::<Confusion>(broken).is_err(), "{broken}");
        }
    }
}
