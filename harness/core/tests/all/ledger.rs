//! The ledger: references, duplicates, gaps, and what a place in the train means.

use crate::common::{Tree, assert_problems, place, release, shown};
use fixgate_core::accepted::Accepted;
use fixgate_core::id::{DefectId, Digest, Glob};
use fixgate_core::proof::Proof;
use fixgate_core::verdict::Verdict;

fn gaps(tree: Tree) -> Vec<String> {
    shown(&tree.ledger().gaps(Some("2024-01-15".parse().unwrap())))
}

/// A paired fix of RU1, its proof changed.
fn stale(change: impl FnOnce(&mut Proof)) -> Vec<String> {
    let mut tree = Tree::new().paired("RG-1", "RU1");
    change(tree.records.proofs.get_mut(&"RG-1".parse::<DefectId>().unwrap()).unwrap());
    gaps(tree)
}

fn stale_because(reason: &str) -> Vec<String> {
    vec![format!("1:1: the proof of RG-1 is stale: {reason}; run: fixgate prove RG-1")]
}

#[test]
fn a_sound_tree_has_no_gap() {
    let tree = Tree::new()
        .paired("RG-1", "RU1")
        .paired("RG-2", "RU2")
        .open("RG-3")
        .case("suite/a", "defects = [\"RG-3\"]")
        .case("packs/plugin/a", "")
        .pack("plugin", true);
    assert_eq!(gaps(tree), [""; 0]);
}

#[test]
fn scenarios_are_in_the_order_of_their_cases_then_as_written() {
    let ledger = Tree::new().case("suite/b", "matrix = { m = [\"2\", \"1\"] }").case("suite/a", "").ledger();
    let ids: Vec<&str> = ledger.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    assert_eq!(ids, ["suite/a", "suite/b@m=2", "suite/b@m=1"]);
    assert_eq!(ledger.cases().count(), 2);
}

#[test]
fn a_glob_means_the_same_scenarios_wherever_they_stand() {
    let cases = ["suite/a", "suite/a-b/c", "suite/a/b", "suite/ab", "suite/b", "canary/a"];
    let tree = cases.into_iter().fold(Tree::new(), |tree, id| tree.case(id, "matrix = { m = [\"1\", \"2\"] }"));
    let ledger = tree.ledger();
    for glob in
        ["**", "suite/**", "suite/a*", "suite/a*/*", "suite/a@m=1", "suite/a@*", "suite/a/b@m=*", "s*/b@m=2", "x", "suite/b"]
    {
        let glob: Glob = glob.parse().unwrap();
        let all = ledger.scenarios.iter().filter(|scenario| glob.matches(&scenario.id));
        assert!(ledger.matching(&glob).map(|one| &one.id).eq(all.map(|one| &one.id)), "{}", glob.as_str());
    }
    assert_eq!(ledger.matching(&"suite/a@*".parse().unwrap()).count(), 2);
}

#[test]
fn a_name_that_is_no_record_is_reported_wherever_it_stands() {
    let waiver = "criterion = \"proved\"\ndefect = \"RG-8\"\nrelease = \"RU8\"\nexpires = 2024-02-01";
    let tree = Tree::new()
        .defect("RG-1", "status = \"fixed\"\nfound-in = \"RMT\"\nfixed-in = \"RU9\"\nduplicate-of = \"RG-7\"")
        .case("suite/a", "defects = [\"RG-2\"]\napplies = { from = \"RU3\", until = \"RU4\" }\nsuperseded-by = \"RG-6\"")
        .case("packs/plugin/a", "")
        .waiver("w", waiver);
    assert_problems(
        tree.read(),
        &[
            "5:12: `found-in` names `RMT`, which is no release; did you mean `RTM`?",
            "6:12: `fixed-in` names `RU9`, which is no release; did you mean `RU1`?",
            "7:16: `duplicate-of` names `RG-7`, which is no defect; did you mean `RG-1`?",
            "1:1: the pack `plugin` has no pack.toml; a pack names its owner, contact and product",
            "2:12: `defects` names `RG-2`, which is no defect; did you mean `RG-1`?",
            "3:20: `applies.from` names `RU3`, which is no release; did you mean `RU1`?",
            "3:35: `applies.until` names `RU4`, which is no release; did you mean `RU1`?",
            "4:17: `superseded-by` names `RG-6`, which is no defect; did you mean `RG-1`?",
            "2:10: `defect` names `RG-8`, which is no defect; did you mean `RG-1`?",
            "3:11: `release` names `RU8`, which is no release; did you mean `RU1`?",
        ],
    );
}

