//! Text with `${…}` in it.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Serialize, Serializer};

use super::budget;
use super::matrix::{AxisValue, Bindings};
use crate::document::Node;
use crate::problem::suggestion;

/// What `${…}` stands for besides the case's own matrix names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    Product,
    Build,
    WorkDirectory,
    CaseDirectory,
    Root,
    Pack,
}

const VARIABLES: [(&str, Variable); 6] = [
    ("product", Variable::Product),
    ("build", Variable::Build),
    ("workdir", Variable::WorkDirectory),
    ("case-dir", Variable::CaseDirectory),
    ("root", Variable::Root),
    ("pack", Variable::Pack),
];

/// The absolute paths that a scenario's templates are filled with.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The program under test.
    pub product: &'a str,
    /// The directory of its build.
    pub build: &'a str,
    /// The scenario's private work directory.
    pub work_directory: &'a str,
    /// The directory of the case's file.
    pub case_directory: &'a str,
    /// The root of the tree.
    pub root: &'a str,
    /// The directory of the build of the case's own pack; empty for a case that may not name it.
    pub pack: &'a str,
}

impl Places<'_> {
    fn get(&self, variable: Variable) -> &str {
        match variable {
            Variable::Product => self.product,
            Variable::Build => self.build,
            Variable::WorkDirectory => self.work_directory,
            Variable::CaseDirectory => self.case_directory,
            Variable::Root => self.root,
            Variable::Pack => self.pack,
        }
    }
}

/// A directory of the tree that a template can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    CaseDirectory,
    Root,
}

impl Variable {
    /// The directory of the tree that it stands for, if it stands for one.
    fn place(self) -> Option<Place> {
        match self {
            Variable::CaseDirectory => Some(Place::CaseDirectory),
            Variable::Root => Some(Place::Root),
            Variable::Product | Variable::Build | Variable::WorkDirectory | Variable::Pack => None,
        }
    }

    fn named(name: &str) -> Option<Self> {
        VARIABLES.iter().find(|(known, _)| *known == name).map(|(_, variable)| *variable)
    }
}

/// Text whose matrix names are replaced; what is left to fill are paths known only when it runs.
///
/// It is kept as a template again, in one form only: every dollar that stands for itself is doubled, and every `${name}` is
/// a variable. So text and variable never digest alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Template<T = Box<str>>(T);

impl Template {
    /// Reads a template: `${name}` is replaced, `$$` is a dollar, any other `$` stands for itself.
    pub(super) fn parse(text: &str, bindings: &Bindings<'_>) -> Result<Self, String> {
        let mut kept = String::with_capacity(text.len());
        read(text, bindings, &mut kept)?;
        Ok(Self(kept.into()))
    }
}

impl<T: AsRef<str>> Template<T> {
    /// How many bytes it takes.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().len()
    }

    /// Whether it names `${pack}`.
    pub fn names_pack(&self) -> bool {
        self.names(&[Variable::Pack])
    }

    /// Whether it names the build under test, or its program.
    pub fn names_build(&self) -> bool {
        self.names(&[Variable::Product, Variable::Build])
    }

    fn names(&self, wanted: &[Variable]) -> bool {
        let mut names = false;
        let scanned = scan(self.0.as_ref(), |piece| {
            names |= matches!(piece, Piece::Name(name) if Variable::named(name).is_some_and(|name| wanted.contains(&name)));
            Ok(())
        });
        debug_assert_eq!(scanned, Ok(()), "a template was read before");
        names
    }

    /// Every place of the tree that it names, each with the text that follows, up to the next name.
    pub(super) fn places(&self) -> Vec<(Place, String)> {
        let (mut places, mut is_open) = (Vec::<(Place, String)>::new(), false);
        if !self.0.as_ref().contains("${") {
            return places;
        }
        let scanned = scan(self.0.as_ref(), |piece| {
            let named = match piece {
                Piece::Text(text) => {
                    if let Some((_, rest)) = places.last_mut().filter(|_| is_open) {
                        rest.push_str(text);
                    }
                    return Ok(());
                }
                Piece::Name(name) => Variable::named(name).and_then(Variable::place),
            };
            is_open = named.is_some();
            places.extend(named.map(|place| (place, String::new())));
            Ok(())
        });
        debug_assert_eq!(scanned, Ok(()), "a template was read before");
        places
    }

    /// The text with its paths filled in.
    pub fn fill(&self, places: &Places<'_>) -> String {
        let mut filled = String::with_capacity(self.0.as_ref().len());
        let scanned = scan(self.0.as_ref(), |piece| {
            filled.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Name(name) => Variable::named(name).map_or("", |variable| places.get(variable)),
            });
            Ok(())
        });
        debug_assert_eq!(scanned, Ok(()), "a template was read before");
        filled
    }
}

