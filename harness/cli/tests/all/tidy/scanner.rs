//! Rust as a row of words, and what imports name.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A name or a sign of the code; comments and the contents of literals are none.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: usize,
}

/// What becomes of items below `#[cfg(test)]`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Tests {
    Kept,
    Dropped,
}

pub(super) fn words(source: &str, tests: Tests) -> Vec<Word> {
    let mut words = Vec::new();
    flatten(TokenStream::from_str(source).unwrap(), tests, &mut words);
    words
}

fn flatten(stream: TokenStream, tests: Tests, words: &mut Vec<Word>) {
    let mut tokens = stream.into_iter();
    while let Some(token) = tokens.next() {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) if tests == Tests::Dropped && is_test_mark(&group) => {
                // The item ends with its body, or with a semicolon.
                tokens.find(|token| match token {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    TokenTree::Punct(sign) => sign.as_char() == ';',
                    TokenTree::Ident(_) | TokenTree::Literal(_) => false,
                });
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                words.push(Word { text: open.to_owned(), line });
                flatten(group.stream(), tests, words);
                words.push(Word { text: close.to_owned(), line: group.span_close().start().line });
            }
            TokenTree::Ident(name) => words.push(Word { text: name.to_string(), line }),
            TokenTree::Punct(sign) => words.push(Word { text: sign.to_string(), line }),
            TokenTree::Literal(_) => {}
        }
    }
}

fn is_test_mark(group: &proc_macro2::Group) -> bool {
    group.delimiter() == Delimiter::Bracket && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// The names that follow `anchor::`, one by one or in braces.
pub(super) fn named_after<'w>(words: &'w [Word], anchor: &str) -> Vec<&'w Word> {
    let is = |index: usize, text: &str| words.get(index).is_some_and(|word| word.text == text);
    let mut named = Vec::new();
    for start in (0..words.len()).filter(|index| is(*index, anchor) && is(index + 1, ":") && is(index + 2, ":")) {
        if !is(start + 3, "{") {
            named.extend(words.get(start + 3));
            continue;
        }
        let mut depth = 0;
        for pair in words[start + 2..].windows(2) {
            let (before, word) = (&pair[0], &pair[1]);
            match word.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ if depth == 1 && ["{", ","].contains(&before.text.as_str()) => named.push(word),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    named
}

/// Every path of the code that begins with `crate`, `self` or `super`; those in braces each by itself.
pub(super) fn paths(words: &[Word]) -> Vec<Vec<String>> {
    let is = |index: usize, text: &str| words.get(index).is_some_and(|word| word.text == text);
    let is_joined = |index: usize| is(index, ":") && is(index + 1, ":");
    let begins = |index: &usize| {
        ["crate", "self", "super"].contains(&words[*index].text.as_str())
            && is_joined(index + 1)
            && !(*index > 0 && is(index - 1, ":"))
    };
    let mut paths = Vec::new();
    for start in (0..words.len()).filter(begins) {
        let (mut prefix, mut outer, mut at) = (Vec::new(), Vec::new(), start);
        loop {
            if is(at, "{") {
                outer.push(prefix.clone());
                at += 1;
            } else if is(at, "}") {
                outer.pop();
                at += 1;
            } else if is(at, ",") {
                at += 1;
            } else if is(at, "as") {
                at += 2;
            } else if at < words.len() {
                prefix.push(words[at].text.clone());
                at += 1;
                if is_joined(at) {
                    at += 2;
                    continue;
                }
                paths.push(prefix);
            }
            match outer.last() {
                Some(last) if at < words.len() => prefix = last.clone(),
                Some(_) | None => break,
            }
        }
    }
    paths
}

/// The names of `mod name;`, in their order.
pub(super) fn declared_modules(words: &[Word]) -> Vec<String> {
    let declared = words.windows(3).filter(|words| words[0].text == "mod" && words[2].text == ";");
    declared.map(|words| words[1].text.clone()).collect()
}
