//! `fixgate init` and `fixgate new`: scaffolding that passes `check`.

use std::fs;

use fixgate_core::id::{CaseId, DefectId, ReleaseName};
use fixgate_core::report::notes::Form;
use fixgate_engine::fault::Fault;
use fixgate_engine::place::Place;
use fixgate_engine::reports::write_file;
use fixgate_engine::tree::Tree;
use fixgate_engine::trust;
use toml_edit::value;

use crate::arguments::{Init, New};
use crate::exit::Exit;
use crate::session::Session;

const GITIGNORE: &str = "/.fixgate\n/reports/runs\n";

const GITATTRIBUTES: &str = "\
# Fixgate compares bytes, so that every clone has these as they were committed: git converts no line ends here.
* -text
";

const RULES: &str = "\
[run]
timeout = \"10s\"
retries = 0

[gate]
criteria = [\"ledger\", \"committed\", \"proved\", \"cumulative\", \"complete\", \"clean\", \"explained\", \"canary\", \"flaky\", \"packs\"]
min-scenarios = 1
max-flaky = 0
";

const RELEASE: &str = "\
version = \"1.0.0\"
[build]
# Any command that puts the build into ${out}: a package manager's install, a build script, a copy. It reads the system and this
# directory, and has no network; what it needs besides is stated here (network, toolchains, grants).
recipe = [\"cp\", \"-R\", \"path/to/a/build\", \"${out}\"]
";

const CANARY: &str = "\
# A canary must fail: if it does not, the harness cannot see failures and the run is void.
title = \"the product prints what nothing prints\"
[[step]]
run = [\"${product}\"]
expect = { exit = \"any\", stdout = { contains = \"this text is printed by no product\" } }
";

const SUITE: &str = "\
title = \"the product can be started\"
tags = [\"smoke\"]
[[step]]
run = [\"${product}\", \"--version\"]
";

/// Starts a test product where there is none.
pub(super) fn init(session: &Session, arguments: &Init) -> Result<Exit, Fault> {
    let root = session.directory();
    if root.join("fixgate.toml").exists() {
        return Err(Fault::usage(format!("{} is there already", root.join("fixgate.toml"))));
    }
    let place = fs::create_dir_all(root).and_then(|()| Place::root(root));
    let is_empty = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_none());
    let root = &place.map_err(|reason| Fault::system(format!("{root} cannot be made: {reason}"), &reason))?;
    write_new(session, root, "fixgate.toml", &project(arguments))?;
    write_new(session, root, "releases/RTM.toml", RELEASE)?;
    write_new(session, root, "testcases/canary/blind.toml", CANARY)?;
    write_new(session, root, "testcases/suite/smoke.toml", SUITE)?;
    for folder in ["defects", "waivers", "testcases/regression"] {
        write_new(session, root, &format!("{folder}/README.md"), &readme(folder))?;
    }
    if !is_there(&root.join(".gitignore"))? {
        write_new(session, root, ".gitignore", GITIGNORE)?;
    }
    if is_there(&root.join(".gitattributes"))? {
        session.output.note("note: a line `* -text` in .gitattributes keeps fixtures as they are in every clone\n");
    } else {
        write_new(session, root, ".gitattributes", GITATTRIBUTES)?;
    }
    if is_empty {
        // Without a home to keep it in, the person is asked later.
        Tree::find(session.directory()).and_then(|tree| trust::make_own(&tree)).ok();
    }
    session.output.note("next: say in releases/RTM.toml how a build is obtained, then: fixgate check\n");
    Ok(Exit::Success)
}

fn project(arguments: &Init) -> String {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    format!("[product]\nname = {}\nprogram = {}\n\n{RULES}", quoted(&arguments.product), quoted(arguments.program.as_str()))
}

fn readme(folder: &str) -> String {
    match folder {
        "defects" => "One TOML file for each recorded problem, its proof beside it: `fixgate new defect ID`.\n".to_owned(),
        "waivers" => "One TOML file for each residual that a named person accepts for a while.\n".to_owned(),
        _ => "The cases that are paired with defects: `fixgate new case regression/NAME --defect ID`.\n".to_owned(),
    }
}

/// Scaffolds one record or case.
pub(super) fn new(session: &Session, what: &New) -> Result<Exit, Fault> {
    match what {
        New::Defect { id } => new_defect(session, id),
        New::Case { id, defect } => new_case(session, id, defect.as_ref()),
        New::Release { name } => new_release(session, name),
        New::Templates => new_templates(session),
    }
}

fn new_templates(session: &Session) -> Result<Exit, Fault> {
    let tree = Tree::find(session.directory())?;
    Form::ALL.into_iter().try_for_each(|form| write_new(session, &tree.place(""), form.template_path(), form.template()))?;
    Ok(Exit::Success)
}

fn new_defect(session: &Session, id: &DefectId) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let found = ledger.train.newest().map(|release| format!("found-in = \"{}\"\n", release.name)).unwrap_or_default();
    let text = format!(
        "title = \"{id}: say it in the words a customer would use\"\nkind = \"defect\"\nseverity = \"major\"       # critical, major or minor\n\
         component = \"unknown\"\n{found}status = \"open\"          # then: private-fix, fixed (with fixed-in), or wont-fix\n"
    );
    write_new(session, &tree.place(""), &format!("defects/{id}.toml"), &text)?;
    Ok(Exit::Success)
}

fn new_case(session: &Session, id: &CaseId, defect: Option<&DefectId>) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    if let Some(defect) = defect.filter(|defect| !ledger.defects.contains_key(defect)) {
        return Err(super::prove::no_defect(&ledger, defect).help(format!("record it first: fixgate new defect {defect}")));
    }
    if !["regression", "suite", "manual", "canary", "packs"].contains(&id.family()) || !id.as_str().contains('/') {
        let help = "begin its path with regression/, suite/, manual/, canary/ or packs/NAME/";
        return Err(Fault::usage(format!("`{id}` is in none of the folders of testcases/")).help(help));
    }
    let defects = defect.map(|defect| format!("defects = [\"{defect}\"]\n")).unwrap_or_default();
    if id.family() == "manual" {
        let step = "[[step]]\ndo = \"say what to do\"\nexpect = \"say what must be seen then\"\n";
        let text = format!("title = \"say what must hold\"\n{defects}\n{step}");
        write_new(session, &tree.place(""), &format!("testcases/{id}.toml"), &text)?;
        return Ok(Exit::Success);
    }
    let text = format!(
        "title = \"say what must hold\"\n{defects}\n[files]\n\"input.txt\" = \"hello\\n\"\n\n[[step]]\n\
         run = [\"${{product}}\", \"input.txt\"]\nexpect = {{ exit = 0, stderr = \"\" }}\n"
    );
    write_new(session, &tree.place(""), &format!("testcases/{id}.toml"), &text)?;
    Ok(Exit::Success)
}

fn new_release(session: &Session, name: &ReleaseName) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let newest = ledger.train.newest().ok_or_else(|| Fault::usage("there is no release to follow"))?;
    let mut document: toml_edit::DocumentMut =
        newest.place.source.text.parse().map_err(|_| Fault::usage(format!("{} cannot be read", newest.place.source.path)))?;
    document["version"] = value("0.0.0");
    document["follows"] = value(newest.name.as_str());
    document.remove("cut");
    document.remove("shipped");
    if let Some(build) = document.get_mut("build").and_then(toml_edit::Item::as_table_like_mut) {
        build.remove("digest");
    }
    write_new(session, &tree.place(""), &format!("releases/{name}.toml"), &document.to_string())?;
    session.output.note(&format!("next: give releases/{name}.toml its version, there and in its recipe\n"));
    Ok(Exit::Success)
}

fn is_there(place: &Place) -> Result<bool, Fault> {
    place.exists().map_err(|reason| Fault::system(format!("{place} cannot be looked at: {reason}"), &reason))
}

/// Writes a file that must not be there yet.
pub(super) fn write_new(session: &Session, root: &Place, path: &str, text: &str) -> Result<(), Fault> {
    let full = root.join(path);
    if is_there(&full)? {
        return Err(Fault::usage(format!("{path} is there already")));
    }
    let parent = full.join("..");
    parent.make().map_err(|reason| Fault::system(format!("{parent} cannot be made: {reason}"), &reason))?;
    write_file(&full, text.as_bytes())?;
    session.output.result(&format!("{path}\n"))?;
    Ok(())
}
