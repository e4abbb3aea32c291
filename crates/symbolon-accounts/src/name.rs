//! How the text of a name becomes the one name that an account and its counter have.
//!
//! Two spellings that a person or a program takes for the same name (upper and lower case, wide and
//! narrow forms, composed and decomposed letters, spaces at the ends, invisible characters) fold to
//! one text. Accounts are stored and looked up by it and guesses are counted by it, so that no
//! spelling opens a second counter. The fold follows `NFKC_Casefold` of Unicode (UAX #44): the
//! compatibility forms of NFKC, without default-ignorable code points, without case. Case goes by
//! way of the upper case, since that is where the forms of one letter (`ſ`, `ς`, `ß`) meet.

use symbolon_core::account::AccountName;
use symbolon_core::subject::NameError;
use unicode_normalization::UnicodeNormalization as _;

/// The longest text that is folded, in bytes: longer ones name no account. A name has 128 bytes at
/// the most; folding may shorten, but whoever types eight times as much does not mean a name.
pub const NAME_TEXT_MAX: usize = 1024;

/// The text of a name in the one form that is stored, looked up and counted.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = fold_once(text);
    // Once is nearly always enough. The capital sharp s is one that needs twice: its lower case is
    // `ß`, of which the upper case is `SS`.
    for _ in 0..FOLDS_MAX {
        let again = fold_once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

/// The account name that a text means.
///
/// # Errors
/// When it is empty, too long, or has control characters.
pub fn account_name(text: &str) -> Result<AccountName, NameError> {
    if text.len() > NAME_TEXT_MAX {
        return Err(NameError::TooLong { max: NAME_TEXT_MAX });
    }
    AccountName::new(&fold(text))
}

/// Folding has settled after two rounds for every text that the tests know; the limit is for those
/// that they do not know.
const FOLDS_MAX: usize = 4;

fn fold_once(text: &str) -> String {
    let visible: String = text.nfkc().filter(|c| !is_ignorable(*c)).collect();
    let caseless = visible.to_uppercase().to_lowercase();
    caseless.nfkc().collect::<String>().trim().to_owned()
}

/// `Default_Ignorable_Code_Point` (UAX #44): characters that show nothing.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}
