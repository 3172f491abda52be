//! A static site on disk: every page written whole, and none left of an earlier site.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use camino::{Utf8Component, Utf8Path};

use crate::fault::Fault;
use crate::place::Place;
use crate::reports::write_file;

/// The list of a site's pages, which says that its directory holds one.
pub const LIST: &str = "site.txt";

/// Writes the pages below a directory, which is made if need be. Pages of an earlier site that this one lacks are removed.
///
/// # Errors
/// When the directory holds something else than a site, or cannot be written to.
pub fn write(directory: &Utf8Path, pages: &[(String, String)]) -> Result<(), Fault> {
    let refused = |reason: io::Error| Fault::system(format!("{directory} cannot be made or read: {reason}"), &reason);
    fs::create_dir_all(directory).map_err(refused)?;
    let place = Place::root(directory).map_err(refused)?;
    let earlier = earlier(&place)?;
    let list: String = pages.iter().map(|(path, _)| format!("{path}\n")).collect();
    // The list comes first: a page that a killed command left is then known to belong to a site.
    let all: BTreeSet<&str> = earlier.iter().map(String::as_str).chain(list.lines()).collect();
    write_file(&place.join(LIST), all.iter().map(|path| format!("{path}\n")).collect::<String>().as_bytes())?;
    for (path, text) in pages {
        let page = place.join(path);
        if let Some(folder) = Utf8Path::new(path).parent().filter(|folder| !folder.as_str().is_empty()) {
            place.join(folder).make().map_err(refused)?;
        }
        write_file(&page, text.as_bytes())?;
    }
    let now: BTreeSet<&str> = list.lines().collect();
    for path in earlier.iter().filter(|path| !now.contains(path.as_str())) {
        let page = place.join(path);
        page.remove_file().map_err(|reason| Fault::system(format!("{page} cannot be removed: {reason}"), &reason))?;
    }
    write_file(&place.join(LIST), list.as_bytes())
}

/// The pages of the site that a directory holds; none where it is empty.
fn earlier(place: &Place) -> Result<Vec<String>, Fault> {
    let refused = |reason: io::Error| Fault::system(format!("{place} cannot be read: {reason}"), &reason);
    let list = place.join(LIST);
    match list.read_text() {
        Ok(text) if text.lines().all(is_page) => Ok(text.lines().map(str::to_owned).collect()),
        Ok(_) => Err(Fault::usage(format!("{list} is not the list of a site that `fixgate site` wrote"))
            .help("name another directory, or remove this one")),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound && place.list().map_err(refused)?.is_empty() => Ok(Vec::new()),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
            Err(Fault::usage(format!("{place} holds something else than a site")).help("name an empty directory, or a new one"))
        }
        Err(reason) => Err(refused(reason)),
    }
}

/// Whether a line of a list names a page that a site can have.
fn is_page(path: &str) -> bool {
    let parts: Vec<Utf8Component<'_>> = Utf8Path::new(path).components().collect();
    let is_plain = parts.iter().all(|part| matches!(part, Utf8Component::Normal(_)));
    is_plain && (1..=2).contains(&parts.len()) && path.ends_with(".html")
}
