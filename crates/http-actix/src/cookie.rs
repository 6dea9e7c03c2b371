//! The cookies that browsers keep of a session.

use actix_web::cookie::time::{Duration as CookieDuration, OffsetDateTime};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{COOKIE, HeaderMap};
use muster_domain::credential::Token;
use muster_domain::device::DEVICE_LIFETIME;
use muster_domain::id::UserId;
use muster_domain::time::Timestamp;

/// Carries the session's token.
const TOKEN: &str = "MMAUTHTOKEN";
/// Tells scripts who is signed in.
const USER: &str = "MMUSERID";
/// Carries the value that scripts send as proof against forged requests.
const CSRF: &str = "MMCSRF";

/// Carries the token by which a device is known: to this host alone, over https alone.
pub const DEVICE: &str = "__Host-MMDEVICE";

/// How cookies look.
#[derive(Debug, Clone)]
pub struct CookieRules {
    /// The path under which the service is seen.
    pub path: String,
    /// Whether the service is seen over https.
    pub is_https: bool,
    /// Which sites' requests carry them.
    pub same_site: SameSite,
}

/// What the cookies of a session carry.
pub struct Carried<'a> {
    /// The session's token.
    pub token: &'a str,
    /// Who is signed in.
    pub user_id: &'a UserId,
    /// The proof against forged requests.
    pub csrf: &'a str,
    /// The time.
    pub now: Timestamp,
    /// When the session ends if it is not used.
    pub expires_at: Timestamp,
}

impl CookieRules {
    /// The cookies of a session that has just begun, or whose end has just moved.
    #[must_use]
    pub fn of_session(&self, carried: &Carried<'_>, peer_is_https: bool) -> [Cookie<'static>; 3] {
        let seconds = i64::try_from(carried.expires_at.since(carried.now).as_secs()).unwrap_or(i64::MAX);
        let values = [(TOKEN, carried.token), (USER, carried.user_id.as_str()), (CSRF, carried.csrf)];
        values.map(|(name, value)| {
            let mut cookie = self.cookie(name, value, peer_is_https);
            cookie.set_max_age(CookieDuration::seconds(seconds));
            cookie.set_expires(moment(carried.expires_at));
            cookie
        })
    }

    /// Whether the other end speaks https, as far as it is known.
    #[must_use]
    pub const fn speaks_https(&self, peer_is_https: bool) -> bool {
        self.is_https || peer_is_https
    }

    /// The cookies that take a session's back; the token's comes last.
    #[must_use]
    pub fn ended(&self, peer_is_https: bool) -> [Cookie<'static>; 3] {
        [CSRF, USER, TOKEN].map(|name| {
            let mut cookie = self.cookie(name, "", peer_is_https);
            cookie.set_max_age(CookieDuration::ZERO);
            cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
            cookie
        })
    }

    fn cookie(&self, name: &'static str, value: &str, peer_is_https: bool) -> Cookie<'static> {
        Cookie::build(name, value.to_owned())
            .path(self.path.clone())
            .http_only(name == TOKEN)
            .secure(self.speaks_https(peer_is_https))
            .same_site(self.same_site)
            .finish()
    }
}

/// The token in a request's cookies, even an empty one. Other programs of the same host may have set cookies of any form beside it.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<String> {
    value(headers, TOKEN)
}

/// The token of a known device in a request's cookies.
#[must_use]
pub fn device(headers: &HeaderMap) -> Option<String> {
    value(headers, DEVICE).filter(|token| token.len() == muster_domain::id::ID_LENGTH)
}

/// The cookie by which a device is known from now on.
#[must_use]
pub fn of_device(token: &Token) -> Cookie<'static> {
    let seconds = i64::try_from(DEVICE_LIFETIME.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(DEVICE, token.expose().to_owned())
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::seconds(seconds))
        .finish()
}

fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut cookies = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let value = cookies.find_map(|cookie| cookie.trim_ascii().strip_prefix(name.as_bytes())?.trim_ascii_start().strip_prefix(b"="))?;
    Some(String::from_utf8_lossy(value.trim_ascii()).into_owned())
}

fn moment(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.as_millis() / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
