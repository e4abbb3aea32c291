//! The rules about crates, as tables to edit.

/// What one crate of the workspace may use of the others.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    /// Its dependencies within the workspace.
    pub(crate) uses: &'static [&'static str],
    /// What its tests may use besides.
    pub(crate) tests_use: &'static [&'static str],
}

/// One way only: server → {http, console} → symbolon → {node, accounts, jwt, store-sql, redis} → core. Siblings never see
/// each other. A crate without a row here is refused, so that a new one is placed on purpose.
pub(crate) const LAYERS: &[Layer] = &[
    Layer {
        name: "symbolon-core",
        uses: &[],
        tests_use: &["symbolon-testkit"],
    },
    // What the throttle promises is about a real store's compare-and-set, so its tests need one.
    Layer {
        name: "symbolon-accounts",
        uses: &["symbolon-core"],
        tests_use: &["symbolon-testkit", "symbolon-store-sql"],
    },
    Layer {
        name: "symbolon-jwt",
        uses: &["symbolon-core"],
        tests_use: &["symbolon-testkit"],
    },
    Layer {
        name: "symbolon-store-sql",
        uses: &["symbolon-core"],
        tests_use: &["symbolon-testkit"],
    },
    Layer {
        name: "symbolon-redis",
        uses: &["symbolon-core"],
        tests_use: &["symbolon-testkit"],
    },
    // The node's promises are about a real store, so its tests need one.
    Layer {
        name: "symbolon-node",
        uses: &["symbolon-core"],
        tests_use: &["symbolon-testkit", "symbolon-store-sql"],
    },
    Layer {
        name: "symbolon",
        uses: &[
            "symbolon-core",
            "symbolon-accounts",
            "symbolon-jwt",
            "symbolon-store-sql",
            "symbolon-redis",
            "symbolon-node",
        ],
        tests_use: &["symbolon-testkit"],
    },
    Layer {
        name: "symbolon-http",
        uses: &["symbolon"],
        tests_use: &["symbolon-testkit"],
    },
    Layer {
        name: "symbolon-console",
        uses: &["symbolon"],
        tests_use: &["symbolon-testkit"],
    },
    Layer {
        name: "symbolon-server",
        uses: &["symbolon", "symbolon-http", "symbolon-console"],
        tests_use: &["symbolon-testkit"],
    },
    Layer {
        name: "symbolon-testkit",
        uses: &["symbolon-core"],
        tests_use: &[],
    },
    // Measures each layer by itself.
    Layer {
        name: "symbolon-bench",
        uses: &[
            "symbolon-core",
            "symbolon-accounts",
            "symbolon-store-sql",
            "symbolon-redis",
            "symbolon-node",
            "symbolon",
            "symbolon-http",
            "symbolon-testkit",
        ],
        tests_use: &[],
    },
    // Sees nodes only from outside, as clients do.
    Layer {
        name: "symbolon-campaign",
        uses: &["symbolon-testkit"],
        tests_use: &[],
    },
    // The protocol on paper: nothing of the product, so that a mistake there is not repeated here.
    Layer {
        name: "symbolon-models",
        uses: &[],
        tests_use: &[],
    },
    Layer {
        name: "xtask",
        uses: &[],
        tests_use: &[],
    },
];

/// The domain, which knows no HTTP, SQL, JSON, executor or wall clock.
pub(crate) const CORE: &str = "symbolon-core";

/// All that the domain may be built from: digests, comparison in constant time, wiping, base64url, ids, error derives.
pub(crate) const CORE_MAY_USE: &[&str] = &[
    "sha2",
    "hmac",
    "hkdf",
    "subtle",
    "zeroize",
    "data-encoding",
    "base64-simd",
    "uuid",
    "thiserror",
];

/// A crate that may be nowhere in the graph.
pub(crate) struct Banned {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
}

/// Kept in step with `deny.toml`, for those who have cargo-deny.
pub(crate) const BANNED: &[Banned] = &[
    Banned {
        name: "rsa",
        reason: "it leaks the key through timing (RUSTSEC-2023-0071); aws-lc-rs does RSA",
    },
    Banned {
        name: "openssl",
        reason: "TLS is rustls with aws-lc-rs, and the build needs no system library",
    },
    Banned {
        name: "openssl-sys",
        reason: "TLS is rustls with aws-lc-rs, and the build needs no system library",
    },
    Banned {
        name: "native-tls",
        reason: "TLS is rustls with aws-lc-rs, and the build needs no system library",
    },
    Banned {
        name: "ring",
        reason: "one crypto provider only: aws-lc-rs",
    },
    Banned {
        name: "chrono",
        reason: "time is 64-bit milliseconds inside and jiff at the edges",
    },
];

#[cfg(test)]
mod tests {
    use super::{BANNED, LAYERS};

    fn index(name: &str) -> Option<usize> {
        LAYERS.iter().position(|layer| layer.name == name)
    }

    #[test]
    fn the_table_itself_goes_one_way_and_names_only_its_own_rows() {
        for (at, layer) in LAYERS
            .iter()
            .enumerate()
            .filter(|(_, layer)| layer.name != "symbolon-bench")
        {
            for used in layer.uses {
                let above = index(used).is_some_and(|used| used < at);
                assert!(above, "{} uses {used}, which does not stand above it", layer.name);
            }
        }
        assert!(
            LAYERS
                .iter()
                .flat_map(|layer| layer.tests_use)
                .all(|used| index(used).is_some())
        );
    }

    #[test]
    fn deny_toml_bans_the_same_crates_for_the_same_reasons() {
        let deny = include_str!("../../../deny.toml");
        let entries = BANNED
            .iter()
            .map(|ban| format!("{{ crate = \"{}\", reason = \"{}\" }},", ban.name, ban.reason));
        let missing: Vec<String> = entries.filter(|entry| !deny.contains(entry.as_str())).collect();
        assert_eq!(missing, [""; 0]);
        assert_eq!(deny.matches("{ crate = ").count(), BANNED.len());
    }
}
