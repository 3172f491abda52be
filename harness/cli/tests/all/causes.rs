//! Causes of real failures: what the sign-offs of this repository held, and faults that were put into a product.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use camino::Utf8Path;
use fixgate_core::cause::{Causes, Feature};
use fixgate_core::gate::{Decision, Signoff};
use fixgate_core::id::ScenarioId;
use fixgate_core::report::markdown;
use fixgate_core::residual::Class;
use fixgate_engine::load::load;
use fixgate_engine::tree::Tree;

use crate::common::{GREETER, Product};

/// The causes of what a checked-in sign-off left over, among the scenarios of today.
fn causes_of(release: &str) -> Causes {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let ledger = load(&Tree::find(Utf8Path::from_path(root).unwrap()).unwrap()).unwrap();
    let text = fs::read_to_string(root.join(format!("reports/{release}/signoff.json"))).unwrap();
    let signoff = Signoff::read(&text).unwrap();
    let open = signoff.residuals.iter().filter(|cluster| cluster.class.is_none_or(Class::is_unaccounted));
    let open: BTreeSet<&ScenarioId> = open.flat_map(|cluster| &cluster.scenarios).collect();
    let (failing, others) = ledger.scenarios.iter().partition(|scenario| open.contains(&scenario.id));
    Causes::among(failing, others)
}

/// The shares, the largest first, as words.
fn told(causes: &Causes) -> Vec<String> {
    let text = |feature: &Feature| match feature {
        Feature::Word(text) | Feature::Variable(text) | Feature::Axis(text) => text.clone(),
        Feature::Tag(text) | Feature::Case(text) | Feature::Folder(text) => format!("[{text}]"),
    };
    let line = |shared: &[Feature]| shared.iter().map(text).collect::<Vec<_>>().join(" ");
    causes.causes.iter().map(|cause| format!("{} {}/{} +{}", line(&cause.shared), cause.failing, cause.of, cause.more)).collect()
}

#[test]
fn the_held_sign_offs_of_ripgrep_have_few_causes() {
    for release in ["RU1", "RU2", "RU8"] {
        let causes = causes_of(release);
        println!("{release}: {} failing, {} in none\n{}", causes.failing, causes.rest, told(&causes).join("\n"));
        assert!(causes.causes.len() <= 10);
        assert!(causes.rest * 20 <= causes.failing, "{release}: {} of {} are in no cause", causes.rest, causes.failing);
    }
}

/// A comment on a pull request takes 65,536 characters.
#[test]
fn the_page_of_every_sign_off_is_short_enough_for_a_comment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let ledger = load(&Tree::find(Utf8Path::from_path(root).unwrap()).unwrap()).unwrap();
    for release in ["RU1", "RU2", "RU3", "RU4", "RU5", "RU6", "RU7", "RU8", "RU9"] {
        let text = fs::read_to_string(root.join(format!("reports/{release}/signoff.json"))).unwrap();
        let signoff = Signoff::read(&text).unwrap();
        let page = markdown::signoff(&signoff, &ledger.scenarios);
        println!("{release}: {} bytes\n{page}", page.len());
        assert!(page.len() <= markdown::MOST, "{release}: {} bytes", page.len());
        assert_eq!(page.matches("```diff").count() * 2, page.matches("```").count(), "every fence of {release} is closed");
        let held = signoff.decision == Decision::Hold;
        assert_eq!(held, page.contains("\nWhat would make it ship:\n"), "{release}");
        assert!(page.lines().last().unwrap().starts_with("next: "), "{release}");
    }
}

#[test]
fn faults_put_into_a_product_are_what_is_told_first() {
    let faults = "case \"$*\" in *'-p q'*) echo lost ;; *z3*) echo crashed >&2; exit 3 ;; *) echo fine ;; esac\n";
    let product = Product::of(&[("RTM", &format!("[ \"$1\" = greet ] || {{\n{faults}exit\n}}\n{GREETER}"))]);
    let labels = |name: &str, count| (1..=count).map(|number| format!("\"{name}{number}\"")).collect::<Vec<_>>().join(", ");
    let case = format!(
        "title = \"it is fine\"\n[matrix]\nmode = [\"-p\", \"-v\", \"-x\"]\nword = [\"q\", \"r\"]\nthing = [{}]\n\
         [[step]]\nrun = [\"${{product}}\", \"${{mode}}\", \"${{word}}\", \"${{thing}}\"]\nexpect = {{ stdout = \"fine\\n\" }}\n",
        labels("z", 12)
    );
    product.put("testcases/suite/faulty.toml", &case);
    let said = product.fixgate(&["run", "--candidate", "RTM"]).exits(1);
    let causes =
        "17 scenarios to look at. What they share, and others lack:\n  -p, q: 12 of 12\n  z3: 6 of 6, 5 of them not above\n\n";
    assert!(said.stdout.starts_with(causes), "{}", said.stdout);
    let page = product.fixgate(&["report", &product.runs()[0], "--format", "markdown"]);
    page.mentions(&[
        "## Causes\n\n17 scenarios to look at.",
        "| `-p`, `q` | 12 | 12 | 12 | `suite/faulty@mode=-p,thing=z1,word=q` |\n",
    ]);
}
