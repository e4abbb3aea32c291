//! The heads of tables: as they stand in the code, and in Chinese. A program that reads columns finds the words of the code.

use crate::config::tree::Locale;

/// In the order of their letters.
const HEADS: &[(&str, &str)] = &[
    ("active", "有效"),
    ("address", "地址"),
    ("alg", "算法"),
    ("applied", "已应用"),
    ("banned", "封禁于"),
    ("by", "操作者"),
    ("client", "客户端"),
    ("created", "创建于"),
    ("device", "设备"),
    ("expires", "到期"),
    ("field", "字段"),
    ("id", "编号"),
    ("incarnation", "实例"),
    ("last seen", "最近使用"),
    ("lease", "租约"),
    ("lifted", "解除于"),
    ("made", "生成于"),
    ("name", "名称"),
    ("node", "节点"),
    ("note", "备注"),
    ("replaced", "替换于"),
    ("revoked", "吊销于"),
    ("role", "角色"),
    ("scopes", "权限范围"),
    ("seen", "最近心跳"),
    ("session", "会话"),
    ("setting", "设置"),
    ("signs from", "开始签名"),
    ("source", "来源"),
    ("state", "状态"),
    ("subject", "主体"),
    ("until", "截止"),
    ("value", "值"),
];

/// A head for a person. One that is not in the table stays as it is.
pub(crate) fn head(locale: Locale, word: &str) -> &str {
    let found = HEADS.binary_search_by_key(&word, |(en, _)| en);
    match (locale, found) {
        (Locale::ZhCn, Ok(at)) => HEADS[at].1,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_head_is_found_and_has_its_own_word_in_chinese() {
        for (en, zh_cn) in HEADS {
            assert_eq!(head(Locale::ZhCn, en), *zh_cn);
            assert_eq!(head(Locale::En, en), *en);
            assert!(!zh_cn.is_ascii(), "{en}");
            let same = HEADS.iter().filter(|(_, other)| other == zh_cn).count();
            assert_eq!(same, 1, "{zh_cn} stands for more than one");
        }
        assert_eq!(head(Locale::ZhCn, "another"), "another");
    }

    /// The commands' sources: what they give to a table.
    #[test]
    fn every_head_of_a_command_is_in_the_table() {
        let sources = [
            include_str!("../commands/account.rs"),
            include_str!("../commands/ban.rs"),
            include_str!("../commands/key.rs"),
            include_str!("../commands/node.rs"),
            include_str!("../commands/session.rs"),
            include_str!("../commands/signing_key.rs"),
            include_str!("../program.rs"),
        ];
        let mut count = 0;
        for (source, call) in sources
            .into_iter()
            .flat_map(|source| [(source, "print_table("), (source, "desk.show(")])
        {
            for after in source.split(call).skip(1) {
                let list = after.split_once('[').unwrap().1.split(']').next().unwrap();
                for word in list
                    .split(',')
                    .map(str::trim)
                    .filter(|word| word.starts_with('"'))
                {
                    count += 1;
                    let word = word.trim_matches('"');
                    assert_ne!(head(Locale::ZhCn, word), word, "no word for it");
                }
            }
        }
        assert!(count >= 35, "{count}");
    }
}
