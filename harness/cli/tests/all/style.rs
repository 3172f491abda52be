//! Sources and pages keep to the words of docs/contributing/style.md.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use walkdir::WalkDir;

/// What we don't write, and what to write in its place.
const REFUSED: [(&str, &str); 8] = [
    (r"nobody|somebody|anybody", "who it is, or use the passive: \"not attested\", \"replaced\""),
    (r"whoever", "\"the person who\", \"anyone who\""),
    (r"whatever", "\"everything that\", \"any\", \"regardless of\""),
    (r"for want of", "\"because … is missing\", \"without\""),
    (r"(speaks?|spoke) against", "\"counts against\", \"an objection to\", \"holds\""),
    (r"(was|were|is|are|be) had again|(to|may|can|cannot) be had", "\"reused\", \"available\""),
    (r"stands? (in|at|beside|below|above|there|twice|first|after|where|under)", "\"is\", \"appears\""),
    (r"anew", "\"again\""),
];

/// The page that refuses the words.
const RULES: &str = "docs/contributing/style.md";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The sources and the pages by their paths from the root. Sign-offs keep the words that they were decided in.
fn texts() -> Vec<(String, String)> {
    let is_ours = |path: &str| {
        let is_top = !path.contains('/') && path.ends_with(".md");
        let is_page = path.starts_with("docs/") && path.ends_with(".md") && path != RULES;
        let is_source = path.starts_with("harness/") && (path.ends_with(".rs") || path.ends_with("/README.md"));
        (is_top || is_page || is_source) && !path.ends_with("/style.rs")
    };
    let skipped = ["target", "node_modules", ".git", ".fixgate", "testcases", "reports"];
    let entries = WalkDir::new(root()).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(|entry| {
        // The root itself may have any name.
        entry.depth() == 0 || !skipped.contains(&entry.file_name().to_str().unwrap_or_default())
    });
    let paths = entries.map(|entry| entry.unwrap()).filter(|entry| entry.file_type().is_file());
    let paths = paths.filter_map(|entry| Some(entry.path().strip_prefix(root()).ok()?.to_str()?.to_owned()));
    paths
        .filter(|path| is_ours(path))
        .map(|path| (fs::read_to_string(root().join(&path)).unwrap(), path))
        .map(|(text, path)| (path, text))
        .collect()
}

#[test]
fn sources_and_pages_use_none_of_the_words_that_the_style_refuses() {
    let texts = texts();
    assert!(texts.len() > 300, "only {} texts were found", texts.len());
    let refused = REFUSED
        .map(|(words, better)| (Regex::new(&format!(r"(?i)(\b|_)({})(\b|_)", words.replace(' ', "[ _]"))).unwrap(), better));
    let mut found = Vec::new();
    for (path, text) in &texts {
        for (line, number) in text.lines().zip(1..) {
            for (words, better) in &refused {
                found.extend(words.find_iter(line).map(|word| format!("{path}:{number}: \"{}\"; write {better}", word.as_str())));
            }
        }
    }
    assert!(found.is_empty(), "{RULES} refuses these words:\n  {}", found.join("\n  "));
}
