//! History follows the records, regardless of what becomes of its file.

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::id::{Digest, Glob, ScenarioId};
use fixgate_core::record::{Entry, Footer, Header, JournalLine, Occasion, PlannedScenario, SCHEMA, TestProduct};
use fixgate_core::verdict::Verdict;
use fixgate_engine::history::{self, Notice, Store};
use fixgate_engine::journal::Journal;
use fixgate_engine::run;
use fixgate_engine::tree::Tree;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

/// A tree without records.
fn tree() -> (TempDir, Tree) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("fixgate.toml"), "").unwrap();
    let tree = Tree::find(Utf8Path::from_path(place.path()).unwrap()).unwrap();
    fs::create_dir_all(tree.state().path()).unwrap();
    (place, tree)
}

/// A tree of three runs: two of one build, which do not agree about `suite/b`, and one of another.
fn tree_of_runs() -> (TempDir, Tree) {
    let (place, tree) = tree();
    finished(&tree, "20260101T000000Z-run", "RU1", &[("suite/a", Verdict::Passed, 0.5), ("suite/b", Verdict::Passed, 0.002)]);
    finished(&tree, "20260102T000000Z-run", "RU1", &[("suite/a", Verdict::Passed, 0.7), ("suite/b", Verdict::Failed, 0.004)]);
    finished(&tree, "20260103T000000Z-run", "RU2", &[("suite/c", Verdict::Passed, 2.0), ("suite/a", Verdict::Crashed, 0.3)]);
    (place, tree)
}

/// Writes a run's record as a run does, but for the footer.
fn unfinished(tree: &Tree, name: &str, candidate: &str, verdicts: &[(&str, Verdict, f64)]) -> (Utf8PathBuf, Journal) {
    let plan: Vec<PlannedScenario> = verdicts
        .iter()
        .map(|(id, ..)| PlannedScenario { scenario: id.parse().unwrap(), digest: Digest::of(id.as_bytes()) })
        .collect();
    let digested: Vec<(&ScenarioId, Digest)> = plan.iter().map(|planned| (&planned.scenario, planned.digest)).collect();
    let header = Header {
        packs: Vec::new(),
        ancestry: None,
        past: None,
        schema: SCHEMA,
        request: None,
        imported: None,
        tool: "fixgate".into(),
        harness: None,
        proved_again: Vec::new(),
        shards: Vec::new(),
        used: None,
        host: "linux".into(),
        run: name.parse().unwrap(),
        started: format!("{}-{}-{}T00:00:00Z", &name[..4], &name[4..6], &name[6..8]).parse().unwrap(),
        isolation: fixgate_core::project::Isolation::Strict,
        circumstances: None,
        occasion: Occasion::Request,
        date: "2026-01-01".parse().unwrap(),
        candidate: build(candidate),
        place: serde_json::from_value(json!(1)).unwrap(),
        placed_as: None,
        fixes: Vec::new(),
        found: Vec::new(),
        baseline: None,
        release: None,
        plan: Digest::of_json(&digested),
        planned: plan.len() as u64,
        complete: true,
        test_product: TestProduct {
            commit: None,
            committed: None,
            changed: false,
            differing: None,
            unknown: None,
            digest: Digest::of(b"records"),
        },
    };
    let directory = tree.runs().join(name);
    directory.make().unwrap();
    let plan_header = json!({ "planned": plan.len() });
    Journal::create(&directory.join("plan.jsonl"), &plan_header).unwrap().append(&plan).unwrap();
    let mut journal = Journal::create(&directory.join("journal.jsonl"), &header).unwrap();
    // In the order in which they come to their end, which is not the plan's.
    for (id, verdict, seconds) in verdicts.iter().rev() {
        let entry = Entry { seconds: *seconds, ..Entry::unjudged(&id.parse().unwrap(), *verdict, String::new()) };
        journal.append(&[JournalLine::Scenario(entry)]).unwrap();
    }
    (directory.path(), journal)
}

fn finished(tree: &Tree, name: &str, candidate: &str, verdicts: &[(&str, Verdict, f64)]) {
    let (_, mut journal) = unfinished(tree, name, candidate, verdicts);
    let end = Footer {
        journal: journal.digest(),
        seconds: 1.5,
        candidate: build(candidate).digest,
        baseline: None,
        found: Vec::new(),
        changed: None,
    };
    journal.append(&[JournalLine::Footer(end)]).unwrap();
}

