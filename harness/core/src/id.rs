//! Names and digests: the newtypes that every other module speaks in.

mod digest;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::digest::{Digest, ShortDigest};

/// Declares a name type: a shared string that was checked once, where it came in.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

/// True for text that may stand after the `#` of a scenario's id.
pub fn is_row_id(text: &str) -> bool {
    (1..ID_LIMIT).contains(&text.len()) && text.bytes().all(is_in_labels)
}

/// True for the letters that stand in a matrix label or a row's id as they are.
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
    Commit, "a commit: 4 to 64 hexadecimal digits",
    |text| (4..=64).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit())
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

/// A pattern over scenario ids: `*` stays within one part of the path, `**` crosses parts.
#[derive(Debug, Clone)]
pub struct Glob {
    text: Arc<str>,
    /// How much of the text, from its start, stands for itself.
    literal: usize,
    matcher: regex::bytes::Regex,
}

/// The most bytes that a glob's automaton may take; a list of thousands of ids in braces is far below.
const GLOB_LIMIT: usize = 1 << 20;

impl Glob {
    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The beginning of the pattern that every id begins with that it matches.
    pub fn literal(&self) -> &str {
        &self.text[..self.literal]
    }

    /// Whether the id is the pattern itself or matches it.
    pub fn matches(&self, id: &ScenarioId) -> bool {
        &*self.text == id.as_str() || (id.as_str().starts_with(self.literal()) && self.matcher.is_match(id.as_str().as_bytes()))
    }
}

impl FromStr for Glob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let glob = globset::GlobBuilder::new(text)
            .literal_separator(true)
            .build()
            .map_err(|reason| format!("{text:?} is not a glob: {}", reason.kind()))?;
        // The crate's own matcher panics where braces nest too deep or the automaton gets too large.
        let matcher = regex::bytes::RegexBuilder::new(glob.regex()).dot_matches_new_line(true).size_limit(GLOB_LIMIT).build();
        let matcher = matcher.map_err(|_| format!("{} is not a glob: it is too long, or nests too deep", clipped(text)))?;
        let literal = text.find(['*', '?', '[', '{', '\\']).unwrap_or(text.len());
        Ok(Self { text: text.into(), literal, matcher })
    }
}

/// The text in quotes, less what is too much for a message.
fn clipped(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.len() <= SHOWN { format!("{text:?}") } else { format!("{:?}…", &text[..text.floor_char_boundary(SHOWN)]) }
}

impl Serialize for Glob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_as_written() {
        let digest = Digest::of(b"needle");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        assert_eq!(format!("{:012x}", digest.short_number()), digest.short().to_string());
        assert_eq!(digest.short().to_string(), digest.to_string()[7..19]);
        assert_eq!(digest.short().to_string().parse(), Ok(digest.short()));
        assert!("sha256:12".parse::<Digest>().is_err());
        assert!(format!("sha256:{}", "g".repeat(64)).parse::<Digest>().is_err());
    }

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

    #[test]
    fn a_star_stays_within_one_part() {
        let glob: Glob = "suite/*".parse().unwrap();
        assert!(glob.matches(&"suite/words".parse().unwrap()));
        assert!(!glob.matches(&"suite/search/words".parse().unwrap()));
        let deep: Glob = "suite/**".parse().unwrap();
        assert!(deep.matches(&"suite/search/words@a=b".parse().unwrap()));
    }

    #[test]
    fn a_glob_is_bounded_in_depth_and_length() {
        for bomb in ["{".repeat(300) + "a" + &"}".repeat(300), "?".repeat(1 << 20), "{a,b}".repeat(1 << 16)] {
            let refused = bomb.parse::<Glob>().unwrap_err();
            assert!(refused.ends_with("… is not a glob: it is too long, or nests too deep"), "{refused}");
        }
        let ids: Vec<String> = (0..1000).map(|number| format!("suite/case-{number}")).collect();
        let listed: Glob = format!("{{{}}}", ids.join(",")).parse().unwrap();
        assert!(listed.matches(&"suite/case-999".parse().unwrap()) && !listed.matches(&"suite/case-1000".parse().unwrap()));
    }
}
