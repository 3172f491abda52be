//! People with real keys, made and used by the real `ssh-keygen`.

use std::fs;
use std::process::{Command, Stdio};

use super::{CRITERIA, Product, RUNS, Said, defect, project};

/// The namespace of all our signatures.
pub(crate) const NAMESPACE: &str = "signoff@fixgate";

pub(crate) const TESTER: &str = "tess@example.org";
pub(crate) const CUSTOMER: &str = "carl@customer.example";
pub(crate) const OPERATOR: &str = "olga@example.org";
pub(crate) const MANAGER: &str = "mara@example.org";

pub(crate) const ROLES: &str = r#"
[roles]
tester = ["tess@example.org"]
customer = ["carl@customer.example"]
manual = ["tess@example.org", "olga@example.org"]
deployment = ["olga@example.org"]
release-manager = ["mara@example.org"]
"#;

pub(crate) const MANUAL: &str = r#"title = "the greeting reads well"
[[step]]
do = "greet yourself"
expect = "you feel greeted"
"#;

/// A product whose RU1 mends a greeting; its gate asks for people's words too.
pub(crate) fn product() -> Product {
    let product = Product::of(&[("RTM", "echo hallo"), ("RU1", "echo hello")]);
    let criteria = CRITERIA.replace(']', r#", "manual", "deployed", "signed"]"#);
    product.put("fixgate.toml", &(project(&criteria) + "deployed-days = 7\n" + ROLES));
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.edit("testcases/suite/greeting.toml", "tags", "defects = [\"GR-1\"]\ntags");
    product.put("testcases/manual/reading.toml", MANUAL).put("testcases/suite/runs.toml", RUNS);
    product.signers(&[TESTER, CUSTOMER, OPERATOR, MANAGER]);
    product.fixgate(&["prove", "--quiet"]).exits(0);
    product
}

/// Attests something for a person.
pub(crate) fn attest(product: &Product, person: &str, arguments: &[&str]) -> Said {
    product.fixgate(&[&["attest"], arguments, &["--key", &product.key(person)]].concat())
}

pub(crate) fn attest_manual(product: &Product, outcome: &str) -> Said {
    attest(product, TESTER, &["manual", "manual/reading", "--candidate", "RU1", "--outcome", outcome])
}

pub(crate) fn attest_days(product: &Product, start: &str, end: &str) -> Said {
    let deployment = ["deployment", "--candidate", "RU1", "--environment", "office", "--start", start, "--end", end];
    attest(product, OPERATOR, &deployment)
}

impl Product {
    /// The path of a person's private key, which is made if it is not there.
    pub(crate) fn key(&self, person: &str) -> String {
        let path = self.path(&format!(".fixgate/keys/{person}"));
        if !path.exists() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            ssh_keygen(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", person, "-f"]).arg(&path));
        }
        path.to_str().unwrap().to_owned()
    }

    /// The line of `allowed_signers` for a person, with options such as `valid-before="20300101Z"`.
    pub(crate) fn signer(&self, person: &str, options: &str) -> String {
        let key = self.key(person);
        let public = fs::read_to_string(format!("{key}.pub")).unwrap();
        format!("{person} {options}{}{}", if options.is_empty() { "" } else { " " }, public)
    }

    /// Writes `allowed_signers` with a line for each person.
    pub(crate) fn signers(&self, people: &[&str]) -> &Self {
        let lines: String = people.iter().map(|person| self.signer(person, "")).collect();
        self.put("allowed_signers", &lines)
    }

    /// Signs a file as it stands now, by `ssh-keygen` alone.
    pub(crate) fn sign(&self, path: &str, person: &str, namespace: &str) -> &Self {
        let _ = fs::remove_file(self.path(&format!("{path}.sig")));
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f", &self.key(person)]).arg(self.path(path));
        ssh_keygen(&mut command);
        self
    }
}

/// Runs `ssh-keygen`, which must succeed.
pub(crate) fn ssh_keygen(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|reason| panic!("ssh-keygen is needed: {reason}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
