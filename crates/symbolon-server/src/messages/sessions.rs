//! What the log says of the Redis that is the store, and of what is kept there: the words of S1 in Chinese, with the last
//! characters of a session's id. The first ones of an id are its time, which many have alike.

texts! {
    /// The store is Redis, and it answers: at the start, and when it is back.
    CONNECTED { en: "redis answers: sessions are kept in it", zh_cn: "Redis连接成功，会话将存储到Redis" }
    /// The store is Redis, it does not answer, and this node does not go on without it.
    AWAY { en: "redis does not answer: what memory knows is answered, all else is 503 until it is back", zh_cn: "Redis连接失败：内存已知的会话照常验证，其余回答503，直到恢复" }
    /// The store is Redis, and it does not answer: a local file is in its place.
    DEGRADED { en: "redis does not answer: sessions are kept in a local file (degraded)", zh_cn: "Redis连接失败，会话将存储到内存（降级模式），本地文件" }
    /// A session began.
    BEGUN { en: "session begun in redis: {session}...", zh_cn: "会话已创建到Redis: {session}..." }
    /// A session ended.
    ENDED { en: "session ended in redis: {session}...", zh_cn: "会话已从Redis删除: {session}..." }
}
