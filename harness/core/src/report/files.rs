//! The files of a sign-off, in one list: who writes, seals, compares or removes them asks it.

/// A file of a sign-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignoffFile {
    /// The plan, compressed.
    Plan,
    /// The JUnit report, with accepted failures shown as such.
    JUnit,
    /// The JUnit report without anything accepted.
    RawJUnit,
    /// The page that a person reviews in version control.
    Markdown,
    /// The rules that the decision rests on.
    Rules,
    /// The page that holds everything.
    Page,
    /// The decision.
    Decision,
}

impl SignoffFile {
    /// Every file, in the order in which they are written. The decision comes last: where it is, everything that it rests on is too.
    pub const ALL: [SignoffFile; 7] =
        [Self::Plan, Self::JUnit, Self::RawJUnit, Self::Markdown, Self::Page, Self::Rules, Self::Decision];
    /// The files that a sealed sign-off can't do without.
    pub const SEALED: [SignoffFile; 4] = [Self::Decision, Self::Markdown, Self::Rules, Self::Plan];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan.txt.gz",
            Self::JUnit => "junit.xml",
            Self::RawJUnit => "junit-raw.xml",
            Self::Markdown => "signoff.md",
            Self::Rules => "rules.json",
            Self::Page => "signoff.html",
            Self::Decision => "signoff.json",
        }
    }

    /// Whether continuous integration picks it up by its name. Such a file is made from the run at any time and is not checked in.
    pub const fn is_picked_up(self) -> bool {
        match self {
            Self::JUnit | Self::RawJUnit => true,
            Self::Plan | Self::Markdown | Self::Rules | Self::Page | Self::Decision => false,
        }
    }
}
