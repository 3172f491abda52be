//! Holds `schemas/` to the types.
#![allow(clippy::disallowed_methods, reason = "this test reads and writes the files; what it tests does not")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::all;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.schema.json"))
}

#[test]
fn the_schemas_are_those_of_the_types() {
    let is_current = |name: &str, schema: &Value| {
        let text = fs::read_to_string(path(name)).unwrap_or_default();
        serde_json::from_str::<Value>(&text).is_ok_and(|stored| stored == *schema)
    };
    let stale: Vec<&str> =
        all().iter().filter(|(name, schema)| !is_current(name, schema.as_value())).map(|(name, _)| *name).collect();
    assert!(stale.is_empty(), "out of date in schemas/: {stale:?}; bring them up to date with: just schemas");
}

/// `just schemas` runs this.
#[test]
#[ignore = "it writes schemas/"]
fn write_schemas() {
    for (name, schema) in all() {
        fs::write(path(name), serde_json::to_string_pretty(schema.as_value()).unwrap() + "\n").unwrap();
    }
}
