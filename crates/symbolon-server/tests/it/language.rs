//! The language of what operators read: `log.locale` where it is given, else that of the terminal.

use std::fs;

use crate::place::{PASSWORD, Place};

const CHINESE: (&str, &str) = ("LC_ALL", "zh_CN.UTF-8");

/// One fault of each kind: a name, a type, a limit, two settings that contradict each other.
const BROKEN: &str = "\
sesion: { access_ttl: 30m }
session: { access_ttl: tomorrow, per_subject_max: 0, idle_timeout: 60d }
http: { listen: 127.0.0.1:5000, tls: { cert: /nowhere/cert.pem } }
debug: { tier: maybe }
log: { locale: LOCALE }
";

fn is_chinese(line: &str) -> bool {
    line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

fn place_of(yaml: &str) -> Place {
    let place = Place::fresh();
    fs::write(place.folder().join("symbolon.yaml"), yaml).unwrap();
    place
}

#[test]
fn a_broken_configuration_is_told_in_the_language_that_it_asks_for() {
    let place = place_of(&BROKEN.replace("LOCALE", "zh-CN")).env("SYMBOLON_NODE__LEASE", "1h");
    for line in ["serve", "config check", "config show", "account list", "init"] {
        let told = place.run(line).failed(78).err;
        let mut lines = told.lines();
        assert_eq!(lines.next(), Some("symbolon: 配置有 7 处错误"), "{told}");
        assert!(lines.all(is_chinese), "{line}: {told}");
        for fault in [
            "  symbolon.yaml:1:1: sesion: 没有此配置项；是否想写 session？",
            "  symbolon.yaml:2:24: session.access_ttl: 无法识别 `tomorrow`；应为带单位的数字（500ms、10s、30m、12h、7d），从 1s 到 3650d",
            "  symbolon.yaml:2:51: session.per_subject_max: 无法识别 `0`；应为 1 到 1000000 的整数",
            "  symbolon.yaml:2:68: session.idle_timeout: 60d 大于 session.absolute_timeout（30d）；请调短前者或调长后者",
            "  symbolon.yaml:4:16: debug.tier: 无法识别 `maybe`；应为 true 或 false",
            "  SYMBOLON_NODE__LEASE: node.lease: 无法识别 `1h`；应为带单位的数字（500ms、10s、30m、12h、7d），从 1s 到 10m",
            "  symbolon.yaml:3:46: http.tls.cert: 已设置，但缺少 http.tls.key；TLS 需要两者",
        ] {
            assert!(told.lines().any(|line| line == fault), "{fault}\n{told}");
        }
    }
    let found = place.run("doctor").failed(1).out;
    assert_eq!(found.lines().count(), 7, "{found}");
    assert!(found.lines().all(is_chinese), "{found}");
}

#[test]
fn the_terminals_language_counts_where_the_configuration_asks_for_none() {
    let silent = BROKEN.replace("log: { locale: LOCALE }\n", "");
    let told = |yaml: &str| {
        let place = place_of(yaml).env(CHINESE.0, CHINESE.1);
        place.run("config check").failed(78).err
    };
    assert!(told(&silent).starts_with("symbolon: 配置有 6 处错误\n"));
    // Where nothing can be read of the file.
    assert_eq!(
        told("session: [\n"),
        "symbolon: 配置有一处错误\n  symbolon.yaml:2:1: 不是合法的 YAML：此处应为值\n"
    );
    let english = told(&BROKEN.replace("LOCALE", "en"));
    assert!(
        english.starts_with("symbolon: the configuration has 6 faults\n"),
        "{english}"
    );
    assert!(!english.lines().any(is_chinese), "{english}");
}

#[test]
fn a_start_that_fails_says_why_and_what_to_do_in_chinese() {
    let place = Place::fresh().env(CHINESE.0, CHINESE.1);
    fs::write(place.folder().join("file"), "").unwrap();
    let refused = |name: &str, value: &str| {
        let place = Place::fresh().env(CHINESE.0, CHINESE.1).env(
            name,
            &value.replace("FOLDER", &place.folder().display().to_string()),
        );
        place.run("serve").err
    };
    let told = refused("SYMBOLON_DATA_DIR", "FOLDER/file/data");
    assert!(
        told.starts_with("symbolon: 打开存储：无法使用数据目录 "),
        "{told}"
    );
    let why = "：不是目录（os error 20）；请授予当前用户创建该目录并写入的权限，或在 data_dir 中换一个目录\n";
    assert!(told.ends_with(why), "{told}");
    let told = refused("SYMBOLON_STORE__URL", "sqlite:FOLDER/none/sy.db");
    assert!(told.contains("：无法打开 "), "{told}");
    assert!(told.contains("；请换一个路径，或授予当前用户写权限"), "{told}");
    let told = refused(
        "SYMBOLON_STORE__URL",
        "postgres://sy:open-sesame@127.0.0.1:1/sy?sslmode=disable",
    );
    assert!(
        told.contains("：无法连接 PostgreSQL（127.0.0.1:1/sy）："),
        "{told}"
    );
    assert!(told.contains("连接被拒绝（os error 111）"), "{told}");
    assert!(
        told.contains("；请检查它是否在运行、store.url 的地址是否正确"),
        "{told}"
    );
}

#[test]
fn a_command_that_is_refused_says_why_in_chinese() {
    let place = Place::fresh().env(CHINESE.0, CHINESE.1);
    place.run_with("account add ada", PASSWORD).ok();
    let told = |line: &str, input: &str| place.run_with(line, input).failed(1).err;
    assert_eq!(told("account disable nobody", ""), "symbolon: 没有该名称的账户\n");
    assert_eq!(
        told("account passwd ada", "short"),
        "symbolon: 密码有 5 个字符，至少需要 15 个：请增加词语，可以使用空格\n"
    );
    assert_eq!(
        told("account passwd ada", ""),
        "symbolon: 从标准输入读取密码：没有内容\n"
    );
}
