//! What clients are told of the service before they call it: settings, licence, health.

use std::collections::BTreeMap;

use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse};
use muster_domain::actor::Actor;
use muster_domain::locale::Locale;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::call::{Call, query};
use crate::config::Config;
use crate::error::{ApiError, ErrorBody};

/// The version of the reference server whose clients are served.
pub const VERSION: &str = "11.6.0";

type Texts = BTreeMap<&'static str, String>;

/// What clients are told.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    public: Texts,
    private: Texts,
    version: HeaderValue,
}

impl ClientConfig {
    /// What the settings mean for clients.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let public = public(config);
        let private = public.clone().into_iter().chain(private(config)).collect();
        let hash = hex(&Sha256::digest(json!(private).to_string()));
        let version = HeaderValue::from_str(&format!("{VERSION}.muster.{hash}.false"));
        Self { public, private, version: version.unwrap_or_else(|_| HeaderValue::from_static(VERSION)) }
    }

    /// The header by which clients see the version, and that the settings changed.
    #[must_use]
    pub fn version_header(&self) -> HeaderValue {
        self.version.clone()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn texts<const N: usize>(pairs: [(&'static str, &str); N]) -> Texts {
    pairs.into_iter().map(|(key, value)| (key, value.to_owned())).collect()
}

/// What anybody is told.
fn public(config: &Config) -> Texts {
    let mut all = texts([
        ("Version", VERSION),
        ("BuildNumber", "muster"),
        ("BuildDate", ""),
        ("BuildHash", env!("CARGO_PKG_VERSION")),
        ("BuildHashEnterprise", ""),
        ("BuildEnterpriseReady", "false"),
        ("SiteURL", &config.site_url()),
        ("WebsocketURL", ""),
        ("WebsocketPort", "80"),
        ("WebsocketSecurePort", "443"),
        ("DefaultClientLocale", &config.accounts.default_locale),
        ("DiagnosticId", ""),
        ("TelemetryId", ""),
        ("DiagnosticsEnabled", "false"),
        ("EnableSignUpWithEmail", "true"),
        ("EnableSignInWithEmail", "true"),
        ("EnableSignInWithUsername", "true"),
        ("EnableSignUpWithGitLab", "false"),
        ("EnableSignUpWithGoogle", "false"),
        ("EnableSignUpWithOffice365", "false"),
        ("EnableSignUpWithOpenId", "false"),
        ("EnableLdap", "false"),
        ("EnableSaml", "false"),
        ("EnableGuestAccounts", "true"),
        ("EnableBotAccountCreation", "true"),
        ("EnableCustomEmoji", "false"),
        ("EnableUserStatuses", "true"),
        ("HasImageProxy", "false"),
        ("PluginsEnabled", "false"),
        ("EnableCustomBrand", "false"),
    ]);
    let (factor, mail) = (&config.second_factor, &config.mail);
    all.insert("SiteName", if mail.site_name.is_empty() { "Muster".to_owned() } else { mail.site_name.clone() });
    all.insert("EnableMultifactorAuthentication", factor.enabled.to_string());
    all.insert("EnforceMultifactorAuthentication", (factor.enabled && factor.enforced).to_string());
    all.insert("PasswordEnableForgotLink", mail.is_on().to_string());
    all.insert("EnableGuestMagicLink", config.accounts.guest_magic_links.to_string());
    let passwords = &config.passwords;
    all.insert("EnableUserCreation", config.accounts.allow_sign_up.to_string());
    all.insert("EnableOpenServer", config.accounts.open_sign_up.to_string());
    all.insert("PasswordMinimumLength", passwords.minimum_length.to_string());
    all.insert("PasswordRequireLowercase", passwords.require_lowercase.to_string());
    all.insert("PasswordRequireUppercase", passwords.require_uppercase.to_string());
    all.insert("PasswordRequireNumber", passwords.require_number.to_string());
    all.insert("PasswordRequireSymbol", passwords.require_symbol.to_string());
    all
}

/// What who is signed in is told besides.
fn private(config: &Config) -> Texts {
    let mut all = texts([
        ("LockTeammateNameDisplay", "false"),
        ("RestrictDirectMessage", "any"),
        ("EnableCustomUserStatuses", "true"),
        ("EnableLastActiveTime", "true"),
        ("ExperimentalTimezone", "true"),
        ("UpgradedFromTE", "false"),
    ]);
    all.insert("SendEmailNotifications", config.mail.is_on().to_string());
    all.insert("RequireEmailVerification", config.accounts.require_verified_email.to_string());
    all.insert("EnableUserAccessTokens", config.tokens.enabled.to_string());
    all.insert("ExtendSessionLengthWithActivity", config.sessions.extend_with_activity.to_string());
    all.insert("TeammateNameDisplay", config.accounts.name_format.id().to_owned());
    all.insert("EnableUserDeactivation", config.accounts.allow_own_deactivation.to_string());
    all.insert("MaxFileSize", config.files.picture_bytes.to_string());
    all.insert("AvailableLocales", Locale::supported().join(","));
    all.insert("ShowEmailAddress", config.accounts.show_email_address.to_string());
    all.insert("ShowFullName", config.accounts.show_full_name.to_string());
    all
}

/// `GET /api/v4/config/client`
#[utoipa::path(
    get, path = "/api/v4/config/client", operation_id = "GetClientConfig", tag = "system",
    params(("format" = Option<String>, Query, description = "Taken and not needed: old")),
    responses(
        (status = 200, description = "Settings as texts; more of them with a session", body = inline(BTreeMap<String, String>)),
        (status = 503, description = "The database does not answer", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.config.client", skip_all)]
pub(crate) async fn config(call: Call) -> Result<HttpResponse, ApiError> {
    let settings = &call.service.client_config;
    let mut told = if matches!(call.actor, Actor::Nobody) { settings.public.clone() } else { settings.private.clone() };
    told.insert("NoAccounts", call.service.accounts.is_empty().await?.to_string());
    let terms = call.service.directory.terms_id().await?;
    told.insert("EnableCustomTermsOfService", terms.is_some().to_string());
    told.insert("CustomTermsOfServiceId", terms.map(|id| id.to_string()).unwrap_or_default());
    Ok(HttpResponse::Ok().json(told))
}

/// `GET /api/v4/license/client`
#[utoipa::path(
    get, path = "/api/v4/license/client", operation_id = "GetClientLicense", tag = "system",
    params(("format" = String, Query, description = "old, the only form there is")),
    responses(
        (status = 200, description = "What the licence covers, as texts", body = inline(BTreeMap<String, String>)),
        (status = 400, description = "No format, or another one", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.license.client", skip_all)]
pub(crate) async fn license(request: HttpRequest, _: Call) -> Result<HttpResponse, ApiError> {
    match query(&request, "format").as_deref() {
        Some("old") => Ok(HttpResponse::Ok().json(json!({ "IsLicensed": "false" }))),
        None | Some("") => {
            let message = "The address needs ?format=old.";
            let id = "api.license.client.old_format.app_error";
            Err(ApiError::client(actix_web::http::StatusCode::BAD_REQUEST, id, message))
        }
        Some(_) => Err(ApiError::body_param("format")),
    }
}

/// `GET /api/v4/system/ping`
#[utoipa::path(
    get, path = "/api/v4/system/ping", operation_id = "Ping", tag = "system",
    params(
        ("get_server_status" = Option<bool>, Query, description = "Whether the database is asked too"),
        ("use_rest_semantics" = Option<bool>, Query, description = "Whether the status stays 200 when it does not answer"),
    ),
    responses(
        (status = 200, description = "The service answers", body = inline(BTreeMap<String, String>)),
        (status = 500, description = "The database does not answer", body = inline(ErrorBody)),
    )
)]
#[tracing::instrument(name = "http.system.ping", skip_all)]
pub(crate) async fn ping(request: HttpRequest, call: Call) -> HttpResponse {
    let mut body = json!({
        "status": "OK",
        "ActiveSearchBackend": "database",
        "AndroidLatestVersion": "",
        "AndroidMinVersion": "",
        "IosLatestVersion": "",
        "IosMinVersion": "",
    });
    if query(&request, "get_server_status").as_deref() != Some("true") {
        return HttpResponse::Ok().json(body);
    }
    let is_healthy = crate::probe::database_time(&call.service).await.is_ok();
    let told = if is_healthy { "OK" } else { "UNHEALTHY" };
    body["database_status"] = told.into();
    body["filestore_status"] = "OK".into();
    body["status"] = told.into();
    let keeps_status = query(&request, "use_rest_semantics").as_deref() == Some("true");
    let mut answer = if is_healthy || keeps_status { HttpResponse::Ok() } else { HttpResponse::InternalServerError() };
    answer.insert_header(("status", told)).insert_header(("database_status", told)).insert_header(("filestore_status", "OK"));
    answer.json(body)
}
