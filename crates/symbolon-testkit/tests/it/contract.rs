const LIST: &str = include_str!("../../src/contract.rs");
const ROOMS: [(&str, &str); 19] = [
    ("accounts", include_str!("../../src/contract/accounts.rs")),
    ("activity", include_str!("../../src/contract/activity.rs")),
    ("api_keys", include_str!("../../src/contract/api_keys.rs")),
    ("bans", include_str!("../../src/contract/bans.rs")),
    ("census", include_str!("../../src/contract/census.rs")),
    ("confirm", include_str!("../../src/contract/confirm.rs")),
    ("cuts", include_str!("../../src/contract/cuts.rs")),
    ("homecoming", include_str!("../../src/contract/homecoming.rs")),
    ("insert", include_str!("../../src/contract/insert.rs")),
    ("list", include_str!("../../src/contract/list.rs")),
    ("log", include_str!("../../src/contract/log.rs")),
    ("members", include_str!("../../src/contract/members.rs")),
    ("proposals", include_str!("../../src/contract/proposals.rs")),
    ("purge", include_str!("../../src/contract/purge.rs")),
    ("revoke", include_str!("../../src/contract/revoke.rs")),
    ("rotation", include_str!("../../src/contract/rotation.rs")),
    ("signing_keys", include_str!("../../src/contract/signing_keys.rs")),
    ("throttle", include_str!("../../src/contract/throttle.rs")),
    ("walk", include_str!("../../src/contract/walk.rs")),
];

#[test]
fn every_sentence_of_every_room_of_the_contract_is_run() {
    let rooms = LIST.matches("$crate::sentences!(").count();
    assert_eq!(rooms, ROOMS.len());
    for (room, source) in ROOMS {
        let start = LIST.find(&format!("$fresh, {room}: [")).unwrap();
        let end = start + LIST[start..].find(']').unwrap();
        let mut listed: Vec<&str> = LIST[start..end].lines().skip(1).map(str::trim).collect();
        listed.retain(|line| !line.is_empty());
        listed.sort_unstable();
        let mut written: Vec<String> = source
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn "))
            .filter_map(|line| line.split_once('<'))
            .map(|(name, _)| format!("{name},"))
            .collect();
        written.sort_unstable();
        assert!(!written.is_empty());
        assert_eq!(listed, written, "in {room}");
    }
}