#[test]
fn a_file_beside_no_defect_is_reported() {
    let mut tree = Tree::new();
    tree.records.proofs.insert("RG-9".parse().unwrap(), crate::common::proof([].iter()));
    tree.records.accepted.insert("RG-9".parse().unwrap(), Accepted::default());
    assert_problems(
        tree.read(),
        &[
            "defects/RG-9.accepted.jsonl belongs to no defect; delete it, or write the defect's record",
            "defects/RG-9.proof.json belongs to no defect; delete it, or write the defect's record",
        ],
    );
}

#[test]
fn an_id_that_is_given_twice_is_reported_once_for_each_repetition() {
    let tree = Tree::new().case("suite/a", "matrix = { m = [\"1\", \"1\", \"2\"] }");
    assert_problems(
        tree.read(),
        &["1:1: the scenario id `suite/a@m=1` appears twice; its first place is testcases/suite/a.toml:1; ids are unique"],
    );
}

#[test]
fn what_is_wrong_with_the_train_does_not_hide_what_is_wrong_with_references() {
    let mut tree = Tree::new().case("suite/a", "defects = [\"RG-2\"]");
    tree.records.releases.push(release("RU3", Some("RU1"), ""));
    assert_problems(
        tree.read(),
        &[
            "2:11: the train forks: both RU2 and RU3 follow RU1; a train is one chain: every release but the first follows another, and no two the same",
            "2:12: `defects` names `RG-2`, which is no defect; write defects/RG-2.toml, or `fixgate new defect RG-2`",
        ],
    );
}

#[test]
fn a_fix_owes_a_pair_and_a_proof() {
    assert_eq!(
        gaps(Tree::new().fixed("RG-1", "RU1")),
        ["1:1: RG-1 is fixed but no case names it; write a case with `defects = [\"RG-1\"]`: fixgate new case regression/rg-1"]
    );
    let unproved = Tree::new().fixed("RG-1", "RU1").case("regression/rg-1", "defects = [\"RG-1\"]");
    assert_eq!(gaps(unproved), ["1:1: RG-1 is fixed but not proved; run: fixgate prove RG-1"]);
    let uncut = Tree::new().defect("RG-1", "status = \"fixed\"").case("regression/rg-1", "defects = [\"RG-1\"]");
    assert_eq!(gaps(uncut), [""; 0], "a fix that no cut release has cannot be proved by the train yet");
    assert_eq!(gaps(Tree::new().defect("RG-1", "status = \"fixed\"")).len(), 1, "but it owes a pair already");
}

#[test]
fn a_proof_is_stale_once_its_pair_is_not_exactly_what_was_proved() {
    assert_eq!(stale(|_| {}), [""; 0]);
    assert_eq!(stale(|proof| proof.scenarios.clear()), stale_because("regression/rg-1 is not in the proof"));
    assert_eq!(
        stale(|proof| proof.scenarios[0].definition = Digest::of(b"other")),
        stale_because("regression/rg-1 was changed after it was proved")
    );
    let gone = stale(|proof| {
        let mut other = proof.scenarios[0].clone();
        other.scenario = crate::common::id("regression/other");
        proof.scenarios.push(other);
    });
    assert_eq!(gone, stale_because("regression/other was proved and is gone from the pair"));
}

#[test]
fn a_proof_that_shows_nothing_is_stale() {
    let recorded = |base: &str, fixed: &str| {
        stale_because(&format!("regression/rg-1 is recorded {base} on the base and {fixed} on the fixed build"))
    };
    for verdict in [Verdict::Passed, Verdict::Flaky, Verdict::Skipped, Verdict::Error] {
        assert_eq!(stale(|proof| proof.scenarios[0].base.verdict = verdict), recorded(verdict.as_str(), "passed"));
    }
    for verdict in Verdict::ALL.iter().copied().filter(|verdict| *verdict != Verdict::Passed) {
        assert_eq!(stale(|proof| proof.scenarios[0].fixed = verdict), recorded("failed", verdict.as_str()));
    }
    assert_eq!(stale(|proof| proof.scenarios[0].runs = 0).len(), 1);
    let contradicted = stale(|proof| {
        let mut twin = proof.scenarios[0].clone();
        twin.fixed = Verdict::Failed;
        proof.scenarios.push(twin);
    });
    assert_eq!(contradicted, recorded("failed", "failed"), "a second line for one scenario counts too");
}

