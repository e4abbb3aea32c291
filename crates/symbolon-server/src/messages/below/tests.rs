use super::*;

fn chinese(text: &str) -> String {
    say(text, Locale::ZhCn)
}

#[test]
fn a_text_of_the_system_or_of_a_library_is_said_in_chinese_with_its_values() {
    assert_eq!(
        chinese("No such file or directory (os error 2)"),
        "文件或目录不存在（os error 2）"
    );
    assert_eq!(
        chinese(
            "the data folder /srv/a: b cannot be used: Permission denied (os error 13); give this user the right to make it and to write in it, or name another in data_dir"
        ),
        "无法使用数据目录 /srv/a: b：权限不足（os error 13）；请授予当前用户创建该目录并写入的权限，或在 data_dir 中换一个目录"
    );
    assert_eq!(
        chinese("new: the password has 3 characters and needs at least 15: add words, spaces are welcome"),
        "new：密码有 3 个字符，至少需要 15 个：请增加词语，可以使用空格"
    );
}

#[test]
fn a_remedy_with_a_semicolon_is_found_whole_behind_a_detail_with_one() {
    let text = "MySQL at db:3306/sy says: Unknown database 'sy'; really; create it: CREATE DATABASE name; GRANT ALL ON name.* TO user";
    assert_eq!(
        chinese(text),
        "MySQL（db:3306/sy）报告：Unknown database 'sy'; really；请创建：CREATE DATABASE name; GRANT ALL ON name.* TO user"
    );
    assert_eq!(say(text, Locale::En), text);
}

#[test]
fn what_was_done_stands_before_the_reason_also_where_the_reason_begins_with_a_path() {
    assert_eq!(
        chinese(
            "open the store: d/master.key is missing, but the store in its folder was made with it; put the file back from your backup"
        ),
        "打开存储：缺少 d/master.key，而其目录中的存储是用它创建的；请从备份恢复该文件"
    );
    assert_eq!(
        chinese(
            "open the store: d/symbolon.lock cannot be written: Read-only file system (os error 30); give this user the right to write the file and its folder, or mount the file system for writing"
        ),
        "打开存储：无法写入 d/symbolon.lock：文件系统为只读（os error 30）；请授予当前用户对该文件及其目录的写权限，或以可写方式挂载文件系统"
    );
}

#[test]
fn what_nobody_knows_is_repeated_as_it_came() {
    for text in [
        "",
        "a word",
        "x: y",
        "FATAL: sorry, too many clients already (53300)",
    ] {
        assert_eq!(chinese(text), text);
    }
}

#[test]
fn the_english_of_a_text_is_that_text() {
    for (en, _) in ALL {
        assert_eq!(say(en, Locale::En), *en);
    }
}

/// Sources whose errors reach an operator, from the folder of the crates.
const SOURCES: &[&str] = &[
    "symbolon/src/builder.rs",
    "symbolon/src/master_key.rs",
    "symbolon/src/shared_cache.rs",
    "symbolon/src/operators.rs",
    "symbolon/src/signing.rs",
    "symbolon/src/signing/settings.rs",
    "symbolon-core/src/member.rs",
    "symbolon-core/src/subject.rs",
    "symbolon-core/src/token/keys.rs",
    "symbolon-store-sql/src/sqlite/open_error.rs",
    "symbolon-store-sql/src/server/open_error.rs",
    "symbolon-store-sql/src/mysql/check.rs",
    "symbolon-store-sql/src/mysql/fault.rs",
    "symbolon-store-sql/src/mysql/identity.rs",
    "symbolon-store-sql/src/postgres/connection.rs",
    "symbolon-store-sql/src/postgres/fault.rs",
    "symbolon-store-sql/src/postgres/identity.rs",
    "symbolon-redis/src/options.rs",
    "symbolon-redis/src/store/open_error.rs",
    "symbolon-redis/src/cache/warm.rs",
    "symbolon-accounts/src/accounts.rs",
    "symbolon-accounts/src/password.rs",
    "symbolon-accounts/src/password/cost.rs",
    "symbolon-accounts/src/password/pool.rs",
    "symbolon-accounts/src/password/rules.rs",
    "symbolon-http/src/listen.rs",
    "symbolon-http/src/listen/tls.rs",
    "symbolon-http/src/routes/admin/faults.rs",
];
/// What stands before a text that an operator reads.
const MARKS: &[&str] = &[
    "#[error(",
    "remedy: ",
    "remedy = ",
    "why: ",
    "why = ",
    "WHY: &str = ",
    "Problem::not_found(",
];

/// The literals behind the marks in a source, with `x` for what differs.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for mark in MARKS {
        for (at, _) in source.match_indices(mark) {
            let rest = source[at + mark.len()..].trim_start();
            let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
            if let Some(literal) = rest.strip_prefix('"') {
                found.push(plain(literal));
            }
        }
    }
    found
}

/// The text of a literal up to its end.
fn plain(literal: &str) -> String {
    let mut text = String::new();
    let mut letters = literal.chars().peekable();
    while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
        match letter {
            '\\' if letters.next_if_eq(&'\n').is_some() => while letters.next_if_eq(&' ').is_some() {},
            '{' => {
                letters.by_ref().find(|letter| *letter == '}');
                text.push('x');
            }
            letter => text.push(letter),
        }
    }
    text
}

#[test]
fn every_fault_that_a_layer_below_can_report_to_an_operator_is_in_the_table() {
    let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut count = 0;
    let mut lacking = Vec::new();
    for source in SOURCES {
        let text = std::fs::read_to_string(format!("{crates}/{source}")).expect("the source is there");
        for literal in literals(&text) {
            count += 1;
            if known(&literal).is_none() && literal != "x" {
                lacking.push(format!("{source}: {literal}"));
            }
        }
    }
    assert!(count > 80, "{count}");
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}
