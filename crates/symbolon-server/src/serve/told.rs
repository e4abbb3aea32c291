use std::time::Duration;

use symbolon::revocation::LogKind;
use symbolon::session::SessionId;
use symbolon::{RedisStanding, Symbolon};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::tree::Locale;
use crate::messages::{Text, sessions as text};

/// How often it is looked whether Redis is still there: what is said of it is late by no more.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// So many characters of an id tell sessions apart. They are its last: the first ones are its time.
const TOLD_CHARS: usize = 8;

/// Says in the log what becomes of the Redis that is the store, and which sessions begin and end in it, until it is
/// dropped.
pub(super) fn tell(symbolon: &Symbolon, locale: Locale) -> JoinSet<()> {
    let mut telling = JoinSet::new();
    telling.spawn(tell_standing(symbolon.clone(), locale));
    telling.spawn(tell_begun(symbolon.clone(), locale));
    telling.spawn(tell_ended(symbolon.clone(), locale));
    telling
}

async fn tell_standing(symbolon: Symbolon, locale: Locale) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        look.tick().await;
        let standing = symbolon.redis_standing();
        if told == Some(standing) {
            continue;
        }
        match standing {
            RedisStanding::Here => tracing::info!("{}", text::CONNECTED.get(locale)),
            RedisStanding::Away => tracing::warn!("{}", text::AWAY.get(locale)),
            RedisStanding::FallenBack => tracing::warn!("{}", text::DEGRADED.get(locale)),
            RedisStanding::Absent => return,
        }
        told = Some(standing);
    }
}

async fn tell_begun(symbolon: Symbolon, locale: Locale) {
    let mut begun = symbolon.listen_begun();
    loop {
        match begun.recv().await {
            Ok(id) => say(&symbolon, text::BEGUN, id, locale),
            // More began than a log can say.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn tell_ended(symbolon: Symbolon, locale: Locale) {
    let mut rows = symbolon.listen();
    loop {
        match rows.recv().await {
            Ok(row) => {
                if let LogKind::Session(id) = row.kind {
                    say(&symbolon, text::ENDED, id, locale);
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// What is not done in Redis is not said of it.
fn say(symbolon: &Symbolon, said: Text, id: SessionId, locale: Locale) {
    if symbolon.redis_standing() == RedisStanding::Here {
        tracing::info!("{}", said.fill(locale, &[("session", &end_of(id))]));
    }
}

fn end_of(id: SessionId) -> String {
    let text = id.to_string();
    let begin = text.len().saturating_sub(TOLD_CHARS);
    text[begin..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_8_a_session_is_told_by_the_end_of_its_id() {
        let id = SessionId::parse("0193f3a2-7c7e-7b3a-8f00-0123456789ab").unwrap();
        assert_eq!(end_of(id), "456789ab");
        assert_eq!(
            text::BEGUN.fill(Locale::ZhCn, &[("session", &"12345678")]),
            "会话已创建到Redis: 12345678..."
        );
        assert_eq!(
            text::ENDED.fill(Locale::ZhCn, &[("session", &"12345678")]),
            "会话已从Redis删除: 12345678..."
        );
        assert_eq!(
            text::CONNECTED.get(Locale::ZhCn),
            "Redis连接成功，会话将存储到Redis"
        );
        assert_eq!(
            text::DEGRADED.get(Locale::ZhCn),
            "Redis连接失败，会话将存储到内存（降级模式），本地文件"
        );
    }
}
