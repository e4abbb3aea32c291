use std::time::Duration;

use symbolon::{RedisCondition, RedisMemory, RedisPersistence};

use super::*;

/// As `deploy/redis.conf` has it.
fn sound() -> RedisCondition {
    RedisCondition {
        place: "127.0.0.1:6379".to_owned(),
        replicas: 0,
        replicas_awaited: Some(0),
        is_open: false,
        is_public: Some(false),
        persistence: RedisPersistence {
            appends: Some(true),
            fsync: Some("everysec".to_owned()),
            copies: Some(true),
            has_failed: false,
        },
        memory: RedisMemory {
            used: 16 << 20,
            max: 256 << 20,
            policy: Some("noeviction".to_owned()),
        },
        idle_limit: Some(Duration::from_secs(300)),
        keepalive: Some(Duration::from_secs(60)),
        refusal: None,
    }
}

/// What is not good of a condition: the thing, its weight, and what is said.
fn faults(condition: &RedisCondition) -> Vec<(&'static str, Weight, String)> {
    remarks(condition, "sy")
        .into_iter()
        .filter(|remark| remark.weight != Weight::Good)
        .map(|remark| (remark.about, remark.weight, remark.say(Locale::En)))
        .collect()
}

/// The one fault of a condition that differs from a sound one.
fn fault(change: impl FnOnce(&mut RedisCondition)) -> (&'static str, Weight, String) {
    let mut condition = sound();
    change(&mut condition);
    let mut faults = faults(&condition);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

#[test]
fn of_a_sound_redis_there_is_nothing_to_mend_in_either_language() {
    let remarks = remarks(&sound(), "sy");
    assert!(remarks.iter().all(|remark| remark.weight == Weight::Good));
    let about: Vec<_> = remarks.iter().map(|remark| remark.about).collect();
    let all = [
        "persistence",
        "eviction",
        "redis memory",
        "redis password",
        "replication",
        "idle limit",
    ];
    assert_eq!(about, all);
    for remark in &remarks {
        assert_eq!(remark.advise(Locale::En), None);
        for locale in [Locale::En, Locale::ZhCn] {
            assert!(!remark.say(locale).contains('{'), "{}", remark.say(locale));
        }
    }
    assert_eq!(
        remarks[2].say(Locale::En),
        "16 MiB of 256 MiB are used: there is room for about 122880 sessions more"
    );
}

#[test]
fn s0_2_an_evicting_policy_is_said_and_refused_in_production() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let (about, weight, said) = fault(|redis| redis.memory.policy = Some(policy.to_owned()));
        assert_eq!((about, weight), ("eviction", Weight::Demanded));
        assert_eq!(
            said,
            format!("maxmemory-policy is {policy}: when its memory is full live sessions end silently")
        );
    }
}

#[test]
fn s0_2_append_only_counts_as_persistent_and_nothing_at_all_is_refused_in_production() {
    let with = |appends, fsync: &str, copies| {
        let mut condition = sound();
        condition.persistence = RedisPersistence {
            appends: Some(appends),
            fsync: Some(fsync.to_owned()),
            copies: Some(copies),
            has_failed: false,
        };
        let faults = faults(&condition);
        faults.first().map(|(_, weight, _)| *weight)
    };
    assert_eq!(with(true, "always", false), None);
    assert_eq!(with(true, "everysec", false), None);
    assert_eq!(with(true, "no", true), Some(Weight::Doubtful));
    assert_eq!(with(false, "everysec", true), Some(Weight::Doubtful));
    assert_eq!(with(false, "everysec", false), Some(Weight::Demanded));
}

#[test]
fn s0_2_no_password_weighs_more_beyond_the_own_machine() {
    let open = |is_public| {
        fault(|redis| {
            redis.is_open = true;
            redis.is_public = is_public;
        })
        .1
    };
    assert_eq!(open(Some(true)), Weight::Demanded);
    assert_eq!(open(None), Weight::Demanded);
    assert_eq!(open(Some(false)), Weight::Production);
}

#[test]
fn s0_e2_a_file_that_cannot_be_written_is_told_with_what_to_do() {
    let (about, weight, _) = fault(|redis| redis.persistence.has_failed = true);
    assert_eq!((about, weight), ("persistence", Weight::Broken));
    let (about, weight, said) = fault(|redis| {
        redis.refusal = Some("MISCONF: Errors writing to the AOF file: No space left on device".to_owned());
    });
    assert_eq!((about, weight), ("redis writes", Weight::Broken));
    assert!(
        said.starts_with("redis at 127.0.0.1:6379 takes no writes, since it cannot write its file: MISCONF")
    );
}

#[test]
fn memory_that_is_nearly_full_or_without_limit_is_told() {
    let used = |used| {
        let mut condition = sound();
        condition.memory.used = used;
        faults(&condition).first().map(|(_, weight, _)| *weight)
    };
    assert_eq!(used(204 << 20), None);
    assert_eq!(used(205 << 20), Some(Weight::Doubtful));
    assert_eq!(used(244 << 20), Some(Weight::Broken));
    let (about, weight, _) = fault(|redis| redis.memory.max = 0);
    assert_eq!((about, weight), ("redis memory", Weight::Doubtful));
}

#[test]
fn s1_9_a_redis_that_closes_idle_connections_is_no_fault_unless_it_does_so_all_the_time() {
    let idle = |seconds| {
        let mut condition = sound();
        condition.idle_limit = Some(Duration::from_secs(seconds));
        faults(&condition).len()
    };
    assert_eq!([idle(0), idle(60), idle(300), idle(59)], [0, 0, 0, 1]);
}

#[test]
fn what_a_redis_does_not_tell_is_no_fault() {
    let mut condition = sound();
    condition.persistence = RedisPersistence::default();
    condition.memory.policy = None;
    condition.idle_limit = None;
    let weights: Vec<_> = faults(&condition).iter().map(|(_, weight, _)| *weight).collect();
    assert_eq!(weights, [Weight::Unknown; 3]);
}

#[test]
fn a_profile_decides_what_stops_a_start_and_what_is_said() {
    use Profile::{Default, Development, Production};
    for (weight, refused, said) in [
        (Weight::Good, [false; 3], [false; 3]),
        (Weight::Unknown, [false; 3], [false; 3]),
        (Weight::Doubtful, [false; 3], [true; 3]),
        (Weight::Broken, [false; 3], [true; 3]),
        (Weight::Demanded, [false, false, true], [true; 3]),
        (Weight::Production, [false, false, true], [false, false, true]),
    ] {
        let profiles = [Default, Development, Production];
        assert_eq!(
            profiles.map(|profile| weight.refuses(profile)),
            refused,
            "{weight:?}"
        );
        assert_eq!(
            profiles.map(|profile| weight.is_said(profile)),
            said,
            "{weight:?}"
        );
    }
}

#[test]
fn with_replicas_it_should_take_no_write_that_none_of_them_hears() {
    let followed = |awaited| {
        let mut condition = sound();
        (condition.replicas, condition.replicas_awaited) = (2, awaited);
        faults(&condition)
    };
    let [(about, weight, said)] = &followed(Some(0))[..] else {
        panic!("one fault");
    };
    assert_eq!((*about, *weight), ("replication", Weight::Doubtful));
    assert!(
        said.starts_with("2 replicas follow it, and it takes writes without them"),
        "{said}"
    );
    for awaited in [Some(1), None] {
        assert_eq!(followed(awaited), []);
    }
}
