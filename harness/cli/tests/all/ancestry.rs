//! Where the product has a repository, a release's commit is built on those of its fixes and of the releases before.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{CRITERIA, GREETER, GREETING, Product, RUNS, criterion, defect, project};

/// What git says in the product's repository.
fn git(directory: &Path, arguments: &[&str]) -> String {
    const PERSON: [&str; 4] = ["-c", "user.name=A Coder", "-c", "user.email=coder@example.org"];
    let mut command = Command::new("git");
    command.args(PERSON).args(arguments).current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// RTM, and RU1 with the fix of GR-1; the product's repository, which lies beside the records, has a commit for each of the names.
struct Coded {
    product: Product,
    commits: Vec<String>,
}

impl Coded {
    fn new() -> Self {
        let product = Product::of(&[("RTM", &GREETER.replace("hello", "hullo")), ("RU1", GREETER)]);
        product.put("source/file", "").put("testcases/suite/runs.toml", RUNS);
        let source = product.path("source");
        git(&source, &["init", "--quiet", "--initial-branch", "main"]);
        let commit = |message: &str| {
            git(&source, &["commit", "--quiet", "--allow-empty", "--message", message]);
            git(&source, &["rev-parse", "HEAD"])
        };
        let mut commits: Vec<String> = ["RTM", "fix", "RU1"].map(commit).into();
        git(&source, &["checkout", "--quiet", "-b", "side", &commits[0]]);
        commits.push(commit("elsewhere"));
        let text = project(CRITERIA).replace("bin/greeter\"", "bin/greeter\"\nrepository = \"source\"");
        product.put("fixgate.toml", &text);
        product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
        let coded = Self { product, commits };
        coded.fixed_by(1);
        coded.product.fixgate(&["prove", "--quiet"]).exits(0);
        coded.made_of("RTM", 0).made_of("RU1", 2);
        coded
    }

    fn fixed_by(&self, commit: usize) -> &Self {
        let status = format!("status = \"fixed\"\nfixed-in = \"RU1\"\nfix = {{ commit = \"{}\" }}", self.commits[commit]);
        self.product.put("defects/GR-1.toml", &defect(&status));
        self
    }

    fn made_of(&self, release: &str, commit: usize) -> &Self {
        let path = format!("releases/{release}.toml");
        let text = self.product.read(&path);
        let rest: Vec<&str> = text.lines().filter(|line| !line.starts_with("commit")).collect();
        self.product.put(&path, &format!("commit = \"{}\"\n{}\n", self.commits[commit], rest.join("\n")));
        self
    }

    /// The state, summary and evidence of `cumulative`.
    fn cumulative(&self) -> (String, String, Vec<String>) {
        let said = self.product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]);
        let signoff = said.json();
        let result = criterion(&signoff, "cumulative");
        let text = |key: &str| result[key].as_str().unwrap().to_owned();
        let evidence = result["evidence"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned());
        (text("state"), text("summary"), evidence.collect())
    }
}

#[test]
fn a_release_that_is_built_on_its_fixes_is_cumulative_by_ancestry_too() {
    let coded = Coded::new();
    let (state, summary, evidence) = coded.cumulative();
    let commit = &coded.commits[2];
    let by = format!("1 fix since the first release, by behaviour, and 1 of 1 that name a commit are in {commit}");
    assert_eq!((state.as_str(), summary, evidence.len()), ("satisfied", by, 0));
}

#[test]
fn a_fix_and_a_release_that_are_not_in_the_commit_are_held_against_it() {
    let coded = Coded::new();
    let (side, made_of) = (coded.commits[3].clone(), coded.commits[2].clone());
    coded.fixed_by(3).made_of("RTM", 3);
    let (state, _, evidence) = coded.cumulative();
    assert_eq!(state, "unsatisfied");
    assert_eq!(
        evidence,
        [
            format!("GR-1: its commit is not in {made_of}, of which RU1 is made"),
            format!("the commit of RTM is not in {made_of}, of which RU1 is made")
        ]
    );
    coded.made_of("RTM", 0);
    let unknown = coded.product.read("defects/GR-1.toml").replace(&side, &"0".repeat(40));
    coded.product.put("defects/GR-1.toml", &unknown);
    let (_, _, evidence) = coded.cumulative();
    assert_eq!(evidence, [format!("GR-1: its commit is not known to the repository, so not in {made_of}, of which RU1 is made")]);
}

#[test]
fn where_nothing_is_to_be_asked_that_is_said_and_behaviour_stands_alone() {
    let coded = Coded::new();
    let text = coded.product.read("releases/RU1.toml").replacen("commit", "# commit", 1);
    coded.product.put("releases/RU1.toml", &text);
    let (state, summary, _) = coded.cumulative();
    let alone = "1 fix since the first release, by behaviour alone";
    assert_eq!((state.as_str(), summary), ("satisfied", format!("{alone}: RU1 names no commit")));
    coded.product.edit("fixgate.toml", "repository = \"source\"\n", "");
    let (state, summary, _) = coded.cumulative();
    assert_eq!((state.as_str(), summary), ("satisfied", format!("{alone}: no repository of the product is named")));
}

#[test]
fn a_repository_that_cannot_answer_stops_the_sign_off() {
    let coded = Coded::new();
    let product = &coded.product;
    let signoff = || product.fixgate(&["signoff", "RU1", "--quiet"]).exits(2);
    let help = "help: `repository` under [product] in fixgate.toml is a directory on this machine; clone it there, whole\n";
    product.edit("fixgate.toml", "\"source\"", "\"nowhere\"");
    let missing = "error: the product's repository ROOT/nowhere cannot be entered: No such file or directory (os error 2)\n";
    signoff().complains(&format!("{missing}{help}"));
    // A directory inside of another repository does not speak for that one.
    product.commit();
    product.edit("fixgate.toml", "\"nowhere\"", "\"defects\"");
    signoff().complains(&format!("error: the product's repository ROOT/defects is no git repository\n{help}"));
    product.edit("fixgate.toml", "\"defects\"", "\"shallow\"");
    let source = format!("file://{}", product.path("source").display());
    git(&product.path(""), &["clone", "--quiet", "--depth", "1", &source, "shallow"]);
    signoff().complains(
        "error: the product's repository ROOT/shallow has only a part of the history\nhelp: fetch the rest: git fetch --unshallow\n",
    );
    fs::remove_dir_all(product.path("shallow")).unwrap();
    product.edit("fixgate.toml", "\"shallow\"", "\"source\"");
    let other = "c0ffee".repeat(6);
    product.edit("releases/RU1.toml", &coded.commits[2], &other);
    signoff().mentions(&[&format!("error: the commit {other} is not in the product's repository ROOT/source\n")]);
}

#[test]
fn a_cut_is_refused_where_its_commit_lacks_a_fix() {
    let coded = Coded::new();
    let cut = |commit: &str| {
        let cut = ["rollup", "cut", "RU2", "--version", "2", "--commit", commit, "--allow", "empty"];
        let recipe = ["--", "install", "-D", "programs/RU1", "${out}/bin/greeter"];
        coded.product.fixgate(&[&cut[..], &recipe].concat())
    };
    let side = &coded.commits[3];
    cut(side).exits(1).mentions(&[&format!(
        "  the commit of GR-1 is not in commit {side}\n    check it in there, or correct `fix.commit` of its record\n    or: --allow not-in-commit:GR-1\n"
    )]);
    cut(&coded.commits[2]).exits(0);
}
