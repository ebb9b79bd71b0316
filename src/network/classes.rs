//! The classes that a network tells apart, and the ways to name one.

use std::sync::LazyLock;

use super::layers::{SUGGESTIONS, offer};

/// The least similarity (Jaro-Winkler, 0..1) of a suggestion that does not contain what was asked for.
const SIMILAR: f64 = 0.85;

/// One class.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Class {
    /// Its number in WordNet (`n02007558`), where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wordnet: Option<String>,
    /// Its names, the most usual first; at least one.
    pub names: Vec<String>,
}

impl Class {
    /// Its most usual name.
    pub fn name(&self) -> &str {
        &self.names[0]
    }
}

/// Classes in the order of a network's outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(Vec<Class>);

/// Why a name is that of no class, or not of one alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    /// Nothing is known of the network's classes.
    #[error("{model} has no classes with names")]
    NoNames {
        /// The network.
        model: String,
    },
    /// No class has that name or number.
    #[error("{model} has no class {name:?}{}", offer(suggestions))]
    Unknown {
        /// The network.
        model: String,
        /// What was asked for.
        name: String,
        /// Close names, best first.
        suggestions: Vec<String>,
    },
    /// Several classes have that name.
    #[error("{model} has several classes {name:?}: {}", candidates.join(" and "))]
    Ambiguous {
        /// The network.
        model: String,
        /// What was asked for.
        name: String,
        /// Each with its index, its number in WordNet and its names.
        candidates: Vec<String>,
    },
}

impl Classes {
    /// From lines of a WordNet number, names separated by commas, or both; a number alone has ImageNet's
    /// names.
    pub fn parse(text: &str) -> Classes {
        let class = |line: &str| {
            let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
            let names = |text: &str| text.split(", ").map(str::to_owned).collect();
            if !is_wordnet(first) {
                return Class { wordnet: None, names: names(line) };
            }
            let wordnet = Some(first.to_owned());
            match rest {
                "" => IMAGENET.by_wordnet(first).map(|index| IMAGENET.0[index].clone()),
                rest => Some(Class { wordnet: wordnet.clone(), names: names(rest) }),
            }
            .unwrap_or(Class { names: vec![first.to_owned()], wordnet })
        };
        Classes(text.lines().map(class).collect())
    }

    /// With one name each.
    pub fn named(names: &[String]) -> Classes {
        let class = |name: &String| Class { wordnet: None, names: vec![name.clone()] };
        Classes(names.iter().map(class).collect())
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Class] {
        &self.0
    }

    /// The output of the class of a name, a number in WordNet or an index. Capitals do not count, and a
    /// hyphen or an underscore is a space.
    ///
    /// # Errors
    /// [`ClassError`] offers close names, or those among which to choose.
    pub fn find(&self, model: &str, name: &str) -> Result<usize, ClassError> {
        let wanted = plain(name);
        let with = |is: &dyn Fn(&Class) -> bool| -> Vec<usize> {
            self.0
                .iter()
                .enumerate()
                .filter(|(_, class)| is(class))
                .map(|(index, _)| index)
                .collect()
        };
        let first = with(&|class| plain(class.name()) == wanted);
        let any = with(&|class| class.names.iter().any(|name| plain(name) == wanted));
        match (&first[..], &any[..]) {
            ([one], _) | ([], [one]) => return Ok(*one),
            ([], []) => {}
            _ => {
                return Err(ClassError::Ambiguous {
                    model: model.to_owned(),
                    name: name.to_owned(),
                    candidates: any.iter().map(|index| self.described(*index)).collect(),
                });
            }
        }
        let index = self.by_wordnet(&wanted).or_else(|| wanted.parse().ok());
        index.filter(|index| *index < self.0.len()).ok_or_else(|| ClassError::Unknown {
            model: model.to_owned(),
            name: name.to_owned(),
            suggestions: self.closest(&wanted),
        })
    }

    fn by_wordnet(&self, number: &str) -> Option<usize> {
        self.0.iter().position(|class| class.wordnet.as_deref() == Some(number))
    }

