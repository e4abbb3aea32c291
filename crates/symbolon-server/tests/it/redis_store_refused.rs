//! A Redis that cannot be the store is refused at the start: the reason, the remedy, the exit code, and nothing half
//! started.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use symbolon_testkit::servers::{Redis, StartRedis};

use crate::place::{Done, Place, free_address};

const PASSWORD: &str = "hunter2hunter2";

fn place(url: &str) -> Place {
    Place::fresh().env("SYMBOLON_STORE__URL", url)
}

/// Starts on a store that must be refused; what is said of it, with HOST for the address.
fn refused(url: &str, exit: i32, address: SocketAddr) -> String {
    let place = place(url);
    let done = place.run("serve").failed(exit);
    assert!(!place.data_dir().exists(), "nothing is made here: {done:?}");
    assert!(
        !format!("{}{}", done.out, done.err).contains(PASSWORD),
        "{done:?}"
    );
    told(&done).replace(&address.to_string(), "HOST")
}

fn told(done: &Done) -> String {
    let line = done
        .err
        .lines()
        .find_map(|line| line.strip_prefix("symbolon: open the store: "));
    line.unwrap_or_else(|| panic!("{done:?}")).to_owned()
}

/// Refused, with these words in what is said.
fn says(redis: &Redis, url: &str, exit: i32, words: &[&str]) {
    let said = refused(url, exit, redis.address());
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
}

#[test]
fn what_is_mended_in_store_url_is_a_fault_of_the_configuration() {
    let redis = StartRedis::default().setting("requirepass", PASSWORD).start();
    let address = redis.address();
    let open = StartRedis::default().setting("databases", "4").start();
    let table = [
        (
            &redis,
            format!("redis://:wrong-password@{address}"),
            "refuses the log-in",
        ),
        (&redis, format!("redis://{address}"), "refuses the log-in"),
        (
            &redis,
            format!("redis://nobody:{PASSWORD}@{address}"),
            "refuses the log-in",
        ),
        (&open, format!("{}/4", open.url()), "name a database that it has"),
    ];
    for (redis, url, words) in table {
        says(redis, &url, 78, &[words, "store.url", "HOST"]);
    }
    let primary = StartRedis::default().start();
    let replica = StartRedis::default().replica_of(&primary).start();
    says(
        &replica,
        &replica.url(),
        78,
        &["is a replica", "name the primary in store.url"],
    );
    let sentinel = StartRedis::default().sentinel_of("main", &primary).start();
    says(
        &sentinel,
        &sentinel.url(),
        78,
        &["it is a Sentinel", "redis-sentinel://"],
    );
    let member = StartRedis::default().cluster_of(1).remove(0);
    says(&member, &member.url(), 78, &["cluster", "cannot be the store"]);
}

#[test]
fn a_cluster_is_a_fault_of_the_configuration_with_its_place_and_the_reason() {
    let url = format!("redis-cluster://:{PASSWORD}@a:7000,b:7000");
    for line in ["serve", "config check", "account list", "migrate", "init"] {
        let done = place(&url).run(line).failed(78);
        assert!(
            done.err.contains("SYMBOLON_STORE__URL: store.url: ") && done.err.contains("cluster"),
            "{done:?}"
        );
        assert!(!done.err.contains(PASSWORD), "{done:?}");
    }
}

#[test]
fn a_redis_that_is_away_frozen_or_full_is_unavailable() {
    let away = free_address();
    let said = refused(&format!("redis://{away}"), 69, away);
    assert!(
        said.contains("cannot reach redis at HOST") && said.contains("Connection refused"),
        "{said}"
    );
    let redis = StartRedis::default().start();
    redis.freeze();
    says(&redis, &redis.url(), 69, &["HOST"]);
    redis.thaw();
    let full = StartRedis::default().setting("maxmemory", "1").start();
    // A look is let in; the store is not made.
    let done = place(&full.url()).run("serve").failed(69);
    assert!(
        told(&done).contains("no memory left: raise maxmemory"),
        "{done:?}"
    );
}

/// Something that answers everything with the same.
fn answering(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the test's process.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let mut bytes = [0; 4_096];
                while stream.read(&mut bytes).is_ok_and(|count| count > 0) {
                    drop(stream.write_all(answer));
                }
            });
        }
    });
    address
}

#[test]
fn what_is_no_redis_or_an_old_one_is_a_fault_of_the_configuration() {
    const OLD: &[u8] = b"%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n6.0.9\r\n$4\r\nrole\r\n$6\r\nmaster\r\n";
    let table: [(&[u8], &str); 3] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is not redis"),
        (b"-ERR unknown command `HELLO`\r\n", "6.2 or newer is needed"),
        (OLD, "has version 6.0.9: 6.2 or newer is needed"),
    ];
    for (answer, words) in table {
        let address = answering(answer);
        let said = refused(&format!("redis://{address}"), 78, address);
        assert!(said.contains(words) && said.contains("HOST"), "{said}");
    }
}

#[test]
fn a_redis_that_still_reads_its_file_is_unavailable() {
    let address = answering(b"-LOADING Redis is loading the dataset in memory\r\n");
    let said = refused(&format!("redis://{address}"), 69, address);
    assert!(
        said.contains("redis at HOST") && said.contains("is still reading its file"),
        "{said}"
    );
}

#[test]
fn a_user_without_the_rights_that_the_store_needs_is_refused() {
    let redis = StartRedis::default()
        .user(
            "guest",
            &format!("on >{PASSWORD} ~* &* +@all -eval -evalsha -script"),
        )
        .user("reader", &format!("on >{PASSWORD} ~* &* +@all -@write"))
        .start();
    for user in ["guest", "reader"] {
        let done = place(&redis.url_as(user, PASSWORD)).run("serve").failed(78);
        assert!(
            told(&done).contains("the user of store.url lacks a right"),
            "{done:?}"
        );
        assert!(!done.err.contains(PASSWORD), "{done:?}");
    }
    assert_eq!(redis.cli(&["DBSIZE"]), "0");
}

#[test]
fn what_others_keep_there_and_what_a_newer_release_has_written_stays_as_it_is() {
    let redis = StartRedis::default().start();
    redis.cli(&["SET", "{sy}:m", "another program's"]);
    says(
        &redis,
        &redis.url(),
        78,
        &["HOST", "{sy}:", "not a store of symbolon", "cache.prefix"],
    );
    assert_eq!(redis.cli(&["GET", "{sy}:m"]), "another program's");
    redis.cli(&["DEL", "{sy}:m"]);
    let made = place(&redis.url());
    made.run("init").ok();
    redis.cli(&["HSET", "{sy}:m", "format", "99"]);
    for line in ["serve", "account list", "migrate"] {
        let said = told(&made.run(line).failed(78));
        assert!(
            said.contains("has format 99") && said.contains("start the newer release"),
            "{said}"
        );
    }
    assert_eq!(redis.cli(&["HGET", "{sy}:m", "format"]), "99");
}
