//! Keys: where a person's is, whose it is, and signing with it.
//!
//! Signing a statement is left to `ssh-keygen -Y sign`, which knows passphrases, agents and keys in hardware.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::id::Principal;
use fixgate_core::ledger::Ledger;
use fixgate_core::signer::{NAMESPACE, Role};
use jiff::Timestamp;
use signature::Signer;
use ssh_key::{PrivateKey, PublicKey};

use crate::fault::Fault;
use crate::home::home;
use crate::inherited::program_path;

/// The keys that are looked for where none is named, below the home directory; the first one that is there is taken.
const USUAL: [&str; 2] = [".ssh/id_ed25519", ".ssh/id_ed25519_sk"];

/// A key that a person can sign with.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its file: the private key, or the public one of a key that an agent holds.
    pub path: Utf8PathBuf,
    /// The public key.
    pub public: PublicKey,
}

impl Key {
    /// The key in this file, or the person's usual one.
    ///
    /// # Errors
    /// When there is none, or the file holds no key.
    pub fn find(path: Option<&Utf8Path>) -> Result<Self, Fault> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => usual().ok_or_else(|| {
                Fault::usage(format!("there is no key in ~/{}", USUAL.join(" or ~/"))).help("name one by --key PATH")
            })?,
        };
        let text = read(&path)?;
        // The public part of a private key is never encrypted.
        let private = PrivateKey::from_openssh(&text).map(|key| key.public_key().clone());
        let public = private.or_else(|_| PublicKey::from_openssh(&text)).map_err(|reason| {
            Fault::usage(format!("{path} is no Ed25519 key as OpenSSH writes them: {reason}"))
                .help("make one: ssh-keygen -t ed25519")
        })?;
        Ok(Self { path, public })
    }

    /// Whose key it is, if it counts now and its holder has this role.
    ///
    /// # Errors
    /// Why not.
    pub fn principal(&self, ledger: &Ledger, role: Role) -> Result<Principal, Fault> {
        let key = self.public.key_data();
        let holder = ledger.signers.holder(key).ok_or_else(|| {
            Fault::usage(format!("{} is the key of no signer in allowed_signers", self.path))
                .help(format!("a line there is: PRINCIPAL namespaces=\"{NAMESPACE}\" ssh-ed25519 KEY"))
        })?;
        ledger.signers.accept(holder, key, Timestamp::now()).map_err(|why| Fault::usage(why.to_string()))?;
        check_role(ledger, role, holder)?;
        Ok(holder.clone())
    }

    /// The private key itself, for signatures that `ssh-keygen` does not make.
    ///
    /// # Errors
    /// When it is not in the file, or encrypted.
    pub fn raw(&self) -> Result<RawKey, Fault> {
        let help = "an envelope's signature is raw Ed25519, which takes a key file without a passphrase; keep one for releases";
        let text = read(&self.path)?;
        let private = PrivateKey::from_openssh(&text)
            .map_err(|reason| Fault::usage(format!("{} is no private key: {reason}", self.path)).help(help))?;
        if private.is_encrypted() || private.key_data().ed25519().is_none() {
            return Err(Fault::usage(format!("{} is encrypted, or in hardware", self.path)).help(help));
        }
        Ok(RawKey { path: self.path.clone(), private })
    }

    /// An SSH signature over these bytes.
    ///
    /// # Errors
    /// When `ssh-keygen` is missing or refuses, with what it said.
    pub fn sign(&self, bytes: &[u8]) -> Result<String, Fault> {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(&self.path);
        command.envs(program_path().map(|path| ("PATH", path)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |reason: String| {
            let message = format!("ssh-keygen could not sign with {}: {}", self.path, reason.trim_end());
            Fault::usage(message).help("signing needs OpenSSH 8.2 or newer, and the key, or an agent that holds it")
        };
        let mut child = command.spawn().map_err(|reason| failed(reason.to_string()))?;
        // It reads all of it before it says anything; if it ends early, what it says tells why.
        let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(bytes));
        let output = child.wait_with_output().map_err(|reason| failed(reason.to_string()))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match written {
            Ok(()) if output.status.success() => String::from_utf8(output.stdout).map_err(|_| failed(said)),
            Ok(()) | Err(_) => Err(failed(said)),
        }
    }
}

/// Holds if a principal may attest in this role.
///
/// # Errors
/// That it may not, and where that is said.
pub fn check_role(ledger: &Ledger, role: Role, principal: &Principal) -> Result<(), Fault> {
    let help = || format!("fixgate.toml says who does: [roles] {role} = [\"…\"]");
    ledger.project.check_role(role, principal).map_err(|why| Fault::usage(why.to_string()).help(help()))
}

/// A key that signs by itself, without `ssh-keygen`, which makes SSH signatures only.
#[derive(Debug)]
pub struct RawKey {
    path: Utf8PathBuf,
    private: PrivateKey,
}

impl RawKey {
    /// The raw Ed25519 signature over these bytes.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let signature = self.private.try_sign(bytes);
        let signature = signature.map_err(|reason| Fault::usage(format!("{} cannot sign: {reason}", self.path)))?;
        Ok(signature.as_bytes().to_vec())
    }
}

fn read(path: &Utf8Path) -> Result<String, Fault> {
    fs::read_to_string(path).map_err(|reason| Fault::usage(format!("{path} cannot be read: {reason}")).refused(&reason))
}

fn usual() -> Option<Utf8PathBuf> {
    let home = home()?;
    USUAL.into_iter().map(|name| home.join(name)).find(|path| path.is_file())
}
