//! Lines that command nothing. Jobs print reports into logs, and the system that collects a log reads it for commands: GitHub's at the
//! beginning of a line after any blanks, those of the other forms anywhere.

use std::borrow::Cow;

/// What a line holds that is a command: in GitHub's older form, Azure Pipelines' and TeamCity's.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// A line as text that commands nothing: the first letter of a command is an escape.
pub(crate) fn inert(line: &str) -> Cow<'_, str> {
    let blanks = line.len() - line.trim_start().len();
    let is_command = line[blanks..].starts_with("::");
    let line =
        if is_command { Cow::Owned(format!("{}\\u{{3a}}{}", &line[..blanks], &line[blanks + 1..])) } else { Cow::Borrowed(line) };
    if is_commanding(&line) { Cow::Owned(line.replace("##", "\\u{23}#")) } else { line }
}

/// A report as text of which no line commands anything.
pub fn inert_text(text: String) -> String {
    if !text.contains("::") && !is_commanding(&text) {
        return text;
    }
    text.split_inclusive('\n').map(inert).collect()
}

/// JSON that commands nothing, and says the same.
pub(crate) fn inert_json(json: String) -> String {
    // Outside of strings JSON holds no such letters.
    if is_commanding(&json) { json.replace("##", "\\u0023#") } else { json }
}

fn is_commanding(text: &str) -> bool {
    COMMANDS.iter().any(|command| text.contains(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_commands_a_log_is_shown_and_commands_nothing() {
        for (line, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            ("  ::stop-commands::x", "  \\u{3a}:stop-commands::x"),
            ("a ##[add-mask]x", "a \\u{23}#[add-mask]x"),
            ("+##vso[task.complete result=Succeeded;]", "+\\u{23}#vso[task.complete result=Succeeded;]"),
            ("-::error::x", "-::error::x"),
            ("std::fs ## heading", "std::fs ## heading"),
        ] {
            assert_eq!(inert(line), shown);
            assert_eq!(inert_text(format!("# text\n{line}\n")), format!("# text\n{shown}\n"));
        }
    }

    #[test]
    fn json_that_commands_nothing_says_the_same() {
        let json = serde_json::json!({ "said": "##[group]a ##teamcity[x ## heading" });
        let inert = inert_json(json.to_string());
        assert!(!inert.contains("##["), "{inert}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&inert).unwrap(), json);
    }
}
