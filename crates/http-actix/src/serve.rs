//! `muster serve`: from settings to a service that runs until it is told to stop.

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::web::Data;
use metrics_exporter_prometheus::PrometheusHandle;
use muster_domain::cause::chain as told;
use muster_domain::key_check::{self, KeyCheck};
use muster_domain::mail::Courier;
use muster_domain::port::Clock;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::app::{self, Service};
use crate::bell::RingingStore;
use crate::config::Config;
use crate::limits::MemoryLimits;
use crate::supervisor::{Patience, Stopped, Supervisor};
use crate::wiring::{self, Backend, Keys, Ports, StartError};
use crate::{courier, local, maintenance, metrics_page};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;
/// How long closing the store may take where requests have used up the time to stop in.
const LEAST_TO_CLOSE: Duration = Duration::from_secs(1);

/// A store that is ready to be used, with keys that belong to it.
pub struct Ready {
    /// The store.
    pub backend: Backend,
    /// The keys.
    pub keys: Arc<Keys>,
    /// What the store says of them.
    pub key_check: KeyCheck,
}

/// Opens the store, brings it up to date, and checks that the keys belong to it. From when the store is open it is kept in the given
/// place too: whatever comes of the rest, it is to be closed.
///
/// # Errors
///
/// [`StartError`] says what is in the way, and how to mend it.
pub async fn ready(config: &Config, opened: &OnceLock<Backend>) -> Result<Ready, StartError> {
    wiring::check_keys(config)?;
    let backend = Backend::open(config).await?;
    let _ = opened.set(backend.clone());
    if config.store.migrate {
        for name in backend.migrate().await? {
            tracing::info!(name, "applied a migration");
        }
    } else if let [first, ..] = backend.pending().await?.as_slice() {
        let told = format!("the store lacks migrations, {first} the first; run `muster migrate`, or set store.migrate to true");
        return Err(StartError::Store(told));
    }
    let missing_file = wiring::missing_key_file(config, backend.file());
    let keys = Arc::new(wiring::keys(config, backend.file())?);
    let key_check = key_check::verify(&*backend.store(), &*keys).await.map_err(|error| StartError::Store(told(&error)))?;
    if key_check == KeyCheck::Foreign {
        return Err(foreign(missing_file.as_deref()));
    }
    Ok(Ready { backend, keys, key_check })
}

/// The store belongs to another key. One that was made for want of that one is taken away again: it would hide what is missing.
fn foreign(made_for_want: Option<&Path>) -> StartError {
    StartError::Settings(match made_for_want {
        Some(path) => {
            let _ = std::fs::remove_file(path);
            format!("the key file {} is missing, and the store was made with the key in it; put it back from a backup", path.display())
        }
        None => "the root key is not the one this store was made with; set secrets.key to that one, or list it in secrets.previous_keys"
            .to_owned(),
    })
}

/// Serves until a signal says to stop; what runs then is finished first, and the store closed last.
///
/// # Errors
///
/// [`StartError`] when the service does not start.
pub async fn serve(config: Config) -> Result<(), StartError> {
    let (opened, told_at) = (OnceLock::new(), Arc::default());
    let served = serve_in(&config, &opened, &told_at).await;
    close(&opened, time_left(&config, &told_at).max(LEAST_TO_CLOSE)).await;
    served
}

/// How much of the time to stop in is left; all of it, if nobody said to stop.
fn time_left(config: &Config, told_at: &OnceLock<Instant>) -> Duration {
    let passed = told_at.get().map(Instant::elapsed).unwrap_or_default();
    Duration::from_secs(config.server.shutdown_secs).saturating_sub(passed)
}

/// Closes the store, if it was opened, for so long at most.
pub(crate) async fn close(opened: &OnceLock<Backend>, patience: Duration) {
    let Some(backend) = opened.get() else { return };
    if tokio::time::timeout(patience, backend.close()).await.is_err() {
        tracing::warn!("the store was not closed in time; the next start puts it in order");
    }
}

