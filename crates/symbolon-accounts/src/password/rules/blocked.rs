//! The passwords that attackers try first.

use zeroize::Zeroizing;

/// One a line, in lower case, sorted, at least [`MIN_CHARS_LEAST`](super::MIN_CHARS_LEAST) characters long:
/// shorter ones are refused for their length. Words and names with the endings that people give
/// them, walks over the keyboard, rows of digits, dates, well-known phrases without their spaces.
const LIST: &str = include_str!("blocked.txt");

/// Whether `lower`, a text in lower case, is one of them, with or without its spaces.
pub(super) fn contains(lower: &str) -> bool {
    let mut close = Zeroizing::new(String::with_capacity(lower.len()));
    close.extend(lower.chars().filter(|c| !c.is_whitespace()));
    // Read from end to end: a hundredth of what the hash costs that follows, and no second copy.
    LIST.lines().any(|line| line == close.as_str())
}
