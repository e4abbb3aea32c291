//! How many lines of one kind the log gets: an outage has one cause, and as many requests as there are clients.

use parking_lot::Mutex;
use symbolon::clock::Timestamp;

/// Lines of a second: enough to see the cause and some requests. The others are counted, and a disk does not fill.
const LINES_MAX: u32 = 20;

/// Lines of one kind.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<Second>);

/// The second that is now, and what became of its lines.
#[derive(Debug, Default)]
struct Second {
    begun: i64,
    said: u32,
    withheld: u64,
}

impl Lines {
    /// Whether a line may be said now, and how many were withheld since the last one.
    pub(crate) fn pass(&self, now: Timestamp) -> Option<u64> {
        let mut second = self.0.lock();
        let begun = now.0.div_euclid(1_000);
        if second.begun != begun {
            second.begun = begun;
            second.said = 0;
        }
        if second.said == LINES_MAX {
            second.withheld = second.withheld.saturating_add(1);
            return None;
        }
        second.said += 1;
        Some(std::mem::take(&mut second.withheld))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_by_its_first_lines_and_by_how_many_there_were() {
        let lines = Lines::default();
        let passed = |at: i64, count: u32| {
            let all = (0..count).map(|_| lines.pass(Timestamp(at)));
            all.flatten().collect::<Vec<_>>()
        };
        assert_eq!(passed(5_000, 3), [0; 3]);
        assert_eq!(passed(5_999, 1_000), [0; LINES_MAX as usize - 3]);
        assert_eq!(passed(6_000, 2), [1_003 - u64::from(LINES_MAX), 0]);
        assert_eq!(passed(1, 1), [0], "a clock that was set back");
    }
}
