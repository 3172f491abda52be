//! A test line of TAP.

use crate::seen::Outcome;

/// What a test line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Point {
    is_ok: bool,
    pub(super) number: Option<u64>,
    pub(super) name: String,
    directive: Option<Directive>,
    /// What is said of the directive.
    pub(super) reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    Skip,
    ToDo,
}

impl Point {
    /// A line without its indentation, if it is a test line.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (is_ok, rest) = match text.strip_prefix("not ok") {
            Some(rest) => (false, rest),
            None => (true, text.strip_prefix("ok")?),
        };
        if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
            return None;
        }
        let rest = rest.trim_start();
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let is_number = after.is_empty() || after.starts_with([' ', '\t']);
        let (number, rest) = match number.parse() {
            Ok(number) if is_number => (Some(number), after.trim_start()),
            _ => (None, rest),
        };
        let rest = rest.strip_prefix("- ").or_else(|| (rest == "-").then_some("")).unwrap_or(rest);
        let (name, directive, reason) = match directive(rest) {
            Some((at, directive, reason)) => (&rest[..at], Some(directive), reason.trim().to_owned()),
            None => (rest, None, String::new()),
        };
        let name = name.trim().replace("\\#", "#").replace("\\\\", "\\");
        Some(Self { is_ok, number, name, directive, reason })
    }

    /// How the test came out. What is to be skipped and fails all the same is an error: the protocol counts it as a failure.
    pub(super) fn outcome(&self) -> Outcome {
        match (self.is_ok, self.directive) {
            (true, Some(Directive::Skip)) | (false, Some(Directive::ToDo)) => Outcome::Skipped,
            (false, Some(Directive::Skip)) => Outcome::Error,
            (true, Some(Directive::ToDo) | None) => Outcome::Passed,
            (false, None) => Outcome::Failed,
        }
    }
}

/// Where a directive begins, and what it says after its word.
fn directive(text: &str) -> Option<(usize, Directive, &str)> {
    let is_free = |at: usize| at == 0 || text[..at].ends_with([' ', '\t']);
    for (at, _) in text.match_indices('#').filter(|(at, _)| is_free(*at)) {
        let said = text[at + 1..].trim_start();
        let end = said.find(char::is_whitespace).unwrap_or(said.len());
        let word = said[..end].to_ascii_lowercase();
        let found = match word.as_str() {
            "todo" => Some(Directive::ToDo),
            word if word.starts_with("skip") => Some(Directive::Skip),
            _ => None,
        };
        if let Some(found) = found {
            return Some((at, found, &said[end..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_line_is_read_in_all_its_forms() {
        let read = |text: &str| Point::of(text).map(|point| (point.outcome(), point.number, point.name, point.reason));
        let some = |outcome, number, name: &str, reason: &str| Some((outcome, number, name.to_owned(), reason.to_owned()));
        assert_eq!(read("ok"), some(Outcome::Passed, None, "", ""));
        assert_eq!(read("not ok 2 - b \\# c"), some(Outcome::Failed, Some(2), "b # c", ""));
        assert_eq!(read("ok 3 # SKIP no net"), some(Outcome::Skipped, Some(3), "", "no net"));
        assert_eq!(read("not ok 4 a # skipped: x"), some(Outcome::Error, Some(4), "a", "x"));
        assert_eq!(read("not ok 5 - later # ToDo"), some(Outcome::Skipped, Some(5), "later", ""));
        assert_eq!(read("ok 6 - issue #12 # todo"), some(Outcome::Passed, Some(6), "issue #12", ""));
        assert_eq!(read("ok 2nd attempt"), some(Outcome::Passed, None, "2nd attempt", ""));
        for other in ["okay", "# ok", "notok", "not okay", "1..2"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
