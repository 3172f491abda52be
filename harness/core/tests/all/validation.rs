//! What a validation runs: every scenario in one part, the nearest first, and no more than takes seconds.

use crate::common::{Tree, place};
use fixgate_core::case::{Family, Scenario};
use fixgate_core::id::DefectId;
use fixgate_core::release::Standing;
use fixgate_core::validation::{NEAR_LIMIT, Scope};
use proptest::prelude::*;

/// A matrix of so many scenarios.
fn matrix(count: usize) -> String {
    let labels: Vec<String> = (0..count).map(|number| format!("\"{number:04}\"")).collect();
    format!("[matrix]\nrow = [{}]", labels.join(", "))
}

fn ids(scenarios: &[&Scenario]) -> Vec<String> {
    scenarios.iter().map(|scenario| scenario.id.to_string()).collect()
}

/// A tree with the defect RG-1 of the component `core`, whose pair has the tags `words` and `smoke`.
fn tree(changes: &str) -> Tree {
    let defect = format!("status = \"private-fix\"\nfound-in = \"RTM\"\n{changes}");
    Tree::new().defect("RG-1", &defect).case("regression/rg-1", "defects = [\"RG-1\"]\ntags = [\"words\", \"smoke\"]")
}

#[test]
fn what_is_claimed_is_nearest_then_what_shares_most() {
    let ledger = tree("changes = [\"suite/claimed\"]")
        .defect("RG-2", "status = \"open\"")
        .case("canary/words", "tags = [\"words\"]")
        .case("regression/rg-2", "defects = [\"RG-2\"]")
        .case("suite/claimed", "")
        .case("suite/core/words", "tags = [\"words\"]")
        .case("suite/far", "")
        .case("suite/later", "applies = { from = \"RU2\" }\ntags = [\"words\"]")
        .case("suite/smoke", "tags = [\"smoke\"]")
        .case("suite/tagged", "tags = [\"core\", \"words\", \"smoke\"]")
        .case("suite/words", "tags = [\"words\"]")
        .ledger();
    let fixes: Vec<DefectId> = vec!["RG-1".parse().unwrap()];
    let scope = Scope::new(&ledger, Standing { place: place(&ledger, "RU1"), fixes: &fixes }).unwrap();
    assert_eq!(ids(&scope.pair), ["regression/rg-1"]);
    let near = ["suite/claimed", "suite/core/words", "suite/tagged", "regression/rg-2", "suite/words"];
    assert_eq!((ids(&scope.near), scope.near_in_all), (near.map(str::to_owned).to_vec(), 5));
    assert_eq!((ids(&scope.smoke), ids(&scope.left_out)), (vec!["suite/smoke".to_owned()], vec!["suite/far".to_owned()]));
}

#[test]
fn of_too_many_that_are_equally_near_some_of_each_are_taken() {
    let ledger = tree("")
        .case("suite/core/a", &format!("tags = [\"words\"]\n{}", matrix(NEAR_LIMIT / 2)))
        .case("suite/core/b", &matrix(NEAR_LIMIT * 3))
        .case("suite/core/c", &matrix(NEAR_LIMIT))
        .ledger();
    let fixes: Vec<DefectId> = vec!["RG-1".parse().unwrap()];
    let scope = Scope::new(&ledger, Standing { place: place(&ledger, "RU1"), fixes: &fixes }).unwrap();
    let of = |case: &str| scope.near.iter().filter(|scenario| scenario.case.id.as_str() == case).count();
    let (nearer, three, one) = (NEAR_LIMIT / 2, NEAR_LIMIT * 3 / 8, NEAR_LIMIT / 8);
    assert_eq!([of("suite/core/a"), of("suite/core/b"), of("suite/core/c")], [nearer, three, one]);
    assert_eq!(scope.near_in_all, NEAR_LIMIT / 2 + NEAR_LIMIT * 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Planned is what is selected, and what is selected and what is left out is all that applies, each once.
    #[test]
    fn every_scenario_that_applies_is_in_one_part(
        cases in prop::collection::vec((0usize..4, 1usize..90, any::<[bool; 4]>()), 0..12),
    ) {
        const FOLDERS: [&str; 4] = ["suite/core", "suite/other", "canary", "regression"];
        let mut tree = tree("changes = [\"suite/core/case-1@*\"]").defect("RG-2", "status = \"open\"");
        for (number, (folder, count, [words, smoke, later, paired])) in cases.iter().enumerate() {
            let tags: Vec<&str> = [(*words, "\"words\""), (*smoke, "\"smoke\"")].iter().filter(|(on, _)| *on).map(|(_, tag)| *tag).collect();
            let applies = if *later { "applies = { from = \"RU2\" }\n" } else { "" };
            let defects = if *paired { "defects = [\"RG-2\"]\n" } else { "" };
            let rest = format!("{defects}{applies}tags = [{}]\n{}", tags.join(", "), matrix(*count));
            tree = tree.case(&format!("{}/case-{number}", FOLDERS[*folder]), &rest);
        }
        let ledger = tree.ledger();
        let fixes: Vec<DefectId> = vec!["RG-1".parse().unwrap()];
        let at = place(&ledger, "RU1");
        let scope = Scope::new(&ledger, Standing { place: at, fixes: &fixes }).unwrap();
        let mut parts = [ids(&scope.pair), ids(&scope.near), ids(&scope.smoke), ids(&scope.left_out)].concat();
        parts.sort();
        let mut applying: Vec<String> = ledger
            .scenarios
            .iter()
            .filter(|scenario| scenario.case.family != Family::Canary && ledger.applies(&scenario.case, at))
            .map(|scenario| scenario.id.to_string())
            .collect();
        applying.sort();
        prop_assert_eq!(parts, applying);
        prop_assert!(scope.near.len() == scope.near_in_all.min(NEAR_LIMIT));
        prop_assert_eq!(scope.selection().scenarios.map(|scenarios| scenarios.len()), Some(scope.selected()));
        prop_assert!(scope.left_out.iter().all(|scenario| scenario.tags.iter().all(|tag| tag.as_str() != "smoke")));
    }
}
