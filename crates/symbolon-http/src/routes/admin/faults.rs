//! From what an operator can mend to the problem that says it.

use symbolon::AccountFault;

use crate::problem::Problem;

/// The problem of a change that was not made.
pub(super) fn problem(fault: AccountFault) -> Problem {
    let text = fault.to_string();
    match fault {
        AccountFault::Refused(_) => Problem::invalid_request(text),
        AccountFault::NotFound => no_account(),
        AccountFault::Taken | AccountFault::LastAdministrator | AccountFault::Conflict(_) => {
            Problem::conflict(text)
        }
        AccountFault::TooManyKeys => Problem::limit_reached(text),
    }
}

/// 404: no such account.
pub(super) fn no_account() -> Problem {
    Problem::not_found("there is no account of that name")
}

/// 404: no such API key.
pub(super) fn no_api_key() -> Problem {
    Problem::not_found("there is no api key of that id")
}
