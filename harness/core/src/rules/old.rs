//! What a `rules.json` that was written before it kept the standings of defects says of them: in its words, which are as fixed as
//! that form is.

use std::collections::BTreeMap;

use super::{Statements, Subject};
use crate::defect::Status;
use crate::id::DefectId;

/// Where each defect stands, by the statements of that form: `[a change, ]STATUS[, repeats ID][; …]`.
pub(super) fn standings(statements: &Statements) -> Result<BTreeMap<DefectId, Status>, String> {
    let defects = statements.get(&Subject::Defect).into_iter().flatten();
    let standing = |(id, words): (&String, &String)| {
        let status = status(words).ok_or_else(|| format!("rules.json: {words:?} is no standing of the defect {id}"))?;
        Ok((id.parse()?, status))
    };
    defects.map(standing).collect()
}

fn status(words: &str) -> Option<Status> {
    let words = words.strip_prefix("a change, ").unwrap_or(words);
    let words = words.split_once("; ").map_or(words, |(words, _)| words);
    let words = words.split_once(", repeats ").map_or(words, |(words, _)| words);
    match words {
        "open" => Some(Status::Open),
        "fixed privately" => Some(Status::PrivateFix),
        "checked in, not cut" => Some(Status::Fixed(None)),
        "not to be fixed" => Some(Status::WontFix),
        _ => Some(Status::Fixed(Some(words.strip_prefix("fixed in ")?.parse().ok()?))),
    }
}