async fn serve_in(config: &Config, opened: &OnceLock<Backend>, told_at: &Arc<OnceLock<Instant>>) -> Result<(), StartError> {
    let mut stop = Box::pin(stop_signal()?);
    let (started, background) = tokio::select! {
        started = start(config, opened) => started?,
        () = &mut stop => {
            tracing::info!("stopped before the service had started");
            return Ok(());
        }
    };
    let halt = background.halt();
    let stop = Box::pin({
        let told_at = told_at.clone();
        async move {
            stop.await;
            let _ = told_at.set(Instant::now());
            // They take no mail up while requests end: both have the same time.
            let _ = halt.send(true);
        }
    });
    let service = started.service.clone();
    run(config, started, stop).await?;
    background.stop(time_left(config, told_at)).await;
    service.refusals.flush().await;
    Ok(())
}

/// All that serving needs.
struct Started {
    listener: TcpListener,
    metrics: Option<actix_web::dev::Server>,
    local: Option<std::os::unix::net::UnixListener>,
    service: Data<Service>,
}

async fn start(config: &Config, opened: &OnceLock<Backend>) -> Result<(Started, Supervisor), StartError> {
    let listener = listen(config.server.listen, "server.listen")?;
    let (counted, metrics) = metrics(config)?.unzip();
    let local = config.server.local_socket.as_deref().map(local::listen).transpose()?;
    let Ready { backend, keys, .. } = ready(config, opened).await?;
    let limits = wiring::limits(config);
    let ports: Ports = wiring::ports(config, backend.store(), keys, limits.clone())?;
    let (bell, courier) = (Arc::<Notify>::default(), wiring::courier(config, &ports)?);
    let ringing = Ports { store: Arc::new(RingingStore::new(ports.store, bell.clone())), ..ports };
    let service = wiring::service(config, ringing);
    greet(config, &service).await?;
    let mut background = Supervisor::new(service.task_health.clone(), Patience::USUAL);
    if let Some(courier) = courier {
        start_couriers(&mut background, config.mail.connections, &courier, &service.clock, &bell);
    }
    start_upkeep(&mut background, &service, limits, wiring::retentions(config));
    if let Some(counted) = counted {
        background.start("metrics", move |stopped| until(stopped, metrics_page::keep(counted.clone())));
    }
    Ok((Started { listener, metrics, local, service }, background))
}

/// Starts so many at once, whom a bell wakes.
fn start_couriers(background: &mut Supervisor, count: u32, courier: &Arc<Courier>, clock: &Arc<dyn Clock>, bell: &Arc<Notify>) {
    for _ in 0..count {
        let (courier, clock, bell) = (courier.clone(), clock.clone(), bell.clone());
        background.start("courier", move |stopped| courier::work(courier.clone(), clock.clone(), bell.clone(), stopped));
    }
}

fn start_upkeep(background: &mut Supervisor, service: &Data<Service>, limits: Option<Arc<MemoryLimits>>, retentions: [Duration; 2]) {
    let often = service.clone();
    background.start("upkeep", move |stopped| until(stopped, maintenance::often(often.clone(), limits.clone())));
    let seldom = service.clone();
    background.start("sweeps", move |stopped| until(stopped, maintenance::seldom(seldom.clone(), retentions)));
}

/// Lets a task run that may be cut off anywhere, until it is told to stop.
async fn until(mut stopped: Stopped, task: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopped.wait_for(|is_told| *is_told) => {}
        () = task => {}
    }
}

/// What counts, and the server that shows it; nothing if nobody wants it.
fn metrics(config: &Config) -> Result<Option<(PrometheusHandle, actix_web::dev::Server)>, StartError> {
    let Some(address) = config.server.admin_listen else { return Ok(None) };
    let handle = metrics_page::record().map_err(|error| StartError::Listen(format!("metrics can't be counted: {error}")))?;
    let server = metrics_page::server(address, handle.clone()).map_err(|error| refused(address, "server.admin_listen", &error))?;
    Ok(Some((handle, server)))
}

