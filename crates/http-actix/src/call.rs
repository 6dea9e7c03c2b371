//! Who calls: the token of a request, the session behind it, and the proof that no other site forged it.

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, USER_AGENT};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use muster_domain::actor::Actor;
use muster_domain::audit::Origin;
use muster_domain::client::Client;
use muster_domain::credential::Token;
use muster_domain::id::{RequestId, UserId};
use muster_domain::operation::Operation;
use muster_domain::permission::{Forbidden, Permit, Permitted, permit};
use muster_domain::session::SessionKind;
use muster_domain::sign_in::{Bearer, Use};
use muster_domain::store::Held;
use muster_domain::time::Timestamp;

use crate::address::Peer;
use crate::app::Service;
use crate::cookie::{self, Carried};
use crate::error::ApiError;
use crate::{local, routes};

/// What the pipeline knows of a request before anybody looks at it.
#[derive(Debug, Clone)]
pub struct Context {
    /// Names the request.
    pub id: RequestId,
    /// The other end.
    pub peer: Peer,
}

/// What the caller turned out to be, for the pipeline's audit of refusals.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    /// Whether a token was shown.
    pub showed_token: bool,
    /// Whose it was.
    pub user: Option<UserId>,
    /// Whether the use case writes its refusals down by itself.
    pub is_audited: bool,
    /// The cookies of a session whose end has moved.
    pub renewed_cookies: Vec<Cookie<'static>>,
}

impl Witness {
    /// Leaves the audit of a request's refusals, from now on, to its use case.
    pub fn leave_audit(request: &HttpRequest) {
        if let Some(witness) = request.extensions_mut().get_mut::<Self>() {
            witness.is_audited = true;
        }
    }
}

/// A request with its caller, signed in or not.
pub struct Call {
    /// What the request was made to.
    pub service: Data<Service>,
    /// Who calls.
    pub actor: Actor,
    /// What program he uses.
    pub client: Client,
    /// The request, for the audit.
    pub origin: Origin,
    /// Whether he speaks https.
    pub is_https: bool,
    due_use: Option<Use>,
}

/// A request whose caller is signed in.
pub struct SignedCall(pub Call);

impl std::ops::Deref for SignedCall {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.0
    }
}

/// Where a token was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Cookie,
    Header,
    Query,
}

/// Most bytes of a token that are looked at.
const TOKEN_BYTES: usize = 50;

/// The token of a request, from the first place that has one.
fn token(request: &HttpRequest) -> Option<(Source, Token)> {
    if let Some(shown) = cookie::token(request.headers()) {
        return Some((Source::Cookie, presented(&shown)));
    }
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let after = |scheme: &str| {
        let is_scheme = header.get(..scheme.len()).is_some_and(|word| word.eq_ignore_ascii_case(scheme));
        header.get(scheme.len() + 1..).filter(|_| is_scheme)
    };
    if let Some(text) = after("bearer").or_else(|| after("token")) {
        return Some((Source::Header, presented(text)));
    }
    let query = query(request, "access_token").filter(|text| !text.is_empty())?;
    Some((Source::Query, presented(&query)))
}

fn presented(text: &str) -> Token {
    Token::presented(&text[..text.floor_char_boundary(TOKEN_BYTES)])
}

