use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::Signal;

use super::Server;

/// How often a starved process gets its share: as often as a kernel that limits a group's time.
const PERIOD: Duration = Duration::from_millis(100);

/// A process that hardly ever runs: it is stopped (SIGSTOP) and let go on (SIGCONT) ten times a second, so that it has the
/// share of the time that it was given, or less where the machine is busy. It runs on when this is dropped.
///
/// A limit of the kernel's (`cpu.max`) would need privileges that a test does not have everywhere.
pub struct Starved<'s> {
    server: &'s Server,
    end: Option<Sender<()>>,
    hand: Option<JoinHandle<()>>,
}

impl<'s> Starved<'s> {
    pub(super) fn of(server: &'s Server, percent: u32) -> Self {
        assert!((1..100).contains(&percent), "{percent} %");
        let runs = PERIOD * percent / 100;
        let (end, ended) = channel();
        let process = server.process();
        // It can only fail once the process has ended.
        let signal = move |signal| {
            let _sent = rustix::process::kill_process(process, signal);
        };
        let hand = std::thread::spawn(move || {
            while !is_over(&ended, PERIOD.saturating_sub(runs)) {
                signal(Signal::CONT);
                if is_over(&ended, runs) {
                    return;
                }
                signal(Signal::STOP);
            }
        });
        Self {
            server,
            end: Some(end),
            hand: Some(hand),
        }
    }
}

/// Waits for so long, or until it is over.
fn is_over(ended: &Receiver<()>, time: Duration) -> bool {
    ended.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
}

impl Drop for Starved<'_> {
    fn drop(&mut self) {
        drop(self.end.take());
        drop(self.hand.take().map(JoinHandle::join));
        self.server.sigcont();
    }
}
