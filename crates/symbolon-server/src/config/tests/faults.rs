//! What is wrong, where, and how to mend it: the exact words.

use super::{faults, read, read_under};

#[test]
fn every_fault_is_told_at_once_each_with_its_line_and_column() {
    let yaml = "profil: production\n\
                http:\n  listen: localhost:5000\n  trusted_proxies: [10.0.0.0/8, office]\n\
                sesion:\n  access_ttl: 30m\n\
                session:\n  access_ttl: 30\n  idle_timeout: 40d\n  remember:\n    idle_timout: 1d\n\
                node: { lease: 11m, near_capacity: 0 }\n\
                log:\n  level: verbose\n";
    assert_eq!(
        faults(yaml),
        [
            "s.yaml:1:1: profil: is no setting; did you mean profile?",
            "s.yaml:5:1: sesion: is no setting; did you mean session?",
            "s.yaml:11:5: session.remember.idle_timout: is no setting; did you mean session.remember.idle_timeout?",
            "s.yaml:3:11: http.listen: `localhost:5000` is not understood; expected an IP address with a port, such \
             as 127.0.0.1:5000 or [::1]:5000",
            "s.yaml:4:20: http.trusted_proxies: `office` is not understood; expected a list of networks, such as \
             [10.0.0.0/8, 192.168.1.7]",
            "s.yaml:8:15: session.access_ttl: `30` is not understood; expected a number with a unit (500ms, 10s, 30m, \
             12h, 7d), from 1s to 3650d",
            "s.yaml:12:16: node.lease: `11m` is not understood; expected a number with a unit (500ms, 10s, 30m, 12h, \
             7d), from 1s to 10m",
            "s.yaml:12:36: node.near_capacity: `0` is not understood; expected a whole number from 1 to 100000000",
            "s.yaml:14:10: log.level: `verbose` is not understood; expected one of error, warn, info, debug, trace",
            "s.yaml:9:17: session.idle_timeout: 40d is longer than session.absolute_timeout, 30d; shorten this or \
             lengthen that",
        ]
    );
}

#[test]
fn an_unknown_name_far_from_all_others_points_to_the_example() {
    assert_eq!(
        faults("colour: red"),
        ["s.yaml:1:1: colour: is no setting; symbolon.example.yaml lists every one"]
    );
}

#[test]
fn a_setting_in_the_wrong_group_or_without_its_group_is_found() {
    assert_eq!(
        faults("access_ttl: 1h\nhttp:\n  near_capacity: 5\nhttp.listen: 127.0.0.1:1\nHTTP: {}"),
        [
            "s.yaml:1:1: access_ttl: is no setting; did you mean session.access_ttl?",
            "s.yaml:3:3: http.near_capacity: is no setting; did you mean node.near_capacity?",
            "s.yaml:4:1: http.listen: is no name; write each part on its own line, indented below the one before",
            "s.yaml:5:1: HTTP: is no setting; did you mean http?",
        ]
    );
}

#[test]
fn a_key_that_occurs_twice_is_told_with_both_lines() {
    assert_eq!(
        faults("store:\n  url: \"memory:\"\nlog: {}\nstore:\n  url: \"sqlite:\"\n"),
        ["s.yaml:4:1: store is here a second time; it is also in line 1"]
    );
}

#[test]
fn a_group_in_place_of_a_value_and_the_other_way_round_are_told() {
    assert_eq!(
        faults(
            "data_dir: { path: x }\nlog: debug\npurge: [1]\nstore: { url: [a] }\ncompat: { enabled: null }"
        ),
        [
            "s.yaml:1:11: data_dir: is a value, not a group of settings",
            "s.yaml:2:6: log: is a group of settings, not a value; it has format, level, locale",
            "s.yaml:3:8: purge: is a group of settings, not a value; it has schedule, keep_ended",
            "s.yaml:4:15: store.url: is a list; expected sqlite:, sqlite:PATH, memory:, postgres://, mysql:// or \
             redis://",
            "s.yaml:5:20: compat.enabled: is null; expected true or false, or leave the line out",
        ]
    );
}

#[test]
fn a_file_that_is_no_yaml_is_told_with_the_place() {
    let cases = [
        (
            "log:\n\tlevel: info\n",
            "s.yaml:2:2: a tab in the indentation; YAML takes spaces only",
        ),
        (
            "log: [",
            "s.yaml:2:1: this is no YAML: while parsing a node, did not find expected node content",
        ),
        (
            "log: {}\n--- \nlog: {}\n",
            "s.yaml:2:1: a second document begins here; the settings are one document",
        ),
        (
            "- a\n- b\n",
            "s.yaml:1:1: the file is no map of settings; expected lines such as `data_dir: PATH`",
        ),
        (
            "data_dir",
            "s.yaml:1:1: the file is no map of settings; expected lines such as `data_dir: PATH`",
        ),
        ("[a]: b", "s.yaml:1:1: a key must be the name of a setting"),
        (
            "data_dir: !env HOME",
            "s.yaml:1:11: tags (!...) are not read; put quotes around a value that begins with !",
        ),
    ];
    for (yaml, fault) in cases {
        assert_eq!(faults(yaml), [fault], "{yaml:?}");
    }
}

#[test]
fn an_alias_is_told_as_a_value_that_needs_quotes() {
    let words = "anchors and aliases are not read; put quotes around a value that begins with & or *";
    assert_eq!(
        faults("purge:\n  schedule: */5 * * * *\n"),
        [format!("s.yaml:2:13: {words}")]
    );
    assert_eq!(
        faults("http: &all\n  plain: true\n"),
        [format!("s.yaml:1:7: {words}")]
    );
}

