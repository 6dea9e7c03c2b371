//! What the benchmark measures Muster against: handlers with nothing around them.
//!
//! `/bytes` answers as many bytes as an account has, `/row/{id}` adds one primary-key SELECT on the store, `/hash` makes one
//! password hash on the bounded pool. No caller, no permission, no header, no log.
#![expect(clippy::unwrap_used, reason = "a measurement that can't be set up should stop")]

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{self, Data, Path};
use actix_web::{App, HttpResponse, HttpServer};
use clap::Parser;
use figment::providers::Serialized;
use muster_domain::credential::Password;
use muster_domain::port::Passwords;
use muster_domain::store::Store;
use muster_http_actix::config::{self, Config};
use muster_http_actix::wiring::{self, Backend};

/// The same allocator as the program's: it decides what a hash costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Handlers with nothing around them, to measure against.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// The store, as `store.url`.
    #[arg(long)]
    store: String,
}

struct Shared {
    store: Arc<dyn Store>,
    passwords: Arc<dyn Passwords>,
}

/// About as many bytes as `/users/me` answers.
const ACCOUNT: &str = include_str!("bare/account.json");

async fn bytes() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(ACCOUNT)
}

async fn row(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let user = shared.store.read().await.unwrap().users().by_id(&id.parse().unwrap()).await.unwrap().unwrap();
    HttpResponse::Ok().content_type("application/json").insert_header(("x-name", user.username.as_str())).body(ACCOUNT)
}

async fn hash(shared: Data<Shared>) -> HttpResponse {
    match shared.passwords.hash(&Password::from("a password of 24 letters".to_owned())).await {
        Ok(_) => HttpResponse::Ok().finish(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let config = Config::read(&config::sources(None).merge(Serialized::default("store.url", args.store))).unwrap();
    let backend = Backend::open(&config).await.unwrap();
    let keys = Arc::new(wiring::keys(&config, backend.file()).unwrap());
    let ports = wiring::ports(&config, backend.store(), keys, None).unwrap();
    let shared = Data::new(Shared { store: ports.store, passwords: ports.passwords });
    let app = move || {
        App::new()
            .app_data(shared.clone())
            .route("/bytes", web::get().to(bytes))
            .route("/row/{id}", web::get().to(row))
            .route("/hash", web::get().to(hash))
    };
    HttpServer::new(app).bind(args.listen)?.run().await
}
