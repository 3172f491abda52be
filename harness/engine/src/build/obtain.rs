//! Obtaining a build by its recipe, once.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use fixgate_core::event::RebuildReason;
use fixgate_core::id::Digest;
use fixgate_core::release::Confinement;

use super::confine::Reach;
use super::keeper::{self, Ended};
use super::made::{BuildDocument, Maker};
use super::reach::{CACHE, OUT};
use super::recipe::{Places, Progress, Recipe, Wish};
use super::turn::{Purpose, Queue, Turn};
use super::{BuildError, digest, state_of};
use crate::place::Place;
use crate::stop::StopFlag;

/// How much of a failed recipe's output is shown.
const TAIL_BYTES: u64 = 4096;

/// A finished build, which no process makes again while this lives.
#[derive(Debug)]
pub struct Obtained {
    /// Its directory, absolute.
    pub path: PathBuf,
    /// The digest of what is there, which is the digest of what was made.
    pub digest: Digest,
    /// How it was found, before that was taken.
    pub found: Digest,
    /// How far its recipe was kept from everything else.
    pub confinement: Confinement,
    /// The turn to use it.
    pub turn: Turn,
}

/// Gives the build `<builds>/<name>`, after running its recipe if it isn't there yet, or was made by something else.
///
/// The recipe fills that very directory, which is unfinished until `<name>.json` beside it says what it was made by; what the
/// recipe says goes to `<name>.log`. A second process waits for the first, and for its recipe too if it was killed: two of
/// them would give a build of neither.
///
/// # Errors
/// When the build is not available, is not as it was made, or `stop` is set meanwhile; the recipe is ended then.
pub fn obtain(
    recipe: &Recipe,
    builds: &Place,
    (wish, stop): (Wish, &StopFlag),
    progress: &mut dyn FnMut(Progress),
) -> Result<Obtained, BuildError> {
    let places = Places::of(recipe, builds)?;
    builds.make().map_err(BuildError::place("create", builds))?;
    let maker = Maker::of(recipe, places.out.path().as_std_path())?;
    let mut queue = Queue { name: recipe.name, place: places.lock.clone(), stop, has_told: false };
    let mut ours: Option<BuildDocument> = None;
    loop {
        let is_wanted = |found: &BuildDocument| match (&ours, wish) {
            (Some(ours), _) if ours == found => true,
            (None, Wish::Again) => false,
            (Some(_), Wish::Again) | (_, Wish::Kept) => found.differs_from(&maker).is_none(),
        };
        let turn = queue.take(Purpose::Using, progress)?;
        if let Some(found) = places.made()?.filter(is_wanted) {
            return open(recipe, &places, &found, turn);
        }
        drop(turn);
        let turn = queue.take(Purpose::Making, progress)?;
        let found = places.made()?;
        // The process that had the turn before may have made it.
        if !found.as_ref().is_some_and(is_wanted) {
            let again = match (&found, wish) {
                (None, _) => {
                    let is_there = places.out.exists().map_err(BuildError::place("look at", &places.out))?;
                    is_there.then_some(RebuildReason::Unrecorded)
                }
                (Some(_), Wish::Again) => Some(RebuildReason::Asked),
                (Some(found), Wish::Kept) => found.differs_from(&maker),
            };
            progress(Progress::Building { name: recipe.name, again, log: places.log.path().as_std_path() });
            ours = Some(make(recipe, &places, &maker, (&turn, stop))?);
        }
    }
}

/// The build, if it is there, finished and made by this recipe, and no process is making it again.
///
/// # Errors
/// Why the system does not tell.
pub fn kept(recipe: &Recipe, builds: &Place) -> Result<Option<(PathBuf, BuildDocument, Turn)>, BuildError> {
    // No build has such a name.
    let Ok(places) = Places::of(recipe, builds) else { return Ok(None) };
    let queue = Queue { name: recipe.name, place: places.lock.clone(), stop: &StopFlag::new(false), has_told: false };
    let Some(turn) = queue.try_use() else { return Ok(None) };
    // A recipe whose files are not here has made nothing of today.
    let Ok(maker) = Maker::of(recipe, places.out.path().as_std_path()) else { return Ok(None) };
    let made = places.made()?.filter(|made| made.differs_from(&maker).is_none());
    Ok(made.map(|made| (places.out.path().into(), made, turn)))
}

