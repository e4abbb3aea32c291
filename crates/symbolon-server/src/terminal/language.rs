//! The language of whoever is at the terminal, as the environment says it (POSIX, 8.2).

use std::ffi::OsString;

use crate::config::tree::Locale;

/// The variables that say it, the first of which that is not empty counts.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// The language of this process.
pub(super) fn of_process() -> Locale {
    of(|name| std::env::var_os(name))
}

/// Chinese of any country and script where it is asked for; English else.
fn of(variable: impl Fn(&str) -> Option<OsString>) -> Locale {
    let mut given = VARIABLES.iter().filter_map(|name| variable(name));
    let name = given.find(|name| !name.is_empty()).unwrap_or_default();
    let name = name.to_string_lossy().to_ascii_lowercase();
    match name.split(['_', '-', '.', '@']).next() {
        Some("zh") => Locale::ZhCn,
        _ => Locale::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(variables: &[(&str, &str)]) -> Locale {
        of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_first_variable_that_says_a_language_counts() {
        assert_eq!(under(&[]), Locale::En);
        for (value, expected) in [
            ("zh_CN.UTF-8", Locale::ZhCn),
            ("zh_TW", Locale::ZhCn),
            ("zh-Hans", Locale::ZhCn),
            ("zh", Locale::ZhCn),
            ("zhx", Locale::En),
            ("en_US.UTF-8", Locale::En),
            ("C", Locale::En),
        ] {
            assert_eq!(under(&[("LANG", value)]), expected, "{value}");
        }
        assert_eq!(under(&[("LANG", "zh_CN"), ("LC_ALL", "C")]), Locale::En);
        assert_eq!(under(&[("LANG", "C"), ("LC_MESSAGES", "zh_CN")]), Locale::ZhCn);
        assert_eq!(under(&[("LANG", "zh_CN"), ("LC_ALL", "")]), Locale::ZhCn);
    }
}
