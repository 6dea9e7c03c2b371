//! A request, part by part.

use std::net::SocketAddr;
use std::rc::Rc;

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Bytes;
use futures_util::future::LocalBoxFuture;
use muster_http_actix::app;

use super::reply::Reply;
use super::{Somebody, TestApp};

/// An application that answers requests.
pub(crate) type Served = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, ServiceResponse>>;

async fn served(service: actix_web::web::Data<app::Service>) -> Served {
    let served = Rc::new(init_service(app::app(service)).await);
    Box::new(move |request: TestRequest| {
        let served = served.clone();
        Box::pin(async move { call_service(&*served, request.to_request()).await.map_into_boxed_body() })
    })
}

/// A request that was not sent yet.
pub(crate) struct Ask<'a> {
    app: &'a TestApp,
    request: TestRequest,
    is_json: bool,
    is_get: bool,
    is_secret: bool,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(app: &'a TestApp, method: &str, path: &str) -> Self {
        let peer: SocketAddr = "192.0.2.7:40000".parse().unwrap();
        let request = TestRequest::with_uri(path).method(Method::from_bytes(method.as_bytes()).unwrap()).peer_addr(peer);
        let is_get = method == "GET";
        let is_picture = is_get && path.contains("/image");
        // What a code generator is given may be kept by nobody, however it is asked for.
        let is_secret = path.ends_with("/mfa/generate");
        Self { app, request, is_json: path.starts_with("/api/") && !is_picture, is_get, is_secret }
    }

    /// With a header.
    pub(crate) fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = actix_web::http::header::HeaderValue::from_bytes(value.as_ref()).unwrap();
        Self { request: self.request.append_header((name, value)), ..self }
    }

    /// With a body, whatever it holds, and no word of its type.
    pub(crate) fn body(self, body: impl Into<Bytes>) -> Self {
        Self { request: self.request.set_payload(body), ..self }
    }

    /// With somebody's token, as programs send it.
    pub(crate) fn by(self, somebody: &Somebody) -> Self {
        self.bearer(&somebody.token)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// With a token, as browsers send it.
    pub(crate) fn cookie(self, token: &str) -> Self {
        self.header("cookie", format!("MMAUTHTOKEN={token}"))
    }

    /// As a script of our own site.
    pub(crate) fn scripted(self) -> Self {
        self.header("x-requested-with", "XMLHttpRequest")
    }

    /// From another address than everybody's.
    pub(crate) fn from(self, address: &str) -> Self {
        Self { request: self.request.peer_addr(SocketAddr::new(address.parse().unwrap(), 40000)), ..self }
    }

    /// Sends it, and checks what every answer has.
    pub(crate) async fn send(self) -> Reply {
        let served = self.app.served.get_or_init(|| served(self.app.service.clone())).await;
        let response = served(self.request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let reply = Reply { status, headers, body: read_body(response).await };
        reply.check_headers(self.is_get || (self.is_secret && status == 200));
        if self.is_json || status >= 400 {
            reply.check_body();
        }
        reply
    }
}
