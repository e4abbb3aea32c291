//! What a revocation answers.

use serde::Serialize;
use symbolon::Receipt;

/// The receipt of a revocation. On one node it is effective when it is answered.
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
}

impl From<Receipt> for ReceiptBody {
    fn from(receipt: Receipt) -> Self {
        Self {
            revoked: receipt.revoked,
            already: receipt.already,
            count: receipt.count,
            seq: receipt.seq.map(|seq| seq.0),
            effective: receipt.revoked.then_some("now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use symbolon::revocation::RevocationSeq;
    use symbolon::{Effective, Receipt};

    use super::ReceiptBody;

    fn text(receipt: Receipt) -> String {
        serde_json::to_string(&ReceiptBody::from(receipt)).unwrap()
    }

    #[test]
    fn a_receipt_says_what_it_knows() {
        let one = Receipt {
            revoked: true,
            already: false,
            count: None,
            seq: Some(RevocationSeq(7)),
            effective: Effective::Now,
        };
        assert_eq!(text(one), r#"{"revoked":true,"seq":7,"effective":"now"}"#);
        let again = Receipt { already: true, ..one };
        assert_eq!(
            text(again),
            r#"{"revoked":true,"already":true,"seq":7,"effective":"now"}"#
        );
        let many = Receipt {
            count: Some(3),
            ..one
        };
        assert_eq!(
            text(many),
            r#"{"revoked":true,"count":3,"seq":7,"effective":"now"}"#
        );
        assert_eq!(text(Receipt::NOTHING), r#"{"revoked":false}"#);
    }
}
