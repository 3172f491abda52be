//! Obtaining a build by its recipe, once.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use fixgate_core::event::Again;
use fixgate_core::id::Digest;
use fixgate_core::release::{Confinement, Needs};
use serde::Serialize;

use super::confine::Reach;
use super::keeper::{self, Ended};
use super::made::{Made, Maker};
use super::reach::{CACHE, OUT};
use super::turn::{Purpose, Queue, Turn};
use super::{BuildError, digest, state_of};
use crate::place::Place;
use crate::stop::StopFlag;

/// How much of a failed recipe's output is shown.
const TAIL_BYTES: u64 = 4096;

/// How a named build comes about.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// The build's name, which becomes its directory's.
    pub name: &'a str,
    /// Program and arguments; `${out}` in any of them is the directory to fill.
    pub command: &'a [String],
    /// The version that it makes, if one is stated.
    pub version: Option<&'a str>,
    /// Where the recipe runs: the test product's directory.
    pub directory: &'a Path,
    /// What it may reach besides.
    pub needs: &'a Needs,
    /// Whose it is.
    pub origin: Origin,
}

/// Whose recipe it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Origin {
    /// The test product's own.
    Release,
    /// A third party's.
    Pack,
}

/// What is wanted of a build that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That it is used again, if it was made by this recipe.
    Kept,
    /// That it is made again.
    Again,
}

/// What may take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Another process makes the same build, or uses the one that is to go.
    Waiting {
        /// The build's name.
        name: &'a str,
    },
    /// The recipe runs.
    Building {
        /// The build's name.
        name: &'a str,
        /// Why, where there is a build already.
        again: Option<Again<'a>>,
        /// Where its output goes.
        log: &'a Path,
    },
}

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

/// What belongs to one build.
pub(super) struct Places {
    pub(super) out: Place,
    /// What its recipe keeps from one time to the next.
    pub(super) cache: Place,
    /// What its recipe has for a home while it runs.
    pub(super) home: Place,
    made: Place,
    /// Where that is written first; no build has such a name.
    aside: Place,
    lock: Place,
    log: Place,
}

/// What the names of the files beside a build end with.
const BESIDE: [&str; 3] = [".json", ".lock", ".log"];

impl Places {
    pub(super) fn of(recipe: &Recipe<'_>, builds: &Place) -> Result<Self, BuildError> {
        let name = recipe.name;
        if !is_file_name(name) || BESIDE.iter().any(|end| name.ends_with(end)) {
            return Err(BuildError::BadName(name.to_owned()));
        }
        let [made, lock, log] = BESIDE.map(|end| builds.join(format!("{name}{end}")));
        let state = builds.join("..");
        // What a third party leaves there is for none of ours to build with.
        let cache = match recipe.origin {
            Origin::Release => state.join("target"),
            Origin::Pack => state.join("pack-targets").join(name),
        };
        let [home, aside] = ["home", "json"].map(|end| builds.join(format!(".{name}.{end}")));
        Ok(Self { out: builds.join(name), cache, home, aside, made, lock, log })
    }

    /// What is there and finished.
    fn made(&self) -> Result<Option<Made>, BuildError> {
        let is_there = self.out.is_dir().map_err(BuildError::place("look at", &self.out))?;
        Ok(Made::read(&self.made)?.filter(|_| is_there))
    }
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
    let mut ours: Option<Made> = None;
    loop {
        let is_wanted = |found: &Made| match (&ours, wish) {
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
                    is_there.then_some(Again::Unrecorded)
                }
                (Some(_), Wish::Again) => Some(Again::Asked),
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
pub fn kept(recipe: &Recipe, builds: &Place) -> Result<Option<(PathBuf, Made, Turn)>, BuildError> {
    // No build has such a name.
    let Ok(places) = Places::of(recipe, builds) else { return Ok(None) };
    let queue = Queue { name: recipe.name, place: places.lock.clone(), stop: &StopFlag::new(false), has_told: false };
    let Some(turn) = queue.try_use() else { return Ok(None) };
    // A recipe whose files are not here has made nothing of today.
    let Ok(maker) = Maker::of(recipe, places.out.path().as_std_path()) else { return Ok(None) };
    let made = places.made()?.filter(|made| made.differs_from(&maker).is_none());
    Ok(made.map(|made| (places.out.path().into(), made, turn)))
}

fn open(recipe: &Recipe, places: &Places, found: &Made, turn: Turn) -> Result<Obtained, BuildError> {
    let path = places.out.path().into_std_path_buf();
    let state = state_of(&path)?;
    let now = digest(&path)?;
    if now != found.digest {
        let (name, build) = (recipe.name.to_owned(), path);
        return Err(BuildError::Edited { name, build, made: found.digest, now });
    }
    Ok(Obtained { path, digest: now, found: state, confinement: found.confinement(), turn })
}

fn is_file_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let only = components.next();
    only == Some(Component::Normal(name.as_ref())) && components.next().is_none()
}

/// Makes it. The document is removed first and written last, so that a kill leaves a finished build or none.
fn make(recipe: &Recipe, places: &Places, maker: &Maker, turn: (&Turn, &StopFlag)) -> Result<Made, BuildError> {
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
        let made = Made::new(maker.clone(), confinement, digest(out.path().as_std_path())?);
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
