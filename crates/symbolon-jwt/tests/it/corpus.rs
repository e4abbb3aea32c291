//! Texts that are no token of ours, however much they look like one. Each of them is refused.
//!
//! CVE-2015-9235 and CVE-2018-0114 (a key or an algorithm that the token names), CVE-2023-48223 (a public key
//! taken for a secret), CVE-2026-25537 (instants that are no numbers), and the twins by which a list of revoked
//! texts is passed.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use symbolon_core::clock::Timestamp;
use symbolon_core::signing::SigningAlg;
use symbolon_jwt::jwks::public_keys;
use symbolon_jwt::key::SigningKey;

use super::given::{
    BEGUN, Counting, compat_session, forged, good, parts, read, record, ring, ring_of, session, signed, write,
};

fn kid(alg: SigningAlg) -> String {
    ring().signer(alg, BEGUN).unwrap().id().as_str().to_owned()
}

pub(crate) fn header(alg: SigningAlg) -> String {
    format!(
        r#"{{"alg":"{}","kid":"{}","typ":"at+jwt"}}"#,
        alg.as_str(),
        kid(alg)
    )
}

pub(crate) fn claims() -> String {
    String::from_utf8(parts(&write(SigningAlg::EdDsa, &session()))[1].clone()).unwrap()
}

pub(crate) fn refused(name: &str, text: &str) {
    assert_eq!(read(text), None, "{name}: {text}");
}

/// A token whose header is this, otherwise all as it should be, signed by the key of `alg`.
fn with_header(alg: SigningAlg, header: &str) -> String {
    forged(alg, header, &claims())
}

#[test]
fn a_forged_token_whose_parts_are_all_right_is_read_so_that_the_corpus_proves_something() {
    for alg in SigningAlg::ALL {
        assert_eq!(read(&with_header(alg, &header(alg))), Some(good()));
    }
}

#[test]
fn cve_2015_9235_no_algorithm_is_taken_from_the_token() {
    let eddsa = kid(SigningAlg::EdDsa);
    for alg in [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "ES256", "ES256K", "PS256",
        "Ed25519", "eddsa",
    ] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{eddsa}","typ":"at+jwt"}}"#);
        refused(alg, &with_header(SigningAlg::EdDsa, &header));
        let [header, claims] = [&header, &claims()].map(|part| BASE64URL_NOPAD.encode(part.as_bytes()));
        refused(alg, &format!("{header}.{claims}."));
        refused(alg, &format!("{header}.{claims}"));
    }
}

#[test]
fn cve_2023_48223_a_public_key_is_no_secret() {
    let keys = public_keys(ring(), BEGUN);
    assert_eq!(keys.len(), 3);
    for key in keys {
        let mut secrets: Vec<Vec<u8>> = Vec::new();
        for text in [&key.x, &key.y, &key.n].into_iter().flatten() {
            secrets.push(text.clone().into_bytes());
            secrets.push(BASE64URL_NOPAD.decode(text.as_bytes()).unwrap());
        }
        for secret in secrets.iter().filter(|secret| secret.len() >= 32) {
            let Ok(fake) = SigningKey::shared(secret) else {
                continue;
            };
            for kid in [key.kid.as_str(), fake.id().as_str(), &kid(SigningAlg::Hs256)] {
                let header = format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"at+jwt"}}"#);
                let message = [&header, &claims()]
                    .map(|part| BASE64URL_NOPAD.encode(part.as_bytes()))
                    .join(".");
                let signature = fake.sign(message.as_bytes()).unwrap();
                refused(
                    "public key as secret",
                    &format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)),
                );
            }
        }
    }
}

#[test]
fn a_key_signs_in_its_own_way_alone() {
    for signs in SigningAlg::ALL {
        for says in SigningAlg::ALL.into_iter().filter(|says| *says != signs) {
            refused(
                "the way and name of another key",
                &with_header(signs, &header(says)),
            );
            let swapped = format!(
                r#"{{"alg":"{}","kid":"{}","typ":"at+jwt"}}"#,
                says.as_str(),
                kid(signs)
            );
            refused("the way of another key", &with_header(signs, &swapped));
            let swapped = format!(
                r#"{{"alg":"{}","kid":"{}","typ":"at+jwt"}}"#,
                signs.as_str(),
                kid(says)
            );
            refused("the name of another key", &with_header(signs, &swapped));
        }
    }
}

