//! `fixgate history`

use fixgate_core::id::{Glob, ScenarioId};
use fixgate_core::problem::suggestion;
use fixgate_core::report::history::{scenarios_json, scenarios_text, survey_json, survey_text};
use fixgate_engine::fault::Fault;
use fixgate_engine::history::{self, HistoryError, Runs, Store};
use fixgate_engine::tree::Tree;

use crate::arguments::{Format, History};
use crate::exit::Exit;
use crate::session::Session;

/// An answer, or what to say when nothing matches.
type Answer = Result<String, Option<String>>;

/// Shows what runs said over time.
pub(super) fn history(session: &Session, arguments: &History) -> Result<Exit, Fault> {
    let tree = Tree::find(session.directory())?;
    if arguments.rebuild {
        history::discard(&tree)?;
    }
    let mut tell = |notice| session.notice(&notice);
    let ask = |store: &Store, runs: &Runs| match &arguments.scenario {
        None => survey(store, runs, arguments).map(Ok),
        Some(glob) => scenarios(store, runs, glob, arguments),
    };
    match history::consult(&tree, &mut tell, ask)? {
        Ok(text) => {
            session.output.result(&text)?;
            Ok(Exit::Success)
        }
        Err(help) => {
            let glob = arguments.scenario.as_ref().map(Glob::as_str).unwrap_or_default();
            let fault = Fault::usage(format!("no finished run has a scenario that `{glob}` matches"));
            Err(match help {
                Some(help) => fault.help(help),
                None => fault,
            })
        }
    }
}

fn survey(store: &Store, runs: &Runs, arguments: &History) -> Result<String, HistoryError> {
    let limit = arguments.limit as usize;
    let survey = store.survey(runs, limit)?;
    Ok(match arguments.format {
        Format::Text => survey_text(&survey, limit),
        Format::Json => survey_json(&survey, limit),
    })
}

fn scenarios(store: &Store, runs: &Runs, glob: &Glob, arguments: &History) -> Result<Answer, HistoryError> {
    let limit = arguments.limit as usize;
    let (scenarios, matching) = store.scenarios(runs, glob, limit)?;
    if matching == 0 {
        return Ok(Err(nearest(store, glob.as_str())?));
    }
    Ok(Ok(match arguments.format {
        Format::Text => scenarios_text(&scenarios, matching, limit),
        Format::Json => scenarios_json(&scenarios, matching, limit),
    }))
}

/// The scenarios of the case that was named, or the id that is nearest.
fn nearest(store: &Store, word: &str) -> Result<Option<String>, HistoryError> {
    /// What is further away is not suggested.
    const FARTHEST: usize = 3;
    let (mut of_case, mut near) = (None, Vec::new());
    let all = |_| true;
    store.each_name(all, |_, name: ScenarioId| {
        if name.case() == word {
            of_case = name.as_str()[word.len()..].chars().next();
        }
        if name.as_str().len().abs_diff(word.len()) <= FARTHEST {
            near.push(name);
        }
    })?;
    Ok(match of_case {
        Some(sign) => Some(format!("it has several scenarios: did you mean `{word}{sign}*`?")),
        None => suggestion(word, near.iter().map(ScenarioId::as_str)),
    })
}
