use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The shell that stands over one server.
///
/// It obeys words that come line by line, such as `kill` and `start`, and says `done` or why not after each. At
/// the end of the pipe it ends the server and removes the folder.
pub(super) struct Guard {
    child: Child,
    pipes: Mutex<Option<Pipes>>,
}

struct Pipes {
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Guard {
    /// Runs a script under this shell with these arguments, and waits until it has started its server.
    pub(super) fn start(mut shell: Command, script: &str, folder: &Path, args: &[String]) -> Self {
        let mut child = shell
            .args(["-c", script, "guard"])
            .arg(folder)
            .args(args)
            .current_dir("/")
            // What ends the test's whole group must not end this before it has cleaned up.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let pipes = Pipes {
            words: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
        };
        let guard = Self {
            child,
            pipes: Mutex::new(Some(pipes)),
        };
        guard.expect_done("start");
        guard
    }

    /// Says a word to the shell and waits until it is done.
    pub(super) fn say(&self, word: &str) {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let words = &mut pipes.as_mut().unwrap().words;
        writeln!(words, "{word}").unwrap();
        words.flush().unwrap();
        drop(pipes);
        self.expect_done(word);
    }

    fn expect_done(&self, word: &str) {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut said = String::new();
        let answers = &mut pipes.as_mut().unwrap().answers;
        loop {
            let mut line = String::new();
            let length = answers.read_line(&mut line).unwrap();
            if line == "done\n" {
                return;
            }
            said += &line;
            assert!(length > 0, "the server did not obey {word}:\n{said}");
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The end of the pipe is the order to end.
        drop(
            self.pipes
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        drop(self.child.wait());
    }
}
