//! What a build in the field is: by its digest from records, and by its behaviour.

use std::process::Command;

use crate::common::{GREETING, Product, defect};

/// A product of three releases, each but the first with fixes that paired cases tell, and one that no release has yet.
fn train() -> Product {
    let program = |fixes: &[&str]| format!("case \" {} \" in *\" $1 \"*) echo well ;; *) echo ill ;; esac\n", fixes.join(" "));
    let releases = [("RTM", &[][..]), ("RU1", &["a", "b"]), ("RU2", &["a", "b", "c"])];
    let programs: Vec<(&str, String)> = releases.iter().map(|(name, fixes)| (*name, program(fixes))).collect();
    let product = Product::of(&programs.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>());
    product.put("testcases/suite/greeting.toml", &GREETING.replace("hello", "ill"));
    for (word, status) in [
        ("a", "status = \"fixed\"\nfixed-in = \"RU1\""),
        ("b", "status = \"fixed\"\nfixed-in = \"RU1\""),
        ("c", "status = \"fixed\"\nfixed-in = \"RU2\""),
        ("d", "status = \"private-fix\""),
    ] {
        product.put(&format!("defects/GR-{word}.toml"), &defect(&format!("{status}\nfound-in = \"RTM\"")));
        let case = GREETING.replace("greet\"", &format!("{word}\"")).replace("hello", "well");
        product.put(&format!("testcases/regression/{word}.toml"), &format!("defects = [\"GR-{word}\"]\n{case}"));
    }
    for (build, fixes) in [
        ("first", &["none"][..]),
        ("second", &["b", "a"]),
        ("third", &["b", "a", "d"]),
        ("lost", &["b", "c"]),
        ("mixed", &["a", "d"]),
        ("every", &["d", "c", "b", "a"]),
    ] {
        product.program(&format!("{build}/bin/greeter"), &program(fixes));
    }
    product
}

#[test]
fn a_probe_tells_which_fixes_a_build_has_by_its_behaviour() {
    let product = train();
    let probed = |build: &str| {
        let said = product.fixgate(&["identify", build, "--probe", "--quiet"]).exits(0).stdout;
        let (digest, answer) = said.split_once('\n').unwrap();
        assert!(digest.starts_with("unknown: sha256:"), "{said}");
        answer.to_owned()
    };
    assert_eq!(probed("first"), "RTM without any fix\nas RTM in 4 of 4 paired scenarios\n");
    assert_eq!(probed("second"), "RTM + the fixes of RU1\nas RTM+RU1 in 4 of 4 paired scenarios\n");
    assert_eq!(probed("third"), "RTM + the fixes of RU1 and GR-d\nas RTM+RU1 in 3 of 4 paired scenarios\n");
    assert_eq!(probed("every"), "RTM + the fixes of RU1, RU2, and GR-d\nas RTM+RU2 in 3 of 4 paired scenarios\n");
    let lost = "RTM + the fixes of RU2 and GR-b\nas RTM+RU2 in 3 of 4 paired scenarios\nwithout the fix of GR-a, which RU1 has\n";
    assert_eq!(probed("lost"), lost);
    let mixed =
        "RTM + the fixes of GR-a and GR-d\nas RTM+RU1 in 2 of 4 paired scenarios\nwithout the fix of GR-b, which RU1 has\n";
    assert_eq!(probed("mixed"), mixed);
}

#[test]
fn a_probe_says_what_it_cannot_tell() {
    let product = train();
    product.edit("defects/GR-d.toml", "found-in = \"RTM\"", "found-in = \"RU2\"");
    let probed = || product.fixgate(&["identify", "third", "--probe", "--quiet"]).exits(0);
    probed().mentions(&[
        "RTM + the fixes of RU1\nas RTM+RU1 in 3 of 3 paired scenarios\n",
        "without GR-d too, which was found in RU2: fixed, or never there\n",
    ]);
    product.edit("defects/GR-a.toml", "RU1", "RU2").edit("defects/GR-b.toml", "RU1", "RU2");
    product.edit("defects/GR-c.toml", "fixed-in = \"RU2\"", "");
    probed().mentions(&["RTM + the fixes of RU2 and GR-d\n", "no paired fix tells of RU1\n"]);
}

#[test]
fn a_probe_without_a_paired_case_is_bad_usage() {
    let product = Product::new();
    product.program("build/bin/greeter", "echo hello");
    let said = product.fixgate(&["identify", "build", "--probe", "--quiet"]).exits(2);
    said.complains(
        "error: no paired scenario can be judged without a baseline, so nothing tells which fixes it has\n\
         help: pair a defect with a case that states what must hold: fixgate new case regression/NAME --defect ID\n",
    );
}

#[test]
fn a_build_is_identified_from_records_when_no_build_is_at_hand() {
    let product = train();
    product.fixgate(&["prove", "GR-a", "GR-b", "GR-c"]).exits(0);
    product.command(&["build", "RU2"]).output().unwrap();
    std::fs::rename(product.path(".fixgate/builds"), product.path("field")).unwrap();
    assert_eq!(product.fixgate(&["identify", "field/RTM"]).exits(0).stdout, "RTM (RTM.0)\n");
    assert_eq!(product.fixgate(&["identify", "field/RU2"]).exits(0).stdout, "RTM+RU2 (RU2.0)\n");
    product.fixgate(&["prove", "GR-d", "--base", "RU2", "--fixed", "every"]).exits(0);
    let said = product.fixgate(&["identify", "every"]).exits(1);
    said.mentions(&["unknown: sha256:", "nearest: the build that GR-d was proved on, with the fix\n", "add --probe"]);
}

#[test]
fn an_unknown_build_is_answered_with_the_known_one_that_shares_most_files() {
    let product = train();
    product.fixgate(&["build", "RTM", "RU1"]).exits(0);
    std::fs::create_dir(product.path("field")).unwrap();
    for (name, from) in [("whole", "RU1"), ("changed", "RTM")] {
        let to = product.path(&format!("field/{name}"));
        let from = product.path(&format!(".fixgate/builds/{from}"));
        assert!(Command::new("cp").arg("-R").arg(from).arg(to).status().unwrap().success());
        product.put(&format!("field/{name}/README"), "what was added");
    }
    let said = product.fixgate(&["identify", "field/whole", "--quiet"]).exits(1).stdout;
    assert!(said.ends_with("nearest: RTM+RU1 (RU1.0), all of whose files it has, and others beside them\n"), "{said}");
    product.program("field/changed/bin/greeter", "echo changed");
    let said = product.fixgate(&["identify", "field/changed", "--quiet"]).exits(1).stdout;
    assert!(said.starts_with("unknown: sha256:") && !said.contains("nearest"), "{said}");
}
