//! Causes in words.

use crate::cause::{Cause, Causes, Feature};
use crate::words::{counted, thousands};

/// What failures share, in words; `code` marks what is quoted.
pub(super) fn shared(cause: &Cause, code: impl Fn(&str) -> String) -> String {
    let words = cause.shared.iter().map(|feature| match feature {
        Feature::Word(text) | Feature::Axis(text) => code(text),
        Feature::Variable(text) => format!("the variable {}", code(text)),
        Feature::Tag(text) => format!("the tag {}", code(text)),
        Feature::Case(text) => format!("the case {}", code(text)),
        Feature::Folder(text) => format!("the folder {}", code(&format!("{text}/"))),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What no cause tells of.
pub(super) fn rest(causes: &Causes) -> String {
    match causes.rest {
        0 => String::new(),
        rest => {
            let verb = if rest == 1 { "shares" } else { "share" };
            format!("{} of {} {verb} nothing that others lack.", thousands(rest), counted(causes.failing, "scenario"))
        }
    }
}

/// The causes for a terminal; nothing where there are none.
pub(super) fn text(causes: &Causes) -> String {
    if causes.causes.is_empty() {
        return String::new();
    }
    let mut text = format!("{} to look at. What they share, and others lack:\n", counted(causes.failing, "scenario"));
    for cause in &causes.causes {
        let more =
            if cause.more < cause.failing { format!(", {} of them not above", thousands(cause.more)) } else { String::new() };
        text.push_str(&format!(
            "  {}: {} of {}{more}\n",
            shared(cause, str::to_owned),
            thousands(cause.failing),
            thousands(cause.of)
        ));
    }
    let rest = rest(causes);
    text.push_str(&if rest.is_empty() { "\n".to_owned() } else { format!("  {rest}\n\n") });
    text
}
