//! Enumerations whose values have names, by which the command line and files know them.

/// A name that none of an enumeration's values has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {name:?}; write one of {}", known.join(", "))]
pub struct UnknownName {
    pub what: &'static str,
    pub name: String,
    pub known: Vec<&'static str>,
}

/// Gives an enumeration `ALL` of its values and their names, to be written and read. Those in
/// brackets have names too, but are neither in `ALL` nor read.
macro_rules! named {
    (
        $type:ident is $what:literal;
        $($value:ident = $name:literal,)+
        $([$hidden:ident = $hidden_name:literal])*
    ) => {
        impl $type {
            /// What there is to choose from, in the order of lists.
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
    use crate::backend::core::Cost;
    use crate::network::Activation;
    use crate::trained::{Initialisation, Inputs};

    #[test]
    fn a_value_is_read_by_its_name_which_is_that_of_its_json() {
        macro_rules! check {
            ($type:ident) => {
                for value in $type::ALL {
                    assert_eq!(value.to_string().parse(), Ok(*value));
                    assert_eq!(serde_json::to_value(value).unwrap(), value.name());
                }
            };
        }
        check!(Cost);
        check!(Activation);
        check!(Initialisation);
        check!(Inputs);
    }

    #[test]
    fn a_name_that_there_is_not_is_told_which_there_are() {
        let error = "linear".parse::<Cost>().unwrap_err().to_string();
        assert_eq!(error, "there is no cost \"linear\"; write one of quadratic, cross-entropy");
        assert!("relu6".parse::<Activation>().is_err());
    }
}
