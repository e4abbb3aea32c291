use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use crate::app::{App, Locale};
use crate::bodies::compat::Envelope;
use crate::problem::{Code, Problem};
use crate::routes::exchange;

/// S3's number for a wrong name or password.
const BAD_CREDENTIALS: u32 = 1_002_000_000;
/// S3's number for an account that may not log in.
const DISABLED: u32 = 1_002_000_001;

/// The language of the texts: the first that the client names and we have, else the deployment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language(Locale);

impl FromRequestParts<App> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(asked_for(&parts.headers).unwrap_or(app.settings().locale)))
    }
}

fn asked_for(headers: &HeaderMap) -> Option<Locale> {
    let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    list.split(',').find_map(|range| {
        let primary = range.split([';', '-', '_']).next().unwrap_or_default().trim();
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Locale::Chinese),
            "en" => Some(Locale::English),
            _ => None,
        }
    })
}

/// A refused log-in. What is decided (wrong password, disabled account) is HTTP 200, as S3's clients expect.
pub(super) fn log_in_refused(problem: Problem, language: Language) -> Response {
    let (code, texts) = match problem.code() {
        Code::InvalidCredentials => (
            BAD_CREDENTIALS,
            (
                "Log-in failed: wrong account or password",
                "登录失败，账号密码不正确",
            ),
        ),
        Code::AccountBanned => (
            DISABLED,
            ("Log-in failed: the account is disabled", "登录失败，账号被禁用"),
        ),
        Code::LimitReached => {
            return error(
                problem,
                ("Log-in failed: too many sessions", "登录失败，会话数量已达上限"),
                language,
            );
        }
        _ => return refused(problem, language),
    };
    Json(Envelope::<()> {
        code,
        msg: language.of(texts),
        data: None,
    })
    .into_response()
}

/// Any other error: the HTTP status is the problem's, and so is the code.
pub(super) fn refused(problem: Problem, language: Language) -> Response {
    let texts = match (problem.code(), problem.reason()) {
        (Code::InvalidToken, Some("expired" | "idle")) => ("The refresh token has expired", "刷新令牌已过期"),
        (Code::InvalidToken, _) => ("The refresh token is not valid", "无效的刷新令牌"),
        (Code::Throttled, _) => ("Too many requests, try again later", "请求过于频繁，请稍后重试"),
        (Code::Unavailable, _) => ("Not available now, try again later", "服务暂不可用，请稍后重试"),
        (Code::Internal, _) => ("Internal error", "系统异常"),
        _ => ("The request is not valid", "请求参数不正确"),
    };
    error(problem, texts, language)
}

impl Language {
    fn of(self, (english, chinese): (&'static str, &'static str)) -> &'static str {
        match self.0 {
            Locale::English => english,
            Locale::Chinese => chinese,
        }
    }
}

/// The problem's status and headers with S3's body.
fn error(problem: Problem, texts: (&'static str, &'static str), language: Language) -> Response {
    let envelope = Envelope::<()> {
        code: problem.status().into(),
        msg: language.of(texts),
        data: None,
    };
    exchange::reshaped(problem, envelope)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::ACCEPT_LANGUAGE;

    use super::asked_for;
    use crate::app::Locale;

    fn asked(list: &'static str) -> Option<Locale> {
        asked_for(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, list.parse().unwrap())]))
    }

    #[test]
    fn the_first_language_that_we_have_is_taken() {
        assert_eq!(asked("zh-CN,zh;q=0.9,en;q=0.8"), Some(Locale::Chinese));
        assert_eq!(asked("en-GB, zh"), Some(Locale::English));
        assert_eq!(asked("fr, ZH;q=0.5"), Some(Locale::Chinese));
        assert_eq!(asked("zhx"), None);
        assert_eq!(asked("*"), None);
        assert_eq!(asked_for(&HeaderMap::new()), None);
    }
}
