//! Nodes into typed values. A decoder collects problems instead of stopping at the first.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use jiff::civil::Date;

use super::{Key, Node, Value};
use crate::id::{CaseId, Commit, Component, DefectId, Digest, Glob, Principal, ReleaseName, ScenarioId, Tag};
use crate::imported::Producer;
use crate::problem::{Place, Problem, Source, suggestion};

/// Collects the problems of one source while it is decoded.
pub struct Decoder {
    source: Arc<Source>,
    problems: RefCell<Vec<Problem>>,
}

impl Decoder {
    /// A decoder that has found nothing wrong yet.
    pub fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), problems: RefCell::default() }
    }

    /// The source that is decoded.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The place of a span.
    pub fn place(&self, span: &Range<usize>) -> Place {
        Place { source: Arc::clone(&self.source), span: span.clone() }
    }

    /// Notes a problem at a span.
    pub fn problem(&self, span: &Range<usize>, message: impl Into<String>) {
        self.push(Problem::at(self.place(span), message));
    }

    /// Notes a problem.
    pub fn push(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Notes that the node is of the wrong type.
    pub fn mismatch(&self, node: &Node, wanted: &str) {
        self.problem(&node.span, format!("expected {wanted}, found {}", node.value.kind()));
    }

    /// The node's keys, to be asked for one by one.
    pub fn fields<'d>(&'d self, node: &'d Node<'d>, wanted: &'static str) -> Option<Fields<'d>> {
        let Value::Table(entries) = &node.value else {
            self.mismatch(node, wanted);
            return None;
        };
        Some(Fields {
            decoder: self,
            span: node.span.clone(),
            entries,
            asked: RefCell::new(Vec::with_capacity(KEYS)),
            what: wanted,
        })
    }

    /// Decodes text with a type's own parser.
    pub fn text<T>(&self, node: &Node, wanted: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let Some(text) = node.as_text() else {
            self.mismatch(node, wanted);
            return None;
        };
        parse(text).map_err(|message| self.problem(&node.span, message)).ok()
    }

    /// The value if nothing was wrong, all problems otherwise.
    ///
    /// # Errors
    /// Every problem noted so far.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(problems),
        }
    }
}

/// As many keys as most tables are asked for.
const KEYS: usize = 16;

/// The keys of one table. What was not asked for when [`Fields::finish`] is called is a problem.
pub struct Fields<'d> {
    decoder: &'d Decoder,
    span: Range<usize>,
    entries: &'d [(Key<'d>, Node<'d>)],
    asked: RefCell<Vec<&'static str>>,
    what: &'static str,
}

impl<'d> Fields<'d> {
    /// The node at a key, if present.
    pub fn node(&self, name: &'static str) -> Option<&'d Node<'d>> {
        self.asked.borrow_mut().push(name);
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// The place of a key, if it is present, even if its value is malformed.
    pub fn key(&self, name: &'static str) -> Option<Place> {
        self.asked.borrow_mut().push(name);
        self.entries.iter().find(|(key, _)| key.name == name).map(|(key, _)| self.decoder.place(&key.span))
    }

    /// The value at a key, if present and well formed.
    pub fn optional<T: Decode>(&self, name: &'static str) -> Option<T> {
        T::decode(self.node(name)?, self.decoder)
    }

    /// The value at a key that must be present.
    pub fn required<T: Decode>(&self, name: &'static str) -> Option<T> {
        let node = self.node(name);
        if node.is_none() {
            self.decoder.push(Problem::at(self.place(), format!("`{name}` is missing in {}", self.what)));
        }
        T::decode(node?, self.decoder)
    }

    /// The list at a key; absent is empty.
    pub fn list<T: Decode>(&self, name: &'static str) -> Vec<T> {
        self.optional(name).unwrap_or_default()
    }

    /// Where the table begins: its first key.
    pub fn place(&self) -> Place {
        let start = self.entries.first().map_or(&self.span, |(key, _)| &key.span);
        self.decoder.place(start)
    }

    /// Reports the keys that were not asked for.
    pub fn finish(self) {
        let asked = self.asked.into_inner();
        for (key, _) in self.entries.iter().filter(|(key, _)| !asked.contains(&&*key.name)) {
            let mut known = asked.clone();
            known.sort_unstable();
            let help = suggestion(&key.name, known.iter().copied())
                .unwrap_or_else(|| format!("the keys of {} are {}", self.what, known.join(", ")));
            let place = self.decoder.place(&key.span);
            self.decoder.push(Problem::at(place, format!("unknown key `{}` in {}", key.name, self.what)).help(help));
        }
    }
}

/// A type that can be read from a node.
pub trait Decode: Sized {
    /// The value; `None` after a problem was noted.
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self>;
}

impl Decode for String {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "a string", |text| Ok(text.to_owned()))
    }
}

