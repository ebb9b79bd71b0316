//! A part of the photographs, so that several machines share a folder without asking each other.

use std::path::Path;
use std::str::FromStr;

/// What `--shard` says.
#[derive(Clone, Debug, PartialEq)]
pub enum ShardChoice {
    /// What the scheduler has put into the environment.
    Auto,
    Part(Shard),
}

/// One of `count` parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Counted from 0.
    index: u64,
    count: u64,
}

/// Why the environment names no part.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    #[error(
        "--shard auto finds no job here: neither a Slurm job array or step (SLURM_ARRAY_TASK_ID, \
         SLURM_STEP_ID) nor an indexed Kubernetes job (JOB_COMPLETION_INDEX); write --shard I/N"
    )]
    NoJob,
    #[error("--shard auto needs {name}, which is not set{advice}; set it, or write --shard I/N")]
    Missing { name: &'static str, advice: &'static str },
    #[error("--shard auto takes {name} for a whole number, and it is {value:?}; write --shard I/N")]
    NoNumber { name: &'static str, value: String },
    #[error(
        "--shard auto cannot number the tasks of a Slurm array with gaps ({count} tasks from {least} \
         to {most}); write --array={least}-{most}, or --shard I/N"
    )]
    Gaps { count: u64, least: u64, most: u64 },
    #[error("--shard auto is part {} of {count}, which is none; write --shard I/N", index + 1)]
    Outside { index: u64, count: u64 },
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { index: 0, count: 1 };

    /// Whether a photograph is in this part; it is in just one of them, whatever the others are.
    pub fn holds(self, relative: &Path) -> bool {
        let hash = blake3::hash(relative.as_os_str().as_encoded_bytes());
        let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
        u64::from_le_bytes(*first) % self.count == self.index
    }

    /// The part that a scheduler has given this process.
    ///
    /// Slurm sets SLURM_ARRAY_TASK_ID, _MIN, _MAX, _STEP and _COUNT in each task of a job array, and
    /// SLURM_STEP_ID, SLURM_PROCID and SLURM_STEP_NUM_TASKS in each task that `srun` starts; both
    /// may be there. (A batch script that is not started by `srun` has SLURM_PROCID 0 too, whatever
    /// SLURM_NTASKS says.) An indexed Kubernetes job sets JOB_COMPLETION_INDEX, and nothing that
    /// says how many there are.
    ///
    /// # Errors
    /// [`ShardError`] says which variable is missing or wrong.
    pub fn from_environment(
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Shard, ShardError> {
        let number = |name| match variable(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => {
                value.trim().parse().map(Some).map_err(|_| ShardError::NoNumber { name, value })
            }
        };
        let needed = |name, advice| number(name)?.ok_or(ShardError::Missing { name, advice });
        if let Some(index) = number("JOB_COMPLETION_INDEX")? {
            let advice = " (Kubernetes does not: give the container the job's .spec.completions)";
            return Shard::new(index, needed("JOB_COMPLETIONS", advice)?);
        }
        let array = match number("SLURM_ARRAY_TASK_ID")? {
            None => None,
            Some(id) => {
                let least = needed("SLURM_ARRAY_TASK_MIN", "")?;
                let most = needed("SLURM_ARRAY_TASK_MAX", "")?;
                let count = needed("SLURM_ARRAY_TASK_COUNT", "")?;
                let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
                if most.saturating_sub(least) / step + 1 != count {
                    return Err(ShardError::Gaps { count, least, most });
                }
                Some(Shard::new(id.saturating_sub(least) / step, count)?)
            }
        };
        let task = match number("SLURM_STEP_NUM_TASKS")? {
            None => None,
            Some(count) => Some(Shard::new(needed("SLURM_PROCID", "")?, count)?),
        };
        match (array, task) {
            (None, None) => Err(ShardError::NoJob),
            (Some(shard), None) | (None, Some(shard)) => Ok(shard),
            (Some(array), Some(task)) => {
                Shard::new(array.index * task.count + task.index, array.count * task.count)
            }
        }
    }

    fn new(index: u64, count: u64) -> Result<Shard, ShardError> {
        match index < count {
            true => Ok(Shard { index, count }),
            false => Err(ShardError::Outside { index, count }),
        }
    }
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<ShardChoice, String> {
        if text == "auto" {
            return Ok(ShardChoice::Auto);
        }
        let numbers = text.split_once('/').and_then(|(index, count)| {
            let index: u64 = index.trim().parse().ok()?;
            Shard::new(index.checked_sub(1)?, count.trim().parse().ok()?).ok()
        });
        numbers
            .map(ShardChoice::Part)
            .ok_or_else(|| format!("{text:?} is no part; write I/N, from 1/N to N/N, or auto"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Shard, ShardError> {
        Shard::from_environment(|name| {
            let value = variables.iter().find(|(other, _)| *other == name);
            value.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_photograph_is_in_just_one_part() {
        for number in 0..1000 {
            let name = format!("album/{number}.jpg");
            let parts =
                (0..7).filter(|index| Shard { index: *index, count: 7 }.holds(name.as_ref()));
            assert_eq!(parts.count(), 1);
            assert!(Shard::WHOLE.holds(name.as_ref()));
        }
    }

    #[test]
    fn parts_are_about_equal_and_stay_what_they_are() {
        let first = Shard { index: 0, count: 4 };
        let names = (0..1000).map(|number| format!("{number}.jpg"));
        let count = names.filter(|name| first.holds(name.as_ref())).count();
        assert!((200..300).contains(&count), "{count}");
        let parts = |name: &str| {
            (0..4).find(|index| Shard { index: *index, count: 4 }.holds(name.as_ref()))
        };
        assert_eq!(["a.jpg", "b.jpg", "c/d.png"].map(parts), [Some(2), Some(1), Some(3)]);
    }

    #[test]
    fn a_part_is_counted_from_one() {
        assert_eq!("2/3".parse(), Ok(ShardChoice::Part(Shard { index: 1, count: 3 })));
        assert_eq!("auto".parse(), Ok(ShardChoice::Auto));
        for bad in ["0/3", "4/3", "1", "1/0", "a/b", "-1/2", ""] {
            assert!(bad.parse::<ShardChoice>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_slurm_array_gives_its_tasks_a_part_each() {
        let array = [
            ("SLURM_ARRAY_TASK_ID", "7"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_MAX", "9"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
            ("SLURM_ARRAY_TASK_COUNT", "5"),
            // As in a batch script that no `srun` starts.
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "4"),
        ];
        assert_eq!(from(&array), Ok(Shard { index: 3, count: 5 }));
        let step = [("SLURM_STEP_ID", "0"), ("SLURM_PROCID", "1"), ("SLURM_STEP_NUM_TASKS", "2")];
        assert_eq!(from(&step), Ok(Shard { index: 1, count: 2 }));
        let both = [&step[..], &array[..]].concat();
        assert_eq!(from(&both), Ok(Shard { index: 3 * 2 + 1, count: 10 }));
    }

    #[test]
    fn an_array_with_gaps_is_refused() {
        let array = [
            ("SLURM_ARRAY_TASK_ID", "9"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_MAX", "9"),
            ("SLURM_ARRAY_TASK_COUNT", "3"),
        ];
        assert_eq!(from(&array), Err(ShardError::Gaps { count: 3, least: 1, most: 9 }));
    }

    #[test]
    fn a_kubernetes_job_needs_its_completions_too() {
        let index = ("JOB_COMPLETION_INDEX", "2");
        assert_eq!(from(&[index, ("JOB_COMPLETIONS", "3")]), Ok(Shard { index: 2, count: 3 }));
        let error = from(&[index]).expect_err("nothing says how many there are").to_string();
        assert!(error.contains("JOB_COMPLETIONS"), "{error}");
        assert!(from(&[index, ("JOB_COMPLETIONS", "2")]).is_err());
        assert!(from(&[index, ("JOB_COMPLETIONS", "two")]).is_err());
    }

    #[test]
    fn no_job_is_an_error() {
        assert_eq!(from(&[]), Err(ShardError::NoJob));
        assert_eq!(from(&[("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4")]), Err(ShardError::NoJob));
    }
}
