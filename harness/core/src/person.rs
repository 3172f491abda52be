//! People: a name, an address, or both.

use std::collections::BTreeSet;
use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

use crate::document::{Decode, Decoder, Node};
use crate::words::is_unseen;

/// A person, as `Name`, `address@host` or `Name <address@host>`. Nothing in it is hidden.
#[derive(Debug, Clone)]
pub struct Person {
    text: String,
    name: Option<String>,
    address: Option<String>,
}

impl Person {
    /// Reads a person.
    ///
    /// # Errors
    /// Why the text names no person, or could be read as another person's name.
    pub fn read(text: &str) -> Result<Self, String> {
        if !text.contains(char::is_alphanumeric) || text.contains(is_unseen) {
            return Err(format!("{text:?} names no person: write a name that can be read"));
        }
        if let Some(word) = words(text).find(|word| !(*word).is_single_script()) {
            return Err(format!(
                "{word:?} mixes letters of several scripts, so that it could be read as another name: write it in one script"
            ));
        }
        let normal: String = text.nfkc().collect();
        let (name, address) = match normal.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name, Some(address)),
            None if normal.contains('@') && !normal.trim().contains(char::is_whitespace) => ("", Some(normal.trim())),
            None => (&*normal, None),
        };
        Ok(Self { name: name_key(name), address: address.and_then(address_key), text: text.to_owned() })
    }

    /// The person as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether both may be the same person: they share the address or the name. Case, widths, the order of the words and letters
    /// that look alike make no other person.
    pub fn may_be(&self, other: &Self) -> bool {
        let shared = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        shared(&self.address, &other.address) || shared(&self.name, &other.name)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && !is_mark(letter)).filter(|word| !word.is_empty())
}

fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter)
}

/// What a reader sees of a text, however its letters are encoded.
fn seen(text: &str) -> String {
    let fold = |text: String| text.to_uppercase().to_lowercase();
    let folded = fold(text.nfkc().collect());
    fold(skeleton(&folded).nfkc().collect())
}

fn name_key(name: &str) -> Option<String> {
    let words: BTreeSet<String> = words(name).map(seen).collect();
    (!words.is_empty()).then(|| Vec::from_iter(words).join(" "))
}

/// Mail to `ann+tests@x` goes to `ann@x`.
fn address_key(address: &str) -> Option<String> {
    let address = address.trim();
    let (mailbox, host) = address.rsplit_once('@').unwrap_or((address, ""));
    let mailbox = mailbox.split('+').next().filter(|mailbox| !mailbox.is_empty())?;
    Some(format!("{}@{}", seen(mailbox), seen(host)))
}

impl fmt::Display for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl Decode for Person {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "a person's name", Self::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn may_be(one: &str, other: &str, expected: bool) {
        let (one, other) = (Person::read(one).unwrap(), Person::read(other).unwrap());
        assert_eq!((one.may_be(&other), other.may_be(&one)), (expected, expected), "{one} and {other}");
    }

    #[test]
    fn a_person_has_many_spellings() {
        for same in [
            "ann@x.org",
            "ANN@X.ORG",
            "Ann Lee",
            "lee, ann",
            "A\u{FF4E}n  Lee",
            "\u{FF21}\u{FF2E}\u{FF2E} Lee <someone@else>",
            "Another Name <ann+tests@x.org>",
            "\u{FF41}nn@x.org",
        ] {
            may_be("Ann Lee <ann@x.org>", same, true);
        }
        // Cyrillic letters alone, which look Latin.
        may_be("Coco", "\u{421}\u{43E}\u{441}\u{43E}", true);
        may_be("Jos\u{E9}", "Jose\u{301}", true);
        may_be("Wei\u{DF}", "WEISS", true);
        for other in ["Bob Lee", "bob@x.org", "ann@y.org", "Ann Lee-Smith"] {
            may_be("Ann Lee <ann@x.org>", other, false);
        }
    }

    #[test]
    fn a_name_of_mixed_scripts_is_refused() {
        let refused = Person::read("Ann L\u{435}e").unwrap_err();
        assert!(refused.contains("mixes letters of several scripts"), "{refused}");
        for fine in
            ["\u{5C71}\u{7530} \u{592A}\u{90CE}", "\u{30DE}\u{30EA}\u{5B50}", "\u{410}\u{43D}\u{43D}\u{430} (Anna)", "A1 B2"]
        {
            assert!(Person::read(fine).is_ok(), "{fine}");
        }
    }
}