fn build(name: &str) -> fixgate_core::proof::BuildIdentity {
    fixgate_core::proof::BuildIdentity { name: name.into(), digest: Digest::of(name.as_bytes()) }
}

/// Adds every run of the tree as it does itself when it ends; what was told.
fn record_all(tree: &Tree) -> Vec<String> {
    let mut told = Vec::new();
    let mut names: Vec<_> = fs::read_dir(tree.runs().path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    for name in names {
        let record = run::read(tree, name.to_str().unwrap()).unwrap();
        history::record(tree, &record, &mut |notice| told.push(shown(tree, &notice)));
    }
    told
}

/// The scenarios of every run here that take long, as a run asks for them.
fn longest(tree: &Tree) -> Vec<String> {
    let ids = ["suite/a", "suite/b", "suite/c", "suite/never-run"].map(|id| id.parse::<ScenarioId>().unwrap());
    history::longest(tree, &ids.each_ref()).iter().map(ToString::to_string).collect()
}

/// Everything that a history answers, in text; and what was told.
fn asked(tree: &Tree) -> (String, Vec<String>) {
    let mut told = Vec::new();
    let answer = history::consult(tree, &mut |notice| told.push(shown(tree, &notice)), |store, runs| {
        let everything: Glob = "**".parse().unwrap();
        let mut names = Vec::new();
        store.each_name(|_| true, |_, name| names.push(name))?;
        let few: Vec<&ScenarioId> = names.iter().collect();
        // Asked for a few they are looked for by name, and for many all names are read.
        let many: Vec<&ScenarioId> = few.iter().copied().cycle().take(2_000).collect();
        let longest = store.longest(&few)?;
        assert_eq!(store.longest(&many)?, longest);
        Ok(format!("{:#?}\n{:#?}\n{longest:?}", store.survey(runs, 9)?, store.scenarios(runs, &everything, 9)?))
    });
    (answer.unwrap(), told)
}

fn shown(tree: &Tree, notice: &Notice) -> String {
    notice.to_string().replace(tree.root().as_str(), "ROOT")
}

/// The rows of the file, names in the place of numbers.
fn rows(tree: &Tree) -> Vec<String> {
    let connection = Connection::open(tree.history().path()).unwrap();
    let sql = "SELECT concat_ws(' ', runs.name, scenarios.name, verdict, differs, lower(hex(definition)), microseconds, started, candidate, \
               candidate_digest, baseline, baseline_digest, release, complete, planned, seconds, void) \
               FROM verdicts JOIN runs ON runs.id = run JOIN scenarios ON scenarios.id = scenario ORDER BY 1";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_history_made_from_records_has_the_rows_that_runs_wrote() {
    let (_place, tree) = tree_of_runs();
    assert_eq!(record_all(&tree), [""; 0]);
    let written = rows(&tree);
    assert_eq!(written.len(), 6);
    let (answer, told) = asked(&tree);
    assert_eq!(told, [""; 0], "nothing was missing");

    history::discard(&tree).unwrap();
    let (again, told) = asked(&tree);
    assert_eq!(told, ["adding 3 runs to the history …"]);
    assert_eq!((again, rows(&tree)), (answer, written.clone()));

    assert_eq!(record_all(&tree), [""; 0]);
    assert_eq!(rows(&tree), written, "to add a run again changes nothing");
}

#[test]
fn what_has_no_record_any_more_is_taken_out() {
    let (_place, tree) = tree_of_runs();
    asked(&tree);
    fs::remove_dir_all(tree.runs().join("20260103T000000Z-run").path()).unwrap();
    let (answer, _) = asked(&tree);
    assert!(!answer.contains("suite/c"), "{answer}");
    let followed = rows(&tree);
    history::discard(&tree).unwrap();
    assert_eq!((asked(&tree).0, rows(&tree)), (answer, followed));
}

#[test]
fn what_is_not_finished_or_cannot_be_read_is_left_out() {
    let (_place, tree) = tree_of_runs();
    let (answer, _) = asked(&tree);
    unfinished(&tree, "20260104T000000Z-run", "RU1", &[("suite/z", Verdict::Passed, 1.0)]);
    let (directory, _) = unfinished(&tree, "20260105T000000Z-run", "RU1", &[("suite/z", Verdict::Passed, 1.0)]);
    let mut cut_off = fs::OpenOptions::new().append(true).open(directory.join("journal.jsonl")).unwrap();
    cut_off.write_all(b"{\"footer\":{\"seconds\":1.0").unwrap();
    finished(&tree, "20260106T000000Z-run", "RU1", &[("suite/z", Verdict::Passed, 1.0)]);
    fs::rename(tree.runs().join("20260106T000000Z-run").path(), tree.runs().join("copied").path()).unwrap();
    finished(&tree, "20260107T000000Z-run", "RU1", &[("suite/z", Verdict::Passed, 1.0)]);
    fs::remove_file(tree.runs().join("20260107T000000Z-run/plan.jsonl").path()).unwrap();
    fs::write(tree.runs().join("a-note").path(), "").unwrap();
    fs::create_dir(tree.runs().join("empty").path()).unwrap();

    let (again, told) = asked(&tree);
    assert_eq!(again, answer);
    assert_eq!(
        told,
        [
            "adding 2 runs to the history …",
            "the run `20260107T000000Z-run` is left out of the history: cannot open \
             `ROOT/reports/runs/20260107T000000Z-run/plan.jsonl`: No such file or directory (os error 2)",
            "the run `copied` is left out of the history: reports/runs/copied holds the record of another run, `20260106T000000Z-run`",
        ]
    );
}

#[test]
fn a_void_run_is_kept_as_void() {
    let (_place, tree) = tree();
    let verdicts = [("suite/a", Verdict::Passed, 1.0), ("suite/b", Verdict::Error, 0.0)];
    finished(&tree, "20260101T000000Z-run", "RU1", &verdicts);
    asked(&tree);
    let rows = rows(&tree);
    assert!(rows.len() == 2 && rows.iter().all(|row| row.contains("the harness could not judge 1 scenario")), "{rows:?}");
}

#[test]
fn a_verdict_keeps_its_definition_where_others_are_missing() {
    let (_place, tree) = tree();
    let verdicts = ["suite/a", "suite/b", "suite/c"].map(|id| (id, Verdict::Passed, 1.0));
    finished(&tree, "20260101T000000Z-run", "RU1", &verdicts);
    let journal = tree.runs().join("20260101T000000Z-run/journal.jsonl").path();
    let text = fs::read_to_string(&journal).unwrap();
    let without: String = text.lines().filter(|line| !line.contains("suite/b")).map(|line| format!("{line}\n")).collect();
    fs::write(&journal, without).unwrap();
    asked(&tree);
    let rows = rows(&tree);
    assert_eq!(rows.len(), 2);
    for (row, id) in rows.iter().zip(["suite/a", "suite/c"]) {
        let definition = Digest::of(id.as_bytes()).hexadecimal();
        assert!(row.contains(&format!(" {id} 0 0 {definition} 1000000 ")), "{row}");
        assert!(row.contains("3 scenarios were planned and 2 have a verdict"), "{row}");
    }
}

/// Puts something else in the file's place, and expects to be told this and to get the same answer.
fn damaged(what: impl Fn(&Tree), expected: &str) {
    let (_place, tree) = tree_of_runs();
    let (answer, _) = asked(&tree);
    what(&tree);
    let (again, told) = asked(&tree);
    assert_eq!(told, [expected, "adding 3 runs to the history …"]);
    assert_eq!(again, answer);
    assert_eq!(asked(&tree), (answer, Vec::new()), "it is whole again");

    what(&tree);
    assert_eq!(longest(&tree), [] as [String; 0]);
    let record = run::read(&tree, "20260101T000000Z-run").unwrap();
    let mut told = Vec::new();
    history::record(&tree, &record, &mut |notice| told.push(shown(&tree, &notice)));
    assert_eq!((told.as_slice(), rows(&tree).len()), ([expected.to_owned()].as_slice(), 2));
}

#[test]
fn a_file_that_is_no_database_is_made_again() {
    let garbage = |tree: &Tree| fs::write(tree.history().path(), "needle\n".repeat(1000)).unwrap();
    damaged(garbage, "`ROOT/.fixgate/history.sqlite`: file is not a database; it is made again");
}

#[test]
fn a_database_with_holes_is_made_again() {
    let holes = |tree: &Tree| {
        let mut bytes = fs::read(tree.history().path()).unwrap();
        let first_page = 4096;
        bytes[first_page..].fill(0xff);
        fs::write(tree.history().path(), bytes).unwrap();
    };
    damaged(holes, "`ROOT/.fixgate/history.sqlite`: database disk image is malformed; it is made again");
}

#[test]
fn a_file_of_another_version_or_program_is_made_again() {
    let expected = "`ROOT/.fixgate/history.sqlite` is not a history of this version of Fixgate; it is made again";
    let version = |tree: &Tree| Connection::open(tree.history().path()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    damaged(version, expected);
    let program = |tree: &Tree| {
        fs::remove_file(tree.history().path()).unwrap();
        Connection::open(tree.history().path()).unwrap().execute_batch("CREATE TABLE runs(id)").unwrap();
    };
    damaged(program, expected);
}

#[test]
fn rows_that_no_run_wrote_are_made_again() {
    let verdict = |tree: &Tree| {
        Connection::open(tree.history().path()).unwrap().execute("UPDATE verdicts SET verdict = 70", ()).unwrap();
    };
    let (_place, tree) = tree_of_runs();
    let (answer, _) = asked(&tree);
    verdict(&tree);
    let expected = "`ROOT/.fixgate/history.sqlite` is damaged: there is no verdict 70; it is made again";
    assert_eq!(asked(&tree), (answer, vec![expected.to_owned(), "adding 3 runs to the history …".to_owned()]));
}

#[test]
fn a_file_that_cannot_be_used_keeps_no_question_from_its_answer() {
    let (_place, tree) = tree_of_runs();
    let (answer, _) = asked(&tree);
    fs::remove_file(tree.history().path()).unwrap();
    fs::create_dir(tree.history().path()).unwrap();
    let (again, told) = asked(&tree);
    assert_eq!(again, answer);
    let sqlite = "`ROOT/.fixgate/history.sqlite` cannot be opened: Is a directory (os error 21)";
    assert_eq!(told, [&format!("{sqlite}; the records are read without it"), "adding 3 runs to the history …"]);
    assert_eq!(record_all(&tree), vec![format!("{sqlite}; `fixgate history` will add this run"); 3]);
    assert_eq!(longest(&tree), [] as [String; 0]);
}

#[test]
fn a_file_that_another_process_writes_to_is_waited_for_but_not_for_ever() {
    let (_place, tree) = tree_of_runs();
    let (answer, _) = asked(&tree);
    let other = Connection::open(tree.history().path()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (again, told) = asked(&tree);
    assert_eq!(again, answer);
    let sqlite = "`ROOT/.fixgate/history.sqlite`: database is locked; the records are read without it";
    assert_eq!(told, [sqlite, "adding 3 runs to the history …"]);
    drop(other);
    assert_eq!(asked(&tree), (answer, Vec::new()));
}

#[test]
fn two_that_open_at_once_make_one_history() {
    let (_place, tree) = tree_of_runs();
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..4).map(|_| scope.spawn(|| asked(&tree).0)).collect();
        let answers: Vec<String> = askers.into_iter().map(|asker| asker.join().unwrap()).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "two of the answers differ");
    });
    assert_eq!(rows(&tree).len(), 6);
}

#[test]
fn an_answer_is_of_one_moment() {
    let (_place, tree) = tree_of_runs();
    asked(&tree);
    let other = Connection::open(tree.history().path()).unwrap();
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    let refused =
        history::consult(&tree, &mut |_| (), |_, _| Ok(other.execute("DELETE FROM verdicts", ()).unwrap_err().to_string()));
    assert_eq!(refused.unwrap(), "database is locked");
}

#[test]
fn the_longest_come_first_by_their_mean_and_the_quick_not_at_all() {
    let (_place, tree) = tree_of_runs();
    record_all(&tree);
    assert_eq!(longest(&tree), ["suite/c", "suite/a"]);
    assert!(Store::in_memory().unwrap().longest(&[]).unwrap().is_empty());
}
