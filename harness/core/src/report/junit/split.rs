//! A document in several files, each of them small enough for any reader.

use std::borrow::Cow;

use super::{Case, Cases, Document, Form, RenderError, Suite, render_as};

/// The most bytes of a file that holds more than one case.
pub const FILE_BYTES: usize = 5_000_000;
/// The most cases of a file.
pub const FILE_CASES: usize = 5_000;

/// Gives each file to `write`, with its name: `TEST-SUITE.xml`, then `TEST-SUITE-2.xml` where a suite needs more than one. Gives
/// their number.
///
/// # Errors
/// As [`render`](super::render), and what `write` fails with.
pub fn split<C: Cases, E: From<RenderError>>(
    document: &Document<C>,
    form: Form,
    mut write: impl FnMut(&str, &[u8]) -> Result<(), E>,
) -> Result<usize, E> {
    let mut files = 0;
    for suite in &document.suites {
        let count = suite.cases.count();
        let mut number = 0;
        for first in (0..count).step_by(FILE_CASES) {
            let places = first..count.min(first + FILE_CASES);
            let some: Vec<Case> = places.map(|index| suite.cases.case(index).into_owned()).collect();
            for xml in in_files(document, form, &suite.name, some)? {
                number += 1;
                let which = if number == 1 { String::new() } else { format!("-{number}") };
                write(&format!("TEST-{}{which}.xml", suite.name), &xml)?;
            }
        }
        files += number;
    }
    Ok(files)
}

/// As few halves of halves as are small enough each, in order.
fn in_files<C>(document: &Document<C>, form: Form, suite: &str, cases: Vec<Case>) -> Result<Vec<Vec<u8>>, RenderError> {
    let mut files = Vec::new();
    let mut pending = vec![cases];
    while let Some(mut cases) = pending.pop() {
        let part = Document {
            name: document.name.clone(),
            timestamp: document.timestamp,
            hostname: document.hostname.clone(),
            properties: document.properties.clone(),
            suites: vec![Suite { name: suite.to_owned(), cases: Borrowed(&cases) }],
        };
        let xml = render_as(form, &part)?;
        if xml.len() > FILE_BYTES && cases.len() > 1 {
            let rest = cases.split_off(cases.len() / 2);
            pending.extend([rest, cases]);
        } else {
            files.push(xml);
        }
    }
    Ok(files)
}

struct Borrowed<'c>(&'c [Case]);

impl Cases for Borrowed<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn case(&self, index: usize) -> Cow<'_, Case> {
        Cow::Borrowed(&self.0[index])
    }
}
