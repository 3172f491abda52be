//! Kills at any instant: at system calls that are drawn by lot, and at moments. What was killed goes on to the same end.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::faults::everywhere::{Subject, ready};

/// Numbers that look random, the same for the same seed: `splitmix64` by Sebastiano Vigna.
struct Lots(u64);

impl Lots {
    fn draw(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// Kills the command at moments that are drawn by lot, each a new one, and holds if all is well in the end. A kill that came too
/// late is none, and another moment is drawn.
fn killed_at_any_moment(subject: &Subject, kills: u32, seed: u64) {
    println!("{}: {kills} kills, seed {seed}", subject.arguments.join(" "));
    let mut lots = Lots(seed);
    let begun = Instant::now();
    ready(&subject.before).fixgate(subject.arguments).exits(subject.exit);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let (mut killed, mut late) = (0, 0);
    while killed < kills {
        let product = ready(&subject.before);
        let moment = Duration::from_micros(lots.draw(whole));
        let mut command = product.command(subject.arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(moment);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        killed += u32::from(status.code().is_none());
        late += u32::from(status.code().is_some());
        assert!(late < 10 * kills, "it takes less time than it did");
        subject.goes_on(&product, &format!("killed after {moment:?}, seed {seed}"));
    }
    println!("{}: {killed} kills, {late} came too late", subject.arguments.join(" "));
}

#[test]
fn a_command_killed_at_any_moment_comes_to_the_same_end() {
    let subjects = [Subject::run(), Subject::prove(), Subject::signoff()];
    for (subject, seed) in subjects.iter().zip(1..) {
        killed_at_any_moment(subject, 8, seed);
    }
}

#[test]
#[ignore = "it takes minutes: 200 kills of each, where the test above has 8"]
fn a_command_killed_at_two_hundred_moments_comes_to_the_same_end() {
    let subjects = [Subject::run(), Subject::prove(), Subject::signoff()];
    let seed = u64::from(std::process::id());
    subjects.iter().for_each(|subject| killed_at_any_moment(subject, 200, seed));
}
