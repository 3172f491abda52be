//! What an edit of a case loosens, tightens or only changes.

use std::time::Duration;

use fixgate_core::case::{About, Effect, edits};

use crate::common::scenario;

/// What became of a case with these lines above its step, and this expectation in it.
fn edited(then: (&str, &str), now: (&str, &str)) -> Vec<(Effect, About)> {
    let read = |(more, expect): (&str, &str)| {
        scenario("suite/a", &format!("{more}\n[[step]]\nrun = [\"${{product}}\"]\nexpect = {expect}\n"))
    };
    let limit = Duration::from_secs(10);
    let found = edits((&read(then), limit), (&read(now), limit));
    found.into_iter().map(|edit| (edit.effect, edit.about)).collect()
}

#[track_caller]
fn expects(then: &str, now: &str, effect: Effect, about: About) {
    assert_eq!(edited(("", then), ("", now)), [(effect, about)], "{then} became {now}");
    let back = match effect {
        Effect::Loosened => Effect::Tightened,
        Effect::Changed => Effect::Changed,
        Effect::Tightened => Effect::Loosened,
    };
    assert_eq!(edited(("", now), ("", then)), [(back, about)], "{now} became {then}");
}

#[test]
fn an_expectation_is_loosened_changed_or_tightened() {
    use About::{Files, MaxTime, Status, Stderr, Stdout};
    use Effect::{Changed, Loosened};
    expects("{ exit = 1 }", "{ exit = { not = 0 } }", Loosened, Status);
    expects("{ exit = { not = 0 }, stdout = \"a\" }", "{ exit = \"any\", stdout = \"a\" }", Loosened, Status);
    expects("{ exit = 1 }", "{ exit = 2 }", Changed, Status);
    expects("{ stdout = \"ab\" }", "{ }", Loosened, Stdout);
    expects("{ stdout = \"ab\" }", "{ stdout = \"b\" }", Changed, Stdout);
    expects("{ stdout = \"ab\" }", "{ stdout = { contains = \"ab\" } }", Loosened, Stdout);
    expects("{ stdout = \"baseline\" }", "{ stdout = { regex = \"a|b\" } }", Loosened, Stdout);
    expects("{ stdout = { contains = \"ab\" } }", "{ stdout = { contains = \"b\" } }", Loosened, Stdout);
    expects("{ stdout = { contains = [\"a\", \"b\"] } }", "{ stdout = { contains = \"b\" } }", Loosened, Stdout);
    expects("{ stderr = { not-contains = \"b\" } }", "{ stderr = { not-contains = \"ab\" } }", Loosened, Stderr);
    expects("{ stderr = { regex = \"a\" } }", "{ stderr = { regex = \"b\" } }", Changed, Stderr);
    expects("{ files = { a = \"b\" } }", "{ files = { a = { contains = \"b\" } } }", Loosened, Files);
    expects("{ files = { a = \"b\", c = { absent = true } } }", "{ files = { a = \"b\" } }", Loosened, Files);
    expects("{ max-time = \"1s\" }", "{ max-time = \"2s\" }", Loosened, MaxTime);
    expects("{ max-time = \"1s\" }", "{ }", Loosened, MaxTime);
}

#[test]
fn what_stands_around_the_expectations_is_compared_too() {
    let around = |then: &str, now: &str| edited((then, "{ stdout = \"a\" }"), (now, "{ stdout = \"a\" }"));
    assert_eq!(around("", ""), []);
    assert_eq!(around("", "timeout = \"1h\""), [(Effect::Loosened, About::Timeout)]);
    assert_eq!(around("", "timeout = \"1s\""), [(Effect::Tightened, About::Timeout)]);
    assert_eq!(around("timeout = \"1h\"", ""), [(Effect::Tightened, About::Timeout)]);
    assert_eq!(
        around("normalize = [\"ansi\"]", "normalize = [\"sort-lines\", \"ansi\"]"),
        [(Effect::Loosened, About::Normalize)]
    );
    assert_eq!(around("normalize = [\"ansi\"]", "normalize = [\"sort-lines\"]"), [(Effect::Changed, About::Normalize)]);
    assert_eq!(around("", "applies = { from = \"RU2\" }"), [(Effect::Loosened, About::Applies)]);
    assert_eq!(around("", "network = true"), [(Effect::Loosened, About::Network)]);
    assert_eq!(around("", "files = { a = \"b\" }"), [(Effect::Changed, About::Input)]);
    assert_eq!(around("", "tags = [\"smoke\"]"), []);
}
