//! What a product printed, as text for a failure: the part that matters, and how much was left out.

use crate::visible::escaped;
use crate::words::counted;

/// What a last line without a newline is followed by, as in other tools.
pub(super) const NO_NEWLINE: &str = "\\ No newline at end of file";
/// The most characters of a line that are kept.
const SHOWN_WIDTH: usize = 400;
/// The most lines of a stream that are kept where one of them is to be seen, and how many of those come before it.
const AROUND: usize = 40;
const BEFORE: usize = 10;
/// How many lines are kept where only the last ones matter.
const LAST: usize = 40;

/// The last lines of both streams, each line with its stream's name.
pub(super) fn streams(stdout: &[u8], stderr: &[u8], most: usize) -> String {
    if stdout.is_empty() && stderr.is_empty() {
        return "(nothing was printed)\n".to_owned();
    }
    [("stdout", stdout), ("stderr", stderr)]
        .iter()
        .flat_map(|(name, bytes)| last_lines(bytes, most).into_iter().map(move |line| format!("{name}: {line}\n")))
        .collect()
}

/// A stream of which something was expected that is not there: its last lines.
pub(super) fn end(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "(it is empty)\n".to_owned();
    }
    last_lines(bytes, LAST).into_iter().map(|line| line + "\n").collect()
}

/// A stream in which something is found at byte `at`: the lines around it.
pub(super) fn around(bytes: &[u8], at: usize) -> String {
    let at = at.min(bytes.len());
    let lines: Vec<&[u8]> = lines(bytes).collect();
    let before = newlines(&bytes[..at]);
    let first = before.saturating_sub(BEFORE);
    let last = (first + AROUND).min(lines.len());
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let kept =
        lines[first..last].iter().zip(first..).map(|(line, number)| clipped(line, if number == before { at - start } else { 0 }));
    let above = left_out(first).into_iter();
    above.chain(kept).chain(left_out(lines.len() - last)).map(|line| line + "\n").collect()
}

fn last_lines(bytes: &[u8], most: usize) -> Vec<String> {
    let all = lines(bytes).count();
    let kept = lines(bytes).skip(all.saturating_sub(most)).map(|line| clipped(line, 0));
    let hint = (!bytes.is_empty() && !bytes.ends_with(b"\n")).then(|| NO_NEWLINE.to_owned());
    left_out(all.saturating_sub(most)).into_iter().chain(kept).chain(hint).collect()
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

fn newlines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

/// The line that says that others were left out; none if none were.
pub(super) fn left_out(count: usize) -> Option<String> {
    (count > 0).then(|| format!("… {} left out", counted(count, "line")))
}

/// A line as text that shows everything, of a long one the part around its byte `at`.
pub(super) fn clipped(line: &[u8], at: usize) -> String {
    let at = at.min(line.len());
    let mut from = if at < SHOWN_WIDTH { 0 } else { at - SHOWN_WIDTH / 2 };
    // Escapes are longer than what they stand for: without this, what comes before the byte could leave no room for it.
    while escaped(&line[from..at]).chars().count() > SHOWN_WIDTH * 3 / 4 {
        from = at - (at - from) / 2;
    }
    let from = from + line[from..at].iter().take(3).take_while(|byte| from > 0 && matches!(byte, 0x80..=0xBF)).count();
    // A character has four bytes at most: a line can be as long as a stream, and is not read further.
    let text = escaped(&line[from..line.len().min(from + 4 * SHOWN_WIDTH + 4)]);
    let mark = if from > 0 { "… " } else { "" };
    match text.char_indices().nth(SHOWN_WIDTH) {
        Some((end, _)) => format!("{mark}{}… ({})", &text[..end], counted(line.len(), "byte")),
        None => format!("{mark}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_those_left_out_are_counted() {
        let printed: String = (1..=50).map(|number| format!("line {number}\n")).collect();
        assert_eq!(
            streams(printed.as_bytes(), b"why\nfatal", 2),
            "stdout: … 48 lines left out\nstdout: line 49\nstdout: line 50\n\
             stderr: why\nstderr: fatal\nstderr: \\ No newline at end of file\n"
        );
        assert!(end(printed.as_bytes()).starts_with("… 10 lines left out\nline 11\n"));
        assert_eq!(streams(b"", b"", 5), "(nothing was printed)\n");
    }

    #[test]
    fn the_lines_around_a_place_are_kept() {
        let printed: String = (0..100).map(|number| format!("line {number}\n")).collect();
        let text = around(printed.as_bytes(), printed.find("line 60").unwrap());
        assert!(text.starts_with("… 50 lines left out\nline 50\n") && text.ends_with("line 89\n… 10 lines left out\n"), "{text}");
    }

    #[test]
    fn a_long_line_is_shown_where_it_matters() {
        let line = format!("{}HERE{}", "a".repeat(10_000), "b".repeat(10_000));
        let text = clipped(line.as_bytes(), 10_000);
        assert!(text.starts_with("… a") && text.contains("HERE") && text.ends_with("… (20,004 bytes)"), "{text}");
        assert!(around(line.as_bytes(), 10_000).contains("HERE"));
        let binary = [vec![0; 390], b"HERE".to_vec(), vec![0; 500]].concat();
        assert!(clipped(&binary, 390).contains("HERE"), "{}", clipped(&binary, 390));
        assert_eq!(clipped(&[b'a'; 500], 0), format!("{}… (500 bytes)", "a".repeat(400)));
    }
}
