//! A small product that every command has something to do with.

use crate::common::{self, GREETING, Product};

/// How many scenarios of the suite there are besides one that expects what the baseline gives.
const ROWS: usize = 5;

/// Two releases, obtained; a fix that is to be proved; a claim that is to be accepted; scenarios that pass, fail and differ. A
/// sign-off of RU1 holds, and a run finds failures.
pub(crate) fn product() -> Product {
    let program = |sum: u8, word: &str| {
        format!(
            "case \"$1\" in sum) echo {sum} ;; word) echo {word} ;; greet) case \"$2\" in 2) exit 1 ;; *) echo hello ;; esac ;; esac"
        )
    };
    let product = Product::of(&[("RTM", &program(5, "before")), ("RU1", &program(4, "after"))]);
    let rows: String = (0..ROWS).map(|row| format!("{{\"id\":\"{row}\",\"args\":[\"{row}\"]}}\n")).collect();
    product.put("testcases/suite/rows.jsonl", &rows);
    product.put("testcases/suite/greeting.toml", &format!("table = \"rows.jsonl\"\n{GREETING}"));
    let step = |argument: &str, expect: &str| format!("[[step]]\nrun = [\"${{product}}\", \"{argument}\"]\nexpect = {expect}\n");
    let case = |title: &str, step: &str| format!("title = \"{title}\"\n{step}");
    product.put("testcases/suite/word.toml", &case("it says a word", &step("word", "\"baseline\"")));
    let sum = case("it adds", &format!("defects = [\"GR-1\"]\n{}", step("sum", "{ stdout = \"4\\n\" }")));
    product.put("testcases/regression/gr-1.toml", &sum);
    let fixed = "status = \"fixed\"\nfixed-in = \"RU1\"";
    product.put("defects/GR-1.toml", &common::defect(fixed));
    product.put("defects/GR-2.toml", &common::defect(&format!("kind = \"change\"\n{fixed}\nchanges = [\"suite/word\"]")));
    product.fixgate(&["build", "RTM", "RU1"]).exits(0);
    product
}
