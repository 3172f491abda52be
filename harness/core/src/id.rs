//! Names and digests: the newtypes that every other module speaks in.

mod digest;
mod glob;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

pub use self::digest::{Digest, DigestStart};
pub use self::glob::Glob;

/// Declares a name type: a shared string that was checked once, where it came in.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(format!("{text:?} is not {}", $what))
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Parsed(PhantomData))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }
    };
}

/// Reads what is written as its text, without a copy of the text.
struct Parsed<T>(PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// True for text that is safe as a file's stem on every system and in every report.
fn is_plain(text: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'.' | b'_' | b'-');
    text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) && text.len() <= 100 && text.bytes().all(plain)
}

fn is_commit(text: &str) -> bool {
    (4..=64).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// True for a `/`-separated path of plain parts, optionally followed by `@matrix` and `#row` labels.
fn is_scenario_id(text: &str) -> bool {
    let labels = text.find(['@', '#']).unwrap_or(text.len());
    text.len() <= ID_LIMIT && text[..labels].split('/').all(is_plain) && text[labels..].bytes().all(is_in_labels)
}

/// The most letters of a scenario's id.
const ID_LIMIT: usize = 500;

fn is_in_labels(letter: u8) -> bool {
    matches!(letter, b'@' | b'#' | b'=' | b',') || is_label_letter(letter.into())
}

/// True for text that may follow the `#` of a scenario's id.
pub fn is_row_id(text: &str) -> bool {
    (1..ID_LIMIT).contains(&text.len()) && text.bytes().all(is_in_labels)
}

/// True for the letters that a matrix label or a row's id keeps as they are.
pub fn is_label_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '+' | '/' | ':' | '~' | '^' | '!' | '%')
}

name_type!(
    /// A defect's id: the stem of its file, such as `RG-1757`.
    DefectId, "a defect id: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// A release's name: the stem of its file, such as `RTM` or `RU2`.
    ReleaseName, "a release name: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// A case's id: its path under `testcases/` without extension.
    CaseId, "a case id: plain names separated by `/`", |text| text.split('/').all(is_plain)
);
name_type!(
    /// A scenario's id: the case's id, then `@name=value,…` for a matrix and `#row` for a table.
    ScenarioId, "a scenario id", is_scenario_id
);
name_type!(
    /// A tag by which scenarios are chosen.
    Tag, "a tag: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// The part of the product that a defect lies in.
    Component, "a component: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// A waiver's name: the stem of its file.
    WaiverName, "a waiver's name: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// A quarantine's name: the stem of its file.
    QuarantineName, "a quarantine's name: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// A pack's name: that of its folder.
    PackName, "a pack's name: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// The name of a suite whose results are imported, as `[import]` gives it.
    SuiteName, "a suite's name: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// A private fix's id: the stem of its file.
    PrivateFixId, "a private fix's id: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// An attestation's name: the stem of its file.
    AttestationName, "an attestation's name: letters, digits, `.`, `_` and `-`", is_plain
);
name_type!(
    /// Who signs, as `allowed_signers` and `[roles]` name them: an address as a rule, and never a pattern.
    Principal, "a principal, such as alice@example.org", |text| is_plain(&text.replace(['@', '+'], "-"))
);
name_type!(
    /// A run's name: the name of its directory under `reports/runs/`.
    RunName, "a run's name: letters, digits, `.`, `_` and `-`", is_plain
);

name_type!(
    /// A commit of the product's repository, whole or abbreviated.
    Commit, "a commit: 4 to 64 hexadecimal digits", is_commit
);

impl CaseId {
    /// The first part of the path: `regression`, `suite`, `canary`, …
    pub fn family(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

impl ScenarioId {
    /// The id of the case that this scenario comes from.
    pub fn case(&self) -> &str {
        &self.0[..self.0.find(['@', '#']).unwrap_or(self.0.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_be_paths_or_markup() {
        for bad in ["", "..", "a/b", ".hidden", "<b>", "a b", "a\nb"] {
            assert!(bad.parse::<DefectId>().is_err(), "{bad:?}");
        }
        assert!("RG-1757".parse::<DefectId>().is_ok());
    }

    #[test]
    fn a_scenario_id_is_a_path_with_labels() {
        let id: ScenarioId = "suite/words@case=-i,mode=count#row-1".parse().unwrap();
        assert_eq!(id.case(), "suite/words");
        assert!("suite/../words".parse::<ScenarioId>().is_err());
        assert!("suite/words@a=b c".parse::<ScenarioId>().is_err());
    }
}
