//! The harness's side of one worker process.

use std::io::{self, BufReader, BufWriter, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use camino::Utf8PathBuf;
use fixgate_core::circumstances::Mounts;

use super::messages::{Answer, Engagement, Reply, Request, Standing};
use super::settle::Held;
use super::{ASKED, NoProcess, Program, WorkerRules, is_asked};
use crate::process::{ProgramOutcome, StartError};
use crate::stop::StopFlag;
use crate::wire::{StoppableStream, bytes, receive, send};

/// A worker process, and the connection to it. Dropped, it has ended what it ran, and itself.
#[derive(Debug)]
pub(super) struct Connection {
    child: Child,
    stream: UnixStream,
}

/// A connection to a new process, with what it could not set for its programs, and how the file system is mounted for them.
pub(super) type Opened = (Connection, Held, Mounts);

/// A worker process that is being spoken to.
#[derive(Debug)]
pub(super) struct Process<'s> {
    answers: BufReader<StoppableStream<'s>>,
    requests: BufWriter<UnixStream>,
    buffer: Vec<u8>,
    connection: Connection,
}

impl Connection {
    /// Starts a process on these terms.
    pub(super) fn open(engagement: &Engagement<&WorkerRules>, stop: &StopFlag) -> Result<Opened, NoProcess> {
        if is_asked() {
            let message = "this process was to be a worker itself: its main must begin with `serve_if_asked`";
            return Err(io::Error::other(message).into());
        }
        let (ours, theirs) = UnixStream::pair()?;
        let child = std::process::Command::new("/proc/self/exe")
            .arg(ASKED)
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        let mut process = Process::new(Self { child, stream: ours }, stop)?;
        send(&mut process.requests, engagement, &[])?;
        process.requests.flush()?;
        let standing = receive(&mut process.answers, &mut process.buffer)?;
        match standing.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))? {
            Standing::Ready(held, mounts) => Ok((process.connection, held, mounts)),
            Standing::NotIsolated(reason) => Err(NoProcess::NotIsolated(reason)),
            Standing::Short(reason, held) => Err(NoProcess::Short(reason, held)),
        }
    }

    /// The worker's sign to end what it runs, and itself.
    fn disconnect(&self) {
        // It fails only where there is no connection any more.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.disconnect();
        let _ = self.child.wait();
    }
}

impl<'s> Process<'s> {
    pub(super) fn new(connection: Connection, stop: &'s StopFlag) -> io::Result<Self> {
        let answers = BufReader::new(StoppableStream::new(connection.stream.try_clone()?, stop)?);
        let requests = BufWriter::new(connection.stream.try_clone()?);
        Ok(Self { answers, requests, buffer: Vec::new(), connection })
    }

