//! Accounts as operators send and read them.

use serde::{Deserialize, Serialize};
use symbolon::NewAccount;
use symbolon::account::{Account, AccountState, Role};
use symbolon::subject::SubjectId;

use crate::bodies::instant::Rfc3339;
use crate::bodies::login::password;
use crate::bodies::names;
use crate::problem::Problem;

/// An account. Never its password, nor its image.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountBody {
    /// Its name.
    #[schema(example = "ada")]
    name: String,
    /// Whose sessions it begins.
    #[schema(example = "ada")]
    subject: String,
    /// What it may do.
    role: RoleWord,
    /// Whether it can log in. `password_disabled`: after a hundred wrong passwords; it needs a new one.
    state: StateWord,
    /// When it was made.
    created_at: Rfc3339,
    /// When its password was last set.
    password_changed_at: Rfc3339,
}

/// Some accounts of the list.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AccountPage)]
pub(super) struct AccountPage {
    /// The accounts, by name.
    pub(super) items: Vec<AccountBody>,
    /// The `cursor` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// An account to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
pub(super) struct NewAccountBody {
    /// Its name. Case and spaces around it do not matter.
    #[schema(min_length = 1, max_length = 128, example = "ada")]
    name: String,
    /// Its password.
    #[schema(format = Password, max_length = 1024, example = "violet kettle hums at dawn")]
    password: String,
    /// Whose sessions it begins; its name if left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255, example = "user-1024")]
    subject: Option<String>,
    /// What it may do.
    #[serde(default)]
    #[schema(default = "user")]
    role: Option<RoleWord>,
}

impl NewAccountBody {
    /// What is to be made.
    ///
    /// # Errors
    /// 400 when the password or the subject is too long to be one.
    pub(super) fn read(self) -> Result<NewAccount, Problem> {
        let subject: Option<SubjectId> = self.subject.map(names::subject).transpose()?;
        Ok(NewAccount {
            name: self.name,
            password: password("password", &self.password)?,
            subject,
            role: self.role.unwrap_or(RoleWord::User).into(),
        })
    }
}

/// A change of an account: role and state together, or a password alone, since each of the two is one step.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChange)]
pub(super) struct AccountChangeBody {
    /// What it may do from now on.
    #[serde(default)]
    pub(super) role: Option<RoleWord>,
    /// Whether it can log in from now on. `disabled` ends its subject's sessions.
    #[serde(default)]
    pub(super) state: Option<NewStateWord>,
    /// Its password from now on. Ends its subject's sessions.
    #[serde(default)]
    #[schema(format = Password, max_length = 1024, example = "violet kettle hums at dawn")]
    pub(super) password: Option<String>,
}

/// What an account may do.
#[derive(Serialize, Deserialize, Clone, Copy, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub(super) enum RoleWord {
    /// Only its own sessions.
    User,
    /// Reads everything.
    Viewer,
    /// Does everything.
    Admin,
}

/// Whether an account can log in.
#[derive(Serialize, Clone, Copy, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccountState)]
pub(super) enum StateWord {
    /// It can.
    Enabled,
    /// An operator said no.
    Disabled,
    /// It needs a new password.
    PasswordDisabled,
}

/// A state that an operator gives.
#[derive(Deserialize, Clone, Copy, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = NewAccountState)]
pub(super) enum NewStateWord {
    /// It can log in.
    Enabled,
    /// It cannot.
    Disabled,
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> Self {
        Self {
            name: account.name.as_str().to_owned(),
            subject: account.subject.as_str().to_owned(),
            role: account.role.into(),
            state: account.state.into(),
            created_at: Rfc3339(account.created_at),
            password_changed_at: Rfc3339(account.password_changed_at),
        }
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::User => Self::User,
            RoleWord::Viewer => Self::Viewer,
            RoleWord::Admin => Self::Admin,
        }
    }
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Viewer => Self::Viewer,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<AccountState> for StateWord {
    fn from(state: AccountState) -> Self {
        match state {
            AccountState::Enabled => Self::Enabled,
            AccountState::Disabled => Self::Disabled,
            AccountState::PasswordDisabled => Self::PasswordDisabled,
        }
    }
}

impl From<NewStateWord> for AccountState {
    fn from(word: NewStateWord) -> Self {
        match word {
            NewStateWord::Enabled => Self::Enabled,
            NewStateWord::Disabled => Self::Disabled,
        }
    }
}
