//! What of a record can decide anything.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::document::{Key, Node, Value, parse_toml};
use crate::problem::Source;

/// What was changed since a run among the records and cases that it is bound to, and can decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outdated {
    /// The commit of the run's own records; absent where they cannot be read there.
    pub commit: Option<String>,
    /// The files that were changed, added or deleted; none where the run's own records cannot be read.
    pub files: Vec<Utf8PathBuf>,
}

impl fmt::Display for Outdated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&if self.files.is_empty() { "records or cases".to_owned() } else { named(&self.files) })
    }
}

/// The first of these files, and how many more there are.
pub(super) fn named(files: &[Utf8PathBuf]) -> String {
    const NAMED: usize = 5;
    let named: Vec<&str> = files.iter().take(NAMED).map(|file| file.as_str()).collect();
    match files.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Whether a record decides the same by either of two texts. They are compared by what they say, in order, so that comments and
/// blanks do not count; nor does the title of a defect or a case, or where a defect was reported: nothing is judged, planned or
/// explained by these. Of any other file every byte counts.
pub fn decides_the_same(path: &Utf8Path, then: &[u8], now: &[u8]) -> bool {
    then == now || is_described(path) && matches!((said(path, then), said(path, now)), (Some(then), Some(now)) if then == now)
}

/// Whether the file is the record of a defect, or a case that is run.
fn is_described(path: &Utf8Path) -> bool {
    let is_case = path.starts_with("testcases")
        && !path.starts_with("testcases/manual")
        && path.file_name() != Some("pack.toml")
        && !path.components().any(|part| part.as_str() == "fixtures");
    path.extension() == Some("toml") && (path.starts_with("defects") || is_case)
}

/// What a record says, but for what describes it.
fn said(path: &Utf8Path, bytes: &[u8]) -> Option<String> {
    const DESCRIBES: [&str; 2] = ["title", "source"];
    let source = Source::new(path, std::str::from_utf8(bytes).ok()?.to_owned());
    let node = parse_toml(&source).ok()?;
    let Value::Table(mut entries) = node.value else { return None };
    // A case's `source` is a program.
    let describes = if path.starts_with("defects") { &DESCRIBES[..] } else { &DESCRIBES[..1] };
    entries.retain(|(key, _)| !describes.contains(&key.name.as_ref()));
    let mut text = String::new();
    table(&entries, &mut text);
    Some(text)
}

fn table(entries: &[(Key<'_>, Node<'_>)], text: &mut String) {
    text.push('{');
    for (key, node) in entries {
        text.push_str(&format!("{:?}=", key.name));
        value(&node.value, text);
    }
    text.push('}');
}

fn value(said: &Value<'_>, text: &mut String) {
    match said {
        Value::Text(word) => text.push_str(&format!("{word:?}")),
        Value::Integer(number) => text.push_str(&format!("i{number}")),
        Value::Float(number) => text.push_str(&format!("f{number:?}")),
        Value::Boolean(truth) => text.push_str(&truth.to_string()),
        Value::Date(date) => text.push_str(&format!("d{date}")),
        Value::Null => text.push('n'),
        Value::Array(items) => {
            text.push('[');
            items.iter().for_each(|item| {
                value(&item.value, text);
                text.push(',');
            });
            text.push(']');
        }
        Value::Table(entries) => table(entries, text),
    }
    text.push(';');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(path: &str, then: &str, now: &str, expected: bool) {
        assert_eq!(decides_the_same(path.into(), then.as_bytes(), now.as_bytes()), expected, "{path}: {now}");
    }

    #[test]
    fn what_describes_a_record_decides_nothing() {
        let defect = "title = \"a\"\nsource = \"b\"\nstatus = \"open\" # so far\n";
        same("defects/A-1.toml", defect, "title = \"c\"\nsource = \"d\"\n\nstatus = \"open\"\n", true);
        same("defects/A-1.toml", defect, "title = \"a\"\nstatus = \"fixed\"\n", false);
        let case = "title = \"a\"\n[matrix]\none = [\"1\", \"2\"]\ntwo = [\"3\"]\n";
        same("testcases/suite/a.toml", case, &case.replace("\"a\"", "\"b\""), true);
        // The order of axes is that of a scenario's name.
        same("testcases/suite/a.toml", case, "title = \"a\"\n[matrix]\ntwo = [\"3\"]\none = [\"1\", \"2\"]\n", false);
        same("testcases/suite/a.toml", "a = \"1\"\n", "a = 1\n", false);
        same("testcases/suite/a.toml", "a = [[\"1\"], \"2\"]\n", "a = [[\"1\", \"2\"]]\n", false);
        same("testcases/suite/a.toml", "[source]\nrun = [\"a\"]\n", "[source]\nrun = [\"b\"]\n", false);
        same("testcases/suite/a.toml", "[x]\ntitle = \"a\"\n", "[x]\ntitle = \"b\"\n", false);
    }

    #[test]
    fn of_other_files_every_byte_counts() {
        for path in [
            "fixgate.toml",
            "testcases/manual/a.toml",
            "testcases/suite/fixtures/a.toml",
            "waivers/a.toml",
            "defects/A.proof.json",
        ] {
            same(path, "title = \"a\"\n", "title = \"b\"\n", false);
        }
        same("defects/A-1.toml", "title = \"a\"\n", "no toml", false);
    }
}
