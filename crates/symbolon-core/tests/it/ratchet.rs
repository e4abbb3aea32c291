use data_encoding::HEXLOWER;
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::session::SessionId;
use symbolon_core::token::{
    Generation, KeyCheck, KeyId, MasterKey, Pair, Purpose, RawToken, RotationNonce, TokenDigest, TokenKeys,
    TokenKind,
};

use super::given::{Counting, counting, id, keys, master, nonce, pair, parsed};

// Computed once by an independent program (HMAC and HKDF of Python's standard library).
const FIRST: (&str, &str) = (
    "sya_ARAREhMUFRYXGBkaGxwdHh8AAAAB7x6KOU4JdQuI4yc1UgyOsCxG9Kx4uma2Ksx9mGpzs8UnLP3VQaS74w",
    "syr_ARAREhMUFRYXGBkaGxwdHh8AAAABmLqiNUFwsll_BYU0wGIdvYrFoG8Xb44pjdw5NiMWdj4H0QAd6wNuHQ",
);
const FIRST_DIGESTS: (&str, &str) = (
    "08225ea05efb49a434556e3c5f12638978bdb0a520d4625dc795751533d661fa",
    "724bf41b40493536632d58bc4afd74f105d7b36250a90592f3649bc8ace6e8c1",
);
const SECOND: (&str, &str) = (
    "sya_ARAREhMUFRYXGBkaGxwdHh8AAAAC5G_deBm9lpags_WyKbPMfvzrWDeYapZZfCzazvAbyx6wmcP0YH4-7A",
    "syr_ARAREhMUFRYXGBkaGxwdHh8AAAACH_FvY8stFi0_cBfYPX80LotZVyN2L4UieVzakfIyA6bHkh-4pAbKdw",
);
const RENEWED: (&str, &str) = (
    "sya_ARAREhMUFRYXGBkaGxwdHh8AAAABBYUr5VqEcv_Ssex2ZtUE7RBQIKDWgt04rYDbtfl_YLiUoMDXH_PS1g",
    "sya_ARAREhMUFRYXGBkaGxwdHh8AAAACDsc3VoMBYtLdiL4khgQWdynBP73fzCPa2TYHpmg7AL-Cdd32HoCfTQ",
);
const PURPOSES: [(Purpose, &str); 8] = [
    (
        Purpose::Tag,
        "880579da7ac74e6b6456cdb578ded7ee305fede3cb8c3de5e8b888641e18ee06",
    ),
    (
        Purpose::Fact,
        "c80cf2f8069495dc693a09bcf2467db1429249ab289eb917a8fe7cbd11010b2a",
    ),
    (
        Purpose::Ack,
        "4bc575bba4d7669ce666b2e4d04ce3a63c19005d4527979f07e2833a90889b1b",
    ),
    (
        Purpose::Cursor,
        "6a6d873f33939fdc01bafa6dacbeff2153b090bf95bf264782581f6feaadda40",
    ),
    (
        Purpose::Ratchet,
        "a2c9b4a2a42c6c580e334ba7e83ee9afc2075d9fde467b2020434302d3adc121",
    ),
    (
        Purpose::Seal,
        "807033863ed3f6a75aa6bfee90b7baa2fcededa4aeeadc623d2223aaaa656c8e",
    ),
    (
        Purpose::Throttle,
        "b60448a10641e9d87bd856513c2f3e74f992619874d3d16bd0f78411bddf5552",
    ),
    (
        Purpose::KnownDevice,
        "f9ca27032799f31e65f87622f00b972fea9f1ea931c33ccb79697248f15e2d39",
    ),
];
const CHECK: &str = "4dbc0b662b9043db529d495b843ece6a8e8600a3ca3b7a0b1a8d7405247cf311";

fn texts(pair: &Pair) -> (String, String) {
    (
        pair.access.expose().to_string(),
        pair.refresh.expose().to_string(),
    )
}

fn owned((access, refresh): (&str, &str)) -> (String, String) {
    (access.to_owned(), refresh.to_owned())
}

#[test]
fn the_pairs_that_follow_fixed_parts_are_these() {
    let first = Pair::following(&keys(), &pair(0).refresh, nonce(0x80));
    assert_eq!(texts(&first), owned(FIRST));
    let second = Pair::following(&keys(), &first.refresh, nonce(0xa0));
    assert_eq!(texts(&second), owned(SECOND));
}

#[test]
fn the_access_tokens_that_follow_an_access_token_under_fixed_parts_are_these() {
    let first = Pair::renewing(&keys(), &pair(0).access, nonce(0x80));
    assert_eq!(&*first.access.expose(), RENEWED.0);
    let second = Pair::renewing(&keys(), &first.access, nonce(0xa0));
    assert_eq!(&*second.access.expose(), RENEWED.1);
    // The same three parts under the other purpose make another pair.
    let other = Pair::following(&keys(), &pair(0).access, nonce(0x80));
    assert_ne!(texts(&other), texts(&first));
}

#[test]
fn the_digests_of_a_pair_are_sha_256_of_its_verifiers_and_tags() {
    let (access, refresh) = Pair::following(&keys(), &pair(0).refresh, nonce(0x80)).digests();
    assert_eq!(HEXLOWER.encode(access.as_bytes()), FIRST_DIGESTS.0);
    assert_eq!(HEXLOWER.encode(refresh.as_bytes()), FIRST_DIGESTS.1);
    assert_eq!(TokenDigest::from_bytes(*access.as_bytes()), access);
    assert_eq!(format!("{access:?}"), "TokenDigest(08225ea0…)");
}

