//! Claims that are not the ones that we write, signed by our own key. Each of them is refused.

use symbolon_core::signing::SigningAlg;

use super::corpus::{claims, header, refused};
use super::given::{SID, forged, read};

/// Claims that are ours but for one replacement, signed by us.
fn with_claim(from: &str, to: &str) -> String {
    let claims = claims();
    assert!(claims.contains(from), "{from}");
    forged(
        SigningAlg::EdDsa,
        &header(SigningAlg::EdDsa),
        &claims.replace(from, to),
    )
}

#[test]
fn cve_2026_25537_an_instant_is_an_integer_or_the_token_is_refused() {
    for (name, at) in [
        ("iat", "1800000000"),
        ("nbf", "1800000000"),
        ("exp", "1800001800"),
        ("auth_time", "1800000000"),
    ] {
        let from = format!(r#""{name}":{at}"#);
        for value in [
            "\"1800001800\"",
            "1800001800.0",
            "1.8e9",
            "1e309",
            "null",
            "[1800001800]",
            "{}",
            "true",
            "-1",
            "-1800001800",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "253402300800",
            "\"\"",
            "01800001800",
        ] {
            refused(&from, &with_claim(&from, &format!(r#""{name}":{value}"#)));
        }
        let (before, after) = (format!(",{from}"), format!("{from},"));
        let missing = if claims().contains(&after) {
            with_claim(&after, "")
        } else {
            with_claim(&before, "")
        };
        refused("missing", &missing);
    }
}

#[test]
fn instants_that_contradict_each_other_are_refused() {
    for (name, from, to) in [
        (
            "it ends before it begins",
            r#""exp":1800001800"#,
            r#""exp":1799999999"#,
        ),
        (
            "it lives longer than we let it",
            r#""exp":1800001800"#,
            r#""exp":1807776001"#,
        ),
        (
            "it begins after it was made",
            r#""nbf":1800000000"#,
            r#""nbf":1800000001"#,
        ),
        (
            "it begins before it was made",
            r#""nbf":1800000000"#,
            r#""nbf":1799999999"#,
        ),
    ] {
        refused(name, &with_claim(from, to));
    }
    assert!(
        read(&with_claim(r#""exp":1800001800"#, r#""exp":1807776000"#)).is_some(),
        "ninety days"
    );
}

#[test]
fn claims_that_are_not_the_ones_we_write_are_refused() {
    let last = r#""auth_time":1800000000"#;
    for (name, from, to) in [
        (
            "a foreign issuer",
            r#""iss":"https://id.example.com""#,
            r#""iss":"https://evil.example.com""#,
        ),
        (
            "an issuer with a slash",
            r#""iss":"https://id.example.com""#,
            r#""iss":"https://id.example.com/""#,
        ),
        (
            "an issuer that is a list",
            r#""iss":"https://id.example.com""#,
            r#""iss":["https://id.example.com"]"#,
        ),
        ("no issuer", r#""iss":"https://id.example.com","#, ""),
        ("no subject", r#""sub":"alice","#, ""),
        ("an empty subject", r#""sub":"alice""#, r#""sub":"""#),
        ("a subject that is a number", r#""sub":"alice""#, r#""sub":7"#),
        ("a subject that is null", r#""sub":"alice""#, r#""sub":null"#),
        ("no client", r#""client_id":"default","#, ""),
        (
            "no session",
            r#""sid":"10111213-1415-1617-1819-1a1b1c1d1e1f","#,
            "",
        ),
        (
            "an audience that is null",
            last,
            r#""auth_time":1800000000,"aud":null"#,
        ),
        (
            "an audience that is empty",
            last,
            r#""auth_time":1800000000,"aud":[]"#,
        ),
        (
            "an audience that is a number",
            last,
            r#""auth_time":1800000000,"aud":7"#,
        ),
        (
            "a scope that is null",
            last,
            r#""auth_time":1800000000,"scope":null"#,
        ),
        (
            "a scope that is a list",
            last,
            r#""auth_time":1800000000,"scope":["read"]"#,
        ),
        (
            "own claims that are no object",
            last,
            r#""auth_time":1800000000,"claims":[]"#,
        ),
        (
            "own claims that name a thing twice",
            last,
            r#""auth_time":1800000000,"claims":{"a":1,"a":2}"#,
        ),
        (
            "own claims that do so deep down",
            last,
            r#""auth_time":1800000000,"claims":{"a":[{"b":1,"b":2}]}"#,
        ),
        ("an unknown claim", last, r#""auth_time":1800000000,"admin":true"#),
        ("a claim twice", last, r#""auth_time":1800000000,"sub":"bob""#),
        (
            "the end twice",
            last,
            r#""auth_time":1800000000,"exp":1800001800"#,
        ),
        (
            "a claim twice, escaped",
            last,
            r#""auth_time":1800000000,"\u0073ub":"bob""#,
        ),
        ("something behind", last, r#""auth_time":1800000000}{"x":1"#),
    ] {
        refused(name, &with_claim(from, to));
    }
    for (name, claims) in [
        ("nothing", ""),
        ("null", "null"),
        ("a list", "[]"),
        ("a text", "\"x\""),
        ("an empty object", "{}"),
        ("no JSON", "{"),
    ] {
        refused(
            name,
            &forged(SigningAlg::EdDsa, &header(SigningAlg::EdDsa), claims),
        );
    }
}

#[test]
fn the_name_of_a_token_is_its_session_and_its_generation_in_one_way_of_writing() {
    let upper = SID.to_uppercase();
    for (name, from, to) in [
        (
            "another session",
            format!(r#""jti":"{SID}.0""#),
            format!(r#""jti":"{}.0""#, SID.replace("10", "11")),
        ),
        (
            "no generation",
            format!(r#""jti":"{SID}.0""#),
            format!(r#""jti":"{SID}""#),
        ),
        (
            "a generation with a sign",
            format!(r#""jti":"{SID}.0""#),
            format!(r#""jti":"{SID}.+0""#),
        ),
        (
            "a generation with a zero",
            format!(r#""jti":"{SID}.0""#),
            format!(r#""jti":"{SID}.00""#),
        ),
        (
            "a negative generation",
            format!(r#""jti":"{SID}.0""#),
            format!(r#""jti":"{SID}.-1""#),
        ),
        (
            "too large a generation",
            format!(r#""jti":"{SID}.0""#),
            format!(r#""jti":"{SID}.4294967296""#),
        ),
        (
            "a session in capitals",
            format!(r#""sid":"{SID}""#),
            format!(r#""sid":"{upper}""#),
        ),
        (
            "a session without hyphens",
            format!(r#""sid":"{SID}""#),
            format!(r#""sid":"{}""#, SID.replace('-', "")),
        ),
    ] {
        refused(name, &with_claim(&from, &to));
    }
}
