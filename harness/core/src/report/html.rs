//! What all pages in HTML share: templates whose values are text, and a policy that lets nothing in but what the page names.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, escape_formatter};

use crate::id::Digest;
use crate::visible::visible_text;
use crate::words::thousands;

/// Templates by their names.
pub(super) fn environment(templates: &[(&'static str, &'static str)]) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(format_value);
    environment.add_filter("thousands", |number: u64| thousands(number));
    environment.add_filter("address", address);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, template) in templates {
        environment.add_template(name, template)?;
    }
    Ok(environment)
}

/// The content security policy: nothing but this style and, if there is one, this script.
pub(super) fn policy(style: &str, script: Option<&str>) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Digest::of(text.as_bytes()).bytes()));
    let script = script.map(|script| format!(" script-src {};", hash(script))).unwrap_or_default();
    format!("default-src 'none'; style-src {};{script} base-uri 'none'; form-action 'none'", hash(style))
}

/// Text as markup that means the text; what a reader cannot see is written out.
fn format_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => out.write_str(&markup(&visible_text(text))).map_err(minijinja::Error::from),
        Some(_) | None => escape_formatter(out, state, value),
    }
}

/// Markup that means this text, between tags and in a quoted attribute.
fn markup(text: &str) -> Cow<'_, str> {
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

/// Text as a part of an address after its `#`.
fn address(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/@:,=".contains(&byte);
    text.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An address that a reader may be led to.
pub(super) fn is_link(source: &str) -> bool {
    source.starts_with("https://") && source.chars().all(|letter| letter.is_ascii_graphic())
}
