//! What the layers below write into the log, in Chinese. They know no language and write English; the log that a person
//! reads says each line in theirs. Names of fields stay, and so does what machines read.

/// Each line as it stands in the code, in the order of the layers.
const LINES: &[(&str, &str)] = &[
    // Accounts.
    (
        "a password was changed, and its owner's counter could not be cleared",
        "密码已修改，但未能清除其所有者的失败计数",
    ),
    (
        "a password hash of an older cost could not be renewed; the next log-in tries again",
        "旧强度的密码哈希未能更新；下次登录会重试",
    ),
    ("a password hash could not be computed", "无法计算密码哈希"),
    // The wire.
    (
        "claims that are no JSON are answered as none",
        "claims 不是 JSON，按空应答",
    ),
    ("a browser would not keep its token", "浏览器不会保存该令牌"),
    (
        "a browser would not keep the proof of its device",
        "浏览器不会保存其设备凭证",
    ),
    (
        "accept connection failed; waiting for files or memory",
        "接受连接失败；等待可用的文件句柄或内存",
    ),
    ("the contract could not be written", "无法生成接口文档"),
    ("the answer cannot be given now", "现在无法给出答复"),
    ("an access token could not be renewed now", "现在无法续期访问令牌"),
    (
        "a renewed access token could not be signed now",
        "现在无法为续期的访问令牌签名",
    ),
    (
        "a client presented the refresh token of another",
        "某客户端出示了另一客户端的刷新令牌",
    ),
    (
        "a live session has a subject that is none",
        "有效会话的主体不合法",
    ),
    (
        "a request was given up: its handler panicked",
        "一个请求被放弃：其处理程序崩溃",
    ),
    // The node and its members.
    (
        "this node was away for longer than the log is kept; its cache begins anew",
        "本节点离开的时间超过日志保留期；其缓存重新开始",
    ),
    (
        "a row is missing in the midst of the revocation log; the cache begins anew",
        "撤销日志中间缺少一行；缓存重新开始",
    ),
    (
        "the store has lost the end of its revocation log: it does not keep what it acknowledges, or was put back from a copy",
        "存储丢失了撤销日志的末尾：它未保住已确认的写入，或是从备份恢复的",
    ),
    ("lost revocations were written again", "丢失的撤销已重新写入"),
    (
        "every session was ended: the store has lost revocations that no node remembers",
        "已结束所有会话：存储丢失了任何节点都不记得的撤销",
    ),
    ("this node has joined", "本节点已加入"),
    (
        "this incarnation is over: it was evicted, or a copy of this node runs elsewhere; it joins anew",
        "本节点的这一实例已结束：它被驱逐，或其副本在别处运行；正在重新加入",
    ),
    (
        "the store is back: this node joins it anew",
        "存储已恢复：本节点正在重新加入",
    ),
    (
        "a member that may go on without the store makes no heartbeats: until it is back, what is ended is effective on this \
         node alone; start it again with its data folder, or, if it does not run and that folder is never used again, run: \
         symbolon node evict INCARNATION --i-checked",
        "一个可能在没有存储的情况下继续服务的成员没有心跳：在它恢复之前，会话的结束仅在本节点生效；请用其数据目录重新启动它；\
         若它已停止且该目录不再使用，请执行：symbolon node evict INCARNATION --i-checked",
    ),
    (
        "more time has passed in the store than here: this machine was paused, or the store's clock was set ahead; the lease begins anew",
        "存储经过的时间比本机多：本机曾被暂停，或存储的时钟被调快；租约重新开始",
    ),
    ("the store's clock is followed again", "重新跟随存储的时钟"),
    (
        "the store's clock has stepped ahead; it is followed when this machine's clock agrees",
        "存储的时钟向前跳变；待本机时钟一致后再跟随",
    ),
    (
        "the store's clock has jumped and is not followed; set it right, or restart the nodes to adopt it",
        "存储的时钟跳变，未跟随；请校准它，或重启各节点以采用它",
    ),
    (
        "a member that makes no heartbeats was evicted",
        "已驱逐没有心跳的节点",
    ),
    ("the other members could not be looked at", "无法查看其他节点"),
    ("heartbeats go well again", "心跳恢复正常"),
    ("a heartbeat has failed", "一次心跳失败"),
    (
        "the lease holds: this node answers from memory",
        "租约有效：本节点由内存应答",
    ),
    (
        "the lease has run out: nothing is answered from memory until the store answers a heartbeat",
        "租约已到期：在存储应答心跳之前，不再由内存应答",
    ),
    ("this node has left", "本节点已退出"),
    (
        "this node could not say that it leaves; the others evict it",
        "本节点未能告知退出；其他节点会驱逐它",
    ),
    ("an operator has evicted a member", "运维人员已驱逐一个节点"),
    (
        "an audit entry of a refusal or a repetition could not be written",
        "未能写入一条拒绝或重复的审计记录",
    ),
    (
        "an old refresh token came back; the session is ended",
        "旧的刷新令牌再次出现；会话已结束",
    ),
    (
        "the stored nonce does not derive the stored digests; the refresh is refused until an operator has looked",
        "存储的 nonce 推不出存储的摘要；在运维人员检查之前拒绝刷新",
    ),
    (
        "the wall clock has jumped and is not followed; restart to adopt it",
        "系统时钟跳变，未跟随；重启以采用它",
    ),
    ("old rows were removed", "已清理旧记录"),
    (
        "old rows could not be removed; the next try follows in a minute",
        "未能清理旧记录；一分钟后重试",
    ),
    (
        "uses of sessions could not be recorded; they are kept for the next try",
        "未能记录会话的使用；已保留，稍后重试",
    ),
    ("the runtime of a task cannot be made", "无法创建任务的运行时"),
    ("the thread of a task cannot be started", "无法启动任务的线程"),
    ("a required task has ended before its time", "必需的任务意外结束"),
    // Going on without Redis.
    (
        "a counter of failed attempts could not be copied into the mirror",
        "未能将失败计数复制到本地镜像",
    ),
    (
        "the store is away, and its mirror cannot be used",
        "存储无法访问，且其本地镜像不可用",
    ),
    (
        "the store has lost everything that it had, and was made anew",
        "存储丢失了全部数据，已重新建立",
    ),
    (
        "expired sessions could not be removed from the mirror",
        "未能从本地镜像中删除过期会话",
    ),
    (
        "this node goes on without redis",
        "本节点在没有 Redis 的情况下继续运行",
    ),
    (
        "redis was away at the start: this node goes on without it",
        "启动时 Redis 无法访问：本节点在没有它的情况下继续运行",
    ),
    (
        "redis is away, and this node is not its only one: it does not go on without it",
        "Redis 无法访问，且还有其他节点使用它：本节点不会脱离它运行",
    ),
    (
        "this node would go on without redis",
        "若 Redis 无法访问，本节点会继续运行",
    ),
    (
        "other nodes use this redis: this one would not go on without it",
        "还有其他节点使用这个 Redis：若它无法访问，本节点不会脱离它运行",
    ),
    (
        "redis is back: sessions are moved there",
        "Redis 已恢复：正在将会话移回",
    ),
    (
        "moving sessions to redis was interrupted and begins anew",
        "将会话移回 Redis 时中断，重新开始",
    ),
    (
        "redis came back empty: what the local file has was written there; its own sessions are lost",
        "Redis 恢复后为空：已写入本地文件中的数据；它自己的会话已丢失",
    ),
    (
        "redis came back without the end of its log",
        "Redis 恢复后缺少日志的末尾",
    ),
    (
        "redis has another session under this id; the local one has ended",
        "Redis 中该编号属于另一个会话；本地会话已结束",
    ),
    (
        "redis has all sessions again; the local file is empty",
        "会话已全部回到 Redis；本地文件已清空",
    ),
    (
        "expired sessions were removed from the local file",
        "已从本地文件中删除过期会话",
    ),
    // The Redis that nodes share.
    (
        "redis is there: nodes share what they read",
        "Redis 可用：各节点共享所读的数据",
    ),
    (
        "redis is away: the store is asked instead, and nothing else changes",
        "Redis 无法访问：改为查询存储，其他不变",
    ),
    (
        "redis is empty: it is filled from the store",
        "Redis 为空：正在从存储填充",
    ),
    ("redis is filled", "Redis 填充完毕"),
    (
        "redis was not filled to the end; the next try follows",
        "Redis 未能填充完；稍后重试",
    ),
    // The store.
    (
        "no thread for PostgreSQL's notifications",
        "没有线程可用于 PostgreSQL 的通知",
    ),
    (
        "PostgreSQL's notifications are not heard",
        "收不到 PostgreSQL 的通知",
    ),
    (
        "PostgreSQL's notifications are away: the log alone tells",
        "PostgreSQL 的通知中断：只靠日志得知变化",
    ),
    (
        "what is between here and PostgreSQL passes no notifications on, as a pooler of transactions: the other nodes learn of revocations from the log alone; set store.url to the server itself, or have the pooler keep sessions",
        "与 PostgreSQL 之间的中间层（如事务级连接池）不转发通知：其他节点只靠日志得知撤销；请将 store.url 设为服务器本身，或让连接池按会话保持连接",
    ),
    (
        "PostgreSQL's notifications are heard again",
        "重新收到 PostgreSQL 的通知",
    ),
    (
        "an operation may have been done or not",
        "一项操作是否完成尚不确定",
    ),
    ("operations may have been done or not", "若干操作是否完成尚不确定"),
    (
        "the server was restarted: the head of the revocation log has moved on",
        "数据库服务器已重启：撤销日志的位置已前移",
    ),
    (
        "the server is left before every operation has come to an end",
        "在所有操作结束之前断开了数据库服务器",
    ),
    (
        "an operation ended in a way that nobody foresaw",
        "一项操作以意外的方式结束",
    ),
    ("the server can be reached again", "数据库服务器恢复连接"),
    ("the server cannot be reached", "无法连接数据库服务器"),
    ("the store's file could not be tidied", "未能整理存储文件"),
    (
        "the store's lock is held until this process ends",
        "存储的锁将保持到本进程结束",
    ),
    ("a reader holds on to its snapshot", "一个读取者仍占用其快照"),
    (
        "the store stops: a commit is in doubt",
        "存储停止：一次提交是否成功不确定",
    ),
    (
        "the store's log stays beside its file until the next start",
        "存储的日志文件将保留到下次启动",
    ),
    (
        "closing the store may write to its file",
        "关闭存储时可能写入其文件",
    ),
    (
        "everyone's sessions were ended and could not be counted",
        "已结束所有人的会话，但未能计数",
    ),
    (
        "a master key that is of no use cannot be removed",
        "无法删除无用的主密钥文件",
    ),
    // Signing keys.
    (
        "the signing keys could not be tended; the next try follows",
        "未能维护签名密钥；稍后重试",
    ),
    (
        "the signing keys could not be read; they are as they were",
        "未能读取签名密钥；沿用现有密钥",
    ),
    (
        "the signing key is followed by the next",
        "签名密钥已由下一个接替",
    ),
];

