//! A page read back: what it holds against what the other files of its sign-off say.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;

use super::data::{NONE, NOT_RUN, Rows, SCHEMA, decision, letter};
use super::shown::digit;
use crate::gate::Signoff;
use crate::report::files::SignoffFile;
use crate::residual::Class;
use crate::verdict::Verdict;

/// The name of the page.
const NAME: &str = SignoffFile::Page.name();

/// The most bytes that a packed part may come to.
const LIMIT: u64 = 1 << 28;

/// What a page holds for programs.
#[derive(Debug)]
pub struct Payload {
    decision: String,
    rows: Rows,
}

/// Reads the packed parts of a page.
///
/// # Errors
/// What is wrong with it.
pub fn read(page: &[u8]) -> Result<Payload, String> {
    let page = std::str::from_utf8(page).map_err(|_| format!("{NAME} is not text"))?;
    let rows = serde_json::from_str(&part(page, "rows")?).map_err(|reason| format!("{NAME}: its table: {reason}"))?;
    let details = serde_json::from_str(&part(page, "details")?).map_err(|reason| format!("{NAME}: its details: {reason}"))?;
    let decision = decision::whole(&part(page, "decision-json")?, &details);
    Ok(Payload { decision: decision.map_err(|reason| format!("{NAME}: its decision: {reason}"))?, rows })
}

/// A packed part by its name. What a product printed cannot look like one: in a page its `<` is escaped.
fn part(page: &str, name: &str) -> Result<String, String> {
    let start = format!("<script type=\"application/gzip\" id=\"{name}\">");
    let absent = || format!("{NAME} does not hold its part `{name}` once");
    let (_, rest) = page.split_once(&start).ok_or_else(absent)?;
    if rest.contains(&start) {
        return Err(absent());
    }
    let (packed, _) = rest.split_once('<').ok_or_else(absent)?;
    unpacked(&STANDARD.decode(packed).map_err(|reason| format!("{NAME}: its part `{name}`: {reason}"))?)
        .map_err(|reason| format!("{NAME}: its part `{name}`: {reason}"))
}

/// Text that was compressed.
pub(crate) fn unpacked(bytes: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    let read = GzDecoder::new(bytes).take(LIMIT + 1).read_to_string(&mut text).map_err(|reason| reason.to_string())?;
    if read as u64 > LIMIT { Err("it is too large".to_owned()) } else { Ok(text) }
}

impl Payload {
    /// What of it is not as the sign-off and the plan beside it say; `plan` is the text of the signed plan.
    pub fn disagreements(&self, signoff: &Signoff, plan: &str) -> Vec<String> {
        let mut against = Vec::new();
        let mut stated = signoff.clone();
        stated.files.remove(SignoffFile::Page.name());
        if self.decision != stated.to_json() {
            against.push(format!("{NAME} holds another decision than signoff.json"));
        }
        let Rows { schema, ids, verdicts, classes, .. } = &self.rows;
        // Another version may keep its table in other columns; the decision is compared in any.
        if schema != SCHEMA {
            return against;
        }
        if !plan.lines().map(|line| line.split(' ').next().unwrap_or_default()).eq(ids.lines()) {
            against.push(format!("{NAME} shows other scenarios than plan.txt.gz"));
        }
        let count = |column: &str, wanted: char| column.chars().filter(|letter| *letter == wanted).count() as u64;
        let not_run = signoff.planned.saturating_sub(signoff.verdicts.total());
        let are_verdicts =
            Verdict::ALL.iter().copied().all(|verdict| count(verdicts, digit(verdict)) == signoff.verdicts.get(verdict))
                && count(verdicts, NOT_RUN) == not_run;
        if !are_verdicts || verdicts.len() as u64 != signoff.planned {
            against.push(format!("{NAME} shows other verdicts than signoff.json counts"));
        }
        let of_plan = Class::ALL.iter().copied().filter(|class| *class != Class::Missing);
        let known: u64 = of_plan.clone().map(|class| signoff.classes.get(class)).sum();
        let are_classes = of_plan.clone().all(|class| count(classes, letter(class)) == signoff.classes.get(class))
            && count(classes, NONE) + known == signoff.planned;
        if !are_classes {
            against.push(format!("{NAME} shows other classes than signoff.json counts"));
        }
        against
    }
}