/// The templates of a command, one after the other, each ended by a NUL, which no argument can hold: in a table of a million
/// rows every allocation counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates(Box<str>);

impl Templates {
    /// The templates in order.
    pub fn iter(&self) -> impl Iterator<Item = Template<&str>> {
        self.texts().map(Template)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each as it is kept: a `$` that stands for itself is doubled.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(END)
    }

    /// How many bytes they take.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// These, and then the others.
    pub(super) fn and(&self, others: &Self) -> Self {
        Self([&*self.0, &*others.0].concat().into())
    }
}

impl Serialize for Templates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// What ends each of several templates.
const END: char = '\0';

/// Gathers the templates of a command.
#[derive(Default)]
pub(super) struct Gathered(String);

impl Gathered {
    /// Adds a template.
    pub(super) fn add(&mut self, text: &str, bindings: &Bindings<'_>) -> Result<(), String> {
        read(text, bindings, &mut self.0)?;
        self.0.push(END);
        Ok(())
    }

    /// Adds one entry of `run`: a template, or `${axis}` alone where the axis' value is a list of arguments.
    pub(super) fn add_entry(&mut self, text: &str, bindings: &Bindings<'_>) -> Result<(), String> {
        let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        match whole.and_then(|name| bindings.get(name)) {
            Some(AxisValue::Arguments(arguments)) => arguments.iter().try_for_each(|argument| {
                push_literal(&mut self.0, argument)?;
                self.0.push(END);
                Ok(())
            }),
            Some(AxisValue::Text(_)) | None => self.add(text, bindings),
        }
    }

    /// The templates that were added since there were so many bytes.
    pub(super) fn since(&self, length: usize) -> impl Iterator<Item = Template<&str>> {
        self.0[length..].split_terminator(END).map(Template)
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn finish(self) -> Templates {
        Templates(self.0.into())
    }
}

/// Reads a template and adds it as it is kept.
fn read(text: &str, bindings: &Bindings<'_>, kept: &mut String) -> Result<(), String> {
    scan(text, |piece| {
        match piece {
            Piece::Text(text) => push_literal(kept, text)?,
            Piece::Name(name) => match (bindings.text(name)?, Variable::named(name)) {
                (Some(value), _) => push_literal(kept, value)?,
                (None, Some(_)) => ["${", name, "}"].into_iter().try_for_each(|piece| budget::push(kept, piece))?,
                (None, None) => return Err(unknown(name, bindings.names().chain(VARIABLES.iter().map(|(known, _)| *known)))),
            },
        }
        Ok(())
    })
}

/// Adds text that stands for itself.
fn push_literal(kept: &mut String, text: &str) -> Result<(), String> {
    if text.contains(END) {
        return Err(format!("{text:?} holds a NUL, which no program can be given"));
    }
    let mut pieces = text.split('$');
    budget::push(kept, pieces.next().unwrap_or_default())?;
    pieces.try_for_each(|piece| budget::push(kept, "$$").and_then(|()| budget::push(kept, piece)))
}

/// Replaces the case's own matrix names in text that is not part of a command; without a matrix nothing is replaced.
pub(super) fn fill_text<'t>(text: &'t str, bindings: &Bindings<'_>) -> Result<Cow<'t, str>, String> {
    if !has_names(text) {
        return Ok(Cow::Borrowed(text));
    }
    let mut filled = String::with_capacity(text.len());
    scan(text, |piece| {
        let text = match piece {
            Piece::Text(text) => text,
            Piece::Name(name) => bindings.text(name)?.ok_or_else(|| unknown(name, bindings.names()))?,
        };
        budget::push(&mut filled, text)
    })?;
    Ok(Cow::Owned(filled))
}

/// Adds the names that the text uses as `${name}`.
pub(super) fn add_names<'t>(text: &'t str, names: &mut HashSet<&'t str>) {
    // What is wrong with a text is told where it is filled.
    let _ = scan(text, |piece| {
        if let Piece::Name(name) = piece {
            names.insert(name);
        }
        Ok(())
    });
}