    /// Has it run programs, and adds the outcomes of those that it ran.
    pub(super) fn ask(
        &mut self,
        programs: &[Program<'_>],
        readable: &[Utf8PathBuf],
        outcomes: &mut Vec<Result<ProgramOutcome, StartError>>,
    ) -> io::Result<()> {
        let asked = programs.iter().map(|program| (&program.command, program.input.map(<[u8]>::len)));
        let inputs: Vec<&[u8]> = programs.iter().filter_map(|program| program.input).collect();
        send(&mut self.requests, &Request { readable, programs: asked.collect() }, &inputs)?;
        self.requests.flush()?;
        for program in programs {
            let Reply { answer, is_last } = receive(&mut self.answers, &mut self.buffer)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            outcomes.push(self.outcome(answer, program.command.output_limit)?);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    fn outcome(&mut self, answer: Answer, output_limit: u64) -> io::Result<Result<ProgramOutcome, StartError>> {
        Ok(match answer {
            Answer::NotRun(error) => Err(error),
            Answer::Overrun(reason) => return Err(io::Error::other(reason)),
            // Nothing that a worker says makes the harness hold more than it asked for.
            Answer::Ended { stdout, stderr, .. } if stdout.max(stderr) as u64 > output_limit => {
                return Err(io::Error::other("it answered with more output than the limit"));
            }
            Answer::Ended { ending, stdout, stderr, elapsed, peak_memory } => {
                let (stdout, stderr) = (bytes(&mut self.answers, stdout)?, bytes(&mut self.answers, stderr)?);
                Ok(ProgramOutcome { ending, stdout, stderr, elapsed, peak_memory })
            }
        })
    }

    /// How the process ended, or else what is wrong with the connection.
    pub(super) fn end_with(mut self, reason: &io::Error) -> String {
        self.connection.disconnect();
        match self.connection.child.wait() {
            Ok(status) if !status.success() => status.to_string(),
            Ok(_) | Err(_) => reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

    use std::time::Duration;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;
    use serde::Serialize;

    use super::*;
    use crate::process::{Command, Ending, PeakMemory, Stream};

    fn ended(ending: Ending, stdout: usize, stderr: usize) -> Reply {
        let (elapsed, peak_memory) = (Duration::from_nanos(12), PeakMemory::Exactly(4096));
        Reply { answer: Answer::Ended { ending, stdout, stderr, elapsed, peak_memory }, is_last: false }
    }

    fn message(head: &impl Serialize, bodies: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        send(&mut bytes, head, bodies).unwrap();
        bytes
    }

    fn answers() -> Vec<Vec<u8>> {
        vec![
            message(&ended(Ending::Exited(0), 5, 0), &[b"hello"]),
            message(&ended(Ending::OutputExceeded(Stream::Stdout), 0, usize::MAX), &[]),
            message(&Reply { answer: Answer::Overrun("no".to_owned()), is_last: true }, &[]),
        ]
    }

    fn requests() -> Vec<Vec<u8>> {
        let command = Command {
            program: "/b/p".into(),
            arguments: vec!["a".to_owned()],
            environment: vec![("A".to_owned(), "b".to_owned())],
            directory: "/w".into(),
            timeout: Duration::from_secs(1),
            output_limit: 1024,
        };
        let readable: &[Utf8PathBuf] = &["/b".into()];
        vec![message(
            &Request { readable, programs: vec![(&command, Some(3)), (&command, None), (&command, Some(1))] },
            &[b"abc", b"d"],
        )]
    }

    /// A message with some of its bytes changed, perhaps cut off.
    fn mutants(messages: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let changes = vec((any::<Index>(), any::<u8>()), 0..6);
        (proptest::sample::select(messages), changes, any::<Option<Index>>()).prop_map(|(mut message, changes, end)| {
            for (place, byte) in changes {
                let place = place.index(message.len());
                message[place] = byte;
            }
            message.truncate(end.map_or(message.len(), |end| end.index(message.len())));
            message
        })
    }

    #[test]
    fn a_message_is_read_as_it_was_sent() {
        let [answer, request] = [answers().remove(0), requests().remove(0)];
        let (mut answer, mut request, mut buffer) = (&*answer, &*request, Vec::new());
        let read: Reply = receive(&mut answer, &mut buffer).unwrap().unwrap();
        assert!(matches!(read.answer, Answer::Ended { ending: Ending::Exited(0), stdout: 5, stderr: 0, .. }) && !read.is_last);
        assert_eq!(bytes(&mut answer, 5).unwrap(), b"hello");
        assert!(receive::<Reply>(&mut answer, &mut buffer).unwrap().is_none(), "the connection is closed");
        let read: Request<Command, Vec<Utf8PathBuf>> = receive(&mut request, &mut buffer).unwrap().unwrap();
        let read = read.programs.iter().map(|(command, input)| (&*command.arguments, *input));
        let argument = &["a".to_owned()][..];
        assert!(read.eq([(argument, Some(3)), (argument, None), (argument, Some(1))]));
    }

    #[test]
    fn a_message_that_is_too_long_or_goes_on_or_ends_early_is_refused() {
        let refused = |message: &[u8]| receive::<Reply>(&mut &*message, &mut Vec::new()).unwrap_err();
        assert_eq!(refused(&[0xff; 8]).to_string(), "a message is too long");
        let mut longer = answers().remove(2);
        longer[0] += 1;
        longer.push(0);
        assert_eq!(refused(&longer).to_string(), "a message goes on for 1 bytes after its end");
        let whole = answers().remove(2);
        for end in 1..whole.len() {
            assert_eq!(refused(&whole[..end]).kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    proptest! {
        #[test]
        fn an_answer(message in mutants(answers())) {
            let mut message = &*message;
            if let Ok(Some(Reply { answer: Answer::Ended { stdout, stderr, .. }, .. })) = receive(&mut message, &mut Vec::new()) {
                let _ = bytes(&mut message, stdout).and_then(|_| bytes(&mut message, stderr));
            }
        }

        #[test]
        fn a_request(message in mutants(requests())) {
            let mut message = &*message;
            if let Ok(Some(Request::<Command, Vec<Utf8PathBuf>> { programs, .. })) = receive(&mut message, &mut Vec::new()) {
                let _ = programs.iter().filter_map(|(_, input)| *input).try_for_each(|length| bytes(&mut message, length).map(drop));
            }
        }
    }
}
