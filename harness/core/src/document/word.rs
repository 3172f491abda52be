//! Enums that a record names by their words.

use strum::VariantArray;

use super::{Decode, Decoder, Node};
use crate::problem::{Problem, by_word};

/// Reads a variant from its word, where `what` says what the variants are. A misspelt word is answered with the nearest.
pub(crate) fn decode_word<T>(node: &Node, decoder: &Decoder, what: &str) -> Option<T>
where
    T: VariantArray + Copy,
    &'static str: From<T>,
{
    let word = String::decode(node, decoder)?;
    let unknown = |help| decoder.push(Problem::at(decoder.place(&node.span), format!("unknown {what} `{word}`")).help(help));
    by_word(&word, |words| format!("{what} is one of {words}")).map_err(unknown).ok()
}

/// Lets records name the variants of an enum by the words that `strum` gives them.
macro_rules! decode_words {
    ($name:ident, $what:literal) => {
        impl crate::document::Decode for $name {
            fn decode(node: &crate::document::Node, decoder: &crate::document::Decoder) -> Option<Self> {
                crate::document::decode_word(node, decoder, $what)
            }
        }
    };
}
pub(crate) use decode_words;
