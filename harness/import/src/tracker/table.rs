//! Issues as CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)): what Jira, Bugzilla and GitLab export, and tables whose columns are
//! stated.

use std::str::FromStr;
use std::sync::Arc;

use fixgate_core::problem::{Place, Problem, Source, suggestion};

use super::Row;

/// The names of columns, by what they hold. Empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    key: String,
    title: String,
    state: String,
    resolution: String,
    reported: String,
    source: String,
    severity: String,
    component: String,
}

impl Columns {
    fn known([key, title, state, resolution, reported, source, severity, component]: [&str; 8]) -> Self {
        Self {
            key: key.to_owned(),
            title: title.to_owned(),
            state: state.to_owned(),
            resolution: resolution.to_owned(),
            reported: reported.to_owned(),
            source: source.to_owned(),
            severity: severity.to_owned(),
            component: component.to_owned(),
        }
    }

    /// Jira, Bugzilla and GitLab.
    fn all() -> [Self; 3] {
        [
            ["Issue key", "Summary", "Status", "Resolution", "Created", "", "Priority", "Component/s"],
            ["Bug ID", "Summary", "Status", "Resolution", "Opened", "", "Severity", "Component"],
            ["Issue ID", "Title", "State", "", "Created At (UTC)", "URL", "", ""],
        ]
        .map(Self::known)
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "key" => &mut self.key,
            "title" => &mut self.title,
            "state" => &mut self.state,
            "resolution" => &mut self.resolution,
            "reported" => &mut self.reported,
            "source" => &mut self.source,
            "severity" => &mut self.severity,
            "component" => &mut self.component,
            _ => return None,
        })
    }
}

/// The names by which columns are stated.
const NAMES: [&str; 8] = ["key", "title", "state", "resolution", "reported", "source", "severity", "component"];

/// `key=Nr,title=Subject,state=Status`.
impl FromStr for Columns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns = Self::default();
        for pair in text.split(',') {
            let (name, column) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not NAME=COLUMN"))?;
            let field = columns.field(name.trim()).ok_or_else(|| {
                let help = suggestion(name.trim(), NAMES).unwrap_or_else(|| format!("the names are {}", NAMES.join(", ")));
                format!("`{name}` is no part of an issue; {help}")
            })?;
            if !field.is_empty() {
                return Err(format!("`{name}` is stated twice"));
            }
            *field = column.trim().to_owned();
        }
        let lacking = [("key", &columns.key), ("title", &columns.title), ("state", &columns.state)];
        if let Some((name, _)) = lacking.into_iter().find(|(_, column)| column.is_empty()) {
            return Err(format!("`{name}` is not stated; state at least key, title and state"));
        }
        Ok(columns)
    }
}

/// All rows.
pub(super) fn rows(source: &Arc<Source>, stated: Option<&Columns>) -> Result<Vec<Row>, Problem> {
    let place = |at: usize| Place { source: Arc::clone(source), span: at..at };
    let damaged = |error: csv::Error| {
        let at = error.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let at = at.min(source.text.len());
        let help = "export it again as CSV with commas, and quotes around what holds one";
        Problem::at(place(at), format!("not CSV: {error}")).help(help)
    };
    let mut reader = csv::Reader::from_reader(source.text.as_bytes());
    let headers = reader.headers().map_err(damaged)?.clone();
    let index = |name: &str| (!name.is_empty()).then(|| headers.iter().position(|header| header.trim() == name)).flatten();
    let fits = |columns: &Columns| [&columns.key, &columns.title, &columns.state].into_iter().all(|name| index(name).is_some());
    let columns = match stated {
        Some(columns) => Some(columns.clone()),
        None => Columns::all().into_iter().find(fits),
    };
    let columns = columns.filter(fits).ok_or_else(|| {
        let have: Vec<&str> = headers.iter().map(str::trim).collect();
        let help =
            format!("state them, such as --columns key=Nr,title=Subject,state=Status; the columns here are {}", have.join(", "));
        Problem::at(place(0), "the columns are not those of a tracker that is known, or not those that are stated").help(help)
    })?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(damaged)?;
        let at = |name: &str| index(name).and_then(|index| record.get(index)).unwrap_or_default().to_owned();
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or_default());
        let start = start.min(source.text.len());
        rows.push(Row {
            key: at(&columns.key),
            title: at(&columns.title),
            status: at(&columns.state),
            resolution: at(&columns.resolution),
            reported: at(&columns.reported),
            source: at(&columns.source),
            severity: at(&columns.severity),
            component: at(&columns.component),
            span: start..start,
        });
    }
    Ok(rows)
}
