//! actix-web with actix-session and its store in Redis.

use std::error::Error;

use actix_session::storage::RedisSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::{App, HttpResponse, HttpServer, web};
use symbolon_peers::{Who, arguments};

async fn log_in(session: Session, who: web::Json<Who>) -> HttpResponse {
    match session.insert("subject", &who.subject) {
        Ok(()) => HttpResponse::Created().json(who.into_inner()),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn verify(session: Session) -> HttpResponse {
    match session.get("subject") {
        Ok(Some(subject)) => HttpResponse::Ok().json(Who { subject }),
        _ => HttpResponse::Unauthorized().finish(),
    }
}

/// The same session under another key: the old one is void.
async fn refresh(session: Session) -> HttpResponse {
    let answer = verify(session.clone()).await;
    if answer.status().is_success() {
        session.renew();
    }
    answer
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, redis) = arguments()?;
    let store = RedisSessionStore::new(redis).await?;
    let key = Key::generate();
    let app = move || {
        let sessions = SessionMiddleware::builder(store.clone(), key.clone()).cookie_secure(false);
        App::new()
            .wrap(sessions.build())
            .route("/v1/service/sessions", web::post().to(log_in))
            .route("/verify", web::get().to(verify))
            .route("/v1/refresh", web::post().to(refresh))
    };
    HttpServer::new(app).workers(2).bind(address)?.run().await?;
    Ok(())
}
