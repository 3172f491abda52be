//! TOML into nodes.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Key, Node, Value};
use crate::problem::{Place, Problem, Source};

/// Reads a TOML document.
///
/// # Errors
/// Every syntax error that can be found in one pass.
pub fn parse_toml(source: &Arc<Source>) -> Result<Node<'_>, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if errors.is_empty() {
        let span = table.span();
        return Ok(Node { value: table_value(table.into_inner()), span });
    }
    let problem = |error: toml::de::Error| {
        let place = Place { source: Arc::clone(source), span: error.span().unwrap_or(0..0) };
        Problem::at(place, format!("not valid TOML: {}", error.message()))
    };
    Err(errors.into_iter().map(problem).collect())
}

fn table_value(table: DeTable<'_>) -> Value<'_> {
    let mut entries: Vec<_> = table
        .into_iter()
        .map(|(key, value): (Spanned<DeString<'_>>, _)| {
            let span = key.span();
            (Key { name: key.into_inner(), span }, node(value))
        })
        .collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    Value::Table(entries)
}

fn node(value: Spanned<DeValue<'_>>) -> Node<'_> {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            // Out of range: no record needs it, and as a float it is refused as of the wrong type.
            Err(_) => Value::Float(f64::NAN),
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => Value::Boolean(truth),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => Value::Array(items.into_iter().map(node).collect()),
        DeValue::Table(table) => table_value(table),
    };
    Node { value, span }
}
