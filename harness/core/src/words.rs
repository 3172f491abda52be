//! Words for people.

/// True for a character that a reader cannot see, or that turns the text around it: what reads the same must be the same. Spaces
/// are seen; line ends and tabs are not, for whoever expects one line.
pub fn is_unseen(letter: char) -> bool {
    // The last two of every plane are characters of nobody, and XML forbids two of them.
    letter.is_control()
        || u32::from(letter) & 0xFFFE == 0xFFFE
        || matches!(letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A number with its noun: `1 release`, `2 releases`.
///
/// ```
/// # use fixgate_core::words::counted;
/// assert_eq!(counted(1, "canary failure"), "1 canary failure");
/// assert_eq!(counted(0, "gap"), "0 gaps");
/// ```
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A word as a POSIX shell reads it.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_a_shell() {
        assert_eq!(quoted("suite/a@b=c"), "suite/a@b=c");
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted("a#b"), "'a#b'");
    }

    #[test]
    fn what_turns_or_hides_text_is_unseen() {
        assert!("\0\u{7F}\u{85}\u{200B}\u{200F}\u{202E}\u{2066}\u{FEFF}\u{FFFE}\u{1FFFF}\u{E0041}".chars().all(is_unseen));
        assert!(!" aé→\u{5D0}\u{FFFD}\u{1F600}".contains(is_unseen));
    }
}