/// A parameter of a request's query; broken escapes are read as far as they go.
#[must_use]
pub fn query(request: &HttpRequest, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

impl Call {
    /// Asks the permission table whether the caller may call an operation that has no target.
    ///
    /// # Errors
    ///
    /// 401 or 403.
    pub fn permit<O: Permitted>(&self) -> Result<Permit<O>, ApiError> {
        Ok(permit::<O>(&self.actor, None)?)
    }

    /// What comes of something, after the floor under answers whose time must not tell whether there is an account. No worker waits.
    pub async fn no_sooner<T>(&self, done: impl Future<Output = T>) -> T {
        let floor = actix_web::rt::time::Instant::now() + self.service.answer_floor;
        let made = done.await;
        actix_web::rt::time::sleep_until(floor).await;
        made
    }

    /// Writes down that the session or the access token was used, beside the answer and only if it is time to.
    fn note_use(&self, request: &HttpRequest) {
        let Some(usage) = self.due_use.clone() else { return };
        if let (Use::Session(_, touch), Some(token)) = (&usage, cookie::token(request.headers()))
            && let Some(end) = touch.expires_at
            && let Some(witness) = request.extensions_mut().get_mut::<Witness>()
        {
            witness.renewed_cookies = self.renewed_cookies(&token, end);
        }
        let sign_ins = self.service.sign_ins.clone();
        self.service.background.spawn(async move {
            if let Err(error) = sign_ins.note(&usage).await {
                tracing::warn!(error = muster_domain::cause::chain(&error), "a use could not be written down");
            }
        });
    }

    /// The cookies of the session that acts, which now ends at another time; none for who has no session.
    #[must_use]
    pub fn renewed_cookies(&self, token: &str, expires_at: Timestamp) -> Vec<Cookie<'static>> {
        let Some((id, user_id)) = self.actor.session_id().zip(self.actor.user_id()) else { return Vec::new() };
        let csrf = self.service.sign_ins.csrf(id.as_str());
        let carried = Carried { token, user_id, csrf: &csrf, now: self.service.clock.now(), expires_at };
        self.service.cookies.of_session(&carried, self.is_https).into()
    }

    /// The cookies that take a session's back.
    #[must_use]
    pub fn ended_cookies(&self) -> [Cookie<'static>; 3] {
        self.service.cookies.ended(self.is_https)
    }

    async fn of(request: HttpRequest) -> Result<Self, ApiError> {
        let (service, context) = parts(&request)?;
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let client = Client::new(context.peer.address, agent);
        if let Some(is_owner) = local::is_owner(&request) {
            return Self::of_operator(&request, service, &context, client, is_owner);
        }
        let shown = token(&request);
        request.extensions_mut().insert(Witness { showed_token: shown.is_some(), ..Witness::default() });
        let found = match &shown {
            Some((source, token)) => signed_in(&service, &request, *source, token, &context).await?,
            None => None,
        };
        let due_use = found.as_ref().zip(shown.as_ref());
        let due_use = due_use.and_then(|(held, (_, token))| service.sign_ins.due_use(held, token, context.peer.address));
        let actor = found.map_or(Actor::Nobody, |held| Actor::Account(Box::new(service.sign_ins.principal(held))));
        if let Some(witness) = request.extensions_mut().get_mut::<Witness>() {
            witness.user = actor.user_id().cloned();
        }
        let path = Some(request.path().to_owned());
        let origin = Origin { request_id: Some(context.id), address: Some(context.peer.address), path };
        Ok(Self { service, actor, client, origin, is_https: context.peer.is_https, due_use })
    }
}

impl Call {
    /// A call of nobody's, whatever the request shows: for pages where a link is the proof, and a cookie comes along unasked.
    ///
    /// # Errors
    ///
    /// 500 outside the pipeline.
    pub fn of_nobody(request: &HttpRequest) -> Result<Self, ApiError> {
        let (service, context) = parts(request)?;
        let client = Client::new(context.peer.address, "");
        let origin = Origin { request_id: Some(context.id), address: Some(context.peer.address), path: Some(request.path().to_owned()) };
        Ok(Self { service, actor: Actor::Nobody, client, origin, is_https: context.peer.is_https, due_use: None })
    }

    /// A call over the local socket: its owner is the operator, whatever token he shows.
    fn of_operator(
        request: &HttpRequest,
        service: Data<Service>,
        context: &Context,
        client: Client,
        is_owner: bool,
    ) -> Result<Self, ApiError> {
        if !is_owner {
            let message = "The local socket is for the user that runs Muster.";
            let id = "api.context.local_origin_required.app_error";
            return Err(ApiError::client(actix_web::http::StatusCode::UNAUTHORIZED, id, message));
        }
        let origin = Origin { request_id: Some(context.id.clone()), address: None, path: Some(request.path().to_owned()) };
        Ok(Self { service, actor: Actor::Operator, client, origin, is_https: false, due_use: None })
    }
}

