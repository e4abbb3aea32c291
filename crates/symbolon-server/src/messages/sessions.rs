//! What the log says of the Redis that is the store, and of what is kept there: the words of S1 in Chinese, with the last
//! characters of a session's id. The first ones of an id are its time, which many have alike.

texts! {
    /// The store is Redis, and it answers: at the start, and when it is back.
    CONNECTED { en: "redis answers: sessions are kept in it", zh_cn: "Redis连接成功，会话将存储到Redis" }
    /// The store is Redis, and it does not answer.
    DEGRADED { en: "redis does not answer: sessions are kept in a local file (degraded)", zh_cn: "Redis连接失败，会话将存储到内存（降级模式），本地文件" }
    /// A session began.
    BEGUN { en: "session begun in redis: {session}...", zh_cn: "会话已创建到Redis: {session}..." }
    /// A session ended.
    ENDED { en: "session ended in redis: {session}...", zh_cn: "会话已从Redis删除: {session}..." }
}
