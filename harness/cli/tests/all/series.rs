//! Scenarios that a worker runs one after the other in one directory: none of them is to tell.

use std::collections::BTreeMap;

use crate::common::Product;

/// What a program does to its directory once it has looked what is in it.
const DEEDS: [(&str, &str); 8] = [
    ("nothing", ":"),
    ("leaves-a-file", ": >left"),
    ("leaves-what-is-hidden", "mkdir .left"),
    ("leaves-a-link", "ln -s / left"),
    ("leaves-nothing-behind", ": >left; rm left"),
    ("locks-it", "chmod 500 ."),
    ("touches-it", "touch -d 2001-01-01 ."),
    ("replaces-it", "cd /; rmdir \"$HOME\" 2>/dev/null && ln -s / \"$HOME\""),
];

/// A product that does as its argument says, and scenarios that each ask for one deed, in this order.
fn product(deeds: &[(&str, &str)], scenarios: &[&str]) -> Product {
    let product = Product::new();
    let arms: String = deeds.iter().map(|(name, script)| format!("{name}) {script} ;;\n")).collect();
    let look = "found=$(ls -A); case $(stat -c %a .) in 5*) found=locked ;; esac; echo \"found ${found:-nothing}\"";
    product.program("build/bin/greeter", &format!("{look}\ncase \"$1\" in\n{arms}esac\nexit 0\n"));
    let row = |(number, deed): (usize, &&str)| format!("{{\"id\":\"{number}\",\"args\":[\"{deed}\"]}}\n");
    let rows: String = scenarios.iter().enumerate().map(row).collect();
    let case = "title = \"a product looks around\"\ntable = \"look.jsonl\"\n\
                [[step]]\nrun = [\"${product}\"]\nexpect.stdout = \"found nothing\\n\"\n";
    product.put("testcases/suite/look.jsonl", &rows).put("testcases/suite/look.toml", case);
    product
}

/// The verdicts of a run of them, by their places.
fn verdicts(product: &Product, code: i32) -> Vec<String> {
    product.fixgate(&["run", "suite/look#*", "--candidate", "build", "--quiet", "--jobs", "1"]).exits(code);
    let mut verdicts = BTreeMap::new();
    for line in product.journal(&product.runs()[0]) {
        let entry = &line["scenario"];
        let place = entry["scenario"].as_str().and_then(|id| id.strip_prefix("suite/look#")?.parse::<usize>().ok());
        if let Some(place) = place {
            let earlier = verdicts.insert(place, entry["verdict"].as_str().unwrap().to_owned());
            assert_eq!(earlier, None, "{place} is judged twice");
        }
    }
    verdicts.into_values().collect()
}

#[test]
fn each_finds_an_empty_directory_regardless_of_the_one_before() {
    let names = DEEDS.map(|(name, _)| name);
    // Each comes right after each other, and some of them are in the midst of a series.
    let each_after_each = names.iter().flat_map(|first| names.iter().flat_map(move |second| [*first, *second]));
    let quiet_before_each = names.iter().flat_map(|name| [["nothing"; 20].as_slice(), &[name]].concat());
    let scenarios: Vec<&str> = each_after_each.chain(quiet_before_each).collect();
    let product = product(&DEEDS, &scenarios);
    assert_eq!(verdicts(&product, 0), vec!["passed"; scenarios.len()]);
}

#[test]
fn a_program_that_ends_its_worker_is_the_only_one_without_a_verdict() {
    let mut scenarios = vec!["nothing"; 100];
    let killers = [0, 5, 20, 21, 50, 99];
    killers.iter().for_each(|place| scenarios[*place] = "ends-its-worker");
    let product = product(&[("nothing", ":"), ("ends-its-worker", ": >left; kill -9 $PPID; sleep 100")], &scenarios);
    product.unconfined();
    let expected = |place| if killers.contains(&place) { "error" } else { "passed" };
    assert_eq!(verdicts(&product, 3), (0..100).map(expected).collect::<Vec<_>>());
}
