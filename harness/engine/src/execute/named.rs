//! The files below `testcases/` that a case names by `${case-dir}` or `${root}`: of what stands there, its programs see these alone.

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::{Places, Scenario};

/// The files and directories that the scenario's commands and variables name, as they really are. One that is not there is none.
pub(super) fn files(root: &Utf8Path, scenario: &Scenario, places: &Places<'_>) -> Vec<Utf8PathBuf> {
    let Ok(cases) = root.join("testcases").canonicalize_utf8() else { return Vec::new() };
    let mut files: Vec<Utf8PathBuf> = scenario
        .templates_of_case_files()
        .flat_map(|template| named(root, &template.fill(places)))
        .filter_map(|path| path.canonicalize_utf8().ok())
        .filter(|path| path.starts_with(&cases))
        .collect();
    files.sort();
    files.dedup();
    files
}

/// The paths below the root in a text: a whole argument, or words of it.
fn named(root: &Utf8Path, text: &str) -> Vec<Utf8PathBuf> {
    let path = |(at, _): (usize, &str)| {
        let rest = &text[at..];
        let word = rest.split(is_beside_a_path).next().unwrap_or_default();
        let whole = Utf8Path::new(rest);
        if whole.exists() { whole.to_owned() } else { Utf8PathBuf::from(word) }
    };
    text.match_indices(root.as_str()).map(path).collect()
}

/// Letters by which a shell ends a word, or goes on to what it does not read as it stands.
fn is_beside_a_path(letter: char) -> bool {
    letter.is_whitespace() || "'\"`()<>|&;:,=*?[]{}$".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_as_whole_arguments_and_as_words() {
        let root = Utf8Path::new("/t");
        let found = |text: &str| named(root, text).into_iter().map(Utf8PathBuf::into_string).collect::<Vec<_>>();
        assert_eq!(found("cat /t/a '/t/b'; X=/t/c:/t/d cat /t/e*"), ["/t/a", "/t/b", "/t/c", "/t/d", "/t/e"]);
        assert!(found("cat /u/a").is_empty());
    }
}
