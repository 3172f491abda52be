//! Documents that Fixgate writes and reads back: each says of which form it is, and another form is never guessed at.

use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Versioned {
    schema: String,
}

/// Reads the document `name` if it is of the form `schema`.
///
/// # Errors
/// What is wrong with it. Its form is looked at first: what else a document of another form holds says nothing.
pub fn read_stored<T: DeserializeOwned>(name: &str, text: &str, schema: &str) -> Result<T, String> {
    let wrong = |reason: serde_json::Error| format!("{name}: {reason}");
    let versioned: Versioned = serde_json::from_str(text).map_err(wrong)?;
    if versioned.schema != schema {
        return Err(format!("{name} is of format {}; this is {schema}", versioned.schema));
    }
    serde_json::from_str(text).map_err(wrong)
}
