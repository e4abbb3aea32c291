//! Which new passwords are taken: NIST SP 800-63B-4, section 3.1.1.2.
//!
//! Length, and not being among those that attackers try first. Nothing about kinds of characters,
//! no change after a time, no hints: that section forbids them, since they make passwords worse.

mod blocked;

use symbolon_core::account::AccountName;
use zeroize::Zeroizing;

use super::{Password, TooLong};

/// The least number of characters where a deployment says nothing: the section's own figure for a
/// password that is the only factor.
pub const MIN_CHARS_DEFAULT: usize = 15;

/// A deployment cannot ask for fewer characters than this.
pub const MIN_CHARS_LEAST: usize = 8;

/// Nor for more: the section asks to permit 64 characters, and a minimum beyond would refuse them.
pub const MIN_CHARS_MOST: usize = 64;

/// The product's own name, which is the first guess of whoever knows what runs here.
const PRODUCT: &str = "symbolon";

/// What a deployment asks of new passwords.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    min_chars: usize,
}

/// A least number of characters that cannot be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the least length of a password must be {MIN_CHARS_LEAST} to {MIN_CHARS_MOST} characters")]
pub struct OutOfRange;

/// A password is not taken. The texts say what is wrong and how to mend it; none repeats the password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// Too few characters.
    #[error("the password has {has} characters and needs at least {least}: add words, spaces are welcome")]
    TooShort {
        /// How many code points it has.
        has: usize,
        /// How many it needs.
        least: usize,
    },
    /// Too many bytes.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// One of the common ones, or a short text repeated.
    #[error(
        "the password is among the first that attackers try: take several words that do not belong together"
    )]
    Common,
    /// The account's name.
    #[error("the password is the account's name: take one that nobody can look up")]
    AccountName,
    /// The name of this server.
    #[error("the password is the name of this product: take one that nobody can look up")]
    ProductName,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            min_chars: MIN_CHARS_DEFAULT,
        }
    }
}

impl Rules {
    /// Rules that ask for `min_chars` characters.
    ///
    /// # Errors
    /// When it is not [`MIN_CHARS_LEAST`] to [`MIN_CHARS_MOST`].
    pub fn new(min_chars: usize) -> Result<Self, OutOfRange> {
        if (MIN_CHARS_LEAST..=MIN_CHARS_MOST).contains(&min_chars) {
            Ok(Self { min_chars })
        } else {
            Err(OutOfRange)
        }
    }

    /// The least number of characters, counted as code points of NFC.
    #[must_use]
    pub fn min_chars(self) -> usize {
        self.min_chars
    }

    /// Whether `password` may become that of the account `name`. The whole password is compared,
    /// without regard to case; what it contains does not matter.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(self, password: &Password, name: &AccountName) -> Result<(), Refused> {
        let has = password.as_str().chars().count();
        if has < self.min_chars {
            return Err(Refused::TooShort {
                has,
                least: self.min_chars,
            });
        }
        let lower = lowercase(password);
        let unit = repeated_unit(&lower);
        // The list holds no short words, but it holds them twice in a row: what repeats one more
        // often is found by that.
        let twice = lower.get(..unit.len() * 2).unwrap_or(&lower);
        if unit == name.as_str() {
            Err(Refused::AccountName)
        } else if unit == PRODUCT {
            Err(Refused::ProductName)
        } else if unit.chars().count() <= UNIT_CHARS_MAX
            || [unit, twice, &lower].into_iter().any(blocked::contains)
        {
            Err(Refused::Common)
        } else {
            Ok(())
        }
    }
}

/// A password that repeats so few characters is as easily guessed as they are.
const UNIT_CHARS_MAX: usize = 4;

/// In lower case, with room for all of it from the start: growing would leave copies behind.
fn lowercase(password: &Password) -> Zeroizing<String> {
    let mut lower = Zeroizing::new(String::with_capacity(password.as_str().len() * 3));
    lower.extend(password.as_str().chars().flat_map(char::to_lowercase));
    lower
}

/// The shortest text of which the whole is a repetition: itself, where it repeats nothing.
fn repeated_unit(text: &str) -> &str {
    let whole = text.len();
    (1..=whole / 2)
        .filter(|len| whole.is_multiple_of(*len) && text.is_char_boundary(*len))
        .map(|len| &text[..len])
        .find(|unit| {
            text.as_bytes()
                .chunks_exact(unit.len())
                .all(|part| part == unit.as_bytes())
        })
        .unwrap_or(text)
}
