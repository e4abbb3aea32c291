//! The start of the server, its changes of state and its end.

texts! {
    /// The first line of the start text.
    READY { en: "Symbolon {version} is ready.", zh_cn: "Symbolon {version} 已就绪。" }
    /// A line of the start text.
    ADDRESS { en: "address", zh_cn: "地址" }
    /// A line of the start text.
    ADMIN_ADDRESS { en: "admin", zh_cn: "管理" }
    /// A line of the start text.
    OPS_ADDRESS { en: "operations", zh_cn: "运维" }
    /// A line of the start text.
    DOCS { en: "docs", zh_cn: "文档" }
    /// A line of the start text.
    DATA { en: "data", zh_cn: "数据" }
    /// A line of the start text.
    STORE { en: "store", zh_cn: "存储" }
    /// A line of the start text: what the running configuration guarantees.
    PROMISE { en: "a log-out is", zh_cn: "注销" }
    /// The promise of one node over its own file.
    PROMISE_ALONE { en: "effective when it is answered", zh_cn: "应答即生效" }
    /// The promise of nodes over a shared store.
    PROMISE_SHARED {
        en: "effective on every node when its answer says now, which a node that hangs delays by {wait} s at the most",
        zh_cn: "应答为 now 时在所有节点生效；若有节点停顿，最多延迟 {wait} 秒",
    }
    /// What such a promise rests on, where the store is in a Redis.
    PROMISE_REDIS {
        en: "{promise}, and holds as long as redis keeps what it acknowledged (appendfsync always; with everysec a crash of its machine can lose the last second)",
        zh_cn: "{promise}；前提是 Redis 不丢失已确认的写入（appendfsync always；若为 everysec，其机器崩溃可能丢失最后一秒）",
    }
    /// The same, where another Redis may take over.
    PROMISE_FAILOVER {
        en: "{promise}, but for a failover of redis: what its replica had not heard yet is lost",
        zh_cn: "{promise}；但 Redis 故障切换时，副本尚未收到的写入会丢失",
    }
    /// A line of the start text: commands to go on with.
    NEXT { en: "next", zh_cn: "接下来" }
    /// The key file was made just now.
    MASTER_KEY_MADE {
        en: "the master key was made in {file}: keep a copy apart from the data, without it the store is of no use",
        zh_cn: "已生成主密钥 {file}：请与数据分开备份，丢失后数据无法使用",
    }
    /// The store keeps nothing.
    IN_MEMORY {
        en: "the store is in memory: a restart loses every session",
        zh_cn: "会话只存储在内存中：重启后会话全部丢失",
    }
    /// A doubt about the configuration.
    CONFIG_DOUBT { en: "configuration: {doubt}", zh_cn: "配置：{doubt}" }
    /// The configuration cannot be used.
    CONFIG_FAULTS { en: "the configuration has {count} faults", zh_cn: "配置有 {count} 处错误" }
    /// The configuration cannot be used, for one reason.
    CONFIG_FAULT { en: "the configuration has a fault", zh_cn: "配置有一处错误" }
    /// A listener could not be made.
    PORT_TAKEN { en: "listen on {address}: the port is in use by {holder}", zh_cn: "监听 {address}：端口已被 {holder} 占用" }
    /// A listener could not be made, and nobody says why.
    PORT_TAKEN_BY_SOMEONE { en: "listen on {address}: the port is in use", zh_cn: "监听 {address}：端口已被占用" }
    /// A process.
    PROCESS { en: "{name} (process {pid})", zh_cn: "{name}（进程 {pid}）" }
    /// A process that belongs to someone else.
    PROCESS_OF_USER { en: "a process of user {uid}", zh_cn: "用户 {uid} 的进程" }
    /// What to do about a port that is in use.
    STOP_PROCESS { en: "stop that process: kill {pid}", zh_cn: "停止该进程：kill {pid}" }
    /// What to do about a port that is in use.
    TAKE_ANOTHER {
        en: "or take another address: {variable}={address}, or {setting} in the configuration",
        zh_cn: "或改用其他地址：{variable}={address}，或配置项 {setting}",
    }
    /// What to do about a port that this user may not have.
    PORT_FOR_ROOT {
        en: "ports below 1024 need a right: AmbientCapabilities=CAP_NET_BIND_SERVICE in systemd, or `setcap cap_net_bind_service=+ep` on the program; or take another port in {setting}",
        zh_cn: "1024 以下的端口需要权限：在 systemd 中设 AmbientCapabilities=CAP_NET_BIND_SERVICE，或对程序执行 `setcap cap_net_bind_service=+ep`；或在 {setting} 中改用其他端口",
    }
    /// What to do about an address that is not this machine's.
    ADDRESS_ELSEWHERE {
        en: "give {setting} an address of this machine (`ip address` lists them); 0.0.0.0 is all of them",
        zh_cn: "请将 {setting} 设为本机的地址（`ip address` 可列出）；0.0.0.0 表示全部地址",
    }
    /// What to do about a port that a Symbolon has.
    IS_OURS {
        en: "it may be the server that you want to start: `symbolon doctor` says more",
        zh_cn: "可能服务已经在运行：`symbolon doctor` 可查看详情",
    }
    /// What to do about port 5000 on macOS.
    AIRPLAY {
        en: "on macOS port 5000 may belong to the AirPlay receiver: System Settings, General, AirDrop & Handoff",
        zh_cn: "macOS 上 5000 端口可能被“隔空播放接收器”占用：系统设置 → 通用 → 隔空投送与接力",
    }
    /// Another process has the store.
    STORE_HELD {
        en: "the store in {folder} is in use by {holder}; only one server may have it",
        zh_cn: "{folder} 中的存储正被 {holder} 使用；同一时间只能有一个服务使用",
    }
    /// Another server has the data folder, with another store or as another node of a shared one.
    FOLDER_HELD {
        en: "another server uses the data folder {folder}; give each its own data_dir",
        zh_cn: "数据目录 {folder} 正被另一个服务占用；请为每个服务设置各自的 data_dir",
    }
    /// A signal asks to end.
    STOPPING {
        en: "{signal}: stopping; requests in flight have {seconds} s",
        zh_cn: "收到 {signal}：正在停止；进行中的请求有 {seconds} 秒完成",
    }
    /// Everything is written.
    STOPPED { en: "stopped; everything is written", zh_cn: "已停止；数据已全部写入" }
    /// Requests did not end in time.
    CUT_OFF { en: "{count} requests were cut off", zh_cn: "{count} 个请求被中断" }
    /// A second signal.
    STOPPED_AT_ONCE { en: "{signal} again: stopped at once", zh_cn: "再次收到 {signal}：立即停止" }
    /// A signal that means something else elsewhere.
    HANGUP_IGNORED {
        en: "SIGHUP is ignored: settings are read at the start; restart to change them",
        zh_cn: "已忽略 SIGHUP：配置只在启动时读取，修改后请重启",
    }
    /// A required task or the store's writer has died.
    PART_DIED {
        en: "{part} has ended before its time: the server stops, so that it is started anew",
        zh_cn: "{part} 意外结束：服务停止，以便重新启动",
    }
    /// A listener has ended by itself.
    LISTENER_DIED {
        en: "a listener has ended before its time: the server stops, so that it is started anew",
        zh_cn: "监听器意外结束：服务停止，以便重新启动",
    }
    /// The store did not end in time.
    STORE_SLOW {
        en: "the store did not end within {seconds} s; what was acknowledged is durable",
        zh_cn: "存储未能在 {seconds} 秒内关闭；已确认的数据不会丢失",
    }
}
