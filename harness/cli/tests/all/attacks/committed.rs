//! Records that are in no commit, and a git that is not to say so.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::train::{against, signoff, train};
use crate::common::{GREETING, Product};

const CASE: &str = "testcases/suite/greeting.toml";
const NAMED: &str = "testcases/suite/greeting.toml differs from the commit's";

fn loosen(product: &Product) {
    product.edit(CASE, "\"hello\\n\"", "{ regex = \".\" }");
}

#[test]
fn a_record_is_changed_and_not_committed() {
    let product = train();
    product.edit("fixgate.toml", "\"clean\", ", "");
    let signoff = signoff(&product, &[]).exits(1).json();
    against(&signoff, "committed", "records or cases differ from those of commit ");
    assert_eq!(signoff["test-product"]["changed"], json!(true));
}

#[test]
fn git_is_told_not_to_look_at_a_changed_record() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let product = train();
        product.git(&["update-index", flag, "testcases/suite/greeting.toml"]);
        product.edit("testcases/suite/greeting.toml", "\"hello\\n\"", "{ regex = \".\" }");
        against(&signoff(&product, &[]).exits(1).json(), "committed", "records or cases differ from those of commit ");
    }
}

#[test]
fn an_executable_bit_is_changed_and_not_committed() {
    let product = train();
    product.git(&["config", "core.fileMode", "false"]);
    fs::set_permissions(product.path(CASE), fs::Permissions::from_mode(0o755)).unwrap();
    product.git(&["diff", "--exit-code", "HEAD"]);
    let named = "testcases/suite/greeting.toml has another executable bit than the commit's";
    against(&signoff(&product, &[]).exits(1).json(), "committed", named);
    product.git(&["config", "core.fileMode", "true"]).commit();
    signoff(&product, &[]).exits(0);
}

#[test]
fn git_is_led_to_another_repository() {
    let product = train();
    let other = train();
    product.edit("testcases/suite/greeting.toml", "\"hello\\n\"", "{ regex = \".\" }");
    let mut command = product.command(&["signoff", "RU2", "--quiet", "--format", "json"]);
    other.edit("testcases/suite/greeting.toml", "\"hello\\n\"", "{ regex = \".\" }").commit();
    command.env("GIT_DIR", other.path(".git")).env("GIT_INDEX_FILE", other.path(".git/index"));
    let said = product.said(&command.output().unwrap()).exits(1);
    against(&said.json(), "committed", "records or cases differ from those of commit ");
}

#[test]
fn git_is_told_to_see_another_content() {
    // A filter makes the committed bytes of the edited ones.
    let product = train();
    product.put(".gitattributes", "*.toml filter=lie\n").commit();
    product.git(&["config", "filter.lie.clean", "sed 's/{ regex = \".\" }/\"hello\\\\n\"/'"]);
    loosen(&product);
    product.git(&["add", "--all"]).git(&["diff", "--exit-code", "HEAD", "--", "testcases"]);
    against(&signoff(&product, &[]).exits(1).json(), "committed", NAMED);
    // A replacement stands for the committed object.
    let product = train();
    loosen(&product);
    product.git(&["tag", "honest"]).git(&["commit", "--quiet", "--all", "--message", "loosened"]).git(&["tag", "loosened"]);
    product.git(&["reset", "--quiet", "--soft", "honest"]).git(&["replace", "honest", "loosened"]);
    against(&signoff(&product, &[]).exits(1).json(), "committed", NAMED);
}

#[test]
fn a_pack_is_edited_in_its_submodule_or_left_out_of_the_clone() {
    let partner = Product::nothing();
    partner.put("pack.toml", "owner = \"A\"\ncontact = \"a@example.org\"\nproduct = \"P\"\nrequired = true\n");
    partner.put("greets.toml", GREETING).commit();
    let product = train();
    let (from, at) = (partner.path(""), "testcases/packs/acme");
    product.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from.to_str().unwrap(), at]).commit();
    product.git(&["config", "submodule.testcases/packs/acme.ignore", "all"]);
    signoff(&product, &[]).exits(0);
    product.edit("testcases/packs/acme/greets.toml", "\"hello\\n\"", "{ regex = \".\" }");
    let edited = "testcases/packs/acme/greets.toml differs from the commit's";
    against(&signoff(&product, &[]).exits(1).json(), "committed", edited);
    product.git(&["submodule", "--quiet", "deinit", "--force", at]);
    against(&signoff(&product, &[]).exits(1).json(), "committed", "testcases/packs/acme is a submodule whose commit is not here");
}

#[test]
fn a_git_that_speaks_of_other_objects_is_put_before_the_real_one() {
    let (product, other) = (train(), train());
    loosen(&product);
    loosen(&other);
    fs::remove_dir_all(other.path(".git")).unwrap();
    other.commit();
    let real = std::env::split_paths(&std::env::var_os("PATH").unwrap()).map(|path| path.join("git")).find(|path| path.exists());
    let real = real.unwrap();
    let (real, elsewhere) = (real.display(), other.path(".git"));
    let elsewhere = elsewhere.display();
    // It says that the commit is the honest one, and gives the other's objects: by their own names, or by the honest ones.
    for lie in [
        format!("exec {real} --git-dir {elsewhere} cat-file --batch"),
        format!(
            "tree=$({real} --git-dir {elsewhere} rev-parse 'HEAD^{{tree}}'); while read id; do echo \"$tree\" | \
                 {real} --git-dir {elsewhere} cat-file --batch | sed \"1s/^$tree/$id/\"; done"
        ),
    ] {
        product.put("tools/git", &format!("#!/bin/sh\ncase \"$*\" in *cat-file*) {lie};; *) exec {real} \"$@\";; esac\n"));
        fs::set_permissions(product.path("tools/git"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = product.command(&["signoff", "RU2", "--quiet"]);
        let path = format!("{}:{}", product.path("tools").display(), std::env::var("PATH").unwrap());
        product.said(&command.env("PATH", path).output().unwrap()).exits(3).mentions(&["the repository of "]);
    }
}
