//! Who listens on a port of this machine, as far as the kernel tells us. Linux; elsewhere nobody is found.

mod proc_net;

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::config::tree::Locale;
use crate::messages::start as text;
use proc_net::Listening;

/// Who listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The user it runs as.
    pub(crate) uid: u32,
    /// The process, where we may see it: that of another user only as root.
    pub(crate) process: Option<Process>,
}

/// A process of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    /// Its id.
    pub(crate) pid: u32,
    /// The name of its program. Not its arguments: they may hold secrets of others.
    pub(crate) name: String,
}

impl Holder {
    /// The id of its process, where it is known.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.pid)
    }

    /// The holder in words.
    pub(crate) fn words(&self, locale: Locale) -> String {
        match &self.process {
            Some(process) => process.words(locale),
            None => text::PROCESS_OF_USER.fill(locale, &[("uid", &self.uid)]),
        }
    }
}

impl Process {
    /// The process in words.
    pub(crate) fn words(&self, locale: Locale) -> String {
        text::PROCESS.fill(locale, &[("name", &self.name), ("pid", &self.pid)])
    }
}

/// Who listens where `addr` would; `None`: nobody, or the system does not say.
pub(crate) fn holder_of(addr: SocketAddr) -> Option<Holder> {
    let listening = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|table| proc_net::listening(&table))
        .find(|listening| collide(listening.addr, addr))?;
    Some(Holder {
        uid: listening.uid,
        process: process_of(&listening),
    })
}

/// The name of a process's program, as the kernel keeps it: its first 15 bytes.
fn name_of(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().escape_debug().to_string())
}

/// Whether two sockets cannot both listen: the same port, and one address in both.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let (one_ip, other_ip) = (one.ip().to_canonical(), other.ip().to_canonical());
    one.port() == other.port()
        && (one_ip == other_ip || covers(one.ip(), other_ip) || covers(other.ip(), one_ip))
}

/// Whether a socket that listens at `wide` takes what comes for `narrow`. `[::]` takes IPv4 as well.
fn covers(wide: IpAddr, narrow: IpAddr) -> bool {
    wide.is_unspecified() && (wide.is_ipv6() || narrow.is_ipv4())
}

/// The process that has the socket open.
fn process_of(listening: &Listening) -> Option<Process> {
    let link = format!("socket:[{}]", listening.inode);
    let mut hidden = Vec::new();
    for pid in pids() {
        match fs::read_dir(format!("/proc/{pid}/fd")).map(|descriptors| leads_to(descriptors, &link)) {
            Ok(true) => return process(pid),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => hidden.push(pid),
            _ => {}
        }
    }
    hidden_process(&hidden, listening.uid)
}

/// A running Symbolon hides its descriptors, also from its own user. Where there is one of that user, it is meant.
fn hidden_process(hidden: &[u32], uid: u32) -> Option<Process> {
    let mut ours = hidden
        .iter()
        .filter(|pid| uid_of(**pid) == Some(uid))
        .filter_map(|pid| process(*pid))
        .filter(|process| process.name == crate::PROGRAM);
    let first = ours.next()?;
    ours.next().is_none().then_some(first)
}

fn process(pid: u32) -> Option<Process> {
    Some(Process {
        pid,
        name: name_of(pid)?,
    })
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether one of the descriptors is what `link` names.
fn leads_to(descriptors: fs::ReadDir, link: &str) -> bool {
    descriptors
        .flatten()
        .any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|target| target.as_os_str() == link))
}

/// The user that a process runs as: the second word behind `Uid:` is the effective one.
fn uid_of(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn this_process_is_found_by_its_port_and_by_an_address_that_covers_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        for asked in [addr, SocketAddr::from(([0, 0, 0, 0], addr.port()))] {
            let holder = holder_of(asked).unwrap();
            assert_eq!(holder.process.unwrap().pid, std::process::id());
            assert_eq!(holder.uid, rustix::process::geteuid().as_raw());
        }
    }

    #[test]
    fn a_free_port_has_no_holder() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(holder_of(addr), None);
    }

    #[test]
    fn the_user_of_this_process_is_read() {
        assert_eq!(
            uid_of(std::process::id()),
            Some(rustix::process::geteuid().as_raw())
        );
        assert_eq!(uid_of(u32::MAX), None);
    }

    #[test]
    fn addresses_collide_where_one_takes_what_comes_for_the_other() {
        let cases = [
            ("127.0.0.1:5000", "127.0.0.1:5000", true),
            ("127.0.0.1:5000", "127.0.0.1:5001", false),
            ("127.0.0.1:5000", "127.0.0.2:5000", false),
            ("0.0.0.0:5000", "127.0.0.1:5000", true),
            ("[::]:5000", "127.0.0.1:5000", true),
            ("0.0.0.0:5000", "[::1]:5000", false),
            ("[::ffff:127.0.0.1]:5000", "127.0.0.1:5000", true),
            ("[::1]:5000", "127.0.0.1:5000", false),
        ];
        for (one, other, expected) in cases {
            let (one, other): (SocketAddr, SocketAddr) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(collide(one, other), expected, "{one} {other}");
            assert_eq!(collide(other, one), expected, "{other} {one}");
        }
    }
}
