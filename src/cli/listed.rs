//! Options of the command line that follow from a list in the library.

use clap::builder::PossibleValuesParser;
use clap::builder::{PossibleValue, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint};

use dreamer::options::{OptionList, Setting};

/// The options of a list, from number `FROM` on.
#[derive(Clone, Debug, Default)]
pub struct Listed<S, const FROM: usize = 0>(pub S);

impl<S: OptionList, const FROM: usize> Listed<S, FROM> {
    fn options() -> &'static [Setting<S>] {
        &S::OPTIONS[FROM..]
    }
}

impl<S: OptionList, const FROM: usize> Args for Listed<S, FROM> {
    fn augment_args(command: Command) -> Command {
        Self::options().iter().fold(command, |command, option| command.arg(argument(option)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: OptionList, const FROM: usize> FromArgMatches for Listed<S, FROM> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut listed = Listed(S::default());
        listed.update_from_arg_matches(matches)?;
        Ok(listed)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for option in Self::options() {
            if let Some(values) = matches.get_many::<String>(option.name) {
                let values: Vec<&str> = values.map(String::as_str).collect();
                (option.set)(&mut self.0, &values.join(","))
                    .expect("each value was read when it was parsed");
            }
        }
        Ok(())
    }
}

fn argument<S: OptionList>(option: &'static Setting<S>) -> Arg {
    let choices = (option.choices)();
    let mut argument =
        Arg::new(option.name).long(option.name).help(option.help()).allow_negative_numbers(true);
    argument = match choices.is_empty() {
        false => argument.value_parser(PossibleValuesParser::new(
            choices.into_iter().map(|(name, help)| PossibleValue::new(name).help(help)),
        )),
        true => argument.value_name(option.value_name).value_parser(ValueParser::new(
            move |text: &str| (option.set)(&mut S::default(), text).map(|()| text.to_owned()),
        )),
    };
    if let Some(short) = option.short {
        argument = argument.short(short);
    }
    if let Some(default) = (option.get)(&S::default()) {
        argument = argument.default_value(default);
    }
    if let Some(bare) = option.bare {
        argument = argument.num_args(0..=1).require_equals(true).default_missing_value(bare);
    }
    if option.value_name.starts_with("NAME") {
        argument = argument.action(ArgAction::Append).value_delimiter(',');
    }
    if option.value_name == "PICTURE" {
        argument = argument.value_hint(ValueHint::FilePath);
    }
    argument
}
