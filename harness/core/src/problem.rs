//! What is wrong with a record: data with a place. Rendering is done elsewhere.

use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use strum::VariantArray;

/// A file's text, shared by everything that points into it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path below the root of the tree.
    pub path: Utf8PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source that places can share.
    pub fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into() })
    }

    /// Where each line stands, without its newline; after the last newline stands one more, which may be empty.
    pub fn lines(&self) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        self.text.split('\n').map(move |line| {
            let span = start..start + line.len();
            start = span.end + 1;
            span
        })
    }
}

/// A span of bytes in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The text that is pointed into.
    pub source: Arc<Source>,
    /// The bytes meant; within the text.
    pub span: Range<usize>,
}

impl Place {
    /// Line and column of the span's start, both from 1; a column counts characters.
    pub fn position(&self) -> (usize, usize) {
        let start = self.source.text.floor_char_boundary(self.span.start);
        let before = &self.source.text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Where the same source first has this text in quotes; this place if it has it nowhere.
    #[must_use]
    pub fn of_quoted(&self, text: &str) -> Self {
        let find = |quoted: String| self.source.text.find(&quoted).map(|start| start..start + quoted.len());
        let span = find(format!("\"{text}\"")).or_else(|| find(format!("'{text}'")));
        Self { source: Arc::clone(&self.source), span: span.unwrap_or_else(|| self.span.clone()) }
    }
}

/// One thing that is wrong: what, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one sentence without a final point.
    pub message: String,
    /// Where; absent if the problem lies in no one file.
    pub place: Option<Place>,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem that lies in no one file.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }

    /// A problem at a place.
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        Self { message: message.into(), place: Some(place), help: None }
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The order in which problems are shown: by file, then by place in it, then by message.
    pub fn sort_key(&self) -> (Option<(&Utf8Path, usize)>, &str) {
        let place = self.place.as_ref().map(|place| (place.source.path.as_path(), place.span.start));
        (place, &self.message)
    }
}

/// The variant that has this word as its own.
///
/// # Errors
/// Advice: the nearest word, or what `list` makes of all of them.
pub fn by_word<T>(word: &str, list: impl FnOnce(&str) -> String) -> Result<T, String>
where
    T: VariantArray + Copy,
    &'static str: From<T>,
{
    let words = || T::VARIANTS.iter().map(|variant| <&str>::from(*variant));
    let found = T::VARIANTS.iter().zip(words()).find(|(_, known)| *known == word);
    let advice = || suggestion(word, words()).unwrap_or_else(|| list(&words().collect::<Vec<_>>().join(", ")));
    found.map(|(variant, _)| *variant).ok_or_else(advice)
}

/// "did you mean …?" for a misspelt word, if one of the known words is near it.
///
/// Nearness is the Damerau–Levenshtein distance, at most a third of the word's length and never more than three.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // A longer one is no name, and comparing could take any amount of memory.
    const LONGEST: usize = 200;
    if word.len() > LONGEST {
        return None;
    }
    let limit = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        let source = Source::new("a.toml", "one\nzwö = 2\n");
        let place = Place { source, span: 9..10 };
        assert_eq!(place.position(), (2, 5));
    }

    #[test]
    fn a_quoted_text_is_found_in_the_same_source() {
        let place = Place { source: Source::new("a.toml", "title = 'x'\nfollows = \"RTM\"\n"), span: 0..5 };
        assert_eq!(place.of_quoted("RTM").position(), (2, 11));
        assert_eq!(place.of_quoted("x").position(), (1, 9));
        assert_eq!(place.of_quoted("RU1").position(), (1, 1));
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(suggestion("titel", ["tags", "title"]), Some("did you mean `title`?".into()));
        assert_eq!(suggestion("colour", ["tags", "title"]), None);
    }
}
