//! One JSON value into a node; rows of a table are read by it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Key, Node, Value};
use crate::problem::{Place, Problem, Source};

/// Reads the JSON value at `span`, a row of a table; a key given twice is an error.
///
/// # Errors
/// The first syntax error, with its column.
pub fn parse_json(source: &Arc<Source>, span: Range<usize>) -> Result<Node<'_>, Problem> {
    let text = &source.text[span.clone()];
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let row = Row { text, start: span.start };
    let parsed = row.deserialize(&mut deserializer).and_then(|node| deserializer.end().map(|()| node));
    parsed.map_err(|error| {
        let start = (span.start + error.column().saturating_sub(1)).min(span.end);
        let place = Place { source: Arc::clone(source), span: start..span.end };
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Problem::at(place, format!("the row is not JSON: {message}"))
    })
}

/// As many keys as a row has, and more.
const FEW_KEYS: usize = 32;

/// serde_json gives no spans. A key that the row has without escapes is borrowed from there, which tells its place;
/// everything else has that of its row.
#[derive(Clone, Copy)]
struct Row<'s> {
    text: &'s str,
    start: usize,
}

impl<'s> Row<'s> {
    fn whole(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    fn node(&self, value: Value<'s>) -> Node<'s> {
        Node { value, span: self.whole() }
    }

    /// The key, its span with the quotes around it.
    fn key(&self, name: Cow<'s, str>) -> Key<'s> {
        let span = match &name {
            Cow::Borrowed(name) => {
                let at = self.start + (name.as_ptr().addr() - self.text.as_ptr().addr());
                at - 1..at + name.len() + 1
            }
            Cow::Owned(_) => self.whole(),
        };
        Key { name, span }
    }
}

impl<'s> DeserializeSeed<'s> for Row<'s> {
    type Value = Node<'s>;

    fn deserialize<D: Deserializer<'s>>(self, deserializer: D) -> Result<Node<'s>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'s> Visitor<'s> for Row<'s> {
    type Value = Node<'s>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Node<'s>, E> {
        Ok(self.node(Value::Boolean(truth)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node<'s>, E> {
        Ok(self.node(Value::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node<'s>, E> {
        Ok(self.node(i64::try_from(number).map_or(Value::Float(number as f64), Value::Integer)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'s>, E> {
        Ok(self.node(Value::Float(number)))
    }

    fn visit_borrowed_str<E>(self, text: &'s str) -> Result<Node<'s>, E> {
        Ok(self.node(Value::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'s>, E> {
        Ok(self.node(Value::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_unit<E>(self) -> Result<Node<'s>, E> {
        Ok(self.node(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'s>>(self, mut items: A) -> Result<Node<'s>, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(self.node(Value::Array(nodes)))
    }

    fn visit_map<A: MapAccess<'s>>(self, mut entries: A) -> Result<Node<'s>, A::Error> {
        let mut table: Vec<(Key<'s>, Node<'s>)> = Vec::new();
        let mut many = HashSet::new();
        while let Some(name) = entries.next_key_seed(KeyText)? {
            // To look through a few keys is quicker than to keep a set of them, to look through many takes for ever.
            let is_given_twice = if table.len() < FEW_KEYS {
                table.iter().any(|(key, _)| key.name == name)
            } else {
                if many.is_empty() {
                    many.extend(table.iter().map(|(key, _)| key.name.clone()));
                }
                !many.insert(name.clone())
            };
            if is_given_twice {
                return Err(A::Error::custom(format!("the key `{name}` appears twice")));
            }
            table.push((self.key(name), entries.next_value_seed(self)?));
        }
        Ok(self.node(Value::Table(table)))
    }
}

/// Reads a key, borrowed from the row where it has no escapes.
struct KeyText;

impl<'s> DeserializeSeed<'s> for KeyText {
    type Value = Cow<'s, str>;

    fn deserialize<D: Deserializer<'s>>(self, deserializer: D) -> Result<Cow<'s, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'s> Visitor<'s> for KeyText {
    type Value = Cow<'s, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'s str) -> Result<Cow<'s, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'s, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
