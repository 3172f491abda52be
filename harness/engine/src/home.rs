//! The home of the user who runs the harness.

use camino::Utf8PathBuf;

/// Where it is, if that is told and UTF-8.
pub(crate) fn home() -> Option<Utf8PathBuf> {
    let home = Utf8PathBuf::from_os_string(std::env::var_os("HOME")?).ok()?;
    home.is_absolute().then_some(home)
}