#[test]
fn a_weakened_or_deleted_test_shows() {
    let mut tree = Tree::new().paired("RG-1", "RU1");
    tree.records.scenarios = crate::common::case(
        "regression/rg-1",
        "title = \"t\"\ndefects = [\"RG-1\"]\n[[step]]\nrun = [\"${product}\"]\nexpect = { exit = \"any\" }\n",
    );
    assert_eq!(gaps(tree), stale_because("regression/rg-1 was changed after it was proved"));
    let mut tree = Tree::new().paired("RG-1", "RU1");
    tree.records.scenarios.clear();
    assert_eq!(gaps(tree).len(), 1);
}

#[test]
fn a_defect_is_fixed_later_than_it_was_found() {
    let found_in = |found: &str| {
        Tree::new().defect("RG-1", &format!("kind = \"change\"\nstatus = \"fixed\"\nfound-in = {found:?}\nfixed-in = \"RU1\""))
    };
    assert_eq!(gaps(found_in("RTM")), [""; 0]);
    for found in ["RU1", "RU2"] {
        assert_eq!(gaps(found_in(found)), [format!("1:1: RG-1 was found in {found}, yet fixed no later")]);
    }
}

#[test]
fn a_pair_must_be_able_to_fail_on_the_release_before_the_fix() {
    let tree = Tree::new()
        .fixed("RG-1", "RU2")
        .case("regression/a", "defects = [\"RG-1\"]\napplies = { from = \"RU2\" }")
        .proved("RG-1");
    assert_eq!(
        gaps(tree),
        [
            "1:1: regression/a cannot be red: it does not apply to the release before the fix of RG-1; a paired case fails because of the defect, not because a feature is missing"
        ]
    );
}

#[test]
fn a_claim_matches_something_and_its_pin_is_that_of_the_accepted_outputs() {
    let outputs = [("suite/a", Digest::of(b"1"))];
    let pin = Accepted::new(outputs.map(|(id, digest)| (crate::common::id(id), digest))).digest(&"suite/a".parse().unwrap());
    let tree = |claim: &str| {
        let change = format!("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\"\nchanges = [{claim}]");
        Tree::new().defect("RG-1", &change).case("suite/a", "").case("canary/fails", "")
    };
    let pinned = |pin: Digest| tree(&format!("{{ scenarios = \"suite/a\", accepted = \"{pin}\" }}"));
    assert_eq!(gaps(tree("\"suite/*\"")), [""; 0]);
    let everything = [
        "7:12: the claim `**` of RG-1 is on every scenario there is, and not pinned; a fix accounts for what it changes: name the scenarios that it is about",
    ];
    assert_eq!(gaps(tree("\"**\"")), everything);
    assert_eq!(gaps(pinned(pin).accepted("RG-1", &outputs)), [""; 0]);
    assert_eq!(
        gaps(tree("\"suite/b*\"")),
        ["7:12: the claim `suite/b*` of RG-1 matches no scenario; a claim is a glob over scenario ids, such as suite/ignore/**"]
    );
    let broken = ["7:12: the pin of `suite/a` is not that of RG-1.accepted.jsonl; review the outputs again: fixgate accept RG-1"];
    assert_eq!(gaps(pinned(Digest::of(b"other")).accepted("RG-1", &outputs)), broken);
    assert_eq!(gaps(pinned(pin).accepted("RG-1", &[("suite/a", Digest::of(b"2"))])), broken);
    assert_eq!(gaps(pinned(pin)), broken, "there are no accepted outputs");
}