fn open(recipe: &Recipe, places: &Places, found: &BuildDocument, turn: Turn) -> Result<Obtained, BuildError> {
    let path = places.out.path().into_std_path_buf();
    let state = state_of(&path)?;
    let now = digest(&path)?;
    if now != found.digest {
        let (name, build) = (recipe.name.to_owned(), path);
        return Err(BuildError::Edited { name, build, made: found.digest, now });
    }
    Ok(Obtained { path, digest: now, found: state, confinement: found.confinement(), turn })
}

/// Makes it. The document is removed first and written last, so that a kill leaves a finished build or none.
fn make(recipe: &Recipe, places: &Places, maker: &Maker, turn: (&Turn, &StopFlag)) -> Result<BuildDocument, BuildError> {
    let Places { out, made, home, .. } = places;
    let confinement = super::permission::required(recipe, maker)?;
    made.remove_file().map_err(BuildError::place("remove", made))?;
    for stale in [out, home] {
        stale.remove().map_err(BuildError::place("remove", stale))?;
    }
    out.make_new().map_err(BuildError::place("create", out))?;
    let finish = || {
        let followed = follow(recipe, places, confinement, turn);
        let _ = home.remove();
        followed?;
        let made = BuildDocument::new(maker.clone(), confinement, digest(out.path().as_std_path())?);
        made.write(&places.made, &places.aside)?;
        Ok(made)
    };
    finish().inspect_err(|_| {
        // What stays is unfinished, and the next one removes it.
        let _ = out.remove();
    })
}

/// Runs the recipe until nothing of it is left.
fn follow(
    recipe: &Recipe,
    places: &Places,
    confinement: Confinement,
    (turn, stop): (&Turn, &StopFlag),
) -> Result<(), BuildError> {
    let Places { out, cache, log, .. } = places;
    let name = recipe.name.to_owned();
    let filled = |word: &String| word.replace(OUT, out.path().as_str()).replace(CACHE, cache.path().as_str());
    let words: Vec<String> = recipe.command.iter().map(filled).collect();
    let Some(program) = words.first().cloned() else {
        return Err(BuildError::EmptyRecipe(name));
    };
    let reach = Reach::of(recipe, places, confinement)?;
    let output = log.create().map_err(BuildError::place("create", log))?;
    match keeper::run((&words, &reach), recipe.directory, (&turn.0, &output), stop) {
        Err(source) | Ok(Ended::NotStarted(source)) => Err(BuildError::RecipeNotStarted { name, program, source }),
        Ok(Ended::Stopped) => Err(BuildError::Stopped(name)),
        Ok(Ended::Lost(source)) => Err(BuildError::RecipeLost { name, source }),
        Ok(Ended::LeftRunning(reason)) => Err(BuildError::LeftRunning { name, reason }),
        Ok(Ended::With(status)) if !status.success() => {
            Err(BuildError::RecipeFailed { name, ending: status.to_string(), tail: tail(log), log: log.path().into() })
        }
        Ok(Ended::With(_)) => {
            let entries = out.list().map_err(BuildError::place("read", out))?;
            if entries.is_empty() { Err(BuildError::NothingBuilt { name, log: log.path().into() }) } else { Ok(()) }
        }
    }
}

/// The end of the log, from the start of a line. It only illustrates an error, so it has none of its own.
fn tail(log: &Place) -> String {
    let read = || {
        let mut file = log.open()?;
        let length = file.metadata()?.len();
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        file.read_to_end(&mut bytes)?;
        std::io::Result::Ok((length > TAIL_BYTES, bytes))
    };
    match read() {
        Ok((cut, bytes)) => {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end();
            let whole_lines = text.split_once('\n').map_or(text, |(_, rest)| rest);
            if cut { whole_lines.to_owned() } else { text.to_owned() }
        }
        Err(error) => format!("(it can't be read: {error})"),
    }
}
