//! Releases, and the train that they form.

mod exception;
mod needs;
mod recipe;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::defect::Title;
use crate::document::{Decode, Decoder, Fields, Node, parse_toml};
use crate::id::{Commit, DefectId, Digest, ReleaseName};
use crate::problem::{Place, Problem, Source, suggestion};

pub use self::exception::Exception;
pub use self::needs::{Confinement, GrantedPath, Needs, Toolchain};
pub use self::window::{Window, WindowState, days_between};

/// One file of `releases/`.
#[derive(Debug, Clone)]
pub struct Release {
    /// The file's stem.
    pub name: ReleaseName,
    /// The product's own version.
    pub version: String,
    /// The release before; absent for the first.
    pub follows: Option<ReleaseName>,
    /// When its tree was cut.
    pub cut: Option<Date>,
    /// When it shipped.
    pub shipped: Option<Date>,
    /// The commit of the product's repository that it is made of.
    pub commit: Option<Commit>,
    /// Why its build is the very build of the release before, where that is meant.
    pub unchanged: Option<String>,
    /// What it was cut in spite of.
    pub allowed: Vec<Exception>,
    /// The command that makes its build in `${out}`, as written.
    pub recipe: Vec<String>,
    /// What it may reach, besides what every release's recipe may.
    pub needs: Needs,
    /// The digest of an artefact that is published as such.
    pub digest: Option<Digest>,
    /// The record's first key.
    pub place: Place,
}

impl Release {
    /// Reads a release's record.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: ReleaseName, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let release = decoder.fields(&root, "a release").and_then(|fields| Self::decode(name, fields, &decoder));
        decoder.finish(release)
    }

    fn decode(name: ReleaseName, fields: Fields<'_>, decoder: &Decoder) -> Option<Self> {
        let (version, follows) = (fields.required("version"), fields.optional("follows"));
        let (cut, shipped) = (fields.optional("cut"), fields.optional("shipped"));
        let (commit, allowed) = (fields.optional("commit"), fields.list("allowed"));
        let unchanged = fields.optional::<Title>("unchanged").map(|Title(reason)| reason);
        let (build, place) = (fields.required::<Build>("build"), fields.place());
        fields.finish();
        let Build { recipe, needs, digest } = build?;
        let release =
            Self { name, version: version?, follows, cut, shipped, commit, unchanged, allowed, recipe, needs, digest, place };
        if release.unchanged.is_some() && release.follows.is_none() {
            let place = release.place.clone();
            decoder.push(Problem::at(place, "the first release follows none, so that it cannot be `unchanged`"));
        }
        if release.takes_commit() && release.commit.is_none() {
            let message = "the recipe asks for `${commit}`, and the release states no `commit`";
            decoder.push(Problem::at(release.place.clone(), message).help("give it above [build]: commit = \"…\""));
        }
        Some(release)
    }
}

/// How a build comes about: `[build]` of a release or a pack.
#[derive(Debug, Clone)]
pub struct Build {
    /// The command that makes it in `${out}`.
    pub recipe: Vec<String>,
    /// What it may reach.
    pub needs: Needs,
    /// The digest of an artefact that is published as such.
    pub digest: Option<Digest>,
}

impl Decode for Build {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "a build: { recipe, network, toolchains, grants, digest }")?;
        let needs = Needs::of(&fields);
        let (recipe, digest) = (fields.required::<Vec<String>>("recipe"), fields.optional("digest"));
        fields.finish();
        let recipe = recipe?;
        if let Some(argument) = recipe.iter().find(|argument| recipe::hides_fixes(argument)) {
            let problem = Problem::at(decoder.place(&node.span).of_quoted(argument), "`${fixes}` is an argument of its own");
            decoder.push(problem.help("it becomes as many arguments as there are fixes, each the id of one"));
        }
        if !recipe.iter().any(|argument| argument.contains("${out}")) {
            decoder.problem(&node.span, "the recipe does not say where the build goes: no argument names `${out}`");
        }
        Some(Self { recipe, needs, digest })
    }
}

/// A place in the train: 0 for the first release. A build after the newest release has the place after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Position(usize);

/// Where a build stands: at a place in the train, with the defects that it fixes beyond that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'f> {
    /// Its place.
    pub place: Position,
    /// What a private fix has over its base; empty for everything else.
    pub fixes: &'f [DefectId],
}

impl From<Position> for Standing<'_> {
    fn from(place: Position) -> Self {
        Self { place, fixes: &[] }
    }
}

/// The releases from the first to the newest: one chain, no fork, no ring.
#[derive(Debug, Clone, Default)]
pub struct Train(Vec<Release>);

