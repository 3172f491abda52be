//! Words for people.

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