    /// `134 (n02012849 crane)`.
    fn described(&self, index: usize) -> String {
        let class = &self.0[index];
        let number = class.wordnet.iter().map(String::as_str);
        let words = number.chain([class.name()]).collect::<Vec<_>>().join(" ");
        format!("{index} ({words})")
    }

    fn closest(&self, wanted: &str) -> Vec<String> {
        let mut scored: Vec<(f64, &str)> = Vec::new();
        for class in &self.0 {
            let best = class
                .names
                .iter()
                .map(|name| {
                    let plain = plain(name);
                    let contained = if plain.contains(wanted) { 1.0 } else { 0.0 };
                    (contained + strsim::jaro_winkler(wanted, &plain), name.as_str())
                })
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .expect("a class has a name");
            scored.push(best);
        }
        scored.retain(|(score, _)| *score >= SIMILAR);
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
    }
}

/// A name as names are compared.
fn plain(name: &str) -> String {
    let name = name.to_lowercase().replace(['-', '_'], " ");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `n` and eight digits.
fn is_wordnet(text: &str) -> bool {
    let digits = text.strip_prefix('n').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// The 1000 classes of ILSVRC 2012 (Russakovsky et al. 2015, arXiv:1409.0575), by their WordNet numbers.
pub static IMAGENET: LazyLock<Classes> =
    LazyLock::new(|| Classes::parse(include_str!("../../models/labels/imagenet.txt")));

/// The outputs of Google's network of 2015, in an order of their own, after a dummy.
pub static INCEPTION5H: LazyLock<Classes> =
    LazyLock::new(|| Classes::parse(include_str!("../../models/labels/inception5h.txt")));

/// The 205 categories of Places (Zhou et al. 2014).
pub static PLACES205: LazyLock<Classes> =
    LazyLock::new(|| Classes::parse(include_str!("../../models/labels/places205.txt")));

/// The 365 categories of Places (Zhou et al. 2017).
pub static PLACES365: LazyLock<Classes> =
    LazyLock::new(|| Classes::parse(include_str!("../../models/labels/places365.txt")));

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> Result<usize, String> {
        IMAGENET.find("googlenet", name).map_err(|error| error.to_string())
    }

    #[test]
    fn a_class_is_found_by_any_of_its_names_by_its_number_and_by_its_index() {
        for name in ["flamingo", "Flamingo", "n02007558", "130", " flamingo "] {
            assert_eq!(find(name), Ok(130), "{name}");
        }
        for name in
            ["great white shark", "great-white-shark", "Carcharodon_carcharias", "man-eater"]
        {
            assert_eq!(find(name), Ok(2), "{name}");
        }
        assert_eq!(find("zebra"), Ok(340));
    }

    #[test]
    fn a_name_of_several_classes_is_answered_with_them() {
        let error = find("crane").expect_err("there are two");
        assert_eq!(
            error,
            "googlenet has several classes \"crane\": 134 (n02012849 crane) and 517 (n03126707 crane)"
        );
        // The first name of one, and another name of another.
        assert_eq!(find("missile"), Ok(657));
    }

    #[test]
    fn what_no_class_is_called_is_answered_with_close_names() {
        let error = find("flaming").expect_err("there is none");
        assert!(error.contains("the closest are flamingo"), "{error}");
        let error = find("retriever").expect_err("there is none");
        assert!(error.contains("golden retriever"), "{error}");
        assert!(find("1000").is_err() && find("n99999999").is_err());
        assert_eq!(find("xyzzy").expect_err("no"), "googlenet has no class \"xyzzy\"");
    }

    #[test]
    fn every_list_has_as_many_classes_as_its_network_and_no_empty_name() {
        let counts =
            [&IMAGENET, &INCEPTION5H, &PLACES205, &PLACES365].map(|list| list.as_slice().len());
        assert_eq!(counts, [1000, 1001, 205, 365]);
        for list in [&IMAGENET, &INCEPTION5H, &PLACES205, &PLACES365] {
            let mut names = list.as_slice().iter().flat_map(|class| &class.names);
            assert!(names.all(|name| !name.is_empty() && !is_wordnet(name)));
        }
        assert_eq!(PLACES365.as_slice()[364].name(), "zen garden");
        assert_eq!(INCEPTION5H.find("inception5h", "flamingo"), Ok(425));
    }
}