fn parts(request: &HttpRequest) -> Result<(Data<Service>, Context), ApiError> {
    let service = Service::of(request).cloned();
    let context = request.extensions().get::<Context>().cloned();
    service.zip(context).ok_or_else(|| ApiError::internal("api.context.internal.app_error", "a handler outside the pipeline"))
}

/// What a token stands for; `None` when that lets nobody in. Refuses what no route may accept.
async fn signed_in(
    service: &Service,
    request: &HttpRequest,
    source: Source,
    token: &Token,
    context: &Context,
) -> Result<Option<Held>, ApiError> {
    let bearer = service.sign_ins.bearer(token, context.peer.address).await;
    let known = match bearer.map_err(|error| ApiError::internal("api.context.invalid_token.error", error))? {
        Bearer::Known(known) => known,
        Bearer::Unknown => return Ok(None),
        Bearer::TooMany(standing) => return Err(ApiError::limited(standing)),
    };
    let is_app = matches!(&*known, Held::Session(signed_in) if signed_in.session.kind == SessionKind::OauthApp);
    if source == Source::Query && !is_app {
        let message = "A session's token does not belong in an address.";
        return Err(ApiError::client(actix_web::http::StatusCode::UNAUTHORIZED, "api.context.token_provided.app_error", message));
    }
    if source == Source::Cookie && request.method() != Method::GET && !is_proven(service, request, known.id()) {
        return Err(ApiError::session_expired().ending_cookie());
    }
    Ok(Some(*known))
}

/// Whether a request shows that a script of our own site sent it.
fn is_proven(service: &Service, request: &HttpRequest, credential_id: &str) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    header("x-csrf-token").is_some_and(|shown| service.sign_ins.is_csrf(credential_id, shown)) || is_scripted(request)
}

/// Whether a script sent the request: forms of other sites can't add this header.
#[must_use]
pub fn is_scripted(request: &HttpRequest) -> bool {
    request.headers().get("x-requested-with").is_some_and(|value| value == "XMLHttpRequest")
}

/// Whether a request shows a token, be it a dead one.
fn shows_credential(request: &HttpRequest) -> bool {
    request.headers().contains_key(AUTHORIZATION) || cookie::token(request.headers()).is_some()
}

fn operation(request: &HttpRequest) -> Option<Operation> {
    routes::operation(request.method().as_str(), &request.match_pattern()?)
}

/// Whether a request may go on for who must activate a second factor first: he activates it, or asks who he is.
fn is_open_without_factor(request: &HttpRequest) -> bool {
    match operation(request) {
        Some(Operation::GenerateMfaSecret | Operation::UpdateUserMfa) => true,
        Some(Operation::GetUser) => request.path().ends_with("/users/me"),
        _ => false,
    }
}

impl FromRequest for Call {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let call = Self::of(request.clone()).await?;
            // Where anybody may call, who lacks a factor is anybody: he may end his session, and that is all it is good for.
            let counts = !call.actor.lacks_factor() || operation(&request) == Some(Operation::Logout);
            Ok(if counts { call } else { Self { actor: Actor::Nobody, ..call } })
        })
    }
}

impl FromRequest for SignedCall {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let call = Call::of(request.clone()).await?;
            match &call.actor {
                Actor::Nobody if shows_credential(&request) => Err(ApiError::session_expired().ending_cookie()),
                Actor::Nobody => Err(ApiError::session_expired()),
                Actor::Account(_) if call.actor.lacks_factor() && !is_open_without_factor(&request) => Err(Forbidden::FactorMissing.into()),
                Actor::Account(_) | Actor::Operator => {
                    call.note_use(&request);
                    Ok(Self(call))
                }
            }
        })
    }
}
