use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listening {
    pub(super) addr: SocketAddr,
    pub(super) uid: u32,
    pub(super) inode: u64,
}

/// The state LISTEN, as the kernel writes it.
const LISTEN: &str = "0A";

/// The listening sockets of `/proc/net/tcp` or `/proc/net/tcp6`. Lines that are not understood are left out.
pub(super) fn listening(table: &str) -> Vec<Listening> {
    table.lines().skip(1).filter_map(line).collect()
}

/// One line: number, local address, remote address, state, queues, timer, retransmits, user, time-out, inode, …
fn line(line: &str) -> Option<Listening> {
    let mut words = line.split_whitespace();
    let addr = addr(words.nth(1)?)?;
    let state = words.nth(1)?;
    let uid = words.nth(3)?.parse().ok()?;
    let inode = words.nth(1)?.parse().ok()?;
    (state == LISTEN).then_some(Listening { addr, uid, inode })
}

/// `0100007F:1388`: each four bytes as a number of the machine's byte order, in capitals.
fn addr(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let ip = match ip.len() {
        8 => IpAddr::V4(Ipv4Addr::from(bytes::<4>(ip)?)),
        32 => IpAddr::V6(Ipv6Addr::from(bytes::<16>(ip)?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    for (index, word) in bytes.chunks_exact_mut(4).enumerate() {
        let number = u32::from_str_radix(digits.get(index * 8..index * 8 + 8)?, 16).ok()?;
        word.copy_from_slice(&number.to_ne_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                    
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41217 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1388 0100007F:D2F2 01 00000000:00000000 00:00000000 00000000  1000        0 41300 1 0000000000000000 20 4 30 10 -1
   2: nonsense
";
    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1389 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 100 0 0 10 0
";

    #[test]
    fn only_listening_sockets_are_read_with_user_and_inode() {
        let tcp = listening(TCP);
        assert_eq!(
            tcp,
            [Listening {
                addr: "127.0.0.1:5000".parse().unwrap(),
                uid: 1000,
                inode: 41217
            }]
        );
        let tcp6 = listening(TCP6);
        assert_eq!(
            tcp6,
            [Listening {
                addr: "[::1]:5001".parse().unwrap(),
                uid: 0,
                inode: 77
            }]
        );
    }

    #[test]
    fn what_is_no_table_has_no_sockets() {
        assert_eq!(listening(""), []);
        assert_eq!(listening("header\n 0: 0100007F 0 0A\n 1: \u{1f980}\n"), []);
    }
}
