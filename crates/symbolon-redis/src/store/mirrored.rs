//! A store that a node may go on without: what its mirror needs of it besides.

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::member::Incarnation;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{AdoptSession, Adopted, Mirrored, StoreError};

use super::fault::Fault;
use super::handle::RedisStore;
use super::record::audit::add_audit;
use super::record::session::{pack_session, ttl};
use super::reply::{flag, number, text, tuple};
use super::script::{Call, Script, script};

static ADOPT: Script = script!("take a session home": "base" "audit" "sessions" "alive" "adopt_session");
static SET_MAY: Script = script!("say whether a member may fall back": "base" "set_may_fall_back");

impl Mirrored for RedisStore {
    async fn adopt_session(&self, adopt: AdoptSession) -> Result<Adopted, StoreError> {
        let session = &adopt.session;
        let mut call = Call::of(&ADOPT);
        add_audit(&mut call, &adopt.audit);
        call.text(session.id)
            .text(adopt.known.0)
            .text(ttl(session, session.created_at, self.keep_ended()))
            .arg(pack_session(session).map_err(|fault| fault.in_step(ADOPT.does))?);
        let answer = self.ask_at_length(&call).await?;
        read_adopted(answer).map_err(|fault| fault.in_step(ADOPT.does))
    }

    async fn jump_beyond(&self, seq: RevocationSeq) -> Result<RevocationSeq, StoreError> {
        let head = self.jump_head_beyond(seq).await;
        head.map_err(|fault| fault.in_step("move the head of the log"))
    }

    async fn set_may_fall_back(&self, incarnation: Incarnation, may: bool) -> Result<bool, StoreError> {
        let mut call = Call::of(&SET_MAY);
        call.text(incarnation).text(u8::from(may));
        flag(&self.ask_heart(&call).await?).map_err(|fault| fault.in_step(SET_MAY.does))
    }

    async fn make_again(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.found_anew(now).await
    }
}

fn read_adopted(answer: Value) -> Result<Adopted, Fault> {
    let [word, epoch] = tuple(answer)?;
    let epoch = RevocationSeq(number(epoch)?);
    match text(word)?.as_str() {
        "there" => Ok(Adopted::There(epoch)),
        "ended" => Ok(Adopted::Ended(epoch)),
        "other" => Ok(Adopted::OtherIsThere),
        other => Err(Fault::Damaged(format!("the answer is {other:?}"))),
    }
}
