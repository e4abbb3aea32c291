//! Paths with stars: `*` stands for anything within one name, `**` for anything at all, `**/` for no folder too.

/// Whether `path` is one of those that `pattern` stands for.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let some_rest_matches = |rest: &str, end: usize| {
        (0..=end)
            .filter(|at| path.is_char_boundary(*at))
            .any(|at| matches(rest, &path[at..]))
    };
    if pattern
        .strip_prefix("**/")
        .is_some_and(|rest| matches(rest, path))
    {
        return true;
    }
    if let Some(rest) = pattern.strip_prefix("**") {
        return some_rest_matches(rest, path.len());
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        return some_rest_matches(rest, path.find('/').unwrap_or(path.len()));
    }
    let (mut wanted, mut given) = (pattern.chars(), path.chars());
    match (wanted.next(), given.next()) {
        (None, None) => true,
        (Some(one), Some(other)) => one == other && matches(wanted.as_str(), given.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn one_star_stays_within_a_name() {
        assert!(matches("crates/*/src/lib.rs", "crates/core/src/lib.rs"));
        assert!(!matches("crates/*/lib.rs", "crates/core/src/lib.rs"));
        assert!(matches("src/token*", "src/token.rs"));
        assert!(matches("src/token*", "src/token"));
        assert!(!matches("src/token*", "src/token/raw.rs"));
    }

    #[test]
    fn two_stars_cross_folders() {
        assert!(matches("crates/*/src/**", "crates/core/src/token/raw.rs"));
        assert!(matches("**/bodies.rs", "crates/http/src/a/bodies.rs"));
        assert!(matches("src/**/bodies.rs", "src/bodies.rs"));
        assert!(!matches("src/**/bodies.rs", "src/somebodies.rs"));
        assert!(!matches("crates/*/src/**", "xtask/src/main.rs"));
    }

    #[test]
    fn without_a_star_only_the_same_path_matches() {
        assert!(matches("src/problem.rs", "src/problem.rs"));
        assert!(!matches("src/problem.rs", "src/problem.rs2"));
        assert!(!matches("src/problem.rs", "src/problem"));
    }
}
