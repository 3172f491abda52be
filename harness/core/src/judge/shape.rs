//! The shape of a difference: what stays the same when the same cause shows in other scenarios. Shapes group failures for readers;
//! no decision rests on them.

/// The most bytes of a line that are looked at, and the most characters of its shape.
const LINE_LIMIT: usize = 4 << 10;
const SHAPE_LIMIT: usize = 160;
/// How many lines of a message count, from either end.
const LINES: usize = 16;

/// The shape of a message for people: its first and last lines, each shape once, with numbers, quoted words and paths left out.
pub(super) fn message(text: &[u8]) -> String {
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let first: Vec<&[u8]> = lines.by_ref().take(LINES).collect();
    let last: Vec<&[u8]> = lines.rev().take(LINES).collect();
    let mut shapes: Vec<String> = Vec::new();
    for line in first.into_iter().chain(last.into_iter().rev()) {
        let shape = words(line);
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    shapes.join("\n")
}

/// A line with what is particular to a scenario left out. The name of a function with a point in it is not: `socket.socket()`.
fn words(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(start(line));
    let words = text.split_whitespace().map(|word| {
        let is_file = word.contains('/') || (word.contains('.') && !word.contains('('));
        let particular = is_file || word.contains(['\'', '"', '`']) || word.chars().any(|letter| letter.is_ascii_digit());
        if particular { "…" } else { word }
    });
    limited(&words.collect::<Vec<_>>().join(" "))
}

/// The shape of a change from one stream to another: whether lines were lost, gained or changed, and how the first of them looks.
pub(super) fn change(expected: &[u8], seen: &[u8]) -> String {
    let count = |text: &[u8]| lines(text).count();
    let (mut before, mut after) = (lines(expected), lines(seen));
    let (before, after) = loop {
        match (before.next(), after.next()) {
            (Some(one), Some(other)) if one == other => {}
            (one, other) => break (one.unwrap_or_default(), other.unwrap_or_default()),
        }
    };
    let kind = match count(expected).cmp(&count(seen)) {
        std::cmp::Ordering::Less => "gained",
        std::cmp::Ordering::Equal if before.strip_suffix(b"\n") == Some(after) => return "lost the last newline".to_owned(),
        std::cmp::Ordering::Equal if after.strip_suffix(b"\n") == Some(before) => return "gained a last newline".to_owned(),
        std::cmp::Ordering::Equal => "changed",
        std::cmp::Ordering::Greater => "lost",
    };
    format!("{kind} {} -> {}", pattern(before), pattern(after))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// Every run of letters and digits as `w`, every run of blanks as one; the rest as it is. A line that no person reads says so.
fn pattern(line: &[u8]) -> String {
    let mut pattern = String::new();
    for letter in String::from_utf8_lossy(start(line)).chars() {
        let class = match letter {
            _ if letter.is_alphanumeric() => 'w',
            _ if letter.is_whitespace() && letter != '\n' => ' ',
            _ => letter,
        };
        let repeats = matches!(class, 'w' | ' ') && pattern.ends_with(class);
        if !repeats {
            pattern.push(class);
        }
    }
    let long = if line.len() > LINE_LIMIT { " (long)" } else { "" };
    limited(&pattern) + long
}

fn start(line: &[u8]) -> &[u8] {
    &line[..line.len().min(LINE_LIMIT)]
}

fn limited(shape: &str) -> String {
    shape.chars().take(SHAPE_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cause_in_other_words_has_one_shape() {
        assert_eq!(change(b"a.txt:1:fox\n", b"a.txt-1-fox\n"), change(b"b.txt:27:dog\n", b"b.txt-27-dog\n"));
        assert_eq!(message(b"rg: a/b.txt: No such file"), message(b"rg: c.txt: No such file\n\nrg: d.txt: No such file\n"));
    }

    #[test]
    fn other_causes_have_other_shapes() {
        assert_ne!(change(b"a:1\n", b""), change(b"", b"a:1\n"));
        assert_ne!(change(b"a:1\n", b"a-1\n"), change(b"a:1\n", b"a 1\n"));
        assert_ne!(message(b"unknown flag"), message(b"missing value"));
        assert_ne!(message(b"Traceback:\nsocket.socket()"), message(b"Traceback:\nthreading.Lock()"));
        let many = "the same line\n".repeat(1_000);
        assert_ne!(message(format!("{many}no memory").as_bytes()), message(format!("{many}no permission").as_bytes()));
    }

    #[test]
    fn a_lost_newline_is_not_a_long_line_and_no_line_is_too_late() {
        let long = "x".repeat(1 << 20);
        assert_ne!(change(b"clean\n", b"clean"), change(b"clean\n", long.as_bytes()));
        assert_ne!(change(b"clean\n", b"dirty"), change(b"clean\n", long.as_bytes()));
        let late = |line: &str| format!("{}{line}", "a line\n".repeat(100_000));
        assert_ne!(
            change(late("a:1\n").as_bytes(), late("a-1\n").as_bytes()),
            change(late("a:1\n").as_bytes(), late("a 1\n").as_bytes())
        );
    }
}
