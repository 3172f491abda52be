//! Release notes: what a release brings, in words for its customers, by a template that a team can replace.

mod content;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter};

pub use self::content::{Component, Earlier, Fix, KnownIssue, Notes, Upgrade};
use super::markdown;

/// How notes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Markdown.
    Markdown,
    /// One HTML file that needs no other.
    Html,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 2] = [Form::Markdown, Form::Html];

    /// The name of the file below `reports/RELEASE/`.
    pub fn file_name(self) -> &'static str {
        match self {
            Form::Markdown => "notes.md",
            Form::Html => "notes.html",
        }
    }

    /// Where a team's own template stands, from the root.
    pub fn template_path(self) -> &'static str {
        match self {
            Form::Markdown => "templates/notes.md.jinja",
            Form::Html => "templates/notes.html.jinja",
        }
    }

    /// The template that is used where a team has none of its own.
    pub fn template(self) -> &'static str {
        match self {
            Form::Markdown => include_str!("notes/notes.md.jinja"),
            Form::Html => include_str!("notes/notes.html.jinja"),
        }
    }

    fn escaping(self) -> AutoEscape {
        match self {
            Form::Markdown => AutoEscape::Custom(MARKDOWN.into()),
            Form::Html => AutoEscape::Html,
        }
    }
}

const MARKDOWN: &str = "markdown";

/// Why a template gives no notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub message: String,
}

/// Fills a template. All that it prints is text of its form and no markup, unless the template calls it `safe`; a name that it
/// does not know is an error.
///
/// # Errors
/// What is wrong with the template, and where.
pub fn render(form: Form, template: &str, notes: &Notes) -> Result<String, TemplateError> {
    let filled = environment(form).and_then(|mut environment| {
        environment.add_template(form.file_name(), template)?;
        environment.get_template(form.file_name())?.render(Serde(notes))
    });
    filled.map_err(|error| TemplateError {
        line: error.line(),
        message: match (error.kind(), error.detail()) {
            (ErrorKind::UndefinedError, None) => "it names something that notes do not have".to_owned(),
            (kind, None) => kind.to_string(),
            (_, Some(detail)) => detail.to_owned(),
        },
    })
}

fn environment(form: Form) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| form.escaping());
    environment.set_formatter(format_value);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    Ok(environment)
}

fn format_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    match state.auto_escape() {
        AutoEscape::Custom(name) if name == MARKDOWN => {
            let text = value.to_string();
            out.write_str(&if value.is_safe() { text } else { markdown::cell(&text) }).map_err(minijinja::Error::from)
        }
        _ => escape_formatter(out, state, value),
    }
}