impl Decode for bool {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        if let Value::Boolean(truth) = node.value {
            return Some(truth);
        }
        decoder.mismatch(node, "true or false");
        None
    }
}

/// Implements `Decode` for integer types, with their range checked.
macro_rules! decode_integer {
    ($($integer:ty),*) => {$(
        impl Decode for $integer {
            fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
                let Value::Integer(number) = node.value else {
                    decoder.mismatch(node, "an integer");
                    return None;
                };
                let range = || decoder.problem(&node.span, format!("{number} is not within {} to {}", <$integer>::MIN, <$integer>::MAX));
                <$integer>::try_from(number).map_err(|_| range()).ok()
            }
        }
    )*};
}
decode_integer!(i32, u32, u64);

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let Value::Array(items) = &node.value else {
            decoder.mismatch(node, "an array");
            return None;
        };
        // Every item is decoded before the list is given up, so that all problems show.
        let decoded: Vec<Option<T>> = items.iter().map(|item| T::decode(item, decoder)).collect();
        decoded.into_iter().collect()
    }
}

/// Implements `Decode` by a type's own `FromStr`.
macro_rules! decode_by_parsing {
    ($($parsed:ty => $wanted:literal),* $(,)?) => {$(
        impl Decode for $parsed {
            fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
                decoder.text(node, $wanted, |text| text.parse())
            }
        }
    )*};
}
decode_by_parsing!(
    CaseId => "a case id",
    Commit => "a commit",
    Component => "a component",
    DefectId => "a defect id",
    Digest => "a digest",
    Glob => "a glob",
    Producer => "a producer of results, such as \"pytest\"",
    Principal => "a principal such as \"alice@example.org\"",
    ReleaseName => "a release name",
    ScenarioId => "a scenario id",
    Tag => "a tag",
    ByteSize => "a size such as \"8MiB\"",
);

impl Decode for Date {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let Value::Date(text) = &node.value else {
            decoder.mismatch(node, "a date such as 2020-12-01, without quotes");
            return None;
        };
        text.parse().map_err(|_| decoder.problem(&node.span, format!("{text} is not a date; write 2020-12-01"))).ok()
    }
}

/// A time limit: a whole number and a unit, such as `250ms`, `5s` or `2min`; more than nothing, at most a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit(pub Duration);

impl std::str::FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, milliseconds) = split_unit(text, &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)])
            .ok_or_else(|| format!("{text:?} is not a time limit; write a whole number and ms, s, min or h"))?;
        match number.checked_mul(milliseconds) {
            Some(total @ 1..=86_400_000) => Ok(Self(Duration::from_millis(total))),
            _ => Err(format!("{text:?} is not within 1ms to 24h")),
        }
    }
}

impl Decode for Limit {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "a time limit such as \"5s\"", str::parse)
    }
}

/// A number of bytes: a whole number and `B`, `KiB`, `MiB` or `GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl std::str::FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        split_unit(text, &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
            .and_then(|(number, unit)| number.checked_mul(unit))
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or_else(|| format!("{text:?} is not a size; write a whole number and B, KiB, MiB or GiB"))
    }
}

fn split_unit(text: &str, units: &[(&str, u64)]) -> Option<(u64, u64)> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    Some((number.parse().ok()?, *factor))
}

/// A path below the directory it is relative to: no root, no `..`, no `.`; it never leaves the tree.
impl Decode for Utf8PathBuf {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "a relative path", |text| {
            let inside = !text.is_empty() && !text.contains('\0') && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
            if inside {
                Ok(text.into())
            } else {
                Err(format!("the path {text:?} leaves the tree or is not plain; write it relative, without `..`"))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_sizes_have_units() {
        assert_eq!("5s".parse(), Ok(Limit(Duration::from_secs(5))));
        assert_eq!("8MiB".parse(), Ok(ByteSize(8 << 20)));
        for bad in ["", "5", "s", "-1s", "1.5s", "0s", "25h", "99999999999999999999s"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad:?}");
        }
        for bad in ["8", "8MB", "0B", "99999999999GiB"] {
            assert!(bad.parse::<ByteSize>().is_err(), "{bad:?}");
        }
    }
}
