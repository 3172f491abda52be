//! `[matrix]`: every combination of its axes, less what `exclude` drops.

use std::borrow::Cow;
use std::collections::HashSet;

use super::MATRIX_LIMIT;
use crate::document::{Decode, Decoder, Key, Node, Value};
use crate::id::is_label_letter;
use crate::problem::{Problem, suggestion};

/// What an axis puts in place of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AxisValue {
    /// Text, anywhere.
    Text(String),
    /// Any number of arguments, only as a whole entry of `run`.
    Arguments(Vec<String>),
}

/// One combination: the names of the axes and their values.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings<'m>(Vec<(&'m str, Cow<'m, AxisValue>)>);

impl<'m> Bindings<'m> {
    #[cfg(test)]
    pub(super) fn new(values: Vec<(&'m str, AxisValue)>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, Cow::Owned(value))).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| *name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&AxisValue> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }

    /// The text bound to a name; `None` if the name is not bound.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, String> {
        match self.get(name) {
            Some(AxisValue::Text(text)) => Ok(Some(text)),
            Some(AxisValue::Arguments(_)) => {
                Err(format!("the value of `{name}` is a list: it can only stand as a whole argument, \"${{{name}}}\" in `run`"))
            }
            None => Ok(None),
        }
    }
}

/// The most axes of a matrix: all of them appear in an id, and more would make it too long.
const AXES_LIMIT: usize = 100;

struct Axis<'n> {
    name: &'n str,
    key: &'n Key<'n>,
    values: Vec<(String, AxisValue)>,
}

/// The combinations of a matrix, each with the suffix that it gives to the scenario's id.
pub(super) struct Matrix<'n> {
    axes: Vec<Axis<'n>>,
    excluded: Vec<Vec<(&'n str, &'n str)>>,
}

impl<'n> Matrix<'n> {
    pub(super) fn none() -> Self {
        Self { axes: Vec::new(), excluded: Vec::new() }
    }

    pub(super) fn is_none(&self) -> bool {
        self.axes.is_empty()
    }

    pub(super) fn decode(node: &'n Node<'n>, decoder: &Decoder) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            decoder.mismatch(node, "a matrix: a table of axes");
            return None;
        };
        let axes = entries.iter().filter(|(key, _)| key.name != "exclude").count();
        if axes > AXES_LIMIT {
            decoder.problem(&node.span, format!("the matrix has {axes} axes; {AXES_LIMIT} are allowed"));
            return None;
        }
        let mut matrix = Self::none();
        for (key, value) in entries.iter().filter(|(key, _)| key.name != "exclude") {
            matrix.axes.push(decode_axis(key, value, decoder)?);
        }
        matrix.axes.sort_by_key(|axis| axis.name);
        for (index, axis) in matrix.axes.iter().enumerate() {
            let twin = matrix.axes[..index].iter().find(|other| other.name.eq_ignore_ascii_case(axis.name));
            if let Some(twin) = twin {
                decoder.problem(&node.span, format!("the axes `{}` and `{}` differ in case alone", twin.name, axis.name));
            }
        }
        for (_, value) in entries.iter().filter(|(key, _)| key.name == "exclude") {
            matrix.excluded = matrix.decode_exclude(value, decoder)?;
        }
        let size = matrix.axes.iter().fold(1_usize, |size, axis| size.saturating_mul(axis.values.len()));
        if size == 0 || size > MATRIX_LIMIT {
            decoder.problem(&node.span, format!("the matrix has {size} combinations; 1 to {MATRIX_LIMIT} are allowed"));
            return None;
        }
        Some(matrix)
    }

    /// Reports every axis that is not among the names that the case uses: its scenarios would be one and the same.
    pub(super) fn check_used(&self, used: &HashSet<&str>, decoder: &Decoder) {
        for Axis { name, key, .. } in self.axes.iter().filter(|axis| !used.contains(axis.name)) {
            let problem = Problem::at(decoder.place(&key.span), format!("nothing uses the axis `{name}`"));
            decoder.push(problem.help(format!("write `${{{name}}}` in `run` or in the text that differs, or remove the axis")));
        }
    }

    fn decode_exclude(&self, node: &'n Node<'n>, decoder: &Decoder) -> Option<Vec<Vec<(&'n str, &'n str)>>> {
        let Value::Array(items) = &node.value else {
            decoder.mismatch(node, "an array of tables such as { axis = \"label\" }");
            return None;
        };
        items.iter().map(|item| self.decode_exclusion(item, decoder)).collect()
    }

    fn decode_exclusion(&self, node: &'n Node<'n>, decoder: &Decoder) -> Option<Vec<(&'n str, &'n str)>> {
        let Value::Table(entries) = &node.value else {
            decoder.mismatch(node, "a table such as { axis = \"label\" }");
            return None;
        };
        let mut labels = Vec::new();
        for (key, value) in entries {
            let axis = self.axes.iter().find(|axis| axis.name == key.name);
            let label = value.as_text();
            let known = axis.is_some_and(|axis| axis.values.iter().any(|(known, _)| Some(known.as_str()) == label));
            let (Some(label), true) = (label, known) else {
                // Whichever is wrong, the axis' name or its label, is answered with the nearest.
                let near = match axis {
                    Some(axis) => suggestion(label.unwrap_or_default(), axis.values.iter().map(|(known, _)| known.as_str())),
                    None => suggestion(&key.name, self.axes.iter().map(|axis| axis.name)),
                };
                let help = near.unwrap_or_else(|| "name an axis and one of its labels".to_owned());
                let message = format!("`exclude` names no label of an axis: {} = {}", key.name, label.unwrap_or("…"));
                decoder.push(Problem::at(decoder.place(&value.span), message).help(help));
                return None;
            };
            labels.push((&*key.name, label));
        }
        if labels.is_empty() {
            decoder.problem(&node.span, "an empty exclusion would drop everything");
            return None;
        }
        Some(labels)
    }

    /// Every combination that is not excluded: bindings, and `@name=value,…` (empty without a matrix).
    pub(super) fn combinations(&self) -> Vec<(Bindings<'_>, String)> {
        let size: usize = self.axes.iter().map(|axis| axis.values.len()).product();
        (0..size).filter_map(|index| self.combination(index)).collect()
    }

    fn combination(&self, index: usize) -> Option<(Bindings<'_>, String)> {
        // The last axis turns fastest, as nested loops in the order of the names would.
        let mut rest = index;
        let mut chosen: Vec<_> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let value = &axis.values[rest % axis.values.len()];
                rest /= axis.values.len();
                (axis.name, value)
            })
            .collect();
        chosen.reverse();
        let holds = |(axis, label): &(&str, &str)| chosen.iter().any(|(name, (known, _))| name == axis && known == label);
        if self.excluded.iter().any(|labels| labels.iter().all(holds)) {
            return None;
        }
        let mut suffix = String::new();
        for (name, (label, _)) in &chosen {
            suffix.extend([if suffix.is_empty() { "@" } else { "," }, name, "=", label]);
        }
        Some((Bindings(chosen.into_iter().map(|(name, (_, value))| (name, Cow::Borrowed(value))).collect()), suffix))
    }
}

