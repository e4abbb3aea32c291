use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;

/// What is done within this time is not worth a picture that flashes up.
const PATIENCE: Duration = Duration::from_millis(300);
/// Between two pictures of what turns while one waits.
const TICK: Duration = Duration::from_millis(120);

/// What is shown while one waits, once that takes a while. It is gone when dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Dropped at the end.
    end: Option<Sender<()>>,
    shower: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Shows that `what` is being done: a bar where the number of steps is known, else something that turns. Nothing where
    /// standard error is no terminal.
    pub(crate) fn progress(self, what: &str, steps: Option<u64>) -> Progress {
        let template = match steps {
            Some(_) => "{msg} {bar:32} {pos}/{len}",
            None => "{spinner} {msg}",
        };
        let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::hidden());
        // The templates are ours; a mistake in one leaves the library's own.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        if !self.shows_errors || self.json {
            return Progress {
                bar,
                end: None,
                shower: None,
            };
        }
        let (end, ended) = channel();
        let shown = bar.clone();
        let shower = thread::spawn(move || show_late(&shown, &ended));
        Progress {
            bar,
            end: Some(end),
            shower: Some(shower),
        }
    }
}

fn show_late(bar: &ProgressBar, ended: &Receiver<()>) {
    if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.enable_steady_tick(TICK);
    }
}

impl Progress {
    /// So many steps are done.
    pub(crate) fn at(&self, step: u64) {
        self.bar.set_position(step);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(shower) = self.shower.take() {
            // One that panicked shows nothing, which is all that is wanted here.
            let _ = shower.join();
        }
        self.bar.finish_and_clear();
    }
}
