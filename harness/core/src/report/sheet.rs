//! One thing with all that is known of it, for a terminal: a heading, then parts with labels.

use super::paint::Paint;
use crate::visible::{inert_text, visible_line};

/// How wide labels are.
const LABEL: usize = 11;

/// What is known of one thing.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    heading: Vec<String>,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// Lines beside a label.
    Labelled(&'static str, Vec<String>),
    /// Lines below a label, which are a difference, or what a product printed.
    Block(&'static str, Vec<String>),
}

impl Sheet {
    /// A sheet that begins with these lines.
    pub(super) fn new(heading: impl IntoIterator<Item = String>) -> Self {
        Self { heading: heading.into_iter().collect(), parts: Vec::new() }
    }

    /// Adds lines beside a label; nothing where there are none.
    pub(super) fn add(&mut self, label: &'static str, lines: impl IntoIterator<Item = String>) {
        let lines: Vec<String> = lines.into_iter().collect();
        if !lines.is_empty() {
            self.parts.push(Part::Labelled(label, lines));
        }
    }

    /// Adds a text below a label; nothing where it is empty.
    pub(super) fn add_block(&mut self, label: &'static str, text: &str) {
        if !text.is_empty() {
            self.parts.push(Part::Block(label, text.trim_end_matches('\n').lines().map(str::to_owned).collect()));
        }
    }

    /// The whole sheet. No line of it is anything but text, regardless of what a product printed.
    pub(super) fn text(&self, paint: Paint) -> String {
        let mut text: String = self.heading.iter().map(|line| format!("{}\n", visible_line(line))).collect();
        text.push('\n');
        for part in &self.parts {
            match part {
                Part::Labelled(label, lines) => {
                    for (line, number) in lines.iter().zip(0..) {
                        let label = if number == 0 { label } else { "" };
                        text.push_str(format!("{label:<LABEL$}{}", visible_line(line)).trim_end());
                        text.push('\n');
                    }
                }
                Part::Block(label, lines) => {
                    if !text.ends_with("\n\n") {
                        text.push('\n');
                    }
                    text.push_str(&format!("{label}\n"));
                    lines.iter().for_each(|line| text.push_str(&format!("    {}\n", paint.shown(&shown(line)))));
                    text.push('\n');
                }
            }
        }
        inert_text(text)
    }
}

/// A line of a block: tabs stay, as differences are read by their columns.
fn shown(line: &str) -> String {
    line.split('\t').map(visible_line).collect::<Vec<_>>().join("\t")
}
