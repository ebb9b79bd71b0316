//! Enumerations whose values have names, for the command line and for files.

/// A name that no value of an enumeration has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {name:?}; write one of {}", known.join(", "))]
pub struct UnknownName {
    /// What the enumeration is of: `loss`.
    pub what: &'static str,
    /// The name that no value has.
    pub name: String,
    /// The names that there are.
    pub known: Vec<&'static str>,
}

/// Gives an enumeration the list `ALL` of its values, and names for printing and parsing. Values in
/// brackets have names too, but are neither in `ALL` nor parsed.
macro_rules! named {
    (
        $type:ident is $what:literal;
        $($value:ident = $name:literal,)+
        $([$hidden:ident = $hidden_name:literal])*
    ) => {
        impl $type {
            /// All values, in the order of lists.
            pub const ALL: &[$type] = &[$($type::$value),+];

            /// Its name on the command line and in files.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$value => $name,)+
                    $($type::$hidden => $hidden_name,)*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(text: &str) -> Result<$type, $crate::UnknownName> {
                let found = $type::ALL.iter().find(|value| value.name() == text);
                found.copied().ok_or_else(|| $crate::UnknownName {
                    what: $what,
                    name: text.to_owned(),
                    known: $type::ALL.iter().map(|value| value.name()).collect(),
                })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::backend::core::Loss;
    use crate::network::Activation;
    use crate::trained::{Initialisation, Inputs};

    #[test]
    fn a_value_is_parsed_from_its_name_which_is_also_that_in_json() {
        macro_rules! check {
            ($type:ident) => {
                for value in $type::ALL {
                    assert_eq!(value.to_string().parse(), Ok(*value));
                    assert_eq!(serde_json::to_value(value).unwrap(), value.name());
                }
            };
        }
        check!(Loss);
        check!(Activation);
        check!(Initialisation);
        check!(Inputs);
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = "linear".parse::<Loss>().unwrap_err().to_string();
        assert_eq!(error, "there is no loss \"linear\"; write one of quadratic, cross-entropy");
        assert!("relu6".parse::<Activation>().is_err());
    }
}
