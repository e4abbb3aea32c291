//! Processes that are measured: started, looked at, ended.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use symbolon_bench::stopwatch;

/// Longer than a server of a fixed answer takes to listen.
const LISTEN_TRIES: u32 = 500;
const TRY_EVERY: Duration = Duration::from_millis(10);

/// A server under load.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process, with whose children it is measured.
    pub(crate) pid: u32,
}

/// A process that ends with this.
pub(crate) struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(command: &mut Command, address: SocketAddr) -> anyhow::Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.with_context(|| format!("start {:?}", command.get_program()))?;
        let mut running = Self { child, address };
        for _ in 0..LISTEN_TRIES {
            if TcpStream::connect(address).is_ok() {
                return Ok(running);
            }
            if let Some(status) = running.child.try_wait()? {
                bail!("{:?} ended at its start: {status}", command.get_program());
            }
            std::thread::sleep(TRY_EVERY);
        }
        bail!("{:?} does not listen at {address}", command.get_program())
    }

    pub(crate) fn target(&self) -> Target {
        Target {
            address: self.address,
            pid: self.child.id(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked, not killed: nginx takes its children along. Both fail only if it has ended already.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// An address on loopback that nobody uses.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(listener.local_addr()?)
}

/// CPU seconds that a process and its children have used so far.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let own = stat(&format!("/proc/{pid}/stat"), &[UTIME, STIME])?;
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let mut sum = own;
    for child in children.split_whitespace() {
        sum += stat(&format!("/proc/{child}/stat"), &[UTIME, STIME])?;
    }
    Ok(sum)
}

// Fields of proc(5), counted behind the command's name.
const UTIME: usize = 11;
const STIME: usize = 12;
const CUTIME: usize = 13;
const CSTIME: usize = 14;

fn stat(path: &str, fields: &[usize]) -> anyhow::Result<f64> {
    let text = fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    let (_, behind_name) = text
        .rsplit_once(')')
        .with_context(|| format!("understand {path}"))?;
    let all: Vec<&str> = behind_name.split_whitespace().collect();
    let mut ticks = 0.0;
    for field in fields {
        let word = all.get(*field).with_context(|| format!("understand {path}"))?;
        ticks += word
            .parse::<f64>()
            .with_context(|| format!("understand {path}"))?;
    }
    Ok(ticks / rustix::param::clock_ticks_per_second() as f64)
}

/// CPU seconds of the whole machine, to see whether a run had it for itself.
#[derive(Clone, Copy)]
pub(crate) struct MachineTime {
    /// Of all processes and of the kernel.
    busy: f64,
    /// Taken by the hypervisor.
    stolen: f64,
    /// Of this process, those that it started and those in `running`.
    own: f64,
    at: Instant,
}

impl MachineTime {
    /// So far.
    pub(crate) fn so_far(running: &[Target]) -> anyhow::Result<Self> {
        let text = fs::read_to_string("/proc/stat").context("read /proc/stat")?;
        let line = text.lines().next().unwrap_or_default();
        let ticks: Vec<f64> = line
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [user, nice, system, _idle, _iowait, irq, softirq, stolen, ..] = ticks[..] else {
            bail!("/proc/stat has another form: {line}")
        };
        let second = rustix::param::clock_ticks_per_second() as f64;
        let mut own = stat("/proc/self/stat", &[UTIME, STIME, CUTIME, CSTIME])?;
        for target in running {
            own += cpu_seconds(target.pid)?;
        }
        Ok(Self {
            busy: (user + nice + system + irq + softirq) / second,
            stolen: stolen / second,
            own,
            at: stopwatch::now(),
        })
    }

    /// How many cores others used since `before` on average, and how many the hypervisor took.
    pub(crate) fn others_since(&self, before: &Self) -> (f64, f64) {
        let seconds = (self.at - before.at).as_secs_f64();
        let others = (self.busy - before.busy) - (self.own - before.own);
        (others.max(0.0) / seconds, (self.stolen - before.stolen) / seconds)
    }
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    /// What is resident.
    pub(crate) resident: f64,
    /// The same, with what is shared divided among those who share it; not a number where the system
    /// does not tell us: only root may ask for that of a process that cannot be dumped.
    pub(crate) proportional: f64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        Ok(Self {
            resident: kilobytes(&format!("/proc/{pid}/status"), "VmRSS:")?,
            proportional: kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:").unwrap_or(f64::NAN),
        })
    }
}

fn kilobytes(path: &str, key: &str) -> anyhow::Result<f64> {
    let text = fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.split_whitespace().next());
    let kilobytes: f64 = value
        .and_then(|word| word.parse().ok())
        .with_context(|| format!("find {key} in {path}"))?;
    Ok(kilobytes * 1024.0)
}

/// The output of a command, or nothing where it is not there.
pub(crate) fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).trim().to_owned())
}

/// Copies the files of a folder.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("read {}", from.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let target = to.join(entry.file_name());
            fs::copy(entry.path(), &target).with_context(|| format!("write {}", target.display()))?;
        }
    }
    Ok(())
}
