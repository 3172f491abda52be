//! One JSON value into a node; rows of a table are read by it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Key, Node, Value};
use crate::problem::{Place, Problem, Source};

/// Reads the JSON value that stands at `span`, a row of a table; keys that stand twice are an error.
///
/// # Errors
/// The first syntax error, with its column.
pub fn parse_json(source: &Arc<Source>, span: Range<usize>) -> Result<Node, Problem> {
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

/// serde_json gives no spans; a value's place is found again by its text, for keys and strings that are written once in the row.
#[derive(Clone, Copy)]
struct Row<'a> {
    text: &'a str,
    start: usize,
}

impl Row<'_> {
    fn whole(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    fn node(&self, value: Value) -> Node {
        Node { value, span: self.whole() }
    }

    fn key(&self, name: String) -> Key {
        let quoted = format!("\"{name}\"");
        let span = match self.text.find(&quoted) {
            Some(at) => self.start + at..self.start + at + quoted.len(),
            None => self.whole(),
        };
        Key { name, span }
    }
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Node, E> {
        Ok(self.node(Value::Boolean(truth)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(self.node(Value::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(self.node(i64::try_from(number).map_or(Value::Float(number as f64), Value::Integer)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(self.node(Value::Float(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(self.node(Value::Text(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(self.node(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(self.node(Value::Array(nodes)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut table: Vec<(Key, Node)> = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            if table.iter().any(|(key, _)| key.name == name) {
                return Err(A::Error::custom(format!("the key `{name}` stands twice")));
            }
            table.push((self.key(name), entries.next_value_seed(self)?));
        }
        Ok(self.node(Value::Table(table)))
    }
}
