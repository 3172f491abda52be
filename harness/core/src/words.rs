//! Words for people.

use std::time::Duration;

/// True for a character that a reader cannot see, or that turns the text around it: what reads the same must be the same. Spaces
/// are seen; line ends and tabs are not, where one line is expected.
pub fn is_unseen(letter: char) -> bool {
    // The last two of every plane are no characters, and XML forbids two of them.
    letter.is_control()
        || u32::from(letter) & 0xFFFE == 0xFFFE
        || matches!(letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A number with its thousands apart.
///
/// ```
/// # use fixgate_core::words::thousands;
/// assert_eq!((thousands(999_u64), thousands(1_234_567_u64)), ("999".to_owned(), "1,234,567".to_owned()));
/// ```
pub fn thousands(number: impl Into<Count>) -> String {
    let Count(number) = number.into();
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A number with its noun: `1 release`, `2 releases`, `1,000 releases`.
///
/// ```
/// # use fixgate_core::words::counted;
/// assert_eq!(counted(1_usize, "canary failure"), "1 canary failure");
/// assert_eq!(counted(0_usize, "gap"), "0 gaps");
/// ```
pub fn counted(count: impl Into<Count>, noun: &str) -> String {
    let Count(count) = count.into();
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", thousands(count)) }
}

/// How many there are of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(u64);

impl From<u64> for Count {
    fn from(count: u64) -> Self {
        Self(count)
    }
}

impl From<u32> for Count {
    fn from(count: u32) -> Self {
        Self(count.into())
    }
}

impl From<usize> for Count {
    fn from(count: usize) -> Self {
        Self(count as u64)
    }
}

/// A number with a noun whose plural is not made with an `s` alone: `1 fix`, `2 fixes`.
///
/// ```
/// # use fixgate_core::words::counted_as;
/// assert_eq!(counted_as(2_usize, "canary", "canaries"), "2 canaries");
/// ```
pub fn counted_as(count: impl Into<Count>, one: &str, several: &str) -> String {
    let Count(count) = count.into();
    format!("{} {}", thousands(count), if count == 1 { one } else { several })
}

/// A length of time: `10 s`, `250 ms`, `1.5 s`.
///
/// ```
/// # use fixgate_core::words::span;
/// # use std::time::Duration;
/// assert_eq!(span(Duration::from_millis(250)), "250 ms");
/// assert_eq!(span(Duration::from_millis(1500)), "1.5 s");
/// assert_eq!(span(Duration::from_secs(600)), "600 s");
/// ```
pub fn span(time: Duration) -> String {
    if time < Duration::from_secs(1) { format!("{} ms", time.as_millis()) } else { format!("{} s", time.as_secs_f64()) }
}

/// A number of bytes, in the unit that says it exactly: `8 MiB`, `100 bytes`.
///
/// ```
/// # use fixgate_core::words::size;
/// assert_eq!(size(8 << 20), "8 MiB");
/// assert_eq!(size(1), "1 byte");
/// ```
pub fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let exact = units.iter().find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    match exact {
        Some((shift, unit)) => format!("{} {unit}", bytes >> shift),
        None => counted(bytes, "byte"),
    }
}

/// A word as a POSIX shell reads it. What a reader cannot see is written as escapes, which the shell reads as what they stand for.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.contains(is_unseen) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = "$'".to_owned();
    for letter in word.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\'' | '\\' => quoted.extend(['\\', letter]),
            // Three octal digits end by themselves, regardless of what follows.
            _ if is_unseen(letter) => {
                letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| quoted.push_str(&format!("\\{byte:03o}")));
            }
            _ => quoted.push(letter),
        }
    }
    quoted + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_a_shell() {
        assert_eq!(quoted("suite/a@b=c"), "suite/a@b=c");
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted("a#b"), "'a#b'");
        assert_eq!(quoted("it's\\\n\u{1b}0\u{202e}"), r"$'it\'s\\\n\0330\342\200\256'");
    }

    #[test]
    fn what_turns_or_hides_text_is_unseen() {
        assert!("\0\u{7F}\u{85}\u{200B}\u{200F}\u{202E}\u{2066}\u{FEFF}\u{FFFE}\u{1FFFF}\u{E0041}".chars().all(is_unseen));
        assert!(!" aé→\u{5D0}\u{FFFD}\u{1F600}".contains(is_unseen));
    }
}