fn decode_axis<'n>(key: &'n Key<'n>, node: &'n Node<'n>, decoder: &Decoder) -> Option<Axis<'n>> {
    let values: Option<Vec<_>> = match &node.value {
        Value::Array(items) => items
            .iter()
            .map(|item| {
                let value = AxisValue::decode(item, decoder)?;
                Some((label_of(&value), value))
            })
            .collect(),
        Value::Table(entries) => entries
            .iter()
            .map(|(label, item)| {
                if label.name.is_empty() || !label.name.chars().all(is_label_letter) {
                    decoder.problem(&label.span, format!("{:?} is not a label: letters, digits and ._-+/:~^!", label.name));
                    return None;
                }
                Some((label.name.to_string(), AxisValue::decode(item, decoder)?))
            })
            .collect(),
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_) | Value::Null => {
            decoder.mismatch(node, "an axis: an array of values, or a table of labels and values");
            None
        }
    };
    if key.name.is_empty() || !key.name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_') {
        decoder.problem(&key.span, format!("{:?} is not an axis name: letters, digits, `-` and `_`", key.name));
        return None;
    }
    Some(Axis { name: &key.name, key, values: values? })
}

impl Decode for AxisValue {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(AxisValue::Text(text.to_string())),
            Value::Array(_) => Vec::decode(node, decoder).map(AxisValue::Arguments),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Date(_) | Value::Null | Value::Table(_) => {
                decoder.mismatch(node, "a string, or an array of arguments");
                None
            }
        }
    }
}

/// An unlabelled value is its own label; letters that an id cannot have are percent-encoded.
fn label_of(value: &AxisValue) -> String {
    let text = match value {
        AxisValue::Text(text) => text.clone(),
        AxisValue::Arguments(arguments) => arguments.join("+"),
    };
    let plain = |letter: char| is_label_letter(letter) && letter != '%';
    text.chars().fold(String::new(), |mut label, letter| {
        if plain(letter) {
            label.push(letter);
        } else {
            let mut buffer = [0; 4];
            label.extend(letter.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}")));
        }
        label
    })
}
