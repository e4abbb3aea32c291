//! What `doctor` finds, and what it advises. The two of a pair are filled with the same values.

texts! {
    /// What is being done, while it is.
    EXAMINING { en: "looking at everything", zh_cn: "正在检查" }

    /// The configuration.
    CONFIG_FILE { en: "{file} has no fault", zh_cn: "{file} 没有错误" }
    /// The configuration.
    CONFIG_DEFAULTS { en: "no file; the defaults and the environment have no fault", zh_cn: "没有配置文件；默认值与环境变量没有错误" }

    /// The data folder.
    FOLDER_GOOD { en: "{folder} is ours alone, on a local disk with room", zh_cn: "{folder} 权限正确，位于本地磁盘，空间充足" }
    /// The data folder.
    FOLDER_OURS { en: "{folder} is ours alone", zh_cn: "{folder} 权限正确" }
    /// The data folder.
    FOLDER_NOT_YET { en: "{folder} is not there yet; the first start makes it", zh_cn: "{folder} 尚不存在；首次启动时会创建" }
    /// The data folder.
    FOLDER_CLOSED { en: "{folder} cannot be used: {error}", zh_cn: "无法使用 {folder}：{error}" }
    /// Advice.
    FOLDER_OWN { en: "give this user the right to write there, or set data_dir to another folder", zh_cn: "请授予当前用户写权限，或将 data_dir 设为其他目录" }
    /// The data folder.
    FOLDER_OF_OTHER { en: "{folder} belongs to user {owner}, and this is user {uid}", zh_cn: "{folder} 属于用户 {owner}，当前用户为 {uid}" }
    /// Advice.
    FOLDER_RUN_AS { en: "run the commands as the user that the server runs as", zh_cn: "请以运行服务的用户身份执行命令" }
    /// The data folder.
    FOLDER_OPEN { en: "{folder} is open to others (mode {mode}); keys and sessions are in it", zh_cn: "{folder} 对其他用户开放（权限 {mode}）；其中有密钥和会话" }
    /// Advice.
    FOLDER_CHMOD { en: "chmod 700 {folder}", zh_cn: "执行 chmod 700 {folder}" }
    /// The data folder.
    SPACE_LOW { en: "{mib} MiB are free in {folder}; without room no session can begin or end", zh_cn: "{folder} 仅剩 {mib} MiB；空间不足时会话无法创建或结束" }
    /// Advice.
    SPACE_FREE { en: "free some room, or lower purge.keep_ended", zh_cn: "请清理磁盘空间，或调低 purge.keep_ended" }
    /// The data folder.
    DISK_NETWORK { en: "{folder} is on a network file system ({kind}), where SQLite's locks do not hold", zh_cn: "{folder} 位于网络文件系统（{kind}），SQLite 的锁在其上不可靠" }
    /// The data folder.
    DISK_MEMORY { en: "{folder} is in memory (tmpfs): a restart of the machine loses every session", zh_cn: "{folder} 位于内存文件系统（tmpfs）：机器重启后会话全部丢失" }
    /// Advice.
    DISK_LOCAL { en: "set data_dir to a folder on a local disk", zh_cn: "请将 data_dir 设为本地磁盘上的目录" }

    /// The master key.
    KEY_GOOD { en: "{file} is a key that only its owner reads; keep a copy apart from the data", zh_cn: "{file} 正确且仅所有者可读；请与数据分开备份" }
    /// The master key.
    KEY_NONE { en: "the store in memory makes its own at each start", zh_cn: "内存存储每次启动时自行生成密钥" }
    /// The master key.
    KEY_NOT_YET { en: "{file} is not there yet; the first start makes it", zh_cn: "{file} 尚不存在；首次启动时会生成" }
    /// The master key.
    KEY_MISSING { en: "{file} is missing, and the store was made with it", zh_cn: "缺少 {file}，而存储是用它创建的" }
    /// Advice.
    KEY_RESTORE { en: "put it back from a backup; without it no token of the store is of use", zh_cn: "请从备份恢复；没有它，存储中的令牌都无法使用" }
    /// The master key.
    KEY_UNKNOWN { en: "{file} is not there; whether the store was made with one is not known while it is away", zh_cn: "{file} 不存在；存储无法访问，无法得知是否已用某个密钥创建" }
    /// The master key.
    KEY_ELSEWHERE { en: "{file} is missing, and the store was made with the key of another node", zh_cn: "缺少 {file}，而存储是用其他节点的密钥创建的" }
    /// Advice.
    KEY_COPY { en: "copy the master.key of that node to {file}, or set keys.master_file", zh_cn: "请将该节点的 master.key 复制到 {file}，或设置 keys.master_file" }
    /// The master key.
    KEY_OPEN { en: "{file} can be read by others (mode {mode})", zh_cn: "{file} 可被其他用户读取（权限 {mode}）" }
    /// Advice.
    KEY_CHMOD { en: "chmod 600 {file}", zh_cn: "执行 chmod 600 {file}" }

    /// The store.
    STORE_MEMORY { en: "it is in memory: a restart loses every session", zh_cn: "存储在内存中：重启后会话全部丢失" }
    /// Advice.
    STORE_NAME_FILE { en: "set store.url to sqlite: to keep them", zh_cn: "如需保留会话，请将 store.url 设为 sqlite:" }
    /// The store.
    STORE_NOT_YET { en: "{file} is not there yet; the first start makes it", zh_cn: "{file} 尚不存在；首次启动时会创建" }
    /// The store.
    STORE_IN_USE { en: "{file} is in use by {holder}; its soundness is checked while no server runs", zh_cn: "{file} 正被 {holder} 使用；完整性检查需在服务停止时进行" }
    /// The store.
    STORE_SOUND { en: "{file} is sound: schema version {version} of {newest}, SQLite {engine}", zh_cn: "{file} 完好：数据结构版本 {version}（最新 {newest}），SQLite {engine}" }
    /// The store.
    STORE_OLD { en: "{file} has schema version {version}, and this release wants {newest} (SQLite {engine})", zh_cn: "{file} 的数据结构版本为 {version}，本版本需要 {newest}（SQLite {engine}）" }
    /// Advice.
    STORE_MIGRATE { en: "copy the data folder, then run `symbolon migrate`, or start the server", zh_cn: "请先备份数据目录，再运行 `symbolon migrate` 或启动服务" }
    /// The store.
    STORE_NEW { en: "{file} has schema version {version}, and this release knows {newest} (SQLite {engine})", zh_cn: "{file} 的数据结构版本为 {version}，本版本只支持到 {newest}（SQLite {engine}）" }
    /// Advice.
    STORE_NEWER_RELEASE { en: "run the newer release that wrote it", zh_cn: "请使用写入该存储的较新版本" }
    /// The store.
    STORE_TORN { en: "{file} is damaged: {damage}", zh_cn: "{file} 已损坏：{damage}" }
    /// Advice.
    STORE_RESTORE { en: "keep a copy of it with its -wal file, then restore the newest backup", zh_cn: "请连同 -wal 文件一起保留副本，再恢复最近的备份" }

    /// The store on a server.
    SERVER_STORE_GOOD { en: "{engine} at {place} is a primary that keeps what it commits, and its user has every right: schema version {version} of {newest}", zh_cn: "{engine}（{place}）为主库，提交可靠，用户权限齐全：数据结构版本 {version}（最新 {newest}）" }
    /// The store on a server.
    SERVER_STORE_EMPTY { en: "{engine} at {place} is a primary that keeps what it commits; there is no store yet, the first start makes it", zh_cn: "{engine}（{place}）为主库，提交可靠；其中还没有存储，首次启动时会创建" }
    /// The store on a server.
    SERVER_STORE_OLD { en: "{engine} at {place} has schema version {version}, and this release wants {newest}", zh_cn: "{engine}（{place}）的数据结构版本为 {version}，本版本需要 {newest}" }
    /// Advice.
    SERVER_STORE_MIGRATE { en: "make a backup, then run `symbolon migrate`, or start a node: nodes of the release before go on beside it", zh_cn: "请先备份，再运行 `symbolon migrate` 或启动一个节点：上一版本的节点可同时继续运行" }
    /// The store in a Redis.
    REDIS_STORE_GOOD { en: "{engine} at {place} is a primary: store of format {version} of {newest}", zh_cn: "{engine}（{place}）为主库：存储格式 {version}（最新 {newest}）" }
    /// The store in a Redis.
    REDIS_STORE_EMPTY { en: "{engine} at {place} is a primary; there is no store yet, the first start makes it", zh_cn: "{engine}（{place}）为主库；其中还没有存储，首次启动时会创建" }
    /// The way to the server.
    STORE_WAY { en: "an answer takes {ms} ms", zh_cn: "一次往返 {ms} 毫秒" }
    /// The way to the server.
    STORE_WAY_LONG { en: "an answer takes {ms} ms, and a log-in or a log-out waits for several", zh_cn: "一次往返 {ms} 毫秒，而每次登录或注销需要多次往返" }
    /// Advice.
    STORE_WAY_NEARER { en: "run the nodes near the database, in the same data centre ({ms} ms)", zh_cn: "请将节点部署在数据库附近的同一机房（当前 {ms} 毫秒）" }
    /// Connections to the server.
    CONNECTIONS { en: "{open} of {most} are open; a node opens {own} at the most", zh_cn: "已打开 {open} 个，上限 {most} 个；每个节点最多打开 {own} 个" }
    /// Connections to the server.
    CONNECTIONS_FEW { en: "{open} of {most} are open, and a node opens up to {own}", zh_cn: "已打开 {open} 个，上限 {most} 个，而每个节点最多打开 {own} 个" }
    /// Advice.
    CONNECTIONS_RAISE { en: "raise max_connections of the server ({most}), or lower store.connections so that every node has its {own}", zh_cn: "请调高数据库的 max_connections（{most}），或调低 store.connections，使每个节点都有 {own} 个可用" }
    /// The clock of the server.
    STORE_CLOCK { en: "it differs from this machine's by {ms} ms", zh_cn: "与本机相差 {ms} 毫秒" }
    /// The clock of the server.
    STORE_CLOCK_OFF { en: "it differs from this machine's by {ms} ms; sessions end by the store's", zh_cn: "与本机相差 {ms} 毫秒；会话以数据库的时钟到期" }
    /// Advice.
    STORE_CLOCK_SET { en: "set both clocks by the network ({ms} ms apart)", zh_cn: "请为两台机器启用网络校时（相差 {ms} 毫秒）" }

    /// The Redis that nodes share.
    CACHE_GOOD { en: "{server} {version} at {place} takes what nodes share; an answer takes {ms} ms", zh_cn: "{server} {version}（{place}）可供节点共享；一次往返 {ms} 毫秒" }
    /// The Redis that nodes share.
    CACHE_AWAY { en: "redis at {place} is away: {error}; nodes ask the store, which is slower and no less right", zh_cn: "Redis（{place}）无法访问：{error}；节点改为询问存储，较慢但结果不变" }
    /// Advice.
    CACHE_START { en: "start the redis at {place}, or mend cache.redis_url ({error})", zh_cn: "请启动 {place} 上的 Redis，或修正 cache.redis_url（{error}）" }
    /// The Redis that nodes share.
    CACHE_REPLICA { en: "{server} {version} at {place} is a replica and takes no writes", zh_cn: "{server} {version}（{place}）是副本，不接受写入" }
    /// Advice.
    CACHE_PRIMARY { en: "set cache.redis_url to the primary, or to the Sentinels, instead of {place}", zh_cn: "请将 cache.redis_url 设为主节点或 Sentinel，而不是 {place}" }
    /// The Redis that nodes share.
    CACHE_LACKS { en: "the user of cache.redis_url lacks rights at {place}: {lacks}", zh_cn: "cache.redis_url 的用户在 {place} 缺少权限：{lacks}" }
    /// Advice.
    CACHE_GRANT { en: "grant it +get +set +del +publish +subscribe +ping +hello +client|setname on keys and channels that begin with cache.prefix ({lacks})", zh_cn: "请授予 +get +set +del +publish +subscribe +ping +hello +client|setname，键与频道以 cache.prefix 开头（{lacks}）" }
    /// The Redis that nodes share.
    CACHE_FAR { en: "an answer of redis at {place} takes {ms} ms; a look-up is given up after 50 ms", zh_cn: "Redis（{place}）一次往返 {ms} 毫秒；查询超过 50 毫秒即放弃" }
    /// Advice.
    CACHE_NEARER { en: "run the redis of {place} near the nodes ({ms} ms)", zh_cn: "请将 {place} 的 Redis 部署在节点附近（当前 {ms} 毫秒）" }
    /// The Redis that nodes share.
    CACHE_MORE { en: "the user of cache.redis_url may do more at {place} than it needs", zh_cn: "cache.redis_url 的用户在 {place} 的权限超出所需" }
    /// Advice.
    CACHE_RESTRICT { en: "give it a user of its own at {place}: -@all +get +set +del +publish +subscribe +ping +hello +client|setname", zh_cn: "请在 {place} 为其创建专用用户：-@all +get +set +del +publish +subscribe +ping +hello +client|setname" }

    /// A port.
    PORT_FREE { en: "{address} is free", zh_cn: "{address} 可用" }
    /// A port.
    PORT_OURS { en: "{address} is served by {holder}", zh_cn: "{address} 由 {holder} 提供服务" }
    /// A port.
    PORT_SILENT { en: "a server has the store, but nobody listens at {address}", zh_cn: "有服务占用存储，但 {address} 上无人监听" }
    /// Advice.
    PORT_LOOK { en: "it may run with another configuration: give the same --config and environment", zh_cn: "它可能使用了其他配置：请使用相同的 --config 和环境变量" }
    /// A port.
    PORT_TAKEN { en: "{address} ({setting}) is in use by {holder}", zh_cn: "{address}（{setting}）已被 {holder} 占用" }
    /// Advice.
    PORT_STOP { en: "stop {holder}, or set {setting} to another address", zh_cn: "请停止 {holder}，或将 {setting} 设为其他地址" }

    /// The port of a Redis.
    REDIS_FREE { en: "nobody listens at {address}; no session is kept in Redis", zh_cn: "{address} 无人监听；会话不保存在 Redis 中" }
    /// The port of a Redis.
    REDIS_FREE_STORE { en: "nobody listens at {address}", zh_cn: "{address} 无人监听" }
    /// The port of a Redis.
    REDIS_THERE_STORE { en: "{address} is served by {holder}", zh_cn: "{address} 由 {holder} 提供服务" }
    /// The port of a Redis.
    REDIS_THERE { en: "{address} is served by {holder}; no session is kept in it", zh_cn: "{address} 由 {holder} 提供服务；会话不保存在其中" }
    /// The port of a Redis.
    REDIS_UNKNOWN { en: "{address} is in use by {holder}; whether it is a Redis is not known here", zh_cn: "{address} 正被 {holder} 使用；无法得知是否为 Redis" }
    /// The port of a Redis.
    REDIS_TAKEN { en: "{address} is in use by {holder}, so a Redis cannot start there", zh_cn: "{address} 已被 {holder} 占用，Redis 无法在此启动" }
    /// Advice.
    REDIS_STOP { en: "stop {holder}, or give the Redis another port", zh_cn: "请停止 {holder}，或为 Redis 换一个端口" }

    /// A token.
    TOKEN_LIVE { en: "it is live: session {session} of {subject}, until {until}", zh_cn: "有效：{subject} 的会话 {session}，至 {until}" }
    /// A token.
    TOKEN_REFUSED { en: "it is refused: {reason}", zh_cn: "已被拒绝：{reason}" }
    /// A token.
    TOKEN_UNASKED { en: "it could not be asked about: {error}", zh_cn: "无法查询：{error}" }
    /// Advice.
    TOKEN_MALFORMED { en: "send an access token whole and unchanged; if it is that, it was made under another master key than {key}", zh_cn: "请完整、原样地发送访问令牌；若已如此，则它由 {key} 以外的主密钥签发" }
    /// Advice.
    TOKEN_UNKNOWN { en: "its session is not in {store}: data_dir or store.url was another one, or purge.keep_ended is over", zh_cn: "{store} 中没有该会话：data_dir 或 store.url 曾不同，或已超过 purge.keep_ended" }
    /// Advice.
    TOKEN_EXPIRED { en: "refresh it, or lengthen session.access_ttl, {access} (JWT_EXPIRE_MINUTES)", zh_cn: "请刷新令牌，或调长 session.access_ttl（{access}；JWT_EXPIRE_MINUTES）" }
    /// Advice.
    TOKEN_IDLE { en: "it was not used for session.idle_timeout, {idle}: log in again, or lengthen that (JWT_REDIS_EXPIRE_MINUTES)", zh_cn: "超过 session.idle_timeout（{idle}）未使用：请重新登录，或调长该值（JWT_REDIS_EXPIRE_MINUTES）" }
    /// Advice.
    TOKEN_SUPERSEDED { en: "the client holds an old token: it has to keep the newest that it was given", zh_cn: "客户端持有的是旧令牌：应保留最新获得的令牌" }
    /// Advice.
    TOKEN_ENDED { en: "someone ended its session: log in again; `symbolon session show ID` says when and why", zh_cn: "其会话已被结束：请重新登录；`symbolon session show ID` 可查看时间与原因" }

    /// The nodes of a shared store.
    NODES_AWAITED { en: "{node} ({incarnation}) has been silent for {seconds} s and may go on without redis: until it is back, what is ended is effective on the node that ends it alone, and no node goes on without redis", zh_cn: "{node}（{incarnation}）已 {seconds} 秒没有心跳，且可能在没有 Redis 的情况下继续服务：在它恢复之前，会话的结束仅对执行操作的节点生效，Redis 不可用时也没有节点会继续服务" }
    /// Advice.
    NODES_EVICT { en: "start {node} again with its data folder (silent for {seconds} s); if it does not run, and that folder is gone or never used again: `symbolon node evict {incarnation} --i-checked`", zh_cn: "请用 {node} 的数据目录重新启动它（已 {seconds} 秒没有心跳）；若它已停止，且该目录已丢失或不再使用：`symbolon node evict {incarnation} --i-checked`" }

    /// The server.
    SERVER_NONE { en: "none runs on this data", zh_cn: "没有服务在使用这些数据" }
    /// The server.
    SERVER_READY { en: "it answers at its socket and is ready", zh_cn: "套接字应答正常，服务就绪" }
    /// The server.
    SERVER_FALLEN_BACK {
        en: "it answers at its socket and goes on without redis, from its files: sessions that it has not seen get 503",
        zh_cn: "套接字应答正常，Redis 不可用，正以本地文件继续服务：未见过的会话得到 503",
    }
    /// Advice.
    SERVER_MEND_REDIS {
        en: "bring redis back; what was begun and ended meanwhile is then moved over by itself",
        zh_cn: "请恢复 Redis；期间开始和结束的会话随后自动移入",
    }
    /// The server.
    SERVER_NOT_READY { en: "it answers at its socket, but is not ready: {error}", zh_cn: "套接字有应答，但服务未就绪：{error}" }
    /// Advice.
    SERVER_LOG { en: "it may be starting or stopping; if this stays so, its log says why", zh_cn: "可能正在启动或停止；若持续如此，请查看日志" }
    /// The server.
    SERVER_SILENT { en: "{holder} has the store and does not answer at its socket: {error}", zh_cn: "{holder} 占用存储，但套接字没有应答：{error}" }
    /// Advice.
    SERVER_RESTART { en: "if it is a server, restart it; if another command, wait for its end", zh_cn: "若为服务请重启；若为其他命令请等待其结束" }

    /// Open files.
    FILES { en: "{files} may be open at a time; each connection is one", zh_cn: "最多可同时打开 {files} 个文件；每个连接占用一个" }
    /// Open files.
    FILES_ENDLESS { en: "any number may be open at a time", zh_cn: "打开文件数不受限制" }
    /// Advice.
    FILES_RAISE { en: "raise the hard limit: `ulimit -Hn`, or LimitNOFILE=65536 in the systemd unit; now {files}", zh_cn: "请提高硬限制：`ulimit -Hn`，或在 systemd 单元中设置 LimitNOFILE=65536；当前为 {files}" }
    /// Memory.
    MEMORY { en: "{there} MiB are there; with every cache full it takes {needed} MiB", zh_cn: "可用 {there} MiB；缓存全满时需要 {needed} MiB" }
    /// Memory.
    MEMORY_SHORT { en: "with every cache full it takes {needed} MiB, and {there} MiB are there", zh_cn: "缓存全满时需要 {needed} MiB，而仅有 {there} MiB" }
    /// Advice.
    MEMORY_LOWER { en: "lower node.near_capacity or login.argon2.permits ({needed} MiB of {there} MiB)", zh_cn: "请调低 node.near_capacity 或 login.argon2.permits（{needed} MiB / {there} MiB）" }
    /// Memory.
    MEMORY_UNKNOWN { en: "the system does not say how much there is", zh_cn: "系统未提供内存信息" }
    /// The clock.
    CLOCK_SET_BY_NETWORK { en: "it is {now}, set by the network", zh_cn: "当前时间 {now}，已通过网络校时" }
    /// The clock.
    CLOCK_UNKNOWN { en: "it is {now}; whether the network sets it is not known here (`timedatectl`, `chronyc tracking`)", zh_cn: "当前时间 {now}；无法得知是否已通过网络校时（`timedatectl`、`chronyc tracking`）" }
    /// The clock.
    CLOCK_PAST { en: "it is {now}, which is in the past", zh_cn: "当前时间 {now} 明显早于实际时间" }
    /// Advice.
    CLOCK_SET { en: "set the clock, now {now}: sessions end by it", zh_cn: "请校准时钟（当前 {now}）：会话按时钟到期" }
}
