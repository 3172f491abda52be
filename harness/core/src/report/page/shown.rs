//! Text as a page shows it.

use crate::verdict::Verdict;
pub(super) use crate::words::{counted, thousands};

/// The digit of a verdict in packed columns.
pub(super) fn digit(verdict: Verdict) -> char {
    char::from(b'0' + verdict as u8)
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
