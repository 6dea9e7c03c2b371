//! From settings to a service: the one place beside `main` that names adapters.

mod backend;
mod files;
mod keys;
mod mail;
mod secret_file;

use std::sync::Arc;
use std::time::Duration;

use actix_web::cookie::SameSite as CookieSameSite;
use actix_web::web::Data;
use muster_adapters_crypto::{ArgonOptions, ArgonPasswords, EstimatedGuesses, SystemClock, SystemRandomness, TotpCodes};
use muster_domain::access_token::TokenRules;
use muster_domain::accounts::AccountRules;
use muster_domain::email::MailDomains;
use muster_domain::factor::FactorRules;
use muster_domain::limit::{RateLimits, Unlimited};
use muster_domain::locale::Locale;
use muster_domain::password::PasswordPolicy;
use muster_domain::port::{Clock, Guesses};
use muster_domain::provider::NoProviders;
use muster_domain::session::SessionLengths;
use muster_domain::sign_in::SignInRules;
use muster_domain::store::{LockRules, Store};
use muster_domain::use_cases::UseCases;
use muster_domain::user::query::NameFormat;
use muster_domain::user::shown::Privacy;

use crate::address::TrustedProxies;
use crate::app::{CorsRules, Service};
use crate::client_config::ClientConfig;
use crate::config::{self, Config, FirstIsAdmin, SameSite};
use crate::cookie::CookieRules;
use crate::limits::MemoryLimits;

pub use backend::{Backend, StartError};
pub use keys::{check_keys, keys, missing_key_file};
pub use mail::courier;
pub use muster_adapters_crypto::Keys;
pub use muster_domain::use_cases::Ports;

/// The ports that settings ask for, besides the store and the keys.
///
/// # Errors
///
/// [`StartError`] when the cost of passwords is out of bounds.
pub fn ports(config: &Config, store: Arc<dyn Store>, keys: Arc<Keys>, limits: Option<Arc<MemoryLimits>>) -> Result<Ports, StartError> {
    let passwords = passwords(config)?;
    let randomness = SystemRandomness::new().map_err(|error| StartError::Settings(error.to_string()))?;
    let limits: Arc<dyn RateLimits> = match limits {
        Some(limits) => limits,
        None => Arc::new(Unlimited),
    };
    Ok(Ports {
        store,
        keys: keys.clone(),
        sealer: keys,
        codes: Arc::new(TotpCodes),
        providers: Arc::new(NoProviders),
        passwords: Arc::new(passwords),
        guesses: config.passwords.refuse_guessable.then(|| Arc::new(EstimatedGuesses) as Arc<dyn Guesses>),
        clock: clock(),
        randomness: Arc::new(randomness),
        limits,
        pictures: files::pictures(config)?,
        files: files::files(config)?,
        sends_mail: config.mail.is_on(),
    })
}

/// The machine's clock.
#[must_use]
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Checks what the settings' readers can't: the store's address, the keys, the cost of passwords. Makes nothing that stays.
///
/// # Errors
///
/// [`StartError`] names the first setting that can't be used.
pub fn check(config: &Config) -> Result<(), StartError> {
    check_keys(config)?;
    if config.mail.is_on() {
        mail::mailer(config)?;
    }
    files::check(config)?;
    passwords(config).map(drop)
}

fn passwords(config: &Config) -> Result<ArgonPasswords, StartError> {
    let wanted = &config.passwords;
    let options = ArgonOptions {
        memory_kib: wanted.memory_kib,
        passes: wanted.passes,
        lanes: wanted.lanes,
        threads: if wanted.threads == 0 { cores() } else { wanted.threads },
        queue: wanted.queue,
    };
    ArgonPasswords::new(options).map_err(|error| {
        StartError::Settings(format!("{}; correct the section passwords of the settings", muster_domain::cause::chain(&error)))
    })
}

/// How many threads can really run at once.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The service that settings and ports make. It keeps a handle of the runtime that it is made on.
#[must_use]
pub fn service(config: &Config, ports: Ports) -> Data<Service> {
    let UseCases { accounts, directory, sign_ins, live_sessions, tokens, second_factors, refusals } =
        UseCases::new(&ports, account_rules(config), sign_in_rules(config));
    let Ports { store, clock, randomness, .. } = ports;
    Data::new(Service {
        accounts,
        directory,
        sign_ins,
        live_sessions,
        tokens,
        second_factors,
        refusals,
        store,
        clock,
        randomness,
        proxies: TrustedProxies::new(config.server.trusted_proxies.clone()),
        cookies: cookie_rules(config),
        cors: CorsRules { origins: config.server.cors_origins.clone(), credentials: config.server.cors_credentials },
        client_config: ClientConfig::new(config),
        request_timeout: Duration::from_secs(config.server.request_timeout_secs),
        body_timeout: Duration::from_secs(config.server.body_timeout_secs),
        answer_floor: Duration::from_millis(config.mail.answer_floor_ms),
        picture_bytes: config.files.picture_bytes,
        refused_sign_in: Duration::from_millis(config.accounts.refused_sign_in_ms),
        answers_like_reference: config.compat.reference_status_codes,
        background: tokio::runtime::Handle::current(),
        task_health: Arc::default(),
    })
}

