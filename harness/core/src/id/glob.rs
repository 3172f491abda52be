//! Patterns over scenario ids.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::ScenarioId;

/// A pattern over scenario ids: `*` stays within one part of the path, `**` crosses parts.
#[derive(Debug, Clone)]
pub struct Glob {
    text: Arc<str>,
    /// How much of the text, from its start, stands for itself.
    literal: usize,
    matcher: regex::bytes::Regex,
}

/// The most letters of a glob, with which thousands of ids can be listed in braces.
const GLOB_LIMIT: usize = 1 << 16;
/// The most bytes that its automaton may take.
const AUTOMATON_LIMIT: usize = 4 << 20;
/// The most levels of braces, with which it is compiled on any thread's stack.
const LEVELS: u32 = 64;

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
        let too_much = || format!("{} is not a glob: it is too long, or nests too deep", clipped(text));
        if text.len() > GLOB_LIMIT {
            return Err(too_much());
        }
        let glob = globset::GlobBuilder::new(text)
            .literal_separator(true)
            .build()
            .map_err(|reason| format!("{} is not a glob: {}", clipped(text), reason.kind()))?;
        // The crate's own matcher panics where braces nest too deep or the automaton gets too large.
        let mut matcher = regex::bytes::RegexBuilder::new(glob.regex());
        let matcher = matcher.dot_matches_new_line(true).size_limit(AUTOMATON_LIMIT).nest_limit(LEVELS).build();
        let matcher = matcher.map_err(|_| too_much())?;
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
    fn a_star_stays_within_one_part() {
        let glob: Glob = "suite/*".parse().unwrap();
        assert!(glob.matches(&"suite/words".parse().unwrap()));
        assert!(!glob.matches(&"suite/search/words".parse().unwrap()));
        let deep: Glob = "suite/**".parse().unwrap();
        assert!(deep.matches(&"suite/search/words@a=b".parse().unwrap()));
    }

    #[test]
    fn a_glob_is_bounded_in_depth_and_length() {
        for bomb in ["{".repeat(300) + "a" + &"}".repeat(300), "?".repeat(GLOB_LIMIT + 1)] {
            let refused = bomb.parse::<Glob>().unwrap_err();
            assert!(refused.ends_with("… is not a glob: it is too long, or nests too deep"), "{refused}");
        }
        let ids: Vec<String> = (0..1000).map(|number| format!("suite/case-{number}")).collect();
        let listed: Glob = format!("{{{}}}", ids.join(",")).parse().unwrap();
        assert!(listed.matches(&"suite/case-999".parse().unwrap()) && !listed.matches(&"suite/case-1000".parse().unwrap()));
    }
}