#[test]
fn a_file_of_aliases_that_would_grow_without_end_is_refused_at_the_first() {
    let mut yaml = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in [
        ("b", "a"),
        ("c", "b"),
        ("d", "c"),
        ("e", "d"),
        ("f", "e"),
        ("g", "f"),
        ("h", "g"),
    ] {
        yaml += &format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 9].join(", "));
    }
    let faults = faults(&yaml);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].contains("anchors and aliases are not read"),
        "{faults:?}"
    );
}

#[test]
fn a_file_nested_too_deep_is_refused() {
    let deep = |levels: usize| format!("data_dir: {}x{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(
        faults(&deep(17)),
        ["s.yaml:1:27: values are nested more than 16 deep"]
    );
    assert_eq!(
        faults(&deep(15)),
        ["s.yaml:1:11: data_dir: has an item that is no plain value"]
    );
    assert_eq!(
        faults(&deep(100_000)),
        ["s.yaml:1:266: values are nested more than 16 deep"]
    );
}

#[test]
fn a_group_with_too_many_keys_is_refused() {
    let keys = |count: usize| -> String { (0..count).map(|key| format!("k{key}: 1\n")).collect() };
    assert_eq!(faults(&keys(256)).len(), 256);
    assert_eq!(
        faults(&keys(257)),
        ["s.yaml:257:1: there are more than 256 keys in one group"]
    );
}

#[test]
fn a_long_text_is_quoted_by_its_beginning() {
    let long = "x".repeat(70);
    let begin = "x".repeat(64);
    assert_eq!(
        faults(&format!("{long}: 1\ndebug: {{ tier: {long} }}")),
        [
            format!("s.yaml:1:1: {begin}…: is no setting; symbolon.example.yaml lists every one"),
            format!("s.yaml:2:16: debug.tier: `{begin}…` is not understood; expected true or false"),
        ]
    );
}

#[test]
fn an_empty_file_and_empty_groups_say_nothing() {
    let defaults = read("").expect("no fault").config;
    for yaml in [
        "# only a comment\n",
        "---\n",
        "null",
        "log:\nhttp:\n  tls:\n",
        "\u{feff}log: {}\n",
        "log: {}\r\n",
    ] {
        assert_eq!(read(yaml).expect(yaml).config, defaults, "{yaml:?}");
    }
}

#[test]
fn a_variable_that_is_no_setting_is_told_with_the_nearest_name() {
    let variables = [
        ("SYMBOLON_SESSION_ACCESS_TTL", "1h"),
        ("SYMBOLON_COLOUR", "red"),
        ("SYMBOLON_LOG__LEVEL", "loud"),
        ("SYMBOLON_store__url", "memory:"),
    ];
    assert_eq!(
        read_under("", &variables).map(|_| ()).expect_err("has faults"),
        [
            "SYMBOLON_SESSION_ACCESS_TTL: is no setting; did you mean \
             SYMBOLON_SESSION__ACCESS_TTL?",
            "SYMBOLON_COLOUR: is no setting; symbolon.example.yaml lists every one",
            "SYMBOLON_store__url: is no setting; did you mean SYMBOLON_STORE__URL?",
            "SYMBOLON_LOG__LEVEL: log.level: `loud` is not understood; expected one of error, warn, info, debug, trace",
        ]
    );
}

#[test]
fn names_that_belong_to_the_command_line_or_to_kubernetes_are_no_faults() {
    let variables = [
        ("SYMBOLON_CONFIG", "/etc/symbolon.yaml"),
        ("SYMBOLON_BIN", "target/release/symbolon"),
        ("SYMBOLON_PORT", "tcp://10.0.0.1:5000"),
        ("SYMBOLON_PORT_5000_TCP_ADDR", "10.0.0.1"),
        ("SYMBOLON_SERVICE_HOST", "10.0.0.1"),
        ("SYMBOLON_API_SERVICE_PORT_HTTP", "5000"),
        ("SYMBOL", "x"),
        ("PATH", "/bin"),
    ];
    assert!(read_under("", &variables).is_ok());
}

#[test]
fn a_password_that_would_be_taken_for_a_path_is_refused_with_the_way_to_write_it() {
    assert_eq!(
        faults("store: { url: \"postgres://symbolon:1234/hunter2@db/x\" }"),
        [
            "s.yaml:1:15: store.url: has an @ after the host; in a password write / as %2F, ? as %3F, # as %23, @ as %40"
        ]
    );
}

#[test]
fn a_password_is_in_no_fault_and_in_no_warning() {
    for url in [
        "postgres://symbolon:hunter2hunter2@db/p/q@x",
        "postgres://symbolon:hunter2hunter2@/db",
        "postgres://symbolon:hunter2/hunter2@db/x",
        "postgres://db/x?password=hunter2",
        "oracle://symbolon:hunter2@db/x",
        "postgres://symbolon:hunter2 @db/x",
        "redis://:hunter2@db:port/0",
    ] {
        for fault in faults(&format!(
            "store: {{ url: \"{url}\" }}\ncache: {{ redis_url: \"{url}\" }}"
        )) {
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
    for warning in super::warnings("store: { url: \"redis://:hunter2@127.0.0.1/0\" }") {
        assert!(!warning.contains("hunter2"), "{warning}");
    }
}
