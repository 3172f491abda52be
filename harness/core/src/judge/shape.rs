//! The shape of a difference: what stays the same when the same cause shows in other scenarios.

/// The most bytes of a stream that are looked at, and the most characters of a shape.
const LOOKED_AT: usize = 64 << 10;
const SHAPE_LIMIT: usize = 160;

/// The shape of a message for people: its first line, with numbers, quoted words and paths left out.
pub(super) fn message(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(LOOKED_AT)]);
    let words = text.lines().next().unwrap_or_default().split_whitespace().map(|word| {
        let particular = word.contains(['/', '\'', '"', '`', '.']) || word.chars().any(|letter| letter.is_ascii_digit());
        if particular { "…" } else { word }
    });
    limited(&words.collect::<Vec<_>>().join(" "))
}

/// The shape of a change from one stream to another: whether lines were lost, gained or changed, and how the first of them looks.
pub(super) fn change(expected: &[u8], seen: &[u8]) -> String {
    let (expected, seen) = (&expected[..expected.len().min(LOOKED_AT)], &seen[..seen.len().min(LOOKED_AT)]);
    let (before, after): (Vec<_>, Vec<_>) = (lines(expected).collect(), lines(seen).collect());
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let first = |lines: &[&[u8]]| lines.get(same).map(|line| pattern(line));
    let kind = match before.len().cmp(&after.len()) {
        std::cmp::Ordering::Less => "gained",
        std::cmp::Ordering::Equal => "changed",
        std::cmp::Ordering::Greater => "lost",
    };
    limited(&format!("{kind} {} -> {}", first(&before).unwrap_or_default(), first(&after).unwrap_or_default()))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// Every run of letters and digits as `w`, every run of blanks as one; the rest as it is.
fn pattern(line: &[u8]) -> String {
    let mut pattern = String::new();
    for letter in String::from_utf8_lossy(line).chars() {
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
    pattern
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
        assert_eq!(message(b"rg: a/b.txt: No such file\nmore"), message(b"rg: c.txt: No such file"));
    }

    #[test]
    fn other_causes_have_other_shapes() {
        assert_ne!(change(b"a:1\n", b""), change(b"", b"a:1\n"));
        assert_ne!(change(b"a:1\n", b"a-1\n"), change(b"a:1\n", b"a 1\n"));
        assert_ne!(message(b"unknown flag"), message(b"missing value"));
    }
}
