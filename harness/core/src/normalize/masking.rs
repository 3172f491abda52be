//! What a reviewer says varies from run to run, once, in a waiver.

use std::fmt;

use super::{NO_PATHS, Normalize, normalize};
use crate::document::{Decode, Decoder, Node};
use crate::id::Digest;
use crate::problem::Problem;

/// Text that any rules must tell from other text of the same form.
const SAMPLE: &[u8] = b"Sample 0123 of TEXT\nand another line, 42\n";

/// The rules of a waiver. They take out what varies, and never what a failure is known by.
#[derive(Debug, Clone)]
pub struct Masking {
    rules: Vec<Normalize>,
    digest: Digest,
}

/// Equal if their rules are.
impl PartialEq for Masking {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Masking {}

impl Masking {
    /// Rules that name no path of a run and tell words apart.
    ///
    /// # Errors
    /// Which law they break.
    pub fn new(rules: Vec<Normalize>) -> Result<Self, String> {
        if rules.is_empty() {
            return Err("a waiver's `normalize` names what varies: give a rule, or leave the key out".to_owned());
        }
        for rule in &rules {
            match rule {
                Normalize::Ansi | Normalize::Newlines | Normalize::SortLines | Normalize::Replace { .. } => {}
                Normalize::Workdir | Normalize::Build => {
                    return Err(format!(
                        "{rule} belongs into the case's `normalize`; a waiver may have ansi, newlines, sort-lines and {{ regex, with }}"
                    ));
                }
            }
        }
        let masking = Self { digest: Digest::of_json(&rules), rules };
        masking.apply(SAMPLE).map_err(|reason| {
            format!("the waiver's `normalize` leaves too little to know a failure by: of a sample, {reason}")
        })?;
        Ok(masking)
    }

    /// What the rules are known by.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// A stream without what varies.
    ///
    /// # Errors
    /// Why a failure could not be known by what is left: other words in the place of all of these would leave the same.
    pub fn apply(&self, stream: &[u8]) -> Result<Vec<u8>, String> {
        let after = |stream: &[u8]| normalize(stream, &self.rules, &NO_PATHS).map(std::borrow::Cow::into_owned);
        let masked = after(stream)?;
        if after(&masked)? != masked {
            return Err("it gives something else when it is applied twice".to_owned());
        }
        let other = exchanged(stream);
        if other != stream && after(&other)? == masked {
            return Err("it leaves nothing that tells it from other words".to_owned());
        }
        Ok(masked)
    }
}

impl fmt::Display for Masking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<String> = self.rules.iter().map(Normalize::to_string).collect();
        formatter.write_str(&rules.join(", "))
    }
}

impl Decode for Masking {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let rules = Vec::decode(node, decoder)?;
        Self::new(rules).map_err(|message| decoder.push(Problem::at(decoder.place(&node.span), message))).ok()
    }
}

/// The same in form, with other letters everywhere, and letters in place of digits; no digit of a hexadecimal number stays one.
fn exchanged(stream: &[u8]) -> Vec<u8> {
    let turned = |letter: u8, first: u8| char::from((letter - first + 13) % 26 + first);
    let exchange = |letter: char| match letter {
        'a'..='z' => turned(letter as u8, b'a'),
        'A'..='Z' => turned(letter as u8, b'A'),
        '0'..='9' => char::from(letter as u8 - b'0' + b'g'),
        '\u{436}' => '\u{449}',
        letter if letter.is_alphanumeric() && !letter.is_ascii() => '\u{436}',
        letter => letter,
    };
    let mut other = Vec::with_capacity(stream.len());
    for chunk in stream.utf8_chunks() {
        other.extend(chunk.valid().chars().map(exchange).collect::<String>().into_bytes());
        other.extend_from_slice(chunk.invalid());
    }
    other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::Pattern;

    fn replacing(regex: &str, with: &str) -> Result<Masking, String> {
        Masking::new(vec![Normalize::Replace { regex: Pattern::new(regex).unwrap(), with: with.to_owned() }])
    }

    #[test]
    fn rules_that_leave_nothing_of_any_text_are_refused() {
        for regex in ["(?s).*", "(?s).+", "[^\\n]+", "\\S+", "\\w+", "[A-Za-z0-9]+", "(?m)^.*$", "(?s).", "[[:alnum:]]"] {
            for with in ["", "X", "[VARIES]"] {
                assert!(replacing(regex, with).is_err(), "{regex}: {with}");
            }
        }
        assert!(Masking::new(Vec::new()).is_err());
        assert!(Masking::new(vec![Normalize::Workdir]).is_err());
        assert!(Masking::new(vec![Normalize::Build]).is_err());
    }

    #[test]
    fn rules_that_together_leave_nothing_are_refused() {
        let rule = |regex: &str| Normalize::Replace { regex: Pattern::new(regex).unwrap(), with: "_".to_owned() };
        assert!(Masking::new(vec![rule("[a-z]+"), rule("[A-Z]+"), rule("[0-9]+")]).is_err());
        assert!(Masking::new(vec![rule("[0-9]+"), Normalize::SortLines]).is_ok());
    }

    #[test]
    fn rules_that_go_on_changing_what_they_made_are_refused() {
        assert!(replacing("0", "00").unwrap_err().contains("applied twice"));
    }

    #[test]
    fn a_number_is_taken_out_and_words_are_not() {
        let number = replacing("(?m)^[0-9]+$", "[VARIES]").unwrap();
        assert_eq!(number.apply(b"123\n").unwrap(), number.apply(b"4567\n").unwrap());
        assert_ne!(number.apply(b"lost\n").unwrap(), number.apply(b"123\n").unwrap());
        let hexadecimal = replacing("(?m)^[0-9a-f]{8}$", "[ID]").unwrap();
        assert!(hexadecimal.apply(b"deadbeef\n").is_ok());
        let letters = replacing("[a-z]+", "X").unwrap();
        assert!(letters.apply(b"all of these words\n").unwrap_err().contains("other words"));
        assert!(letters.apply("\u{e9}t\u{e9}\n".as_bytes()).is_ok());
        assert!(number.apply(b"").is_ok() && number.apply(b"---\n").is_ok());
    }
}