/// The limits that settings ask for.
#[must_use]
pub fn limits(config: &Config) -> Option<Arc<MemoryLimits>> {
    config.limits.enabled.then(|| Arc::new(MemoryLimits::new(&config.limits)))
}

/// How long the records of ended sessions, and of mails, are kept.
#[must_use]
pub fn retentions(config: &Config) -> [Duration; 2] {
    [config.sessions.retention_days, config.mail.retention_days].map(days)
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours.saturating_mul(3600))
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes.saturating_mul(60))
}

fn days(days: u64) -> Duration {
    hours(days.saturating_mul(24))
}

fn sign_in_rules(config: &Config) -> SignInRules {
    let sessions = &config.sessions;
    let lengths = [sessions.web_hours, sessions.mobile_hours, sessions.sso_hours].map(hours);
    // A session may always live as long as it was promised to live unused.
    let absolute = lengths.iter().copied().fold(days(sessions.absolute_days), Duration::max);
    let limit = config.accounts.max_failed_sign_ins;
    SignInRules {
        lock: if config.accounts.lock_for_ever { LockRules::for_ever(limit) } else { LockRules::after(limit) },
        lengths: SessionLengths {
            web: lengths[0],
            mobile: lengths[1],
            sso: lengths[2],
            absolute,
            extends: sessions.extend_with_activity,
            idle: Some(minutes(sessions.idle_minutes)).filter(|idle| !idle.is_zero()),
        },
        sessions_per_user: config.accounts.sessions_per_user,
        tokens: token_rules(config),
        factor: FactorRules {
            is_enabled: config.second_factor.enabled,
            is_enforced: config.second_factor.enforced,
            is_enforced_for_guests: config.second_factor.enforced_for_guests,
            issuer: config.factor_issuer(),
            is_revealed: config.accounts.reveal_mfa,
        },
        needs_verified_email: config.accounts.require_verified_email,
        knows_devices: config.accounts.known_devices,
        has_links: config.accounts.guest_magic_links && config.mail.is_on(),
        fresh_for: Some(minutes(config.security.fresh_for_minutes)).filter(|span| !span.is_zero()),
    }
}

fn token_rules(config: &Config) -> TokenRules {
    let wanted = &config.tokens;
    TokenRules {
        are_enabled: wanted.enabled,
        per_user: wanted.per_user,
        longest: Some(days(wanted.max_days)).filter(|longest| !longest.is_zero()),
        are_marked: wanted.marked,
        make_tokens: wanted.make_tokens,
    }
}

fn account_rules(config: &Config) -> AccountRules {
    let wanted = &config.passwords;
    AccountRules {
        open_sign_up: config.accounts.open_sign_up,
        first_is_admin: match config.accounts.first_is_admin {
            FirstIsAdmin::Yes => true,
            FirstIsAdmin::No => false,
            FirstIsAdmin::Local => config.server.listen.ip().is_loopback(),
        },
        passwords: PasswordPolicy {
            minimum_length: wanted.minimum_length,
            needs_lowercase: wanted.require_lowercase,
            needs_uppercase: wanted.require_uppercase,
            needs_number: wanted.require_number,
            needs_symbol: wanted.require_symbol,
        },
        default_locale: Locale::parse(&config.accounts.default_locale).unwrap_or_default(),
        privacy: Privacy { shows_email: config.accounts.show_email_address, shows_full_name: config.accounts.show_full_name },
        allows_sign_up: config.accounts.allow_sign_up,
        domains: MailDomains::parse(&config.accounts.restrict_domains),
        guest_domains: MailDomains::parse(&config.accounts.restrict_guest_domains),
        allows_own_deactivation: config.accounts.allow_own_deactivation,
        allows_removal: config.accounts.allow_permanent_deletion,
        stops_bots_with_owner: config.accounts.stop_bots_with_owner,
        verifies_addresses: config.mail.verify_addresses,
        name_format: match config.accounts.name_format {
            config::NameFormat::Username => NameFormat::Username,
            config::NameFormat::NicknameFullName => NameFormat::Nickname,
            config::NameFormat::FullName => NameFormat::FullName,
        },
    }
}

fn cookie_rules(config: &Config) -> CookieRules {
    let site = url::Url::parse(&config.site_url());
    CookieRules {
        path: site.as_ref().map_or("/", |site| site.path()).to_owned(),
        is_https: site.is_ok_and(|site| site.scheme() == "https"),
        same_site: match config.cookies.same_site {
            SameSite::Lax => CookieSameSite::Lax,
            SameSite::None => CookieSameSite::None,
        },
    }
}
