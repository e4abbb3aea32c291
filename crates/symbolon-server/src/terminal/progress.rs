use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;

/// Between two pictures of what turns while one waits.
const TICK: Duration = Duration::from_millis(120);

/// What is shown while one waits; nothing where standard error is no terminal. It is gone when dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Terminal {
    /// Shows that `what` is being done: a bar where the number of steps is known, else something that turns.
    pub(crate) fn progress(self, what: &str, steps: Option<u64>) -> Progress {
        let target = match self.shows_errors && !self.json {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(steps, target);
        let template = match steps {
            Some(_) => "{msg} {bar:32} {pos}/{len}",
            None => "{spinner} {msg}",
        };
        // The templates are ours; a mistake in one leaves the library's own.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Progress { bar }
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
        self.bar.finish_and_clear();
    }
}