#[test]
fn cve_2018_0114_nothing_that_names_a_key_or_a_rule_is_followed() {
    let own = kid(SigningAlg::EdDsa);
    for (name, member) in [
        (
            "jwk",
            r#""jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        ),
        ("jku", r#""jku":"https://evil.example.com/jwks.json""#),
        ("x5u", r#""x5u":"https://evil.example.com/chain.pem""#),
        ("x5c", r#""x5c":["MIIB"]"#),
        ("x5t", r#""x5t":"AAAA""#),
        ("b64", r#""b64":false"#),
        ("crit", r#""crit":["b64"],"b64":false"#),
        ("crit of nothing", r#""crit":[]"#),
        ("zip", r#""zip":"DEF""#),
        ("cty", r#""cty":"JWT""#),
        ("unknown", r#""x":1"#),
        ("alg again", r#""alg":"EdDSA""#),
        ("alg again, escaped", r#""\u0061lg":"none""#),
    ] {
        for header in [
            format!(r#"{{"alg":"EdDSA","kid":"{own}","typ":"at+jwt",{member}}}"#),
            format!(r#"{{{member},"alg":"EdDSA","kid":"{own}","typ":"at+jwt"}}"#),
        ] {
            refused(name, &with_header(SigningAlg::EdDsa, &header));
        }
    }
}

#[test]
fn a_name_of_a_key_is_looked_up_nowhere() {
    for kid in [
        "",
        "../../../../dev/null",
        "/dev/null",
        "' OR 1=1 --",
        "x' UNION SELECT 'k",
        "a|id",
        "\\u0000",
        "%00",
        "*",
        "http://evil.example.com/",
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#);
        refused(kid, &with_header(SigningAlg::EdDsa, &header));
    }
    let own = kid(SigningAlg::EdDsa);
    for (name, header) in [
        ("no kid", r#"{"alg":"EdDSA","typ":"at+jwt"}"#.to_owned()),
        (
            "kid is null",
            r#"{"alg":"EdDSA","kid":null,"typ":"at+jwt"}"#.to_owned(),
        ),
        (
            "kid is a list",
            format!(r#"{{"alg":"EdDSA","kid":["{own}"],"typ":"at+jwt"}}"#),
        ),
        ("no alg", format!(r#"{{"kid":"{own}","typ":"at+jwt"}}"#)),
        (
            "kid in another case",
            format!(
                r#"{{"alg":"EdDSA","kid":"{}","typ":"at+jwt"}}"#,
                own.to_uppercase()
            ),
        ),
    ] {
        refused(name, &with_header(SigningAlg::EdDsa, &header));
    }
}

#[test]
fn a_token_of_another_type_is_no_access_token() {
    let own = kid(SigningAlg::EdDsa);
    for kind in [
        "JWT",
        "jwt",
        "AT+JWT",
        "at+JWT",
        "application/at+jwt",
        "rt+jwt",
        "logout+jwt",
        "dpop+jwt",
        "id_token",
        "",
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{own}","typ":"{kind}"}}"#);
        refused(kind, &with_header(SigningAlg::EdDsa, &header));
    }
    refused(
        "no type",
        &with_header(SigningAlg::EdDsa, &format!(r#"{{"alg":"EdDSA","kid":"{own}"}}"#)),
    );
    // The two types of ours have claims of their own.
    let hs = kid(SigningAlg::Hs256);
    let compat = format!(r#"{{"alg":"HS256","kid":"{hs}","typ":"JWT"}}"#);
    refused(
        "claims of the one type under the other",
        &with_header(SigningAlg::Hs256, &compat),
    );
    let older = String::from_utf8(parts(&write(SigningAlg::Hs256, &compat_session()))[1].clone()).unwrap();
    refused(
        "and the other way round",
        &forged(SigningAlg::Hs256, &header(SigningAlg::Hs256), &older),
    );
    assert!(read(&forged(SigningAlg::Hs256, &compat, &older)).is_some());
}

#[test]
fn the_twins_of_a_token_are_no_tokens() {
    for alg in SigningAlg::ALL {
        let text = write(alg, &session());
        let [head, body, tail]: [&str; 3] = text.split('.').collect::<Vec<_>>().try_into().unwrap();
        let own = kid(alg);
        let twins = [
            ("a blank before", format!(" {text}")),
            ("a blank behind", format!("{text} ")),
            ("a line end", format!("{text}\n")),
            ("a blank inside", format!("{head}. {body}.{tail}")),
            ("padding", format!("{text}=")),
            ("padding of two", format!("{text}==")),
            ("padding of the claims", format!("{head}.{body}=.{tail}")),
            ("padding of the header", format!("{head}=.{body}.{tail}")),
            ("four parts", format!("{text}.{tail}")),
            ("five parts", format!("{head}.{body}.{tail}.{tail}.{tail}")),
            ("a dot behind", format!("{text}.")),
            ("a dot before", format!(".{text}")),
            ("two parts", format!("{head}.{body}")),
            ("no signature", format!("{head}.{body}.")),
            ("no claims", format!("{head}..{tail}")),
            ("the signature cut", text[..text.len() - 1].to_owned()),
            ("the signature longer", format!("{text}A")),
            ("upper case", text.to_uppercase()),
        ];
        for (name, twin) in twins {
            refused(name, &twin);
        }
        for json in [
            format!(r#"{{"typ":"at+jwt","alg":"{}","kid":"{own}"}}"#, alg.as_str()),
            format!(r#"{{"alg": "{}","kid":"{own}","typ":"at+jwt"}}"#, alg.as_str()),
            format!(
                r#"{{"alg":"{}","kid":"{own}","typ":"at\u002bjwt"}}"#,
                alg.as_str()
            ),
            format!(
                "{{\"alg\":\"{}\",\"kid\":\"{own}\",\"typ\":\"at+jwt\"}}\n",
                alg.as_str()
            ),
        ] {
            let twin = format!("{}.{body}.{tail}", BASE64URL_NOPAD.encode(json.as_bytes()));
            refused("another text of the same header, the old signature", &twin);
            refused(
                "another text of the same header, signed",
                &signed(alg, &twin[..twin.len() - tail.len() - 1]),
            );
        }
    }
}

#[test]
fn bits_behind_the_last_byte_must_be_zero() {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for alg in SigningAlg::ALL {
        let text = write(alg, &session());
        let last = text.as_bytes()[text.len() - 1];
        let place = LETTERS.iter().position(|letter| *letter == last).unwrap();
        // 64, 256 and 32 bytes leave two or four bits.
        for twin in (0..64).filter(|twin| *twin != place) {
            let twin = format!("{}{}", &text[..text.len() - 1], char::from(LETTERS[twin]));
            refused("trailing bits", &twin);
        }
    }
}

#[test]
fn the_other_alphabet_of_base64_is_not_read() {
    for alg in SigningAlg::ALL {
        let text = write(alg, &session());
        let [_, _, tail] = parts(&text);
        let (message, _) = text.rsplit_once('.').unwrap();
        let plain = BASE64.encode(&tail);
        refused("padded", &format!("{message}.{plain}"));
        if plain.contains(['+', '/']) {
            refused(
                "plus and slash",
                &format!("{message}.{}", plain.trim_end_matches('=')),
            );
        }
    }
}

/// The order of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn less(a: [u8; 32], b: &[u8]) -> [u8; 32] {
    let mut borrow = 0;
    let mut out = [0; 32];
    for at in (0..32).rev() {
        let difference = i16::from(a[at]) - i16::from(b[at]) - borrow;
        borrow = i16::from(difference < 0);
        out[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    out
}

#[test]
fn of_the_two_signatures_of_ecdsa_one_is_taken_in_one_form() {
    let text = write(SigningAlg::Es256, &session());
    let (message, _) = text.rsplit_once('.').unwrap();
    let [_, _, signature] = parts(&text);
    let with = |bytes: &[u8]| format!("{message}.{}", BASE64URL_NOPAD.encode(bytes));
    assert!(read(&with(&signature)).is_some());
    let (r, s) = signature.split_at(32);
    let high = less(ORDER, s);
    refused("high s", &with(&[r, &high].concat()));
    refused("s is zero", &with(&[r, &[0; 32]].concat()));
    refused("r is zero", &with(&[&[0; 32], s].concat()));
    refused("both are zero (CVE-2022-21449)", &with(&[0; 64]));
    refused("r and s swapped", &with(&[s, r].concat()));
    refused("r beyond the order", &with(&[&[0xff; 32], s].concat()));
    let der = [&[0x30, 0x44, 0x02, 0x20][..], r, &[0x02, 0x20], s].concat();
    refused("DER", &with(&der));
}

#[test]
fn the_signature_of_ed25519_has_one_form() {
    let text = write(SigningAlg::EdDsa, &session());
    let (message, _) = text.rsplit_once('.').unwrap();
    let [_, _, mut twin] = parts(&text);
    // The order of the group, least byte first (RFC 8032, section 5.1): s + order verifies where it is not refused.
    const GROUP: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, add) in twin[32..].iter_mut().zip(GROUP) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    refused(
        "s plus the order",
        &format!("{message}.{}", BASE64URL_NOPAD.encode(&twin)),
    );
}

#[test]
fn every_bit_of_a_token_counts() {
    let text = write(SigningAlg::EdDsa, &session());
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        refused("one letter", std::str::from_utf8(&bytes).unwrap());
    }
}

#[test]
fn a_strangers_signature_is_none_of_ours() {
    let chance = Counting::from(77);
    for alg in SigningAlg::ALL {
        let stranger = ring_of(vec![record(alg, Timestamp(0), &chance)]);
        let key = stranger.signer(alg, BEGUN).unwrap();
        for header in [header(alg), header(alg).replace(&kid(alg), key.id().as_str())] {
            let message = [&header, &claims()]
                .map(|part| BASE64URL_NOPAD.encode(part.as_bytes()))
                .join(".");
            let signature = key.sign(message.as_bytes()).unwrap();
            refused(
                "stranger",
                &format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)),
            );
        }
    }
}

#[test]
fn what_is_no_signed_token_at_all_is_refused() {
    for text in [
        "",
        ".",
        "..",
        "...",
        "e",
        "ey",
        "eyJ",
        "a.b.c",
        "eyJ.eyJ.x",
        "\u{0}.\u{0}.\u{0}",
        "虎.虎.虎",
        "sya_AAAA",
    ] {
        refused("no token", text);
    }
    refused("too long", &"a".repeat(1 << 20));
    refused(
        "too long, with dots",
        &format!(
            "{}.{}.{}",
            "a".repeat(5_000),
            "b".repeat(5_000),
            "c".repeat(5_000)
        ),
    );
}
