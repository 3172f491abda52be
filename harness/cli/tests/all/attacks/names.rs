//! Names that a reader takes for others.

use std::fs;

use crate::attacks::train::{signoff, train};
use crate::common::{GREETING, defect, release};

/// Holds if a tree with this file too is refused with these words.
#[track_caller]
fn refused(path: &str, text: &str, message: &str) {
    let product = train();
    product.put(path, text);
    signoff(&product, &[]).exits(2).mentions(&[message, "nothing was run"]);
}

#[test]
fn names_differ_in_case_alone() {
    let twins = |kind: &str, one: &str, other: &str| format!("the {kind} `{one}` and `{other}` differ in case alone");
    refused("defects/gr-1.toml", &defect("status = \"open\""), &twins("defects", "gr-1", "GR-1"));
    refused("releases/ru2.toml", &release("RU2", Some("RU2")), &twins("releases", "ru2", "RU2"));
    refused("testcases/suite/Greeting.toml", GREETING, &twins("cases", "suite/greeting", "suite/Greeting"));
    let matrix = GREETING.replace("[[step]]", "[matrix]\nmode = [\"a\"]\nMode = [\"b\"]\n[[step]]");
    refused("testcases/suite/axes.toml", &matrix, &twins("axes", "Mode", "mode"));
    let product = train();
    let waiver = "criterion = \"proved\"\ndefect = \"GR-1\"\nkind = \"accepted\"\nrelease = \"RU2\"\nowner = \"A\"\nreason = \"r\"\nexpires = 2999-01-01\n";
    product.put("waivers/w.toml", waiver).put("waivers/W.toml", waiver);
    signoff(&product, &[]).exits(2).mentions(&[&twins("waivers", "w", "W")]);
}

/// Composed and decomposed é, a zero-width space, a Cyrillic О, a full-width letter, a reversed direction, a no-break space.
const LOOK_ALIKES: [&str; 7] =
    ["GR-\u{e9}", "GR-e\u{301}", "GR-1\u{200b}", "\u{413}R-1", "\u{ff27}R-1", "GR-\u{202e}1", "GR\u{a0}1"];

#[test]
fn names_are_written_in_letters_that_look_alike() {
    const NO_ID: &str = "the file's name is its id, and ";
    let pack = "owner = \"A\"\ncontact = \"a@example.org\"\nproduct = \"P\"\nrequired = true\n";
    let matrix = |axis: String| GREETING.replace("[[step]]", &format!("[matrix]\n{axis}\n[[step]]"));
    let product = train();
    product.put("testcases/suite/table.toml", &GREETING.replace("tags", "table = \"rows.jsonl\"\ntags"));
    for name in LOOK_ALIKES {
        let rows = |id: &str| product.put("testcases/suite/rows.jsonl", &format!("{{\"id\":\"{id}\"}}\n"));
        rows("one");
        let records = [
            (format!("defects/{name}.toml"), defect("status = \"open\""), NO_ID),
            (format!("releases/{name}.toml"), release("RU3", Some("RU2")), NO_ID),
            (format!("testcases/suite/{name}.toml"), GREETING.to_owned(), NO_ID),
            (format!("waivers/{name}.toml"), String::new(), NO_ID),
            (format!("testcases/packs/{name}/pack.toml"), pack.to_owned(), NO_ID),
            ("testcases/suite/axis.toml".to_owned(), matrix(format!("\"{name}\" = [\"a\"]")), "is not an axis name"),
            ("testcases/suite/label.toml".to_owned(), matrix(format!("mode = {{ \"{name}\" = \"a\" }}")), "is not a label"),
        ];
        for (path, text, message) in records {
            product.put(&path, &text);
            signoff(&product, &[]).exits(2).mentions(&[message, "nothing was run"]);
            fs::remove_file(product.path(&path)).unwrap();
        }
        rows(name);
        signoff(&product, &[]).exits(2).mentions(&["is not a row's id"]);
    }
}

#[test]
fn a_row_of_a_table_is_given_twice() {
    let product = train();
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"one\",\"args\":[]}\n");
    product.put("testcases/suite/table.toml", &GREETING.replace("tags", "table = \"rows.jsonl\"\ntags"));
    signoff(&product, &[]).exits(2).mentions(&["the scenario id `suite/table#one` appears twice"]);
}
