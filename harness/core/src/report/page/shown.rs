//! Text as a page shows it.

use std::borrow::Cow;

use crate::verdict::Verdict;
pub(super) use crate::words::{counted, thousands};

/// Markup that means this text, between tags and in a quoted attribute.
pub(super) fn markup(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut markup = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            other => markup.push(other),
        }
    }
    Cow::Owned(markup)
}

/// The digit of a verdict in packed columns.
pub(super) fn digit(verdict: Verdict) -> char {
    char::from(b'0' + verdict as u8)
}

/// Text as a part of an address after its `#`.
pub(super) fn address(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/@:,=".contains(&byte);
    text.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 7, 999, 1_000, 45_633, 1_234_567].map(|number: u64| thousands(number)),
            ["0", "7", "999", "1,000", "45,633", "1,234,567"]
        );
        assert_eq!(
            (counted(1_u64, "scenario"), counted(1_000_u64, "scenario")),
            ("1 scenario".to_owned(), "1,000 scenarios".to_owned())
        );
    }
}
