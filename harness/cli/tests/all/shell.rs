//! What shells and `man` learn of the command line.

use std::fs;
use std::process::Command;

use crate::common::Product;

#[test]
fn completions_are_scripts_that_the_shell_can_read() {
    let place = Product::nothing();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = place.fixgate(&["completions", shell]).exits(0);
        assert!(said.stdout.contains("signoff") && said.stdout.contains("baseline"), "{shell}: {}", said.stdout);
        place.put(shell, &said.stdout);
    }
    let asked = "source ./bash; COMP_WORDS=(fixgate roll); COMP_CWORD=1; _fixgate fixgate roll fixgate; echo ${COMPREPLY[@]}";
    let bash = Command::new("bash").args(["-c", asked]).current_dir(place.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "rollup\n", "{}", String::from_utf8_lossy(&bash.stderr));
    place.fixgate(&["completions", "csh"]).exits(2).mentions(&["invalid value 'csh'"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Product::nothing();
    let pages = place.path("pages/man1");
    place.fixgate(&["man", pages.to_str().unwrap()]).exits(0);
    for name in ["fixgate", "fixgate-signoff", "fixgate-rollup-cut"] {
        let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH OPTIONS"), "{page}");
    }
    place.put("file", "");
    let refused = place.fixgate(&["man", place.path("file").to_str().unwrap()]).exits(3);
    refused.mentions(&["void: the manual pages cannot be written to ", "help: something else is where a directory belongs"]);
}
