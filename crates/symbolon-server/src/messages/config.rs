//! What is wrong with the configuration, or doubtful in it: behind the place and the name of the setting.

texts! {
    /// A source.
    BY_DEFAULT { en: "default", zh_cn: "默认值" }
    /// A source.
    BY_PROFILE { en: "profile {profile}", zh_cn: "profile {profile} 的默认值" }
    /// A source.
    BY_FOLLOWING { en: "follows {path}", zh_cn: "随 {path}" }

    /// A file.
    CONFIG_UNREAD { en: "cannot read the configuration: {error}", zh_cn: "无法读取配置文件：{error}" }
    /// A file.
    ENV_FILE_UNREAD { en: "cannot read the variables: {error}", zh_cn: "无法读取环境变量文件：{error}" }
    /// A file.
    FILE_UNREAD { en: "cannot read {file}: {error}", zh_cn: "无法读取 {file}：{error}" }
    /// A file.
    FILE_NOT_UTF8 { en: "{file} is not UTF-8", zh_cn: "{file} 不是 UTF-8 编码" }
    /// A file.
    FILE_EMPTY { en: "{file} is empty; an empty secret is refused", zh_cn: "{file} 为空；不接受空的密钥" }
    /// A file.
    FILE_LINES { en: "{file} has more than one line", zh_cn: "{file} 不止一行" }
    /// A file.
    FILE_LARGE { en: "the file is larger than {bytes} bytes", zh_cn: "文件超过 {bytes} 字节" }
    /// A file.
    FILE_BROKEN_TEXT { en: "the file is not UTF-8 from here on; save it as UTF-8", zh_cn: "文件从此处起不是 UTF-8 编码；请以 UTF-8 保存" }
    /// A file.
    NO_MAP { en: "the file is no map of settings; expected lines such as `data_dir: PATH`", zh_cn: "文件不是配置项的映射；应为 `data_dir: PATH` 这样的行" }
    /// A file.
    FILE_FOR_FOLDER { en: "{folder} is a file, not a folder", zh_cn: "{folder} 是文件，不是目录" }

    /// A master key.
    KEY_EMPTY { en: "{file} is empty, and an empty secret is refused; make a key with: openssl rand -hex 32", zh_cn: "{file} 为空，不接受空的密钥；生成密钥：openssl rand -hex 32" }
    /// A master key.
    KEY_NOT_HEX { en: "{file} is not of 64 hex digits; make a key with: openssl rand -hex 32", zh_cn: "{file} 不是 64 位十六进制数字；生成密钥：openssl rand -hex 32" }
    /// A master key.
    KEY_REPEATS { en: "{file} repeats itself, so it is not random; make a key with: openssl rand -hex 32", zh_cn: "{file} 内容重复，不是随机值；生成密钥：openssl rand -hex 32" }
    /// A master key.
    KEY_OPEN { en: "{file} can be read by others; set its mode to 0600", zh_cn: "{file} 可被其他用户读取；请将权限设为 0600" }

    /// A variable.
    VARIABLE_NOT_UTF8 { en: "the value is not UTF-8", zh_cn: "值不是 UTF-8 编码" }
    /// A line of the file of variables.
    NO_ASSIGNMENT { en: "the line is not of the form KEY = value", zh_cn: "该行不是 KEY = value 的形式" }
    /// A line of the file of variables.
    SET_TWICE { en: "is set a second time, after {earlier}", zh_cn: "重复设置，先前在 {earlier}" }
    /// Names that another program reads.
    OTHERS_NOT_READ { en: "not read, since they are no settings: {names}", zh_cn: "以下不是本程序的配置项，未读取：{names}" }
    /// A name.
    UNKNOWN_NEAR { en: "is no setting; did you mean {meant}?", zh_cn: "没有此配置项；是否想写 {meant}？" }
    /// A name.
    UNKNOWN { en: "is no setting; symbolon.example.yaml lists every one", zh_cn: "没有此配置项；全部配置项见 symbolon.example.yaml" }
    /// A name.
    DOTTED { en: "is no name; write each part on its own line, indented below the one before", zh_cn: "不能这样写；请将每一段各写一行，逐级缩进" }

    /// A shape.
    GROUP_NOT_VALUE { en: "is a group of settings, not a value; it has {names}", zh_cn: "是一组配置项，不是单个值；其中有 {names}" }
    /// A shape.
    VALUE_NOT_GROUP { en: "is a value, not a group of settings", zh_cn: "是单个值，不是一组配置项" }
    /// A shape.
    ITEM_NOT_PLAIN { en: "has an item that is no plain value", zh_cn: "列表中有一项不是简单的值" }
    /// A shape.
    IS_NULL { en: "is null; expected {expected}, or leave the line out", zh_cn: "为 null；应为{expected}，或删去该行" }
    /// A shape.
    IS_LIST { en: "is a list; expected {expected}", zh_cn: "是列表；应为{expected}" }
    /// A shape.
    OTHER_KIND { en: "the table of settings has another kind here", zh_cn: "配置项表中的类型与此不符" }
    /// The two forms of a secret.
    BESIDE { en: "is given beside {other}; keep one of them", zh_cn: "与 {other} 同时给出；请只保留一个" }

    /// A value.
    TOO_LONG { en: "is longer than {bytes} bytes", zh_cn: "超过 {bytes} 字节" }
    /// A value.
    IS_EMPTY { en: "is empty; expected {expected}", zh_cn: "为空；应为{expected}" }
    /// A value that may be a secret.
    NOT_UNDERSTOOD { en: "is not understood; expected {expected}", zh_cn: "无法识别；应为{expected}" }
    /// A value.
    TEXT_NOT_UNDERSTOOD { en: "`{text}` is not understood; expected {expected}", zh_cn: "无法识别 `{text}`；应为{expected}" }
    /// A secret.
    SECRET_REFUSED { en: "is refused: {why}; expected {expected}", zh_cn: "不被接受：{why}；应为{expected}" }
    /// A list.
    TOO_MANY { en: "has {count} items, {most} are allowed", zh_cn: "有 {count} 项，最多允许 {most} 项" }

    /// What is expected.
    A_FLAG { en: "true or false", zh_cn: " true 或 false" }
    /// What is expected.
    A_COUNT { en: "a whole number from {min} to {max}", zh_cn: " {min} 到 {max} 的整数" }
    /// What is expected.
    A_SPAN { en: "a number with a unit (500ms, 10s, 30m, 12h, 7d), from {min} to {max}", zh_cn: "带单位的数字（500ms、10s、30m、12h、7d），从 {min} 到 {max}" }
    /// What is expected.
    A_SIZE { en: "a number with a unit (512KiB, 64MiB, 1GiB), from {min} to {max}", zh_cn: "带单位的数字（512KiB、64MiB、1GiB），从 {min} 到 {max}" }
    /// What is expected.
    A_CHOICE { en: "one of {words}", zh_cn: "以下之一：{words}" }
    /// What is expected.
    A_TEXT { en: "words without control characters", zh_cn: "不含控制字符的文字" }
    /// What is expected.
    A_PREFIX { en: "at most {most} of A-Z a-z 0-9 _ - . :", zh_cn: "最多 {most} 个字符，取自 A-Z a-z 0-9 _ - . :" }
    /// What is expected.
    A_PATH { en: "a path", zh_cn: "一个路径" }
    /// What is expected.
    AN_ADDRESS { en: "an IP address with a port, such as 127.0.0.1:5000 or [::1]:5000", zh_cn: "带端口的 IP 地址，如 127.0.0.1:5000 或 [::1]:5000" }
    /// What is expected.
    NETWORKS { en: "a list of networks, such as [10.0.0.0/8, 192.168.1.7]", zh_cn: "网段列表，如 [10.0.0.0/8, 192.168.1.7]" }
    /// What is expected.
    ORIGINS { en: "a list of origins without a path, such as [https://app.example.com]", zh_cn: "不带路径的来源列表，如 [https://app.example.com]" }
    /// What is expected.
    A_SCHEDULE { en: "minute, hour, day, month, weekday, such as \"0 3 * * *\"", zh_cn: "分 时 日 月 周，如 \"0 3 * * *\"" }
    /// What is expected.
    A_STORE { en: "sqlite:, sqlite:PATH, memory:, postgres://, mysql:// or redis://", zh_cn: " sqlite:、sqlite:路径、memory:、postgres://、mysql:// 或 redis://" }
    /// What is expected.
    A_REDIS { en: "an address, such as redis://127.0.0.1:6379/0", zh_cn: "一个地址，如 redis://127.0.0.1:6379/0" }
    /// What is expected.
    A_SECRET { en: "a secret of at least {least} bytes; make one with: openssl rand -hex 32", zh_cn: "至少 {least} 字节的密钥；生成密钥：openssl rand -hex 32" }
    /// What is expected.
    A_NUMBER_OF { en: "a whole number of {unit}", zh_cn: "整数，单位为{unit}" }
    /// What is expected.
    A_NUMBER_TO { en: "a whole number of at most {max}", zh_cn: "不超过 {max} 的整数" }
    /// What is expected.
    A_KIND_OF_STORE { en: "redis, or filesystem for a file of ours", zh_cn: " redis，或以 filesystem 表示使用本程序的文件" }
    /// A unit.
    MINUTES { en: "minutes", zh_cn: "分钟" }
    /// A unit.
    SECONDS { en: "seconds", zh_cn: "秒" }

    /// The address of a store.
    URL_UNKNOWN {
        en: "is not understood; expected sqlite:, sqlite:PATH, memory:, postgres://HOST/DATABASE, mysql://HOST/DATABASE or redis://HOST/0",
        zh_cn: "无法识别；应为 sqlite:、sqlite:路径、memory:、postgres://主机/数据库、mysql://主机/数据库 或 redis://主机/0",
    }
    /// The address of a cache.
    URL_UNKNOWN_CACHE {
        en: "is not understood; expected redis://, rediss://, redis+unix://, redis-sentinel:// or redis-cluster://",
        zh_cn: "无法识别；应为 redis://、rediss://、redis+unix://、redis-sentinel:// 或 redis-cluster://",
    }
    /// The address of a store.
    URL_BLANK { en: "has a space or a control character in the address; write them as %20 and so on", zh_cn: "地址中有空格或控制字符；请写成 %20 等形式" }
    /// The address of a store.
    URL_SQLITE_MEMORY { en: "names SQLite's memory; write memory:", zh_cn: "指的是 SQLite 的内存；请写 memory:" }
    /// The address of a store.
    URL_SQLITE_SLASHES { en: "has slashes after sqlite:; write sqlite:PATH, such as sqlite:/var/lib/symbolon/symbolon.db", zh_cn: "sqlite: 后面有斜杠；请写 sqlite:路径，如 sqlite:/var/lib/symbolon/symbolon.db" }
    /// The address of a store.
    URL_AT { en: "has an @ after the host; in a password write / as %2F, ? as %3F, # as %23, @ as %40", zh_cn: "主机之后有 @；密码中的 / 请写成 %2F，? 写成 %3F，# 写成 %23，@ 写成 %40" }
    /// The address of a store.
    URL_QUERY_PASSWORD { en: "has a password in its query; write it before the host, as USER:PASSWORD@HOST", zh_cn: "查询部分中有密码；请写在主机之前，即 用户:密码@主机" }
    /// The address of a store.
    URL_HOST { en: "has no valid host and port after ://", zh_cn: ":// 之后没有有效的主机和端口" }
    /// The address of a store.
    URL_EMPTY_PASSWORD { en: "has an empty password; give one, or leave out the colon", zh_cn: "密码为空；请给出密码，或去掉冒号" }
    /// The address of a store, in the words of its driver.
    URL_REFUSED { en: "is not understood: {detail}", zh_cn: "无法识别：{detail}" }
    /// The address of a cache, in the words of its driver.
    CACHE_REFUSED { en: "is refused: {detail}", zh_cn: "不被接受：{detail}" }

    /// The text of the file.
    YAML_SECOND_DOCUMENT { en: "a second document begins here; the settings are one document", zh_cn: "此处开始第二个文档；配置只能是一个文档" }
    /// The text of the file.
    YAML_DEEP { en: "values are nested more than {most} deep", zh_cn: "嵌套超过 {most} 层" }
    /// The text of the file.
    YAML_ALIASES { en: "anchors and aliases are not read; put quotes around a value that begins with & or *", zh_cn: "不支持锚点和别名；以 & 或 * 开头的值请加引号" }
    /// The text of the file.
    YAML_TAGS { en: "tags (!...) are not read; put quotes around a value that begins with !", zh_cn: "不支持标签（!…）；以 ! 开头的值请加引号" }
    /// The text of the file.
    YAML_NO_VALUE { en: "a value is missing here", zh_cn: "此处缺少值" }
    /// The text of the file.
    YAML_NO_NAME { en: "a key must be the name of a setting", zh_cn: "键必须是配置项的名称" }
    /// The text of the file.
    YAML_KEYS { en: "there are more than {most} keys in one group", zh_cn: "一组中的键超过 {most} 个" }
    /// The text of the file.
    YAML_TWICE { en: "{name} is here a second time; it is also in line {line}", zh_cn: "{name} 重复出现；第 {line} 行已有" }
    /// The text of the file.
    YAML_TAB { en: "a tab in the indentation; YAML takes spaces only", zh_cn: "缩进中有制表符；YAML 只接受空格" }
    /// The text of the file, in the words of its parser.
    YAML_NONE { en: "this is no YAML: {error}", zh_cn: "不是合法的 YAML：{error}" }

    /// A rule.
    TTL_LONGER { en: "{part} is longer than {path}, {whole}; shorten this or lengthen that", zh_cn: "{part} 大于 {path}（{whole}）；请调短前者或调长后者" }
    /// A rule.
    RENEWS_EARLY {
        en: "{span} is more than half of session.access_ttl, {access}: a token can be out of date while another tab still has it",
        zh_cn: "{span} 超过 session.access_ttl（{access}）的一半：其他标签页可能仍持有已过时的令牌",
    }
    /// A rule.
    REMEMBER_SHORT { en: "{span} is shorter than session.absolute_timeout: who is remembered is out earlier", zh_cn: "{span} 小于 session.absolute_timeout：勾选“记住我”的人反而更早退出" }
    /// A rule.
    SIGNED_TTL {
        en: "{span} is too long for a signed token, which cannot be taken back from who verifies it alone; give 90d at the most, or token.style: opaque",
        zh_cn: "{span} 对签名令牌过长：自行校验签名的一方无法得知其被撤销；最多为 90d，或使用 token.style: opaque",
    }
    /// A rule.
    IN_EVERY_TOKEN { en: "is in every token; it has more than {bytes} bytes", zh_cn: "会写入每个令牌；其长度超过 {bytes} 字节" }
    /// A rule.
    AUDIENCE_BLANK { en: "is blank; expected names, or null", zh_cn: "为空白；应为名称，或 null" }
    /// A rule.
    OPEN_PLAIN {
        en: "{address} is reached from outside without TLS, so tokens can be read on the way; give http.tls.cert and http.tls.key, or http.trusted_proxies where a proxy ends TLS, or http.plain: true where something below encrypts",
        zh_cn: "{address} 可从外部以非 TLS 方式访问，令牌会在途中被读取；请设置 http.tls.cert 和 http.tls.key；若由代理终结 TLS，请设置 http.trusted_proxies；若下层已加密，请设置 http.plain: true",
    }
    /// A rule.
    ADDRESS_TWICE { en: "{address} is also {other}; give null for one listener, or another port", zh_cn: "{address} 与 {other} 相同；若只需一个监听请设为 null，否则换一个端口" }
    /// A rule.
    PROXIES_OPEN { en: "{network} is everyone, so everyone can pretend to come from any address", zh_cn: "{network} 包含所有地址，任何人都能伪造来源地址" }
    /// A rule.
    ORIGIN_PLAIN { en: "{origin} is not https, so whoever is on the way to that page can call the API in its name", zh_cn: "{origin} 不是 https，途中的任何人都能以该页面的名义调用 API" }
    /// A rule.
    TLS_HALF { en: "is given without {other}; TLS needs both", zh_cn: "已设置，但缺少 {other}；TLS 需要两者" }
    /// A rule.
    STORE_IN_MEMORY { en: "memory: is lost at a restart, and every session with it", zh_cn: "memory: 在重启后丢失，所有会话随之丢失" }
    /// A rule.
    REDIS_NO_PASSWORD { en: "the Redis of the store has no password", zh_cn: "作为存储的 Redis 没有密码" }
    /// A rule.
    CACHE_UNUSED { en: "is not used: one node over its own store answers from memory, and needs no cache to share", zh_cn: "不会被使用：单节点使用自己的存储，从内存应答，不需要共享缓存" }
    /// A rule.
    KEY_SHARED { en: "is null; nodes that share a store need the same master key, so give each the same file", zh_cn: "为 null；共享存储的节点需要相同的主密钥，请为每个节点提供同一文件" }
    /// A rule.
    PASSWORD_SHORT { en: "the password is shorter than {least} characters", zh_cn: "密码少于 {least} 个字符" }
    /// A rule.
    COOKIES_PLAIN { en: "false sends cookies over plain http; it is allowed with profile: development only", zh_cn: "false 会以明文 http 发送 Cookie；仅在 profile: development 下允许" }
    /// A rule.
    NAME_REFUSED { en: "is not understood: {why}", zh_cn: "无法识别：{why}" }
    /// A rule.
    RETENTION_SHORT { en: "{span} is less than twice node.lease, {lease}: a node that paused would always begin anew; lengthen it", zh_cn: "{span} 小于 node.lease（{lease}）的两倍：暂停过的节点总要从头开始；请调长" }
    /// A rule.
    ARGON2_WEAK {
        en: "{memory} with {iterations} iterations is weaker than OWASP's least: 46MiB with 1, 19MiB with 2, 12MiB with 3, 9MiB with 4, 7MiB with 5",
        zh_cn: "{memory} 配 {iterations} 次迭代低于 OWASP 的最低要求：46MiB 配 1 次、19MiB 配 2 次、12MiB 配 3 次、9MiB 配 4 次、7MiB 配 5 次",
    }
    /// A rule.
    KEEP_SHORT { en: "{span} is less than 1d: a clock that jumps can delete live sessions", zh_cn: "{span} 小于 1d：时钟跳变可能删除仍有效的会话" }

    /// What this version does not have.
    LATER { en: "{what}: not supported by this version; leave it at {default}", zh_cn: "{what}：本版本不支持；请保持为 {default}" }

    /// A life of an older system.
    LIFE_CUT { en: "{life} is longer than {other}, {end}, which ends every session: that is taken", zh_cn: "{life} 大于 {other}（{end}），后者到期即结束会话：以后者为准" }
    /// The secret of an older system.
    OLDER_SECRET_EMPTY {
        en: "is empty: a secret that each process makes up for itself logs everyone out at a restart; leave the line out, and keys are made once and kept",
        zh_cn: "为空：若每个进程自行生成密钥，重启后所有人都会退出登录；请删去该行，密钥只会生成一次并保存",
    }
    /// The Redis of an older system.
    OLDER_REDIS_IGNORED { en: "not read ({names}): {why}", zh_cn: "未读取（{names}）：{why}" }
    /// Why.
    OLDER_STORE_GIVEN { en: "store.url is given by {place}", zh_cn: "store.url 已由 {place} 给出" }
    /// Why.
    OLDER_STORE_ELSEWHERE { en: "no session is kept in Redis; store.url says where", zh_cn: "会话不保存在 Redis 中；以 store.url 为准" }
    /// The file of an older system.
    OLDER_GROUP { en: "is a group of keys, not a value", zh_cn: "是一组键，不是单个值" }
    /// The file of an older system.
    OLDER_VALUE { en: "is a value, not a group or a list", zh_cn: "是单个值，不是一组键或列表" }
    /// The file of an older system.
    OLDER_UNREAD_NEAR { en: "is not read; did you mean {meant}?", zh_cn: "未读取；是否想写 {meant}？" }
    /// The file of an older system.
    OLDER_UNREAD { en: "is not read: there is nothing of this kind here", zh_cn: "未读取：本程序没有对应的配置项" }
    /// The file of an older system.
    OLDER_NOT_TAKEN { en: "is not taken: {why}", zh_cn: "未采用：{why}" }
    /// Why.
    OLDER_SIGNED { en: "tokens are always proven by a keyed sum", zh_cn: "令牌始终带有密钥校验" }
    /// Why.
    OLDER_HTTP_ONLY { en: "cookies with tokens are always HttpOnly", zh_cn: "带令牌的 Cookie 始终为 HttpOnly" }
    /// Why.
    OLDER_SECURE { en: "cookies go over https alone, but with profile: development (SYMBOLON_PROFILE)", zh_cn: "除 profile: development（SYMBOLON_PROFILE）外，Cookie 只经 https 发送" }
}
