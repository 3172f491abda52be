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
    for kind in Disagreement::ALL {
        let issues: Vec<_> = disagreements.iter().filter(|(other, _)| *other == kind).map(|(_, issue)| issue).collect();
        if issues.is_empty() {
            continue;
        }
        text.push_str(&format!("{} {}:\n", issues.len(), words(kind)));
        for issue in issues.iter().take(SHOWN) {
            text.push_str(&format!("  {}: {}\n", issue.key, issue.title));
        }
        if issues.len() > SHOWN {
            text.push_str(&format!("  … and {} more\n", issues.len() - SHOWN));
        }
    }
    text
}

fn words(kind: Disagreement) -> &'static str {
    match kind {
        Disagreement::NotFixed => "closed there, and not fixed here",
        Disagreement::Unpaired => "closed there, and paired with no case here",
        Disagreement::Reopened => "open there, and fixed here",
        Disagreement::Unrecorded => "closed there as done, and not recorded here",
    }
}
