//! Over TLS, which a proxy in front of the program ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::client::{self, PASSWORD, Reply};
use crate::muster::Place;

/// Where the proxy says that its clients sit.
const CLIENT: &str = "203.0.113.9";
const PATIENCE: Duration = Duration::from_secs(30);
const LOCKED: &str = "api.user.check_user_login_attempts.too_many.app_error";

/// Makes an authority, and a certificate of it for 127.0.0.1.
const CERTIFY: &str = "
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=authority -keyout ca.key -out ca.crt &&
    openssl req -newkey rsa:2048 -nodes -subj /CN=proxy -keyout proxy.key -out proxy.csr &&
    echo subjectAltName=IP:127.0.0.1 > proxy.ext &&
    openssl x509 -req -in proxy.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile proxy.ext -out proxy.crt";

/// Ends TLS for one request a connection, and says to the service that it was https.
struct Proxy {
    address: SocketAddr,
    trust: Arc<ClientConfig>,
    has_to_end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    fn before(service: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("sh").args(["-c", CERTIFY]).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let (config, trust) = (serving(folder.path()), trusting(folder.path()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, has_to_end) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let is_over = has_to_end.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let connection = ServerConnection::new(config.clone()).unwrap();
                hand_on(StreamOwned::new(connection, stream.unwrap()), service);
            }
        });
        Self { address, trust, has_to_end, thread: Some(thread) }
    }

    /// Signs in as a browser does, with the cookies that it has.
    fn sign_in(&self, password: &str, cookies: &str) -> (Reply, Option<String>) {
        let body = json!({ "login_id": "ada", "password": password }).to_string();
        let connection = ClientConnection::new(self.trust.clone(), ServerName::from(self.address.ip())).unwrap();
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut tls = StreamOwned::new(connection, stream);
        let (host, length) = (self.address, body.len());
        write!(
            tls,
            "POST /api/v4/users/login HTTP/1.1\r\nHost: {host}\r\nX-Requested-With: XMLHttpRequest\r\nCookie: {cookies}\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        tls.read_to_string(&mut answer).unwrap();
        assert!(tls.conn.protocol_version().is_some(), "it was TLS");
        let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let device = cookies.into_iter().find(|cookie| cookie.starts_with("__Host-")).map(str::to_owned);
        (Reply::parse(&answer).unwrap(), device)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.has_to_end.store(true, Ordering::SeqCst);
        // It waits for somebody.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serving(folder: &Path) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(folder.join("proxy.crt")).unwrap().collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("proxy.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(config.with_single_cert(chain, key).unwrap())
}

fn trusting(folder: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("ca.crt")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    Arc::new(config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth())
}

/// Hands a request on, and its answer back.
fn hand_on(mut tls: StreamOwned<ServerConnection, TcpStream>, service: SocketAddr) {
    let mut reader = BufReader::new(&mut tls);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut behind = TcpStream::connect(service).unwrap();
    behind.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(behind, "{head}X-Forwarded-Proto: https\r\nX-Forwarded-For: {CLIENT}\r\n\r\n").unwrap();
    behind.write_all(&body).unwrap();
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer).unwrap();
    tls.write_all(&answer).unwrap();
    tls.conn.send_close_notify();
    tls.flush().unwrap();
}

#[test]
fn strangers_who_lock_an_account_lock_its_holder_out_of_no_device_that_is_known_over_tls() {
    let place = Place::new().set("server.trusted_proxies", "[\"127.0.0.1/32\"]").set("accounts.max_failed_sign_ins", 2);
    let service = place.serve();
    assert_eq!(client::sign_up(service.address, "ada").unwrap().status, 201);
    let proxy = Proxy::before(service.address);
    let (known, device) = proxy.sign_in(PASSWORD, "");
    let device = device.unwrap();
    assert_eq!(known.status, 201, "{known:?}");
    assert!(device.contains("; Secure") && device.contains("; HttpOnly"), "{device}");

    for _ in 0..3 {
        assert_eq!(proxy.sign_in("a wrong password", "").0.status, 401);
    }

    let (elsewhere, _) = proxy.sign_in(PASSWORD, "");
    assert_eq!((elsewhere.status, elsewhere.json()["id"].as_str()), (401, Some(LOCKED)));
    let (made_up, _) = proxy.sign_in(PASSWORD, &format!("__Host-MMDEVICE={}", "x".repeat(26)));
    assert_eq!(made_up.status, 401, "a device that nobody knows");
    let (back, _) = proxy.sign_in(PASSWORD, device.split(';').next().unwrap());
    assert_eq!(back.status, 201, "{back:?}");
}