#[test]
fn the_same_three_parts_give_the_same_pair_whoever_holds_them() {
    // The token as a client sends it back, and keys derived anew, as after a restart.
    let sent_back = parsed(&pair(0).refresh.expose());
    let again = Pair::following(&keys(), &sent_back, nonce(0x80));
    assert_eq!(texts(&again), owned(FIRST));
}

#[test]
fn another_nonce_gives_another_pair() {
    let other = texts(&Pair::following(&keys(), &pair(0).refresh, nonce(0x81)));
    assert_ne!(other.0, FIRST.0);
    assert_ne!(other.1, FIRST.1);
}

#[test]
fn another_token_gives_another_pair() {
    let token = Pair::random(&keys(), id(), Generation(0), &Counting(0x41)).unwrap();
    let other = texts(&Pair::following(&keys(), &token.refresh, nonce(0x80)));
    assert_ne!(other.0, FIRST.0);
    assert_ne!(other.1, FIRST.1);
}

#[test]
fn another_master_key_gives_another_pair() {
    let keys = TokenKeys::derive(&MasterKey::from_bytes(counting(1)), KeyId::FIRST);
    let following = Pair::following(&keys, &pair(0).refresh, nonce(0x80));
    let (access, refresh) = following.digests();
    assert_ne!(HEXLOWER.encode(access.as_bytes()), FIRST_DIGESTS.0);
    assert_ne!(HEXLOWER.encode(refresh.as_bytes()), FIRST_DIGESTS.1);
}

#[test]
fn the_same_secret_in_another_session_or_generation_gives_another_pair() {
    let elsewhere = SessionId::from_bytes(counting(0x11));
    for token in [
        Pair::random(&keys(), elsewhere, Generation(0), &Counting(0x40)).unwrap(),
        pair(1),
    ] {
        let (access, refresh) = Pair::following(&keys(), &token.refresh, nonce(0x80)).digests();
        assert_ne!(HEXLOWER.encode(access.as_bytes()), FIRST_DIGESTS.0);
        assert_ne!(HEXLOWER.encode(refresh.as_bytes()), FIRST_DIGESTS.1);
    }
}

#[test]
fn the_pair_that_follows_is_of_the_next_generation_of_the_same_session() {
    let next = Pair::following(&keys(), &pair(41).refresh, nonce(0x80));
    for (token, kind) in [
        (next.access, TokenKind::Access),
        (next.refresh, TokenKind::Refresh),
    ] {
        assert_eq!(token.kind(), kind);
        assert_eq!(token.session_id(), id());
        assert_eq!(token.generation(), Generation(42));
        assert!(token.is_genuine(&keys()));
    }
}

#[test]
fn the_generations_end_without_turning_over() {
    assert_eq!(Generation(u32::MAX - 1).next(), Generation(u32::MAX));
    assert_eq!(Generation(u32::MAX).next(), Generation(u32::MAX));
}

#[test]
fn the_two_tokens_of_a_pair_share_no_secret() {
    let (access, refresh) = pair(0).digests();
    assert_ne!(access, refresh);
}

#[test]
fn each_purpose_has_its_own_key_and_they_are_these() {
    for (purpose, expected) in PURPOSES {
        assert_eq!(
            HEXLOWER.encode(&*master().derive(purpose)),
            expected,
            "{purpose:?}"
        );
    }
}

#[test]
fn the_check_of_a_master_key_is_this_one() {
    assert_eq!(HEXLOWER.encode(&master().check().0), CHECK);
    let KeyCheck(other) = MasterKey::from_bytes(counting(1)).check();
    assert_ne!(HEXLOWER.encode(&other), CHECK);
}

#[test]
fn a_master_key_is_read_as_it_was_written() {
    let text = master().to_hex();
    assert_eq!(
        *text,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    );
    for file in [
        text.to_string(),
        text.to_uppercase(),
        format!("{}\n", *text),
        format!("{}\r\n", *text),
    ] {
        assert_eq!(
            MasterKey::from_hex(&file).map(|key| key.check()).ok(),
            Some(master().check())
        );
    }
}

#[test]
fn any_other_text_is_no_master_key_and_is_not_repeated() {
    let text = master().to_hex();
    for file in [
        String::new(),
        text[..63].to_owned(),
        text[..62].to_owned(),
        format!("{}0", *text),
        format!("{}00", *text),
        format!(" {}", *text),
        format!("{} ", *text),
        format!("{}\n\n", *text),
        text.replacen('0', "g", 1),
        text.replacen("00", "é", 1),
    ] {
        let refused = MasterKey::from_hex(&file).err().map(|error| error.to_string());
        assert_eq!(
            refused.as_deref(),
            Some("a master key is 64 hexadecimal digits (32 bytes), with a line end at the most"),
            "{file:?}"
        );
    }
}

struct Silent;

impl Randomness for Silent {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        Err(RandomnessUnavailable)
    }
}

#[test]
fn without_randomness_nothing_is_issued() {
    assert!(Pair::random(&keys(), id(), Generation(0), &Silent).is_err());
    assert!(RawToken::api_key(&keys(), id(), &Silent).is_err());
    assert!(RotationNonce::random(&Silent).is_err());
    assert_eq!(
        SessionId::random(super::given::BEGUN, &Silent)
            .unwrap_err()
            .to_string(),
        "the operating system gave no randomness"
    );
}

#[test]
fn a_nonce_is_thirty_two_drawn_bytes() {
    assert_eq!(RotationNonce::random(&Counting(0x80)).unwrap(), nonce(0x80));
}
