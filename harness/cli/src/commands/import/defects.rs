//! `fixgate import defects`

use fixgate_core::visible::inert_text;
use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;
use fixgate_engine::imported;
use fixgate_import::{Comparison, Defaults, Disagreement, MOST_BYTES, NewDefect};

use crate::arguments::ImportDefects;
use crate::commands::scaffold::write_new;
use crate::exit::Exit;
use crate::session::Session;

/// The most disagreements of one kind that are shown.
const SHOWN: usize = 20;

/// Shows what of a tracker's issues the ledger does not have, and writes it if that is asked for.
pub(super) fn defects(session: &Session, arguments: &ImportDefects) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let bytes = imported::file(&arguments.file, MOST_BYTES)?;
    let source = fixgate_import::source(arguments.file.clone(), bytes).map_err(|problem| refused(vec![problem]))?;
    let issues = fixgate_import::issues(&source, arguments.columns.as_ref()).map_err(|problem| refused(vec![problem]))?;
    let defaults =
        Defaults { prefix: arguments.prefix.clone(), severity: arguments.severity, component: arguments.component.clone() };
    let comparison = Comparison::of(&issues, &ledger, &defaults).map_err(refused)?;
    let output = session.output;
    if arguments.yes {
        let _lock = session.lock(&tree)?;
        for NewDefect { id, text } in &comparison.new {
            write_new(session, &tree.place(""), &format!("defects/{id}.toml"), text)?;
        }
    } else {
        comparison.new.iter().try_for_each(|new| output.result(&inert_text(diff(new))))?;
    }
    output.note(&inert_text(told(&comparison, issues.len())));
    if !arguments.yes && !comparison.new.is_empty() {
        output.note("nothing was written: add --yes to write these records\n");
    }
    Ok(Exit::Success)
}

fn refused(problems: Vec<fixgate_core::problem::Problem>) -> Fault {
    Fault { problems, ..Fault::usage("the issues cannot be imported; nothing was written") }
}

/// A new record as `git apply` takes it.
fn diff(NewDefect { id, text }: &NewDefect) -> String {
    let lines: String = text.lines().map(|line| format!("+{}\n", line)).collect();
    let path = format!("defects/{id}.toml");
    format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n{lines}",
        text.lines().count()
    )
}

/// What there is, and where tracker and ledger disagree.
fn told(comparison: &Comparison<'_>, issues: usize) -> String {
    let Comparison { new, known, dropped, disagreements } = comparison;
    let mut text = format!("{}: {} new, {known} recorded, {dropped} closed without a fix\n", counted(issues, "issue"), new.len());
    let kinds: [(&str, fn(&Disagreement<'_>) -> bool); 4] = [
        ("closed there, and not fixed here", |one| matches!(one, Disagreement::NotFixed(..))),
        ("closed there, and paired with no case here", |one| matches!(one, Disagreement::Unpaired(..))),
        ("open there, and fixed here", |one| matches!(one, Disagreement::Reopened(..))),
        ("closed there as done, and not recorded here", |one| matches!(one, Disagreement::Unrecorded(_))),
    ];
    for (words, is_of_kind) in kinds {
        let of_kind: Vec<_> = disagreements.iter().filter(|one| is_of_kind(one)).collect();
        if of_kind.is_empty() {
            continue;
        }
        text.push_str(&format!("{} {words}:\n", of_kind.len()));
        for one in of_kind.iter().take(SHOWN) {
            let issue = one.issue();
            text.push_str(&format!("  {}: {}\n", issue.key, issue.title));
        }
        if of_kind.len() > SHOWN {
            text.push_str(&format!("  … and {} more\n", of_kind.len() - SHOWN));
        }
    }
    text
}
