use super::{Address, Host, Login, Route, Sentinels, Way};

fn host(name: &str, port: u16) -> Host {
    Host {
        name: name.to_owned(),
        port,
    }
}

fn login(user: Option<&str>, password: &str) -> Login {
    Login {
        user: user.map(str::to_owned),
        password: Some(password.to_owned()),
    }
}

fn parsed(url: &str) -> Address {
    Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn refused(url: &str) -> String {
    match Address::parse(url) {
        Ok(_) => panic!("{url} is taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn one_server_has_a_host_a_port_a_login_and_a_database() {
    let short = parsed("redis://cache");
    assert_eq!(short.route, Route::Host(host("cache", 6379)));
    assert_eq!(
        (short.way, short.login, short.db),
        (Way::Plain, Login::default(), 0)
    );
    assert_eq!(short.place, "cache:6379");

    let long = parsed("valkeys://us%3Aer:p%40ss@[2001:db8::7]:7000/3?ca_file=/etc/our%20ca.pem");
    assert_eq!(long.route, Route::Host(host("2001:db8::7", 7000)));
    assert_eq!(long.way, Way::Verified(Some("/etc/our ca.pem".into())));
    assert!(long.login == login(Some("us:er"), "p@ss"));
    assert_eq!((long.db, long.place.as_str()), (3, "[2001:db8::7]:7000"));

    assert!(parsed("redis://:secret@cache/").login == login(None, "secret"));
    assert_eq!(parsed("rediss://cache").way, Way::Verified(None));
}

#[test]
fn a_socket_has_a_path() {
    let socket = parsed("redis+unix://:secret@/run/redis%20one.sock?db=2");
    assert_eq!(socket.route, Route::Socket("/run/redis one.sock".into()));
    assert!(socket.login == login(None, "secret"));
    assert_eq!((socket.db, socket.place.as_str()), (2, "/run/redis one.sock"));
}

#[test]
fn sentinels_have_a_service_and_a_login_of_their_own() {
    let found = parsed(
        "redis-sentinel://app:pw@s1,s2:7001/1?sentinelServiceName=main&sentinelUsername=w&sentinelPassword=x",
    );
    let sentinels = Sentinels {
        hosts: vec![host("s1", 26379), host("s2", 7001)],
        service: "main".to_owned(),
        login: login(Some("w"), "x"),
    };
    assert_eq!(found.route, Route::Sentinels(sentinels));
    assert!(found.login == login(Some("app"), "pw"));
    assert_eq!((found.db, found.place.as_str()), (1, "main by its Sentinels"));
    let encrypted = parsed("rediss-sentinel://s1?sentinelServiceName=main&ca_file=/ca.pem");
    assert_eq!(encrypted.way, Way::Verified(Some("/ca.pem".into())));
}

#[test]
fn a_cluster_is_some_of_its_servers() {
    let found = parsed("rediss-cluster://app:pw@c1,c2:7001?ca_file=/ca.pem");
    assert_eq!(
        found.route,
        Route::Cluster(vec![host("c1", 6379), host("c2", 7001)])
    );
    assert_eq!(found.way, Way::Verified(Some("/ca.pem".into())));
    assert_eq!(
        (found.db, found.place.as_str()),
        (0, "the cluster of c1:6379,c2:7001")
    );
}

#[test]
fn what_is_not_understood_is_named() {
    let schemes = "expected redis://, rediss://, redis+unix://, redis-sentinel://, rediss-sentinel://, \
         redis-cluster:// or rediss-cluster://";
    let cases = [
        ("", schemes),
        ("cache:6379", schemes),
        ("http://cache", schemes),
        ("redisx://cache", schemes),
        ("redis-cluster://a,b/2", "a cluster has no other database than 0"),
        ("redis-cluster://a,", "it names no host"),
        (
            "redis-cluster://a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
            "it names more than 16 hosts",
        ),
        ("redis://", "it names no host"),
        ("redis://:6379", "it names no host"),
        (
            "redis://a,b",
            "it must name one host; several are for redis-sentinel:// or redis-cluster://",
        ),
        ("redis://a:port", "the port is not a number from 1 to 65535"),
        ("redis://a:0", "the port is not a number from 1 to 65535"),
        ("redis://a:70000", "the port is not a number from 1 to 65535"),
        ("redis://[::1", "an address in brackets has no ]"),
        ("redis://a/x", "the database is not a number from 0 to 65535"),
        ("redis://a/-1", "the database is not a number from 0 to 65535"),
        (
            "redis://a?timeout=3",
            "it has the parameter \"timeout\"; none is known here",
        ),
        (
            "rediss://a?insecure=1",
            "it has the unknown parameter \"insecure\"; known are ca_file",
        ),
        (
            "redis://a?ca_file=/ca.pem",
            "ca_file makes no sense without TLS; write rediss://",
        ),
        ("rediss://a?ca_file=%ff", "ca_file is not percent-encoded UTF-8"),
        ("rediss://a?ca_file=x&ca_file=y", "ca_file stands twice"),
        ("redis+unix://", "redis+unix:// names no path"),
        (
            "redis+unix://run/redis.sock",
            "redis+unix:// takes a path and no host, such as redis+unix:///run/redis.sock",
        ),
        (
            "redis-sentinel://a",
            "a Sentinel must be told the name of the primary: ?sentinelServiceName=NAME",
        ),
        ("redis-sentinel://a,?sentinelServiceName=m", "it names no host"),
        (
            "redis-sentinel://a?sentinelServiceName=m&sentinelUsername=u",
            "sentinelUsername is there without sentinelPassword",
        ),
    ];
    for (url, detail) in cases {
        assert_eq!(
            refused(url),
            format!("cache.redis_url is not understood: {detail}"),
            "{url}"
        );
    }
}

#[test]
fn no_fault_and_no_place_repeats_a_password() {
    for url in [
        "redis://hunter2@cache",
        "redis://u:hunter2@",
        "redis://u:hunter2/b@a",
        "redis://u:a/hunter2@a",
        "redis://u:a?hunter2@a",
        "redis://u:a#hunter2@a",
        "redis://u:hunter2@a:x",
        "redis://u:hunter2%ff@a",
        "redis://u:hunter2@a?x=1",
        "redis-sentinel://u:hunter2@a?sentinelServiceName=",
        "redis+unix://u:hunter2@host/x",
    ] {
        assert!(!refused(url).contains("hunter2"), "{url}");
    }
    let address = parsed("redis://u:hunter2@cache");
    assert!(!address.place.contains("hunter2"));
    assert_eq!(format!("{:?}", address.login), "Login");
}
