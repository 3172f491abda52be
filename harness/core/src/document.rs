//! Strict reading of TOML and JSON: every value knows its place, every problem of a document is found in one pass.
//!
//! Records are decoded from [`Node`]s by [`Decode`]; a table's keys are asked for by [`Fields`], which then reports the keys that were not asked for.

mod decode;
mod json;
mod printed;
mod stored;
mod toml;
mod word;

use std::borrow::Cow;
use std::ops::Range;

pub use self::decode::{ByteSize, Decode, Decoder, Fields, Limit};
pub use self::json::parse_json;
pub use self::printed::printed_json;
pub use self::stored::read_stored;
pub use self::toml::parse_toml;
pub(crate) use self::word::{decode_word, decode_words};

/// A value and its place in its source. Text is borrowed from the source wherever the source has it without escapes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'s> {
    /// What is there.
    pub value: Value<'s>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// The kinds of value that records are made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'s> {
    /// Text.
    Text(Cow<'s, str>),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date, or what looks like one (TOML only).
    Date(String),
    /// JSON's `null`.
    Null,
    /// A list.
    Array(Vec<Node<'s>>),
    /// Keys and values in the order written.
    Table(Vec<(Key<'s>, Node<'s>)>),
}

/// What [`Node::map_text`] does to each text.
pub type Change<'c> = dyn for<'t> Fn(&'t str) -> Result<Cow<'t, str>, String> + 'c;

/// A key of a table and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Key<'s> {
    /// The key's text.
    pub name: Cow<'s, str>,
    /// Where it stands.
    pub span: Range<usize>,
}

impl Value<'_> {
    /// What to call it in a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "a boolean",
            Value::Date(_) => "a date",
            Value::Null => "null",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }
}

impl<'s> Node<'s> {
    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// Whether any text in it, keys included, passes the test.
    pub fn any_text(&self, test: &dyn Fn(&str) -> bool) -> bool {
        match &self.value {
            Value::Text(text) => test(text),
            Value::Array(items) => items.iter().any(|item| item.any_text(test)),
            Value::Table(entries) => entries.iter().any(|(key, node)| test(&key.name) || node.any_text(test)),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_) | Value::Null => false,
        }
    }

    /// Hands on every text in it, keys included.
    pub fn each_text<'a>(&'a self, take: &mut dyn FnMut(&'a str)) {
        match &self.value {
            Value::Text(text) => take(text),
            Value::Array(items) => items.iter().for_each(|item| item.each_text(take)),
            Value::Table(entries) => entries.iter().for_each(|(key, node)| {
                take(&key.name);
                node.each_text(take);
            }),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_) | Value::Null => {}
        }
    }

    /// Whether any value in it, itself included, passes the test.
    pub fn any_value(&self, test: &dyn Fn(&Value<'s>) -> bool) -> bool {
        test(&self.value)
            || match &self.value {
                Value::Array(items) => items.iter().any(|item| item.any_value(test)),
                Value::Table(entries) => entries.iter().any(|(_, node)| node.any_value(test)),
                Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_) | Value::Null => false,
            }
    }

    /// The same node with every text, keys included, passed through `change`.
    ///
    /// # Errors
    /// The first problem that `change` finds, with the span of the text it was found in.
    pub fn map_text<'a>(&'a self, change: &Change<'_>) -> Result<Node<'a>, (String, Range<usize>)> {
        let apply = |text: &'a str, span: &Range<usize>| change(text).map_err(|message| (message, span.clone()));
        let value = match &self.value {
            Value::Text(text) => Value::Text(apply(text, &self.span)?),
            Value::Array(items) => Value::Array(items.iter().map(|item| item.map_text(change)).collect::<Result<_, _>>()?),
            Value::Table(entries) => Value::Table(
                entries
                    .iter()
                    .map(|(key, node)| {
                        let key = Key { name: apply(&key.name, &key.span)?, span: key.span.clone() };
                        Ok((key, node.map_text(change)?))
                    })
                    .collect::<Result<_, _>>()?,
            ),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_) | Value::Null => self.value.clone(),
        };
        Ok(Node { value, span: self.span.clone() })
    }

    /// The value as JSON, for comparing with JSON that a product printed.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Text(text) => text.as_ref().into(),
            Value::Date(text) => text.as_str().into(),
            Value::Integer(number) => (*number).into(),
            Value::Float(number) => (*number).into(),
            Value::Boolean(truth) => (*truth).into(),
            Value::Null => serde_json::Value::Null,
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(entries) => entries.iter().map(|(key, node)| (key.name.to_string(), node.to_json())).collect(),
        }
    }
}