impl Train {
    /// Puts the releases into order.
    ///
    /// # Errors
    /// Every release that is not in the one chain.
    pub fn new(releases: Vec<Release>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let names: BTreeSet<_> = releases.iter().map(|release| release.name.clone()).collect();
        let mut followers: BTreeMap<Option<ReleaseName>, Vec<Release>> = BTreeMap::new();
        for release in releases {
            match &release.follows {
                Some(before) if !names.contains(before) => problems.push(dangling(&release, before, &names)),
                _ => followers.entry(release.follows.clone()).or_default().push(release),
            }
        }
        let mut chain: Vec<Release> = Vec::new();
        let mut before = None;
        while let Some(next) = followers.remove(&before) {
            let mut next = next.into_iter();
            let Some(release) = next.next() else { break };
            problems.extend(next.map(|other| fork(&release, &other)));
            before = Some(release.name.clone());
            chain.push(release);
        }
        // What is left over hangs on a release that the chain never reached: a ring, if no problem above explains it.
        if problems.is_empty() {
            problems.extend(followers.into_values().flatten().map(|release| {
                let message = format!("{} is in a ring: following `follows` never ends at a first release", release.name);
                let place = release.follows.as_ref().map(|before| release.place.of_quoted(before.as_str()));
                Problem::at(place.unwrap_or(release.place), message).help("exactly one release, the first, has no `follows`")
            }));
        }
        if problems.is_empty() { Ok(Self(chain)) } else { Err(problems) }
    }

    /// The releases in order.
    pub fn releases(&self) -> &[Release] {
        &self.0
    }

    /// The newest release.
    pub fn newest(&self) -> Option<&Release> {
        self.0.last()
    }

    /// A release by name.
    pub fn release(&self, name: &ReleaseName) -> Option<&Release> {
        self.0.iter().find(|release| release.name == *name)
    }

    /// A release's place.
    pub fn position(&self, name: &ReleaseName) -> Option<Position> {
        self.0.iter().position(|release| release.name == *name).map(Position)
    }

    /// The place of a build that is newer than every release.
    pub fn after_newest(&self) -> Position {
        Position(self.0.len())
    }

    /// The releases before the named one, in order; all of them where it is none.
    pub fn until<'t>(&'t self, name: &'t ReleaseName) -> impl Iterator<Item = &'t Release> {
        self.0.iter().take_while(move |release| release.name != *name)
    }

    /// The release that the named one follows.
    pub fn before(&self, name: &ReleaseName) -> Option<&Release> {
        self.release(name).and_then(|release| self.release(release.follows.as_ref()?))
    }
}

fn dangling(release: &Release, before: &ReleaseName, names: &BTreeSet<ReleaseName>) -> Problem {
    let help = suggestion(before.as_str(), names.iter().map(ReleaseName::as_str))
        .unwrap_or_else(|| "there is no file of that name in releases/".to_owned());
    Problem::at(release.place.of_quoted(before.as_str()), format!("{} follows `{before}`, which is no release", release.name))
        .help(help)
}

fn fork(first: &Release, second: &Release) -> Problem {
    let message = match &first.follows {
        Some(before) => format!("the train forks: both {} and {} follow {before}", first.name, second.name),
        None => format!("both {} and {} are first: neither has `follows`", first.name, second.name),
    };
    let place = second.follows.as_ref().map_or_else(|| second.place.clone(), |before| second.place.of_quoted(before.as_str()));
    Problem::at(place, message).help("a train is one chain: every release but the first follows another, and no two the same")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str, follows: Option<&str>) -> Release {
        let follows = follows.map(|before| format!("follows = {before:?}\n")).unwrap_or_default();
        let text = format!("version = \"1\"\n{follows}[build]\nrecipe = [\"make\", \"${{out}}\"]\n");
        Release::read(name.parse().unwrap(), &Source::new(format!("releases/{name}.toml"), text)).unwrap()
    }

    fn messages(releases: Vec<Release>) -> Vec<String> {
        Train::new(releases).unwrap_err().into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn a_chain_is_put_into_order() {
        let train = Train::new(vec![release("RU2", Some("RU1")), release("RTM", None), release("RU1", Some("RTM"))]).unwrap();
        let names: Vec<_> = train.releases().iter().map(|release| release.name.as_str()).collect();
        assert_eq!(names, ["RTM", "RU1", "RU2"]);
        assert_eq!(train.before(&"RU2".parse().unwrap()).unwrap().name.as_str(), "RU1");
        assert!(train.position(&"RU1".parse().unwrap()) < train.position(&"RU2".parse().unwrap()));
    }

    #[test]
    fn a_fork_a_ring_and_a_gap_are_refused() {
        let fork = vec![release("RTM", None), release("A", Some("RTM")), release("B", Some("RTM"))];
        assert_eq!(messages(fork), ["the train forks: both A and B follow RTM"]);
        let ring = vec![release("RTM", None), release("A", Some("B")), release("B", Some("A"))];
        assert_eq!(messages(ring).len(), 2);
        let gap = vec![release("RTM", None), release("A", Some("RMT"))];
        assert_eq!(messages(gap), ["A follows `RMT`, which is no release"]);
    }
}