/// Whether [`fill_text`] would change the text.
pub(super) fn has_names(text: &str) -> bool {
    // Hardly any text has a dollar, and one byte is looked for quickest.
    text.contains('$') && (text.contains("${") || text.contains("$$"))
}

enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
}

fn scan<'t>(text: &'t str, mut take: impl FnMut(Piece<'t>) -> Result<(), String>) -> Result<(), String> {
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        take(Piece::Text(&rest[..dollar]))?;
        let after = &rest[dollar + 1..];
        if let Some(after) = after.strip_prefix('$') {
            take(Piece::Text("$"))?;
            rest = after;
        } else if let Some(inside) = after.strip_prefix('{') {
            let end = inside.find('}').ok_or_else(|| format!("`${{` without `}}` in {text:?}; write `$$` for a dollar"))?;
            take(Piece::Name(&inside[..end]))?;
            rest = &inside[end + 1..];
        } else {
            take(Piece::Text("$"))?;
            rest = after;
        }
    }
    take(Piece::Text(rest))
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.collect();
    let help = suggestion(name, known.iter().copied()).unwrap_or_else(|| format!("known are {}", known.join(", ")));
    format!("unknown name `${{{name}}}`; {help} (`$$` is a dollar)")
}

/// Whether the node names nothing of the matrix.
pub(super) fn is_same_for_all(node: &Node) -> bool {
    !node.any_text(&has_names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: Places<'_> =
        Places { product: "/b/bin/p", build: "/b", work_directory: "/w", case_directory: "/t/c", root: "/t", pack: "" };

    #[test]
    fn names_are_replaced_and_other_dollars_stand() {
        let bindings = Bindings::new(vec![("flag", AxisValue::Text("-i".into()))]);
        let template = Template::parse("${product} ${flag} $1 a$ $$${workdir}", &bindings).unwrap();
        assert_eq!(template.fill(&PLACES), "/b/bin/p -i $1 a$ $/w");
        assert!(Template::parse("${prodct}", &bindings).unwrap_err().contains("did you mean `product`?"));
        assert!(Template::parse("${", &bindings).is_err());
    }

    #[test]
    fn a_list_stands_only_as_a_whole_argument() {
        let bindings = Bindings::new(vec![("mode", AxisValue::Arguments(vec!["-A".into(), "1".into()]))]);
        let mut gathered = Gathered::default();
        gathered.add_entry("${product}", &bindings).unwrap();
        gathered.add_entry("${mode}", &bindings).unwrap();
        gathered.add_entry("", &bindings).unwrap();
        let filled: Vec<String> = gathered.finish().iter().map(|template| template.fill(&PLACES)).collect();
        assert_eq!(filled, ["/b/bin/p", "-A", "1", ""]);
        assert!(Gathered::default().add_entry("x${mode}", &bindings).is_err());
    }

    #[test]
    fn a_nul_is_refused_wherever_it_comes_from() {
        let list = Bindings::new(vec![("mode", AxisValue::Arguments(vec!["a\0b".into()]))]);
        assert!(Gathered::default().add_entry("${mode}", &list).unwrap_err().contains("holds a NUL"));
        let text = Bindings::new(vec![("flag", AxisValue::Text("\0".into()))]);
        assert!(Template::parse("${flag}", &text).is_err());
        assert!(Template::parse("a\0", &text).is_err());
    }

    #[test]
    fn a_definition_tells_text_from_variable() {
        let none = Bindings::default();
        let variable = serde_json::to_string(&Template::parse("${product}", &none).unwrap()).unwrap();
        let text = serde_json::to_string(&Template::parse("$${product}", &none).unwrap()).unwrap();
        assert_ne!(variable, text);
    }
}
