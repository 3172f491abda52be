//! Room on a page: a comment on GitHub takes 65,536 characters.

/// The most bytes of a page, which are at least as many as its characters.
pub const MOST: usize = 60_000;
/// Room for the line that says what was left out.
const NOTE: usize = 120;

/// A section in at most so many bytes: whole lines of it, and how many are left out. It has no line that ends what another begins, such
/// as a fence.
pub(super) fn limited(section: &str, most: usize) -> String {
    if section.len() <= most {
        return section.to_owned();
    }
    let mut kept = String::new();
    let mut left_out = 0;
    for line in section.split_inclusive('\n') {
        if left_out == 0 && kept.len() + line.len() + NOTE <= most {
            kept.push_str(line);
        } else {
            left_out += usize::from(!line.trim().is_empty());
        }
    }
    let lines = crate::words::counted(left_out, "more line");
    format!("{}\n\n… and {lines}; signoff.json and signoff.html have them all.\n\n", kept.trim_end())
}

/// Lines of a difference in at most so many bytes: its beginning and its end, and how many lines are left out between.
pub(super) fn shortened(detail: &str, most: usize) -> String {
    if detail.len() <= most {
        return detail.to_owned();
    }
    let lines: Vec<&str> = detail.split_inclusive('\n').collect();
    let mut room = most.saturating_sub(NOTE);
    let (mut first, mut last) = (0, lines.len());
    // Two of the beginning for each of the end.
    while first < last {
        let next = if (first + 1) % 3 == 0 { last - 1 } else { first };
        if lines[next].len() > room {
            break;
        }
        room -= lines[next].len();
        if next == first { first += 1 } else { last -= 1 }
    }
    let left_out = crate::words::counted(last - first, "line");
    format!("{}… {left_out} left out\n{}", lines[..first].concat(), lines[last..].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let section: String = (0..1_000).map(|row| format!("| {row} |\n")).collect();
        let short = limited(&section, 1_000);
        assert!(short.len() <= 1_000 && short.contains("| 0 |\n") && short.contains("more lines; signoff.json"), "{short}");
        assert_eq!(limited("a\n", 1_000), "a\n");
        let long = limited(&"x".repeat(5_000), 1_000);
        assert!(long.len() < 200 && long.contains("1 more line;"), "{long}");
    }

    #[test]
    fn both_ends_of_a_long_difference_are_kept() {
        let detail: String = (0..100).map(|row| format!("+line {row}\n")).collect();
        let short = shortened(&detail, 500);
        assert!(short.len() <= 500 && short.starts_with("+line 0\n") && short.ends_with("+line 99\n"), "{short}");
        assert!(short.contains("lines left out\n"), "{short}");
        assert_eq!(shortened(&"x".repeat(600), 500), "… 1 line left out\n");
    }
}
