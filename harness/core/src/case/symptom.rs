//! A symptom in words, for the person who judges whether it is that of the defect.

use std::fmt;

use super::{FileExpectation, StatusExpectation, StreamExpectation, Symptom};

/// The most characters of a text that are shown.
const SHOWN: usize = 80;

impl fmt::Display for Symptom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expect = &self.0;
        let status = match expect.status {
            StatusExpectation::Exit(code) => Some(format!("exit {code}")),
            StatusExpectation::NotExit(code) => Some(format!("any exit but {code}")),
            StatusExpectation::Signal(signal) => Some(format!("signal {signal}")),
            StatusExpectation::Any | StatusExpectation::Baseline => None,
        };
        let streams = [("stdout", &expect.stdout), ("stderr", &expect.stderr)];
        let streams = streams.into_iter().flat_map(|(name, stated)| stated.iter().map(move |stated| said(name, stated)));
        let files = expect.files.iter().flat_map(|(path, file)| match file {
            FileExpectation::Absent => vec![format!("no {path}")],
            FileExpectation::Content(stated) => stated.iter().map(|stated| said(path.as_str(), stated)).collect(),
        });
        let time = expect.max_time.map(|_| "within its time".to_owned());
        let memory = expect.max_rss.map(|_| "within its memory".to_owned());
        let parts: Vec<String> = status.into_iter().chain(streams).chain(files).chain(time).chain(memory).collect();
        formatter.write_str(&parts.join(", "))
    }
}

fn said(name: &str, stated: &StreamExpectation) -> String {
    let quoted = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let shown: String = text.chars().take(SHOWN).collect();
        format!("{shown:?}{}", if shown.len() < text.len() { "…" } else { "" })
    };
    match stated {
        StreamExpectation::Exact(bytes) => format!("{name} is {}", quoted(bytes)),
        StreamExpectation::Contains(bytes) => format!("{name} contains {}", quoted(bytes)),
        StreamExpectation::NotContains(bytes) => format!("{name} does not contain {}", quoted(bytes)),
        StreamExpectation::Regex(pattern) => format!("{name} matches {}", quoted(pattern.as_str().as_bytes())),
        StreamExpectation::Lines(lines) => {
            format!("{name} has the lines {}", quoted(&lines.iter().map(|line| &**line).collect::<Vec<&[u8]>>().join(&b'\n')))
        }
        StreamExpectation::Json(value) => format!("{name} is the JSON {}", quoted(value.to_string().as_bytes())),
        StreamExpectation::Baseline => format!("{name} is the baseline's"),
    }
}
