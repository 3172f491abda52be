//! A static site of the train: its releases with their sign-offs, each defect with its life, and how counts, times and flakes went.
//!
//! It is made from records and from what was stored, never from a clock: the same tree gives the same bytes. Its pages have no script,
//! ask for nothing and work from disk.

mod defect;
mod release;
mod trends;

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use self::defect::DefectPage;
use self::release::{ReleasePage, ReleaseRow};
use self::trends::Trend;
use super::html;
use crate::defect::{Defect, DefectKind, Status};
use crate::gate::Signoff;
use crate::id::ReleaseName;
use crate::ledger::Ledger;
use crate::rollup::nights::NightDocument;

const STYLE: &str = include_str!("site/site.css");
const TEMPLATES: [(&str, &str); 6] = [
    ("frame.html", include_str!("site/frame.html.jinja")),
    ("index.html", include_str!("site/index.html.jinja")),
    ("defects.html", include_str!("site/defects.html.jinja")),
    ("trends.html", include_str!("site/trends.html.jinja")),
    ("release.html", include_str!("site/release.html.jinja")),
    ("defect.html", include_str!("site/defect.html.jinja")),
];

/// What a site is made from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The records.
    pub ledger: &'s Ledger,
    /// The stored decisions, in the order of the train.
    pub signoffs: &'s [Signoff],
    /// The nights whose reports are here, the oldest first.
    pub nights: &'s [NightDocument],
}

impl<'s> Source<'s> {
    fn signoff(&self, release: &ReleaseName) -> Option<&'s Signoff> {
        self.signoffs.iter().find(|signoff| signoff.release == *release)
    }
}

/// What every page is filled with, and what is its own.
#[derive(Serialize)]
struct View<'v, T> {
    title: String,
    product: &'v str,
    style: &'static str,
    policy: String,
    /// The way from the page to the site's first page.
    up: &'static str,
    page: T,
}

/// The pages by their paths below the site's directory, in the order of these.
///
/// # Errors
/// What of a template cannot be filled: a fault of this program.
pub fn render(source: &Source<'_>) -> Result<Vec<(String, String)>, String> {
    let mut pages = filled(source).map_err(|error| format!("the site's templates: {error:#}"))?;
    pages.sort();
    Ok(pages)
}

fn filled(source: &Source<'_>) -> Result<Vec<(String, String)>, minijinja::Error> {
    let environment = html::environment(&TEMPLATES)?;
    let fill = Fill { environment, product: &source.ledger.project.product };
    let defects: Vec<DefectPage<'_>> = source.ledger.defects.values().map(|defect| DefectPage::of(source, defect)).collect();
    let releases: Vec<ReleaseRow<'_>> =
        source.ledger.train.releases().iter().map(|release| ReleaseRow::of(source, release)).collect();
    let mut pages = vec![
        fill.page("index.html", "the train".to_owned(), "", Index::of(source, &releases))?,
        fill.page("defects.html", "defects".to_owned(), "", &defects)?,
        fill.page("trends.html", "trends".to_owned(), "", trends::all(source))?,
    ];
    for defect in &defects {
        pages.push(fill.below("defects", "defect.html", defect.id, defect)?);
    }
    for release in source.ledger.train.releases() {
        let page = ReleasePage::of(source, release);
        pages.push(fill.below("releases", "release.html", release.name.as_str(), page)?);
    }
    Ok(pages)
}

/// The templates, and what is the same in all pages.
struct Fill<'f> {
    environment: Environment<'static>,
    product: &'f str,
}

impl Fill<'_> {
    fn page<T: Serialize>(
        &self,
        name: &'static str,
        title: String,
        up: &'static str,
        page: T,
    ) -> Result<(String, String), minijinja::Error> {
        let policy = html::policy(STYLE, None);
        let view = View { title, product: self.product, style: STYLE, policy, up, page };
        Ok((name.to_owned(), self.environment.get_template(name)?.render(Serde(&view))?))
    }

    /// A page of a record, whose name is plain enough for a file.
    fn below<T: Serialize>(
        &self,
        folder: &str,
        template: &'static str,
        name: &str,
        page: T,
    ) -> Result<(String, String), minijinja::Error> {
        let (_, text) = self.page(template, name.to_owned(), "../", page)?;
        Ok((format!("{folder}/{name}.html"), text))
    }
}

/// The first page.
#[derive(Serialize)]
struct Index<'i> {
    releases: &'i [ReleaseRow<'i>],
    /// What is checked in for the next release.
    next: Vec<(&'i str, &'i str)>,
    /// What is open, the worst first.
    open: Vec<(&'i str, &'i str, String)>,
    trends: Vec<Trend>,
}

impl<'i> Index<'i> {
    fn of(source: &Source<'i>, releases: &'i [ReleaseRow<'i>]) -> Self {
        let ledger = source.ledger;
        let mut open: Vec<_> = ledger.defects.values().filter(|defect| is_open(defect)).collect();
        open.sort_by_key(|defect| (defect.severity, &defect.id));
        let line = |defect: &&'i Defect| {
            let where_it_is = format!("{} in {}, {}", defect.severity.as_str(), defect.component, defect.status);
            (defect.id.as_str(), &*defect.title, where_it_is)
        };
        Self {
            releases,
            next: ledger.new_in(None).map(|defect| (defect.id.as_str(), &*defect.title)).collect(),
            open: open.iter().map(line).collect(),
            trends: trends::first(source),
        }
    }
}

/// Whether a problem is there and is to be repaired.
fn is_open(defect: &Defect) -> bool {
    defect.kind == DefectKind::Defect && matches!(defect.status, Status::Open | Status::PrivateFix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_cannot_end_its_element_and_asks_for_nothing() {
        assert!(!STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import"));
        assert!(html::environment(&TEMPLATES).is_ok());
    }
}
