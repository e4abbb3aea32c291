//! What a revocation answers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use symbolon::{Effective, Receipt};

use super::instant::Rfc3339;

/// The receipt of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptBody {
    /// Whether it has ended; `false`: there was nothing to end.
    revoked: bool,
    /// It had ended before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    already: bool,
    /// How many sessions ended, where more than one could.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// Its position in the revocation log.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// `now`: no token of what ended is accepted any more, anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "now")]
    effective: Option<&'static str>,
    /// With 202: when no node accepts a token of what ended any more, at the latest; `null`: not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Rfc3339>)]
    effective_by: Option<Option<Rfc3339>>,
    /// The same as milliseconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_in_ms: Option<u64>,
    /// `this node`: where it is effective already, while it is not known when the others follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "this node")]
    scope: Option<&'static str>,
}

impl ReceiptBody {
    /// Whether other nodes may still accept what it ended.
    pub(crate) fn is_pending(&self) -> bool {
        self.effective_by.is_some()
    }
}

impl From<Receipt> for ReceiptBody {
    fn from(receipt: Receipt) -> Self {
        let bare = Self {
            revoked: receipt.revoked,
            already: receipt.already,
            count: receipt.count,
            seq: receipt.seq.map(|seq| seq.0),
            effective: None,
            effective_by: None,
            effective_in_ms: None,
            scope: None,
        };
        match receipt.effective {
            _ if !receipt.revoked => bare,
            Effective::Now => Self {
                effective: Some("now"),
                ..bare
            },
            Effective::Within { by, ms } => Self {
                effective_by: Some(Some(Rfc3339(by))),
                effective_in_ms: Some(ms),
                ..bare
            },
            Effective::ThisNode => Self {
                effective_by: Some(None),
                scope: Some("this node"),
                ..bare
            },
        }
    }
}

impl IntoResponse for ReceiptBody {
    /// 200 where it is effective everywhere, else 202.
    fn into_response(self) -> Response {
        marked(self.is_pending(), Json(self).into_response())
    }
}

/// An answer with a receipt in it: 202 where that is still pending.
pub(crate) fn marked(is_pending: bool, mut response: Response) -> Response {
    if let (true, Ok(accepted)) = (is_pending, 202.try_into()) {
        *response.status_mut() = accepted;
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use symbolon::clock::Timestamp;
    use symbolon::revocation::RevocationSeq;
    use symbolon::{Effective, Receipt};

    use super::ReceiptBody;

    fn text(receipt: Receipt) -> String {
        serde_json::to_string(&ReceiptBody::from(receipt)).unwrap()
    }

    const ONE: Receipt = Receipt {
        revoked: true,
        already: false,
        count: None,
        seq: Some(RevocationSeq(7)),
        effective: Effective::Now,
    };

    #[test]
    fn a_receipt_says_what_it_knows() {
        assert_eq!(text(ONE), r#"{"revoked":true,"seq":7,"effective":"now"}"#);
        let again = Receipt { already: true, ..ONE };
        assert_eq!(
            text(again),
            r#"{"revoked":true,"already":true,"seq":7,"effective":"now"}"#
        );
        let many = Receipt {
            count: Some(3),
            ..ONE
        };
        assert_eq!(
            text(many),
            r#"{"revoked":true,"count":3,"seq":7,"effective":"now"}"#
        );
        assert_eq!(text(Receipt::NOTHING), r#"{"revoked":false}"#);
    }

    #[test]
    fn what_is_not_effective_everywhere_is_accepted_and_says_by_when_it_will_be() {
        let later = Receipt {
            effective: Effective::Within {
                by: Timestamp(1_767_323_045_678),
                ms: 11_412,
            },
            ..ONE
        };
        assert_eq!(
            text(later),
            r#"{"revoked":true,"seq":7,"effective_by":"2026-01-02T03:04:05.678Z","effective_in_ms":11412}"#
        );
        let here = Receipt {
            effective: Effective::ThisNode,
            ..ONE
        };
        assert_eq!(
            text(here),
            r#"{"revoked":true,"seq":7,"effective_by":null,"scope":"this node"}"#
        );
        let statuses = [ONE, later, here, Receipt::NOTHING]
            .map(|receipt| ReceiptBody::from(receipt).into_response().status().as_u16());
        assert_eq!(statuses, [200, 202, 202, 200]);
    }
}
