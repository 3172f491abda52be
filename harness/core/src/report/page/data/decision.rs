//! `signoff.json` in a page. A detail that the page already holds becomes a reference, so that it is held once.

use std::collections::HashMap;

use super::details::Details;
use crate::gate::Signoff;
use crate::report::page::hunks::{TURN, original};

/// How a reference begins, as JSON writes it.
const REFERENCE: &str = "\"\\u0001";

/// What a text begins with in which nothing is a reference.
const WHOLE: char = ' ';

/// The text of `signoff.json` with references.
pub(super) fn abridged(signoff: &Signoff, details: &Details) -> String {
    let plain = signoff.to_json();
    if plain.contains(REFERENCE) {
        // Some text of it looks like a reference: nothing is left out, which the first character says.
        return format!("{WHOLE}{plain}");
    }
    let places: HashMap<String, usize> = details.originals().map(|(place, detail)| (detail, place)).collect();
    let mut signoff = signoff.clone();
    for cluster in &mut signoff.residuals {
        for detail in cluster.differences.iter_mut().map(|difference| &mut difference.detail).chain([&mut cluster.detail]) {
            // What a reader would not see is not in a page's lines: such a detail stays.
            if let Some(place) = places.get(&**detail) {
                *detail = format!("{TURN}{place}");
            }
        }
    }
    signoff.to_json()
}

/// The text of `signoff.json` again.
///
/// # Errors
/// The reference that leads nowhere.
pub(in crate::report::page) fn whole(abridged: &str, details: &Details) -> Result<String, String> {
    if let Some(plain) = abridged.strip_prefix(WHOLE) {
        return Ok(plain.to_owned());
    }
    let mut pieces = abridged.split(REFERENCE);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (place, rest) = piece.split_once('"').unwrap_or_default();
        let lines = place.parse().ok().and_then(|place: usize| details.lines(place));
        let lines = lines.ok_or_else(|| format!("it refers to `{place}`, which is not there"))?;
        text.push_str(&serde_json::to_string(&original(lines)).unwrap_or_default());
        text.push_str(rest);
    }
    Ok(text)
}