#[test]
fn the_bounds_of_a_case_can_hold() {
    let tree = |rest: &str| {
        Tree::new().defect("CH-1", "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\"").open("RG-1").case("suite/a", rest)
    };
    let applies = |bounds: &str| gaps(tree(&format!("applies = {{ {bounds} }}")));
    assert_eq!(gaps(tree("applies = { until = \"RU1\" }\nsuperseded-by = \"CH-1\"")), [""; 0]);
    assert_eq!(applies("from = \"RU1\""), [""; 0]);
    assert_eq!(
        applies("from = \"RU2\", until = \"RTM\""),
        ["1:1: `applies` ends before it begins; `from` and `until` are both inclusive"]
    );
    assert_eq!(
        applies("until = \"RU1\""),
        ["1:1: `applies.until` without `superseded-by`; name the change after which the case no longer holds"]
    );
    assert_eq!(
        gaps(tree("superseded-by = \"CH-1\"")),
        ["1:1: `superseded-by` without `applies.until`; name the last release for which the case holds"]
    );
    assert_eq!(
        gaps(tree("applies = { until = \"RU1\" }\nsuperseded-by = \"RG-1\"")),
        ["1:1: `superseded-by` names a defect, not a change; only an intended change ends what a case states"]
    );
    let blind = "title = \"t\"\napplies = { from = \"RU1\" }\n[[step]]\nrun = [\"p\"]\nexpect = \"baseline\"\n";
    assert_eq!(
        gaps(Tree::new().raw_case("suite/a", blind)),
        [
            "1:1: a case with `applies.from` states nothing but the baseline; state what holds on its first release too, such as `exit = 0`"
        ]
    );
}

#[test]
fn a_waiver_counts_up_to_its_last_day() {
    let tree = |expires: &str| {
        let waiver = format!("criterion = \"proved\"\ndefect = \"RG-1\"\nrelease = \"RU1\"\nexpires = {expires}");
        Tree::new().open("RG-1").waiver("w", &waiver)
    };
    assert_eq!(gaps(tree("2024-01-15")), [""; 0]);
    assert_eq!(
        gaps(tree("2024-01-14")),
        ["1:1: the waiver `w` expired on 2024-01-14; ask Ada to renew it with a reason, or delete it"]
    );
    assert_eq!(tree("2024-01-14").ledger().gaps(None).len(), 0, "without a stated date no date is judged");
}

#[test]
fn a_build_has_every_fix_up_to_its_place() {
    let ledger = Tree::new().fixed("RG-1", "RU1").open("RG-2").defect("RG-3", "status = \"fixed\"").ledger();
    let has_fix = |id: &str, at: &str| ledger.has_fix(&id.parse().unwrap(), place(&ledger, at));
    assert_eq!(["RTM", "RU1", "RU2"].map(|at| has_fix("RG-1", at)), [false, true, true]);
    assert!(!has_fix("RG-2", "RU2") && !has_fix("RG-3", "RU2") && !has_fix("RG-404", "RU2"));
    assert!(ledger.has_fix(&"RG-3".parse().unwrap(), ledger.train.after_newest()), "checked in after the newest release");
}

#[test]
fn a_build_has_a_defect_from_where_it_was_found_until_its_fix() {
    let ledger = Tree::new()
        .defect("RG-1", "status = \"fixed\"\nfound-in = \"RU1\"\nfixed-in = \"RU2\"")
        .defect("RG-2", "status = \"wont-fix\"")
        .ledger();
    let has_defect = |id: &str| ["RTM", "RU1", "RU2"].map(|at| ledger.has_defect(&id.parse().unwrap(), place(&ledger, at)));
    assert_eq!(has_defect("RG-1"), [false, true, false]);
    assert_eq!(has_defect("RG-2"), [true, true, true], "found in no known release: everywhere");
}

#[test]
fn a_case_applies_within_its_bounds_both_included() {
    let ledger = Tree::new()
        .case("suite/from", "applies = { from = \"RU1\" }")
        .case("suite/until", "applies = { until = \"RU1\" }")
        .case("suite/within", "applies = { from = \"RU1\", until = \"RU1\" }")
        .ledger();
    let applies =
        |index: usize| ["RTM", "RU1", "RU2"].map(|at| ledger.applies(&ledger.scenarios[index].case, place(&ledger, at)));
    assert_eq!(applies(0), [false, true, true]);
    assert_eq!(applies(1), [true, true, false]);
    assert_eq!(applies(2), [false, true, false]);
    assert!(!ledger.applies(&ledger.scenarios[1].case, ledger.train.after_newest()));
}
