//! What is found about the condition of a Redis that is the store: at the start, and by `doctor`. The two of a pair are
//! filled with the same values.

texts! {
    /// Behind the place and the name of what was looked at, at the start.
    AT_START { en: "redis: {remark}; {advice}", zh_cn: "Redis：{remark}；{advice}" }
    /// The start is refused.
    REFUSED { en: "redis at {place} cannot be the store", zh_cn: "Redis（{place}）不能作为存储" }
    /// A line of a start that is refused.
    REMARK { en: "{remark}; {advice}", zh_cn: "{remark}；{advice}" }

    /// The store.
    NO_DISK { en: "redis at {place} takes no writes, since it cannot write its file: {error}", zh_cn: "Redis（{place}）无法写入自己的文件，因此不接受写入：{error}" }
    /// Advice.
    NO_DISK_MEND { en: "give the user of redis the right to write in its `dir`, and room there; its log says which file", zh_cn: "请授予 Redis 用户对其 `dir` 的写权限并保证空间；具体文件见其日志" }
    /// The store.
    NO_MEMORY { en: "redis at {place} takes no writes, since its memory is full: {error}", zh_cn: "Redis（{place}）内存已满，因此不接受写入：{error}" }
    /// Advice.
    NO_MEMORY_RAISE { en: "raise maxmemory; never set another policy than noeviction", zh_cn: "请调高 maxmemory；切勿改用 noeviction 以外的策略" }
    /// The store.
    NO_RIGHT { en: "the user of store.url lacks a right at {place}: {error}", zh_cn: "store.url 的用户在 {place} 缺少权限：{error}" }
    /// Advice.
    NO_RIGHT_GRANT { en: "give it the rights that docs/redis.md lists, on {keys}", zh_cn: "请授予 docs/redis.md 所列的、对 {keys} 的权限" }
    /// The store.
    REFUSES { en: "redis at {place} refuses what a store does: {error}", zh_cn: "Redis（{place}）拒绝存储所需的操作：{error}" }
    /// Advice.
    REFUSES_LOG { en: "see the log of that redis", zh_cn: "请查看该 Redis 的日志" }

    /// What it keeps on disk.
    KEEPS_ALWAYS { en: "each write is on its disk before it is answered (appendfsync always)", zh_cn: "每次写入应答前已落盘（appendfsync always）" }
    /// What it keeps on disk.
    KEEPS_EVERYSEC { en: "it appends to its file and syncs it once a second: a crash of its machine can lose the last second (appendfsync always loses nothing)", zh_cn: "写入追加到文件，每秒落盘一次：其机器崩溃时可能丢失最后一秒的写入（appendfsync always 则不丢失）" }
    /// What it keeps on disk.
    KEEPS_APPENDS { en: "it appends to its file", zh_cn: "写入会追加到其文件" }
    /// What it keeps on disk.
    KEEPS_SOMETIMES { en: "its file reaches the disk when the system likes (appendfsync no): a crash of its machine loses about half a minute", zh_cn: "由系统决定何时落盘（appendfsync no）：其机器崩溃时约丢失半分钟的写入" }
    /// What it keeps on disk.
    KEEPS_COPIES { en: "it makes a copy now and then and appends nothing: a crash loses minutes, and sessions that were ended in them are alive again", zh_cn: "只定期生成快照，不追加写入：崩溃会丢失数分钟的写入，其间结束的会话会复活" }
    /// What it keeps on disk.
    KEEPS_NOTHING { en: "it keeps nothing on disk: a restart of redis logs everyone out", zh_cn: "不做任何持久化：Redis 重启后所有人都会退出登录" }
    /// Advice.
    KEEPS_APPEND { en: "set appendonly yes and appendfsync everysec, or always (CONFIG SET, and in redis.conf; deploy/redis.conf has both)", zh_cn: "请设置 appendonly yes 及 appendfsync everysec 或 always（用 CONFIG SET，并写入 redis.conf；deploy/redis.conf 已包含）" }
    /// What it keeps on disk.
    KEEPS_FAILED { en: "its newest write to a file has failed: a restart would lose what came since", zh_cn: "最近一次写文件失败：重启会丢失其后的写入" }
    /// What it keeps on disk.
    KEEPS_UNKNOWN { en: "it does not tell what it keeps on disk", zh_cn: "未提供持久化信息" }

    /// What is done when memory is full.
    EVICTS_NOTHING { en: "nothing is evicted when its memory is full (noeviction)", zh_cn: "内存满时不淘汰任何数据（noeviction）" }
    /// What is done when memory is full.
    EVICTS { en: "maxmemory-policy is {policy}: when its memory is full live sessions end silently", zh_cn: "maxmemory-policy 为 {policy}：内存满时会悄悄结束仍有效的会话" }
    /// Advice.
    EVICTS_STOP { en: "set maxmemory-policy noeviction (now {policy})", zh_cn: "请设置 maxmemory-policy noeviction（当前为 {policy}）" }
    /// What is done when memory is full.
    EVICTS_UNKNOWN { en: "it does not tell its maxmemory-policy", zh_cn: "未提供 maxmemory-policy" }

    /// Memory.
    MEMORY { en: "{used} MiB of {max} MiB are used: there is room for about {room} sessions more", zh_cn: "已用 {used} MiB，上限 {max} MiB：约可再容纳 {room} 个会话" }
    /// Memory.
    MEMORY_SHORT { en: "{used} MiB of {max} MiB are used: after about {room} sessions more no log-in succeeds", zh_cn: "已用 {used} MiB，上限 {max} MiB：再有约 {room} 个会话后将无法登录" }
    /// Advice.
    MEMORY_RAISE { en: "raise maxmemory ({max} MiB), or lower purge.keep_ended", zh_cn: "请调高 maxmemory（{max} MiB），或调低 purge.keep_ended" }
    /// Memory.
    MEMORY_ENDLESS { en: "maxmemory is not set, and {used} MiB are used: at the end of the machine's memory the system kills redis", zh_cn: "未设置 maxmemory，已用 {used} MiB：机器内存耗尽时系统会终止 Redis" }
    /// Advice.
    MEMORY_LIMIT { en: "set maxmemory below what the machine has to give; {used} MiB are used now", zh_cn: "请将 maxmemory 设为机器可提供的内存以内；当前已用 {used} MiB" }

    /// Its password.
    CLOSED { en: "it lets nobody in without a password", zh_cn: "没有密码无法访问" }
    /// Its password.
    OPEN_HERE { en: "it has no password; it is reached from this machine alone", zh_cn: "没有密码；仅可从本机访问" }
    /// Its password.
    OPEN { en: "it has no password, and listens beyond its own machine: whoever reaches it reads and ends every session", zh_cn: "没有密码，且可从外部访问：任何人都能读取并结束所有会话" }
    /// Advice.
    OPEN_CLOSE { en: "set requirepass in redis.conf and give the password in store.url or REDIS_PASSWORD; bind 127.0.0.1 where one machine is enough", zh_cn: "请在 redis.conf 中设置 requirepass，并在 store.url 或 REDIS_PASSWORD 中给出密码；单机使用时请设 bind 127.0.0.1" }

    /// Its replicas.
    ALONE { en: "no replica follows it", zh_cn: "没有副本" }
    /// Its replicas.
    FOLLOWED { en: "{replicas} replicas follow it; what they have not heard is lost when one takes over", zh_cn: "有 {replicas} 个副本；切换时副本尚未收到的写入会丢失" }

    /// Its replicas.
    FOLLOWED_BY_CHANCE { en: "{replicas} replicas follow it, and it takes writes without them: cut off from all when one takes over, it loses what it takes then, and a log-out there may not reach the other nodes", zh_cn: "有 {replicas} 个副本，但没有副本时它仍接受写入：发生切换而它与副本失联时，其间的写入会丢失，登出也可能到不了其他节点" }
    /// Advice.
    FOLLOWED_AWAIT { en: "with two replicas or more set min-replicas-to-write 1 and min-replicas-max-lag 2 on each, and down-after-milliseconds 5000 in the sentinels", zh_cn: "有两个以上副本时，请在每个 Redis 上设置 min-replicas-to-write 1 和 min-replicas-max-lag 2，并在 Sentinel 中设置 down-after-milliseconds 5000" }

    /// How long it keeps a silent connection.
    IDLE { en: "it closes a connection that is silent for {seconds} s; nodes make a new one, and nobody notices", zh_cn: "空闲 {seconds} 秒即关闭连接；节点会自动重连，用户无感知" }
    /// How long it keeps a silent connection.
    IDLE_NEVER { en: "it closes no connection for being silent", zh_cn: "不会因空闲而关闭连接" }
    /// How long it keeps a silent connection.
    IDLE_SHORT { en: "it closes a connection that is silent for {seconds} s: nodes are busy with making new ones", zh_cn: "空闲 {seconds} 秒即关闭连接：节点会频繁重连" }
    /// Advice.
    IDLE_LENGTHEN { en: "set timeout 0, or 60 and more (now {seconds})", zh_cn: "请设置 timeout 0，或 60 及以上（当前 {seconds}）" }
    /// How long it keeps a silent connection.
    IDLE_BLIND { en: "it never looks whether a silent client is still there (tcp-keepalive 0): connections of nodes that are gone pile up", zh_cn: "从不检查空闲的客户端是否仍在（tcp-keepalive 0）：已消失节点的连接会不断累积" }
    /// Advice.
    IDLE_LOOK { en: "set tcp-keepalive 60", zh_cn: "请设置 tcp-keepalive 60" }
    /// How long it keeps a silent connection.
    IDLE_UNKNOWN { en: "it does not tell when it closes a silent connection", zh_cn: "未提供空闲连接的关闭时间" }
}
