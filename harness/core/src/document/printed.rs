//! JSON that a product printed, which is to mean one thing to every reader.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one JSON value. What some readers take for another value is none: a key that appears twice, of which they take the first or
/// the last, and a whole number of more digits than they hold.
///
/// # Errors
/// The first thing that is wrong, and where.
pub fn printed_json(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Printed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    match rounded(bytes) {
        Some(number) => Err(serde_json::Error::custom(format!("the number {number} is too long to be read exactly"))),
        None => Ok(value),
    }
}

/// The first whole number that takes more than 64 bits, which is read as the nearest one that a fraction can be.
fn rounded(json: &[u8]) -> Option<String> {
    let mut rest = json;
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'"' => rest = after_text(after),
            b'-' | b'0'..=b'9' => {
                let length =
                    rest.iter().take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
                let number = String::from_utf8_lossy(&rest[..length]);
                if !number.contains(['.', 'e', 'E']) && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    return Some(number.into_owned());
                }
                rest = &rest[length..];
            }
            _ => rest = after,
        }
    }
    None
}

/// What comes after a text whose opening quote is gone.
fn after_text(mut rest: &[u8]) -> &[u8] {
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let escaped = usize::from(rest[end] == b'\\');
        rest = rest.get(end + 1 + escaped..).unwrap_or_default();
        if escaped == 0 {
            return rest;
        }
    }
    &[]
}

struct Printed;

impl<'j> DeserializeSeed<'j> for Printed {
    type Value = Value;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Printed {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'j>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut table = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if table.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} appears twice")));
            }
            table.insert(key, entries.next_value_seed(Self)?);
        }
        Ok(table.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_it_always_is() {
        let text =
            r#"{"a": [1, -2, 1.5, 1e3, 18446744073709551615, null, true, "\"\\ \ud83d\ude00 12345678901234567890123"], "b": {}}"#;
        assert_eq!(printed_json(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_no_json() {
        for (text, wrong) in [
            (r#"{"ok": false, "ok": true}"#, "the key \"ok\" appears twice"),
            (r#"[{"a": {"ok": 1, "\u006fk": 1}}]"#, "the key \"ok\" appears twice"),
            (r#"{"": 1, "": 1}"#, "appears twice"),
            ("[10000000000000000000000]", "too long to be read exactly"),
            ("-9223372036854775809", "too long to be read exactly"),
            ("NaN", "expected value"),
            ("[Infinity]", "expected value"),
            ("\u{feff}1", "expected value"),
            (r#""\ud800""#, "hex escape"),
            ("1 1", "trailing characters"),
            ("01", "invalid number"),
            ("", "EOF"),
        ] {
            let said = printed_json(text.as_bytes()).map_err(|reason| reason.to_string());
            assert!(said.as_ref().is_err_and(|said| said.contains(wrong)), "{text}: {said:?}");
        }
        assert!(printed_json(b"\"\xff\"").is_err());
    }
}
