use std::sync::atomic::{AtomicBool, Ordering};

use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::Session;
use symbolon_core::subject::{Claims, SubjectId};
use symbolon_core::verdict::AccessFacts;
use symbolon_node::near::{Fact, NearCache};

use super::given::{NOW, session};

fn keep(cache: &NearCache, session: &Session) {
    cache.insert(&Fact::of(session, RevocationSeq(1)), 0, NOW, || true);
}

#[test]
fn a_kept_session_is_found_with_all_that_verify_needs() {
    let cache = NearCache::with_capacity(16);
    let session = session(1);
    keep(&cache, &session);
    let hit = cache.find(session.id).unwrap();
    assert_eq!(hit.facts(), AccessFacts::of(&session));
    assert_eq!(hit.asof(), RevocationSeq(1));
    assert_eq!(hit.authenticated_at(), NOW);
    let identity = hit.identity().unwrap();
    assert_eq!(
        (identity.subject(), identity.client_id(), identity.claims()),
        ("user-1", "default", "{}")
    );
}

#[test]
fn an_identity_of_any_length_is_answered_whole() {
    let cache = NearCache::with_capacity(16);
    for len in [1, 56, 57, 58, 255] {
        let mut session = session(1);
        session.subject = SubjectId::new("x".repeat(len)).unwrap();
        keep(&cache, &session);
        let identity = cache.find(session.id).unwrap().identity().unwrap();
        assert_eq!(identity.subject(), session.subject.as_str());
        assert_eq!(identity.client_id(), "default");
    }
}

#[test]
fn claims_audience_and_scope_are_kept_beside_the_table() {
    let cache = NearCache::with_capacity(16);
    let mut session = session(1);
    session.claims = Claims::new(r#"{"role":"admin"}"#).unwrap();
    session.audience = Some("shop".to_owned());
    session.scope = Some("read write".to_owned());
    keep(&cache, &session);
    let identity = cache.find(session.id).unwrap().identity().unwrap();
    assert_eq!(identity.claims(), r#"{"role":"admin"}"#);
    assert_eq!(
        (identity.audience(), identity.scope()),
        (Some("shop"), Some("read write"))
    );
}

#[test]
fn a_removed_session_is_no_longer_found_and_its_place_is_used_again() {
    let cache = NearCache::with_capacity(1);
    let (first, second) = (session(1), session(2));
    keep(&cache, &first);
    cache.remove(first.id);
    assert!(cache.find(first.id).is_none());
    assert!(cache.is_empty());
    keep(&cache, &second);
    assert!(cache.find(second.id).is_some());
    assert_eq!(cache.len(), 1);
}

#[test]
fn it_never_holds_more_than_its_capacity_and_always_the_newest() {
    let cache = NearCache::with_capacity(100);
    for n in 0..1000 {
        let session = session(n);
        keep(&cache, &session);
        assert!(cache.find(session.id).is_some());
        assert!(cache.len() <= 100);
    }
    let kept = (0..1000).filter(|n| cache.find(session(*n).id).is_some()).count();
    assert!(
        (90..=100).contains(&kept),
        "{kept} of 100 places hold a session that is found"
    );
}

#[test]
fn while_it_grows_hardly_anything_is_lost() {
    let cache = NearCache::with_capacity(1_000_000);
    for n in 0..30_000 {
        keep(&cache, &session(n));
    }
    let kept = (0..30_000)
        .filter(|n| cache.find(session(*n).id).is_some())
        .count();
    assert!(kept >= 29_990, "{kept} of 30000 are found");
}

#[test]
fn a_session_in_use_outlives_one_that_is_not() {
    let cache = NearCache::with_capacity(64);
    let hot = session(0);
    keep(&cache, &hot);
    for n in 1..640 {
        if let Some(hit) = cache.find(hot.id) {
            hit.reference();
        }
        keep(&cache, &session(n));
    }
    assert!(cache.find(hot.id).is_some(), "it was used before each insertion");
}

#[test]
fn a_fact_that_is_not_admitted_is_not_kept() {
    let cache = NearCache::with_capacity(16);
    let session = session(1);
    cache.insert(&Fact::of(&session, RevocationSeq(1)), 0, NOW, || false);
    assert!(cache.find(session.id).is_none());
}

#[test]
fn a_noted_use_slides_the_idle_end_and_is_not_due_again_at_once() {
    let cache = NearCache::with_capacity(16);
    let session = session(1);
    keep(&cache, &session);
    let later = NOW.after(session.lives.idle_timeout / 2);
    let hit = cache.find(session.id).unwrap();
    let due = hit.due(later, true);
    assert!(due.activity);
    hit.note(later, due);
    let again = cache.find(session.id).unwrap();
    assert!(!again.due(later, true).activity);
    assert_eq!(
        again.facts().idle_expires_at,
        symbolon_core::session::idle_end(later, session.lives.idle_timeout)
    );
}

#[test]
fn a_use_noted_too_late_does_not_touch_the_session_that_took_the_place() {
    let cache = NearCache::with_capacity(1);
    let (first, second) = (session(1), session(2));
    keep(&cache, &first);
    let hit = cache.find(first.id).unwrap();
    let later = NOW.after(first.lives.idle_timeout / 2);
    let due = hit.due(later, true);
    cache.remove(first.id);
    keep(&cache, &second);
    hit.note(later, due);
    assert_eq!(cache.find(second.id).unwrap().facts(), AccessFacts::of(&second));
}

/// Two threads rewrite four slots without a pause while two others read: every copy that is
/// believed must be of one session, whole.
#[test]
fn a_reader_never_sees_a_mixture_of_two_sessions() {
    let cache = NearCache::with_capacity(4);
    let sessions: Vec<Session> = (0..16).map(session).collect();
    let done = AtomicBool::new(false);
    let look = |session: &Session| {
        let Some(hit) = cache.find(session.id) else {
            return 0;
        };
        assert_eq!(hit.facts().current, session.tokens.access);
        let identity = hit.identity();
        assert!(identity.is_none_or(|whose| whose.subject() == session.subject.as_str()));
        1
    };
    let read = || {
        let mut hits = 0_u64;
        while !done.load(Ordering::Relaxed) {
            hits += sessions.iter().map(look).sum::<u64>();
        }
        hits
    };
    let write = || {
        for _ in 0..2_000 {
            sessions.iter().for_each(|session| keep(&cache, session));
        }
    };
    std::thread::scope(|scope| {
        let readers = [scope.spawn(read), scope.spawn(read)];
        let writers = [scope.spawn(write), scope.spawn(write)];
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        let hits: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(hits > 0, "nothing was read, so nothing was shown");
    });
}
