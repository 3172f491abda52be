//! What git cannot answer is said in its words, and taken for nothing else.

use std::fs;
use std::os::unix::fs::chown;

use super::{committed, signoff, uncommitted};
use crate::common::{GREETER, GREETING, Product, Said, defect};

/// Holds if nothing was run, and the command ended with 3.
#[track_caller]
fn unanswered(product: &Product, said: Said, words: &[&str]) {
    said.exits(3).mentions(words).says_nothing_of(&["under no version control"]);
    assert!(product.runs().is_empty(), "nothing was run");
}

#[test]
fn a_repository_of_another_user_was_refused_for_settings_that_are_not_read() {
    if !rustix::process::geteuid().is_root() {
        return; // Only the superuser can give a directory away.
    }
    let product = committed();
    for path in ["", ".git"] {
        chown(product.path(path), Some(65534), Some(65534)).unwrap();
    }
    signoff(&product).exits(0);
}

#[test]
fn a_git_that_cannot_be_asked_was_an_error_where_nothing_is_decided() {
    let product = committed();
    fs::write(product.path(".git/HEAD"), "nonsense\n").unwrap();
    let run = product.fixgate(&["run", "--candidate", "RTM", "--quiet"]).exits(0);
    run.mentions(&["warning: git cannot be asked about ROOT: ", "the record will say that its commit is unknown"]);
    let header = &product.journal(&product.runs()[0])[0];
    assert_eq!(header["test-product"]["commit"], serde_json::Value::Null);
    assert!(header["test-product"]["unknown"].as_str().unwrap().contains("its HEAD names neither a branch nor a commit"));
}

#[test]
fn a_missing_git_was_no_version_control() {
    let product = committed();
    fs::create_dir(product.path("tools")).unwrap();
    for tool in ["sh", "install"] {
        let found =
            std::env::split_paths(&std::env::var_os("PATH").unwrap()).map(|path| path.join(tool)).find(|path| path.exists());
        std::os::unix::fs::symlink(found.unwrap(), product.path("tools").join(tool)).unwrap();
    }
    let said =
        |arguments: &[&str]| product.said(&product.command(arguments).env("PATH", product.path("tools")).output().unwrap());
    unanswered(
        &product,
        said(&["signoff", "RTM", "--quiet"]),
        &["it cannot be started: No such file or directory", "install git"],
    );
    // Where there is no repository, git is not needed to say so.
    fs::remove_dir_all(product.path(".git")).unwrap();
    said(&["signoff", "RTM", "--quiet"]).exits(1).mentions(&["the records are under no version control"]);
}

#[test]
fn a_repository_without_a_commit_was_no_version_control() {
    let product = uncommitted();
    product.git(&["init", "--quiet"]);
    unanswered(&product, signoff(&product), &["the repository of ROOT has no commit yet", "git add --all && git commit"]);
}

#[test]
fn a_damaged_repository_was_no_version_control() {
    let product = committed();
    fs::write(product.path(".git/HEAD"), "nonsense\n").unwrap();
    unanswered(&product, signoff(&product), &["git cannot be asked about ROOT: its HEAD names neither a branch nor a commit"]);
    // Every object that the records consist of is looked at: one that is not there, or another's, is no answer.
    for lost in ["HEAD^{commit}", "HEAD^{tree}", "HEAD:testcases/suite"] {
        let product = committed();
        fs::remove_file(object(&product, lost)).unwrap();
        let said = signoff(&product);
        unanswered(&product, said, &["ROOT"]);
    }
}

#[test]
fn an_object_that_is_another_than_its_name_says_is_not_believed() {
    let product = committed();
    let (case, tree) = (object(&product, "HEAD:testcases/suite"), object(&product, "HEAD:testcases/canary"));
    fs::remove_file(&case).unwrap();
    fs::copy(tree, case).unwrap();
    unanswered(&product, signoff(&product), &["ROOT"]);
}

/// The file of a loose object.
fn object(product: &Product, name: &str) -> std::path::PathBuf {
    let output = std::process::Command::new("git").args(["rev-parse", name]).current_dir(product.path("")).output().unwrap();
    let name = String::from_utf8(output.stdout).unwrap();
    product.path(&format!(".git/objects/{}/{}", &name[..2], name[2..].trim()))
}

#[test]
fn a_refusal_of_the_products_repository_was_no_repository_or_no_ancestor() {
    let product = Product::that_runs(&[("RTM", &GREETER.replace("hello", "hullo")), ("RU1", GREETER)]);
    product.put("source/file", "");
    let git = |arguments: &[&str]| {
        const PERSON: [&str; 4] = ["-c", "user.name=A Coder", "-c", "user.email=coder@example.org"];
        let output = std::process::Command::new("git").args(PERSON).args(arguments).current_dir(product.path("source")).output();
        String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    let commits: Vec<String> = ["RTM", "fix", "RU1"]
        .iter()
        .map(|message| {
            git(&["commit", "--quiet", "--allow-empty", "--message", message]);
            git(&["rev-parse", "HEAD"])
        })
        .collect();
    product.edit("fixgate.toml", "bin/greeter\"", "bin/greeter\"\nrepository = \"source\"");
    let status = format!("status = \"fixed\"\nfixed-in = \"RU1\"\nfix = {{ commit = \"{}\" }}", commits[1]);
    product.put("defects/GR-1.toml", &defect(&status));
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
    product.fixgate(&["prove", "--quiet"]).exits(0);
    let record = product.read("releases/RU1.toml");
    product.put("releases/RU1.toml", &format!("commit = \"{}\"\n{record}", commits[2]));
    let signoff = || product.fixgate(&["signoff", "RU1", "--quiet"]);
    signoff().exits(0);
    // The history between the fix and the release is damaged: the fix was `not in` the release before.
    let tree = product.path("source/.git/objects").join(&commits[2][..2]).join(&commits[2][2..]);
    let kept = fs::read(&tree).unwrap();
    fs::remove_file(&tree).unwrap();
    signoff().exits(2).mentions(&[&format!("the commit {} is not in the product's repository", commits[2])]);
    fs::write(&tree, kept).unwrap();
    fs::write(product.path("source/.git/shallow"), format!("{}\n", commits[0])).unwrap();
    signoff().exits(2).mentions(&["ROOT/source has only a part of the history"]).says_nothing_of(&["is no git repository"]);
}

#[test]
fn a_repository_is_read_in_every_form_that_git_writes() {
    for form in ["--object-format=sha256", "--ref-format=reftable"] {
        let product = uncommitted();
        let init = std::process::Command::new("git").args(["init", "--quiet", form]).current_dir(product.path("")).output();
        if !init.unwrap().status.success() {
            continue; // This git does not know the form.
        }
        product.commit();
        signoff(&product).exits(0);
        let linked = Product::nothing();
        let at = linked.path("linked");
        product.git(&["worktree", "add", "--quiet", "--detach", at.to_str().unwrap()]);
        product.git(&["gc", "--quiet"]);
        for directory in [product.path(""), at] {
            let root = directory.to_str().unwrap();
            product.fixgate(&["-C", root, "signoff", "RTM", "--quiet", "--format", "json"]).exits(0);
        }
    }
}
