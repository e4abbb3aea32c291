//! What the commands say and ask.

texts! {
    /// The question for a token.
    TOKEN { en: "token: ", zh_cn: "令牌：" }
    /// A prompt.
    NEW_PASSWORD { en: "New password: ", zh_cn: "新密码：" }
    /// A prompt.
    NEW_PASSWORD_AGAIN { en: "The same again: ", zh_cn: "再次输入：" }
    /// The two passwords are not the same.
    PASSWORDS_DIFFER { en: "the two passwords differ; nothing was changed", zh_cn: "两次输入的密码不一致；未做任何更改" }
    /// A question without a person.
    NOBODY_TO_ASK {
        en: "this asks before it goes on, and there is nobody to ask; give --yes",
        zh_cn: "此操作需要确认，但当前没有可交互的终端；请加上 --yes",
    }
    /// A question.
    REVOKE_EVERYONE {
        en: "This ends the sessions of everyone, at once. Go on? [y/N]",
        zh_cn: "此操作会立即结束所有人的会话。是否继续？[y/N]",
    }
    /// The answer was not yes.
    NOT_CONFIRMED { en: "nothing was done", zh_cn: "未做任何更改" }
    /// Sessions were ended.
    ENDED { en: "{count} sessions ended{when}", zh_cn: "已结束 {count} 个会话{when}" }
    /// The same, of one.
    ENDED_A_SINGLE { en: "1 session ended{when}", zh_cn: "已结束 1 个会话{when}" }
    /// A session was ended.
    ENDED_ONE { en: "the session is ended{when}", zh_cn: "会话已结束{when}" }
    /// Behind what was ended, where no node accepts it any more.
    EFFECTIVE_NOW { en: ", effective now", zh_cn: "，立即生效" }
    /// What was ended is not ended everywhere yet.
    PENDING {
        en: "a node has not confirmed it: until {by} it may still accept what was ended",
        zh_cn: "有节点尚未确认：在 {by} 之前它可能仍接受已结束的内容",
    }
    /// What was ended is not ended everywhere yet, and nobody knows when.
    PENDING_UNKNOWN {
        en: "a node that may go on without the store has not confirmed it; see `symbolon node list`",
        zh_cn: "某个可脱离存储继续运行的节点尚未确认；请查看 `symbolon node list`",
    }
    /// A node was evicted.
    NODE_EVICTED {
        en: "{node} is evicted: nobody waits for it any more",
        zh_cn: "已剔除 {node}：不再等待该节点",
    }
    /// No node of that name.
    NODE_UNKNOWN { en: "there is no node {node}; `symbolon node list` shows all", zh_cn: "没有节点 {node}；`symbolon node list` 可查看全部" }
    /// Several nodes of that name.
    NODE_SEVERAL {
        en: "several starts are called {node}; give the incarnation: {which}",
        zh_cn: "有多个节点名为 {node}；请指定 incarnation：{which}",
    }
    /// A session had ended.
    ENDED_BEFORE { en: "the session had ended before", zh_cn: "会话此前已经结束" }
    /// An account was made.
    ACCOUNT_MADE { en: "account {name} is made: {role}", zh_cn: "已创建账户 {name}：{role}" }
    /// An account was changed.
    ACCOUNT_CHANGED { en: "account {name} is changed", zh_cn: "已修改账户 {name}" }
    /// A password was changed.
    PASSWORD_SET {
        en: "the password of {name} is set; its sessions are ended",
        zh_cn: "已设置 {name} 的密码；其会话已结束",
    }
    /// An account was removed.
    ACCOUNT_REMOVED { en: "account {name} is removed; its sessions are ended", zh_cn: "已删除账户 {name}；其会话已结束" }
    /// A key was made; the key itself is on standard output.
    KEY_MADE { en: "key {name} ({id}) is shown this once:", zh_cn: "密钥 {name}（{id}）仅显示这一次：" }
    /// A key was revoked.
    KEY_REVOKED { en: "the key is worthless now", zh_cn: "密钥已失效" }
    /// More than one valid key has the name that was typed.
    KEYS_OF_A_NAME {
        en: "more than one key is called {name}; name one of them by its id",
        zh_cn: "有多个密钥名为 {name}；请用其 id 指明一个",
    }
    /// A subject was banned.
    BANNED {
        en: "{subject} is banned; {count} sessions ended{when}",
        zh_cn: "已封禁 {subject}；已结束 {count} 个会话{when}",
    }
    /// A ban in force was changed.
    BAN_CHANGED {
        en: "{subject} was banned already; the end and the note of the ban are changed",
        zh_cn: "{subject} 此前已被封禁；已更新封禁的期限和说明",
    }
    /// A ban was lifted.
    BAN_LIFTED {
        en: "the ban of {subject} is lifted; sessions that it ended stay ended",
        zh_cn: "已解除对 {subject} 的封禁；已结束的会话不会恢复",
    }
    /// There was no ban to lift.
    NOT_BANNED { en: "{subject} is not banned", zh_cn: "{subject} 未被封禁" }
    /// A signing key was made that signs later.
    SIGNING_KEY_PUBLISHED {
        en: "the next key is made and published; it signs in ten minutes, and what the old one signed stays good",
        zh_cn: "已生成并公布下一个密钥；十分钟后开始签名，旧密钥签发的令牌仍然有效",
    }
    /// The first signing key of its kind was made.
    SIGNING_KEY_FIRST {
        en: "the first key of its kind is made; it signs from now on",
        zh_cn: "已生成该算法的第一个密钥；立即开始签名",
    }
    /// A signing key was made that signs at once.
    SIGNING_KEY_NOW {
        en: "the next key signs from now on; what the old one signed stays good",
        zh_cn: "下一个密钥立即开始签名；旧密钥签发的令牌仍然有效",
    }
    /// A signing key was made and the older ones are refused.
    SIGNING_KEY_REVOKED {
        en: "the next key signs from now on; what the older ones signed is refused, and a refresh gives a good token",
        zh_cn: "下一个密钥立即开始签名；旧密钥签发的令牌已失效，刷新即可获得有效令牌",
    }
    /// There is nothing to list.
    NONE { en: "there are none", zh_cn: "没有记录" }
    /// There are more than were asked for.
    MORE { en: "there are more: give a larger --limit", zh_cn: "还有更多记录：请增大 --limit" }
    /// No store to work on.
    NO_STORE {
        en: "there is no store in {folder} yet: `symbolon init` makes one, and so does `symbolon serve`",
        zh_cn: "{folder} 中还没有存储：可用 `symbolon init` 或 `symbolon serve` 创建",
    }
    /// No server to ask, and nothing kept.
    NOTHING_KEPT {
        en: "the store is in memory and no server runs, so there is nothing to work on",
        zh_cn: "存储在内存中且没有服务在运行，因此没有可操作的数据",
    }
    /// The holder of the lock does not answer.
    NO_ANSWER {
        en: "{holder} has the store but does not answer at {socket}",
        zh_cn: "{holder} 占用存储，但在 {socket} 上没有应答",
    }
    /// A process without a name.
    SOME_PROCESS { en: "another process", zh_cn: "其他进程" }
    /// `init` on a fresh folder.
    INIT_DONE { en: "{store} is made; start the server with `symbolon serve`", zh_cn: "已创建 {store}；可用 `symbolon serve` 启动服务" }
    /// `init` where all is there.
    INIT_THERE { en: "{store} is there already, with at least one account; nothing was changed", zh_cn: "{store} 已存在，且至少有一个账户；未做任何更改" }
    /// `migrate` with nothing to do.
    MIGRATE_NONE { en: "the schema is at version {to}; nothing to do", zh_cn: "数据结构已是版本 {to}；无需迁移" }
    /// `migrate` without a store.
    MIGRATE_FRESH {
        en: "there is no store yet; the first start makes it with the newest schema",
        zh_cn: "还没有存储；首次启动时会以最新的数据结构创建",
    }
    /// `migrate` with something done.
    MIGRATE_DONE { en: "the schema was brought from version {from} to {to}", zh_cn: "数据结构已从版本 {from} 迁移到 {to}" }
    /// `migrate` beside a server.
    MIGRATE_RUNNING {
        en: "the store is in use by {holder}; stop it first, a server migrates at its start by itself",
        zh_cn: "存储正被 {holder} 使用；请先停止，服务启动时会自动迁移",
    }
    /// What one waits for.
    WAIT_OPEN { en: "opening the store", zh_cn: "正在打开存储" }
    /// What one waits for.
    WAIT_MIGRATE { en: "bringing the schema up to date", zh_cn: "正在迁移数据结构" }
    /// `warm` without anything to fill.
    WARM_NOTHING {
        en: "there is no redis to fill: set cache.redis_url, and store.url to a store that nodes share",
        zh_cn: "没有可填充的 Redis：请设置 cache.redis_url，并将 store.url 设为节点共享的存储",
    }
    /// `warm` came to its end.
    WARM_DONE { en: "{count} sessions were written to redis", zh_cn: "已向 Redis 写入 {count} 个会话" }
    /// What one waits for.
    WAIT_WARM { en: "filling redis", zh_cn: "正在填充 Redis" }
    /// What one waits for.
    WAIT_LIST { en: "reading", zh_cn: "正在读取" }
    /// What one waits for.
    WAIT_REVOKE { en: "ending sessions", zh_cn: "正在结束会话" }
    /// `config check` found nothing.
    CONFIG_GOOD { en: "the configuration has no fault", zh_cn: "配置没有错误" }
    /// A doubt that `config check` found.
    CONFIG_DOUBTS { en: "doubtful: {doubt}", zh_cn: "存疑：{doubt}" }
}