/// A line in Chinese; one that is in no layer's code stays as it is.
pub(crate) fn chinese(line: &str) -> &str {
    LINES
        .iter()
        .find(|(en, _)| *en == line)
        .map_or(line, |(_, zh_cn)| zh_cn)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Crates that write into the log without knowing its language.
    const BELOW: [&str; 8] = [
        "symbolon",
        "symbolon-accounts",
        "symbolon-core",
        "symbolon-http",
        "symbolon-jwt",
        "symbolon-node",
        "symbolon-redis",
        "symbolon-store-sql",
    ];

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => sources(&path, found),
                Some(kind) if kind == "rs" => found.push(fs::read_to_string(path).unwrap()),
                _ => {}
            }
        }
    }

    /// What a call says: its one literal that is no field's value.
    fn said(call: &str) -> Option<String> {
        let (mut rest, mut before) = (call, String::new());
        loop {
            let (text, after) = rest.split_once('"')?;
            before.push_str(text);
            let mut literal = String::new();
            let mut letters = after.char_indices();
            let end = loop {
                match letters.next()? {
                    (at, '"') => break at,
                    (_, '\\') => match letters.next()?.1 {
                        '\n' => literal.push('\u{0}'),
                        letter => literal.push(letter),
                    },
                    (_, letter) => literal.push(letter),
                }
            };
            if !before.trim_end().ends_with('=') {
                let parts = literal.split('\u{0}').enumerate();
                let parts = parts.map(|(at, part)| if at == 0 { part } else { part.trim_start() });
                return Some(parts.collect());
            }
            rest = &after[end + 1..];
        }
    }

    fn lines() -> BTreeSet<String> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut found = Vec::new();
        for name in BELOW {
            sources(&crates.join(name).join("src"), &mut found);
        }
        let mut lines = BTreeSet::new();
        for source in &found {
            for mark in ["error!(", "warn!(", "info!("] {
                lines.extend(source.split(mark).skip(1).filter_map(said));
            }
        }
        // What is made of values is said as it is.
        lines.retain(|line| !line.contains('{'));
        lines
    }

    #[test]
    fn every_line_of_the_layers_below_is_there_in_chinese_and_no_other() {
        let written = lines();
        let known: BTreeSet<String> = LINES.iter().map(|(en, _)| (*en).to_owned()).collect();
        assert!(written.len() > 60, "{}", written.len());
        assert_eq!(known.len(), LINES.len(), "a line stands twice");
        assert_eq!(
            written.difference(&known).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "without Chinese"
        );
        assert_eq!(
            known.difference(&written).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "written by nobody"
        );
        assert!(LINES.iter().all(|(_, zh_cn)| !zh_cn.is_ascii()));
    }

    #[test]
    fn a_line_that_nobody_knows_stays_as_it_is() {
        assert_eq!(chinese("heartbeats go well again"), "心跳恢复正常");
        assert_eq!(chinese("something else"), "something else");
    }
}
