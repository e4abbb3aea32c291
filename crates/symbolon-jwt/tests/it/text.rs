use symbolon_core::device::SeenFrom;
use symbolon_core::refresh::rotated;
use symbolon_core::session::{Session, TokenStyle};
use symbolon_core::signing::SigningAlg;
use symbolon_core::subject::{CLAIMS_LEN_MAX, CLIENT_LEN_MAX, Claims, ClientId, SUBJECT_LEN_MAX, SubjectId};
use symbolon_core::token::{Generation, KeyId, Pair, RotationNonce, SignedToken, TokenKeys};
use symbolon_jwt::compact::{self, ISSUER_LEN_MAX, SIGNED_LEN_MAX, WriteError};

use super::given::{
    BEGUN, Counting, ISSUER, compat_session, good, master, opening, parts, read, ring, session, session_of,
    write,
};

fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_read_back_whatever_it_is_signed_with() {
    for alg in SigningAlg::ALL {
        assert_eq!(read(&write(alg, &session())), Some(good()), "{alg:?}");
    }
    let compat = SignedToken {
        style: TokenStyle::CompatJwt,
        ..good()
    };
    assert_eq!(read(&write(SigningAlg::EdDsa, &compat_session())), Some(compat));
}

#[test]
fn the_same_session_has_the_same_text_but_for_ecdsa_which_has_the_same_claims() {
    for alg in SigningAlg::ALL {
        let (a, b) = (write(alg, &session()), write(alg, &session()));
        assert_eq!(a == b, alg != SigningAlg::Es256, "{alg:?}");
        assert_eq!(parts(&a)[..2], parts(&b)[..2]);
        // The cryptographic library's own form is not deterministic; ours is verified all the same.
        assert_eq!(read(&b), Some(good()));
    }
}

#[test]
fn the_header_has_three_members_and_the_claims_are_those_of_rfc_9068() {
    let id = ring().signer(SigningAlg::EdDsa, BEGUN).unwrap().id().as_str();
    let [header, claims, _] = parts(&write(SigningAlg::EdDsa, &session()));
    assert_eq!(
        text_of(&header),
        format!(r#"{{"alg":"EdDSA","kid":"{id}","typ":"at+jwt"}}"#)
    );
    assert_eq!(
        text_of(&claims),
        r#"{"iss":"https://id.example.com","sub":"alice","client_id":"default","sid":"10111213-1415-1617-1819-1a1b1c1d1e1f","jti":"10111213-1415-1617-1819-1a1b1c1d1e1f.0","iat":1800000000,"nbf":1800000000,"exp":1800001800,"auth_time":1800000000}"#
    );
}

#[test]
fn the_claims_of_older_systems_are_six_and_signed_with_hs256_whatever_else_is_signed_with() {
    for alg in SigningAlg::ALL {
        let [header, claims, signature] = parts(&write(alg, &compat_session()));
        let id = ring().signer(SigningAlg::Hs256, BEGUN).unwrap().id().as_str();
        assert_eq!(
            text_of(&header),
            format!(r#"{{"alg":"HS256","kid":"{id}","typ":"JWT"}}"#)
        );
        assert_eq!(
            text_of(&claims),
            r#"{"user":"alice","sub":"alice","sid":"10111213-1415-1617-1819-1a1b1c1d1e1f","jti":"10111213-1415-1617-1819-1a1b1c1d1e1f.0","iat":1800000000,"exp":1800001800}"#
        );
        assert_eq!(signature.len(), 32);
    }
}

#[test]
fn audience_scope_and_own_claims_are_written_where_there_are_any() {
    let claims_of = |session: &Session| text_of(&parts(&write(SigningAlg::Hs256, session))[1]).to_owned();
    let one = Session {
        audience: Some("shop".to_owned()),
        scope: Some("read write".to_owned()),
        claims: Claims::new(r#"{"iss":"evil","n":[1,{"a":2}]}"#).unwrap(),
        ..session()
    };
    let text = claims_of(&one);
    assert!(text.contains(r#""aud":"shop","client_id":"#), "{text}");
    assert!(
        text.ends_with(r#""scope":"read write","claims":{"iss":"evil","n":[1,{"a":2}]}}"#),
        "{text}"
    );
    assert_eq!(read(&write(SigningAlg::Hs256, &one)), Some(good()));
    let two = Session {
        audience: Some("shop billing".to_owned()),
        ..session()
    };
    assert!(claims_of(&two).contains(r#""aud":["shop","billing"]"#));
    assert_eq!(read(&write(SigningAlg::Hs256, &two)), Some(good()));
}

#[test]
fn a_rotation_has_a_name_and_instants_of_its_own() {
    let keys = TokenKeys::derive(&master(), KeyId::FIRST);
    let first = Pair::random(&keys, session().id, Generation(0), &Counting::from(9)).unwrap();
    let pair = Pair::following(&keys, &first.refresh, RotationNonce([3; 32]));
    let later = BEGUN.after(std::time::Duration::from_secs(600));
    let next = rotated(
        session(),
        &pair,
        RotationNonce([3; 32]),
        SeenFrom::default(),
        later,
    );
    let token = read(&write(SigningAlg::EdDsa, &next)).unwrap();
    assert_eq!(token.generation, Generation(1));
    assert_eq!(token.issued_at.seconds(), 1_800_000_600);
    assert_eq!(token.expires_at.seconds(), 1_800_002_400);
}

#[test]
fn a_session_of_references_has_no_text_and_one_without_a_key_is_told() {
    let opaque = Session {
        style: TokenStyle::Opaque,
        ..session()
    };
    assert!(
        compact::write(ring(), SigningAlg::EdDsa, ISSUER, &opaque)
            .unwrap()
            .is_none()
    );
    let empty = super::given::ring_of(Vec::new());
    let refused = compact::write(&empty, SigningAlg::EdDsa, ISSUER, &session()).map(|_| ());
    assert!(matches!(refused, Err(WriteError::NoKey { alg: "EdDSA" })));
}

#[test]
fn claims_that_are_no_object_or_name_a_thing_twice_are_not_signed() {
    for claims in ["[]", "{", r#"{"a":1,"a":2}"#, "", "{} {}"] {
        let session = Session {
            claims: Claims::new(claims).unwrap(),
            ..session()
        };
        let refused = compact::write(ring(), SigningAlg::EdDsa, ISSUER, &session).map(|_| ());
        assert!(matches!(refused, Err(WriteError::Claims(_))), "{claims}");
    }
}

#[test]
fn the_longest_of_everything_fits_and_is_read_back() {
    let words = |len: usize| vec!["\""; len.div_ceil(2)].join(" ");
    let mut opening = opening();
    opening.subject = SubjectId::new("\"".repeat(SUBJECT_LEN_MAX)).unwrap();
    opening.client_id = ClientId::new("\\".repeat(CLIENT_LEN_MAX)).unwrap();
    opening.audience = Some(words(1024));
    opening.scope = Some("s".repeat(1024));
    opening.claims = Claims::new(format!(r#"{{"a":"{}"}}"#, "x".repeat(CLAIMS_LEN_MAX - 8))).unwrap();
    let issuer = "\"".repeat(ISSUER_LEN_MAX);
    let session = session_of(opening);
    for alg in SigningAlg::ALL {
        let text = compact::write(ring(), alg, &issuer, &session).unwrap().unwrap();
        assert!(text.len() <= SIGNED_LEN_MAX, "{alg:?}: {}", text.len());
        assert_eq!(compact::read(ring(), &issuer, &text), Some(good()), "{alg:?}");
    }
}
