//! `signoff.html`, and the pages of nights, validations and other runs from the same parts: one file with the decision, its reasons and
//! every scenario. It is complete without script and style, asks for nothing, and the same record gives the same bytes.
//!
//! A value reaches the page through `environment`'s formatter or through `data`, and nowhere else: both write out what a reader
//! cannot see, and the first escapes markup. The policy in the page's head allows one style and one script, by their digests.

mod data;
mod differences;
mod hunks;
mod news;
pub(super) mod outcome;
pub(super) mod overview;
mod past;
mod private;
mod read;
mod rests;
mod sections;
mod shown;
pub(super) mod ways;

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

pub(crate) use self::read::unpacked;
pub use self::read::{Payload, read};
use super::html;
use super::validation::Validation;
use crate::gate::{SignedOff, Signoff};
use crate::ledger::Ledger;
use crate::record::RunRecord;
use crate::residual::Analysis;
use crate::rollup::nights::NightDocument;

const TEMPLATE: &str = include_str!("page/page.html.jinja");
const PARTS: &str = include_str!("page/parts.html.jinja");
const SECTIONS: &str = include_str!("page/sections.html.jinja");
const OCCASION: &str = include_str!("page/occasion.html.jinja");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// All that a page is made from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'r> {
    /// The records.
    pub ledger: &'r Ledger,
    /// The run.
    pub record: &'r RunRecord,
    /// Its classes.
    pub analysis: &'r Analysis<'r>,
    /// What was made of it.
    pub about: About<'r>,
    /// Of a sign-off, those of earlier releases that it was compared with, in the order of the train.
    pub past: &'r [SignedOff],
}

/// What a run was made for, and what came of it.
#[derive(Debug, Clone, Copy)]
pub enum About<'r> {
    /// A run that decides nothing.
    Run,
    /// The decision over it, without the digest of this page.
    Signoff(&'r Signoff),
    /// What is new in a night.
    Night(&'r NightDocument),
    /// What came of a validation.
    Validation(&'r Validation),
}

impl<'r> Source<'r> {
    /// The decision over the run, if it is a sign-off.
    pub(super) fn signoff(&self) -> Option<&'r Signoff> {
        match self.about {
            About::Signoff(signoff) => Some(signoff),
            About::Run | About::Night(_) | About::Validation(_) => None,
        }
    }
}

/// What the template is filled with.
#[derive(Serialize)]
struct View<'v> {
    title: String,
    style: &'static str,
    script: &'static str,
    policy: String,
    overview: overview::Overview,
    news: Option<news::News<'v>>,
    private: Option<private::Private<'v>>,
    differences: differences::Differences<'v>,
    sections: sections::Sections<'v>,
    rests: rests::Rests,
    data: data::Packed,
}

/// The whole page.
///
/// # Errors
/// What of the template cannot be filled: a fault of this program.
pub fn render(source: &Source<'_>) -> Result<String, String> {
    let clusters = differences::clusters(source);
    let past = past::Past::of(source);
    let overview = overview::Overview::of(source, &past);
    let view = View {
        title: overview.title(),
        style: STYLE,
        script: SCRIPT,
        policy: html::policy(STYLE, Some(SCRIPT)),
        news: news::News::of(source),
        private: private::Private::of(source),
        differences: differences::Differences::of(source, &past, &clusters),
        sections: sections::Sections::of(source),
        rests: rests::Rests::of(source),
        data: data::Packed::of(source, &past, &clusters),
        overview,
    };
    let filled = environment().and_then(|environment| environment.get_template("page.html")?.render(Serde(&view)));
    filled.map_err(|error| format!("the page's template: {error:#}"))
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    html::environment(&[("parts.html", PARTS), ("sections.html", SECTIONS), ("occasion.html", OCCASION), ("page.html", TEMPLATE)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_style_nor_script_can_end_its_element() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"), "the page asks for nothing");
    }

    #[test]
    fn the_template_compiles_and_escapes() {
        let environment = environment().unwrap();
        assert!(environment.get_template("page.html").is_ok());
        let shown = environment.render_str("{{ text }}", Serde(serde_json::json!({ "text": "<b>\u{202e}\0&\"'\r\n" }))).unwrap();
        assert_eq!(shown, "&lt;b&gt;\\u{202e}\\u{0}&amp;&quot;&#39;\\r\n");
    }
}
