//! Release notes: what they say, and that nothing in a record becomes markup.

use crate::common::Tree;
use fixgate_core::report::notes::{Form, Notes, TemplateError, render};
use proptest::prelude::*;

/// Two rollups; a change, an open defect, one that is fixed later, and a waiver.
fn tree() -> Tree {
    Tree::new()
        .defect("RG-1", "status = \"fixed\"\nfound-in = \"RTM\"\nfixed-in = \"RU1\"\nsource = \"https://example.org/1\"")
        .fixed("RG-2", "RU2")
        .open("RG-3")
        .defect("RG-4", "status = \"fixed\"\nfound-in = \"RU1\"\nfixed-in = \"RU2\"")
        .defect("RG-5", "status = \"fixed\"\nfixed-in = \"RU1\"\nduplicate-of = \"RG-1\"")
        .defect("CH-1", "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\"")
        .case("suite/slow", "")
        .waiver(
            "w",
            &format!("scenario = \"suite/slow\"\nseen = \"sha256:{}\"\nrelease = \"RU1\"\nexpires = 2030-01-01", "0".repeat(64)),
        )
}

fn page(form: Form, tree: Tree, release: &str) -> String {
    let ledger = tree.ledger();
    let notes = Notes::of(&ledger, ledger.train.release(&release.parse().unwrap()).unwrap());
    render(form, form.template(), &notes).unwrap()
}

#[test]
fn notes_say_what_is_new_what_is_known_and_what_comes_from_before() {
    let expected = "\
# grep 1.0 (RU1)

RU1 is cumulative: it has every fix since RTM, so it can be installed over any release before it.

## Fixes

### core

- [RG-1](https://example.org/1) (major): RG-1 is broken

## Changes of behaviour

- CH-1 (major): CH-1 is broken

## Known issues

- not so: t. known
- RG-3 (major): RG-3 is broken

Later releases have fixes of what RU1 still has:

- RG-2 (major, fixed in RU2): RG-2 is broken
- RG-4 (major, fixed in RU2): RG-4 is broken

## What it has from earlier releases

No fix of an earlier release is recorded.
";
    assert_eq!(page(Form::Markdown, tree(), "RU1"), expected);
    let second = page(Form::Markdown, tree(), "RU2");
    let earlier = "\
### RU1 (1.0)

- [RG-1](https://example.org/1) (major): RG-1 is broken
- CH-1 (change): CH-1 is broken
";
    assert!(second.ends_with(earlier), "{second}");
    assert!(
        second
            .contains("### core\n\n- RG-2 (major): RG-2 is broken\n- RG-4 (major): RG-4 is broken\n\n## Known issues\n\n- RG-3")
    );
    let first = page(Form::Markdown, tree(), "RTM");
    assert!(first.contains("The first release.\n\n## Fixes\n\nNone is new in RTM.\n\n## Known issues\n\n- RG-3"), "{first}");
}

#[test]
fn hostile_titles_stay_text() {
    let title = "</li><script>alert(1)</script> [x](https://e.org) `c` *b* | {{ product }}";
    let hostile = |tree: Tree| {
        let mut tree = tree;
        tree.records.defects[0].title = title.to_owned();
        tree.records.defects[0].source = Some("https://e.org/)<script>".to_owned());
        tree
    };
    let markdown = page(Form::Markdown, hostile(tree()), "RU1");
    let line = "- RG-1 (major): &lt;/li&gt;&lt;script&gt;alert(1)&lt;/script&gt; \\[x\\](https://e.org) \\`c\\` \\*b\\* \\| {{ product }}\n";
    assert!(markdown.contains(line), "{markdown}");
    let html = page(Form::Html, hostile(tree()), "RU1");
    assert!(!html.contains("<script") && !html.contains("href=\"https://e.org"), "{html}");
    assert!(html.contains("RG-1 (major): &lt;&#x2f;li&gt;&lt;script&gt;"), "{html}");
}

#[test]
fn a_template_that_names_what_is_not_there_is_told_with_its_line() {
    let ledger = tree().ledger();
    let notes = Notes::of(&ledger, ledger.train.newest().unwrap());
    let told = |template: &str| render(Form::Markdown, template, &notes).unwrap_err();
    let unknown = TemplateError { line: Some(2), message: "it names something that notes do not have".to_owned() };
    assert_eq!(told("# {{ product }}\n{{ produkt }}\n"), unknown);
    assert_eq!(told("\n\n{% for fix in %}").line, Some(3));
    assert_eq!(told("{{ product|louder }}").message, "filter louder is unknown");
    assert_eq!(render(Form::Markdown, "{{ '*'|safe }} {{ '*' }} {{ 1 }}\n", &notes), Ok("* \\* 1\n".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_title_breaks_out_of_its_line_or_element(title in "\\PC{1,40}|[<>&\"'`*_|#!\\[\\]()\\\\ a-z-]{1,40}") {
        let mut tree = tree();
        tree.records.defects[0].title = title;
        let plain = page(Form::Markdown, self::tree(), "RU1").lines().count();
        let ledger = tree.ledger();
        let notes = Notes::of(&ledger, ledger.train.release(&"RU1".parse().unwrap()).unwrap());
        let markdown = render(Form::Markdown, Form::Markdown.template(), &notes).unwrap();
        prop_assert_eq!(markdown.lines().count(), plain);
        let html = render(Form::Html, Form::Html.template(), &notes).unwrap();
        let tags = |text: &str| text.matches('<').count();
        prop_assert_eq!(tags(&html), tags(&page(Form::Html, self::tree(), "RU1")));
    }
}