fn listen(address: SocketAddr, setting: &str) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).map_err(|error| refused(address, setting, &error))?;
    // The standard library lets 128 connections wait: too few for the moment after a restart.
    rustix::net::listen(&listener, BACKLOG).map_err(|error| refused(address, setting, &error.into()))?;
    listener.set_nonblocking(true).map_err(|error| refused(address, setting, &error))?;
    Ok(listener)
}

fn refused(address: SocketAddr, setting: &str, error: &std::io::Error) -> StartError {
    let mend = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there; stop it, or choose another port",
        ErrorKind::PermissionDenied => "ports below 1024 need more rights; choose another port",
        ErrorKind::AddrNotAvailable => "this machine has no such address; choose one it has, or 0.0.0.0 for all",
        _ => "choose another address",
    };
    StartError::Listen(format!("can't listen on {address}: {mend} with {setting} ({error})"))
}

async fn run(config: &Config, started: Started, stop: Pin<Box<impl Future<Output = ()> + Send + 'static>>) -> Result<(), StartError> {
    let Started { listener, metrics, local, service, .. } = started;
    let local = local.map(|listener| local_server(listener, config, service.clone())).transpose()?;
    let failed = |error: std::io::Error| StartError::Listen(format!("can't serve on {}: {error}", config.server.listen));
    let server = HttpServer::new(move || app::app(service.clone()))
        .disable_signals()
        .shutdown_timeout(config.server.shutdown_secs)
        .listen(listener)
        .map_err(failed)?
        .run();
    let (handle, local_handle) = (server.handle(), local.as_ref().map(actix_web::dev::Server::handle));
    let (metrics, local) = (metrics.map(tokio::spawn), local.map(tokio::spawn));
    let stopper = tokio::spawn(async move {
        stop.await;
        tracing::info!("stopping: what runs is finished first");
        if let Some(local) = local_handle {
            local.stop(true).await;
        }
        handle.stop(true).await;
    });
    let ended = server.await.map_err(failed);
    stopper.abort();
    for task in [metrics, local].into_iter().flatten() {
        task.abort();
    }
    if let Some(path) = &config.server.local_socket {
        // Left behind, it would be removed at the next start.
        let _ = std::fs::remove_file(path);
    }
    tracing::info!("stopped");
    ended
}

/// The server of the local socket.
fn local_server(
    listener: std::os::unix::net::UnixListener,
    config: &Config,
    service: Data<Service>,
) -> Result<actix_web::dev::Server, StartError> {
    let served = HttpServer::new(move || app::local_app(service.clone())).workers(1).on_connect(local::note_peer).disable_signals();
    let served = served.shutdown_timeout(config.server.shutdown_secs).listen_uds(listener);
    served.map(HttpServer::run).map_err(|error| StartError::Listen(format!("server.local_socket: it can't be served on: {error}")))
}

/// Ends when a signal says to stop. From now on signals do no more than that: as the first process of a container this program would
/// otherwise not hear them, and anywhere else be cut off.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, StartError> {
    let failed = |error: std::io::Error| StartError::Listen(format!("the signals to stop can't be listened to: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Says where the service is, and what to do next.
async fn greet(config: &Config, service: &Service) -> Result<(), StartError> {
    let site = config.site_url();
    let failed = |error: muster_domain::store::StoreError| StartError::Store(told(&error));
    let next = if service.accounts.awaits_first_admin().await.map_err(failed)? {
        format!(
            "The first account becomes admin:\n  curl -s {site}/api/v4/users -d '{{\"username\":\"ada\",\"email\":\"ada@example.test\",\"password\":\"choose-a-good-one\"}}'\n"
        )
    } else if service.accounts.is_empty().await.map_err(failed)? {
        "There is no account yet. Make an admin:\n  muster user create --system-admin --username ada --email ada@example.test\n".to_owned()
    } else {
        String::new()
    };
    let text = format!("Muster listens on http://{} and describes its API at {site}/docs/\n{next}", config.server.listen);
    // Whoever started the service may not read what it says; that is no reason to stop.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}
