//! The harness's side of one worker process.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ASKED, Answer, Engagement, Request, Terms, serve};
use crate::pool::StopFlag;
use crate::process::{Command, Outcome, StartError};

/// How long the harness may wait for a worker before it looks whether it shall stop.
const ATTENTION: Duration = Duration::from_millis(100);

/// The most bytes of a line: more than the system takes as a command, and the same written as JSON.
const LINE_LIMIT: u64 = 64 << 20;

/// A worker process, and the connection to it.
#[derive(Debug)]
pub(super) struct Process<'s> {
    child: Child,
    answers: BufReader<Attentive<'s>>,
    requests: BufWriter<UnixStream>,
    line: Vec<u8>,
}

impl<'s> Process<'s> {
    pub(super) fn start(engagement: &Engagement<&Terms>, stop: &'s StopFlag) -> io::Result<Self> {
        if serve::is_asked() {
            return Err(io::Error::other("this process was to be a worker itself: its main must begin with `serve_if_asked`"));
        }
        let (ours, theirs) = UnixStream::pair()?;
        let child = std::process::Command::new("/proc/self/exe")
            .arg(ASKED)
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        ours.set_read_timeout(Some(ATTENTION))?;
        let answers = BufReader::new(Attentive { stream: ours.try_clone()?, stop });
        let mut process = Self { child, answers, requests: BufWriter::new(ours), line: Vec::new() };
        send(&mut process.requests, engagement, &[])?;
        let accepted: Result<(), String> =
            receive(&mut process.answers, &mut process.line)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        accepted.map_err(io::Error::other)?;
        Ok(process)
    }

    pub(super) fn ask(&mut self, command: &Command, input: Option<&[u8]>) -> io::Result<Result<Outcome, StartError>> {
        send(&mut self.requests, &Request { command, input: input.map(<[u8]>::len) }, &[input.unwrap_or_default()])?;
        Ok(match receive(&mut self.answers, &mut self.line)?.ok_or(io::ErrorKind::UnexpectedEof)? {
            Answer::NotRun(error) => Err(error),
            Answer::Overrun(reason) => return Err(io::Error::other(reason)),
            // Nothing that a worker says makes the harness hold more than it asked for.
            Answer::Ended { stdout, stderr, .. } if stdout.max(stderr) as u64 > command.output_limit => {
                return Err(io::Error::other("it answered with more output than the limit"));
            }
            Answer::Ended { ending, stdout, stderr, elapsed, peak_memory } => {
                let (stdout, stderr) = (bytes(&mut self.answers, stdout)?, bytes(&mut self.answers, stderr)?);
                Ok(Outcome { ending, stdout, stderr, elapsed, peak_memory })
            }
        })
    }

    /// How the process ended, or else what is wrong with the connection.
    pub(super) fn end_with(mut self, reason: &io::Error) -> String {
        self.disconnect();
        match self.child.wait() {
            Ok(status) if !status.success() => status.to_string(),
            Ok(_) | Err(_) => reason.to_string(),
        }
    }

    /// The worker's sign to end what it runs, and itself.
    fn disconnect(&self) {
        // It fails only where there is no connection any more.
        let _ = self.requests.get_ref().shutdown(Shutdown::Both);
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        self.disconnect();
        let _ = self.child.wait();
    }
}

/// A stream whose reader leaves off when it shall.
#[derive(Debug)]
struct Attentive<'s> {
    stream: UnixStream,
    stop: &'s StopFlag,
}

impl Read for Attentive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !self.stop.load(Ordering::Relaxed) => {}
                result => return result,
            }
        }
    }
}

pub(super) fn send(writer: &mut impl Write, head: &impl Serialize, bodies: &[&[u8]]) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, head)?;
    writer.write_all(b"\n")?;
    bodies.iter().try_for_each(|body| writer.write_all(body))?;
    writer.flush()
}

/// `None` where the other side has closed the connection.
pub(super) fn receive<T: for<'de> Deserialize<'de>>(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<T>> {
    line.clear();
    reader.take(LINE_LIMIT).read_until(b'\n', line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if !line.ends_with(b"\n") {
        return Err(if line.len() as u64 == LINE_LIMIT {
            io::Error::other("a line is too long")
        } else {
            io::ErrorKind::UnexpectedEof.into()
        });
    }
    Ok(Some(serde_json::from_slice(line)?))
}

pub(super) fn bytes(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(1 << 16));
    let read = reader.take(length as u64).read_to_end(&mut bytes)?;
    if read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

    use proptest::prelude::*;

    use super::*;
    use crate::mutate::mutants;

    const ANSWERS: [&str; 3] = [
        r#"{"Ended":{"ending":{"Exited":0},"stdout":5,"stderr":0,"elapsed":{"secs":0,"nanos":12},"peak_memory":{"Exactly":4096}}}
hello"#,
        r#"{"NotRun":"cannot start `p` in `/w`: no"}
"#,
        r#"{"Ended":{"ending":{"OutputExceeded":"Stdout"},"stdout":0,"stderr":18446744073709551615,"elapsed":{"secs":18446744073709551615,"nanos":999999999},"peak_memory":{"AtMost":0}}}
"#,
    ];
    const REQUESTS: [&str; 1] = [
        r#"{"command":{"program":"/b/p","arguments":["a"],"environment":[["A","b"]],"directory":"/w","timeout":{"secs":1,"nanos":0},"output_limit":1024},"input":3}
abc"#,
    ];

    #[test]
    fn what_is_mutated_is_valid() {
        let mut line = Vec::new();
        for answer in ANSWERS {
            receive::<Answer>(&mut answer.as_bytes(), &mut line).unwrap().unwrap();
        }
        receive::<Request<Command>>(&mut REQUESTS[0].as_bytes(), &mut line).unwrap().unwrap();
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut endless = io::BufReader::new(io::repeat(b'x'));
        let refused = receive::<Answer>(&mut endless, &mut Vec::new()).unwrap_err();
        assert_eq!(refused.to_string(), "a line is too long");
    }

    proptest! {
        #[test]
        fn an_answer(message in mutants(&ANSWERS)) {
            let mut message = &*message;
            if let Ok(Some(Answer::Ended { stdout, stderr, .. })) = receive(&mut message, &mut Vec::new()) {
                let _ = bytes(&mut message, stdout).and_then(|_| bytes(&mut message, stderr));
            }
        }

        #[test]
        fn a_request(message in mutants(&REQUESTS)) {
            let mut message = &*message;
            if let Ok(Some(Request::<Command> { input: Some(length), .. })) = receive(&mut message, &mut Vec::new()) {
                let _ = bytes(&mut message, length);
            }
        }
    }
}
