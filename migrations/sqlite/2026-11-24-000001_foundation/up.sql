-- Times are milliseconds since the Unix epoch, 0 meaning never; maps are JSON objects of text to text.

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL,
  username TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE,
  is_email_verified INTEGER NOT NULL,
  nickname TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  position TEXT NOT NULL,
  locale TEXT NOT NULL,
  timezone TEXT,
  props TEXT NOT NULL,
  notify_props TEXT NOT NULL,
  roles TEXT NOT NULL,
  allows_marketing INTEGER NOT NULL,
  auth_service TEXT NOT NULL DEFAULT '',
  auth_data TEXT,
  password_updated_at INTEGER NOT NULL,
  picture_updated_at INTEGER NOT NULL,
  failed_attempts INTEGER NOT NULL DEFAULT 0,
  locked_until INTEGER NOT NULL DEFAULT 0,
  has_second_factor INTEGER NOT NULL,
  remote_id TEXT,
  last_login_at INTEGER NOT NULL,
  is_bot INTEGER NOT NULL,
  bot_description TEXT NOT NULL,
  bot_icon_updated_at INTEGER NOT NULL,
  terms_id TEXT,
  terms_at INTEGER NOT NULL,
  credential_epoch INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE credentials (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  secret TEXT NOT NULL,
  key_id TEXT,
  parameters TEXT,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX credentials_of_user ON credentials (user_id);
-- An account has one password, but may have many credentials of other kinds.
CREATE UNIQUE INDEX credentials_one_password ON credentials (user_id, kind) WHERE kind = 'password';

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT,
  key_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  authenticated_at INTEGER NOT NULL,
  methods TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  absolute_expires_at INTEGER NOT NULL,
  first_address TEXT NOT NULL,
  last_address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  device_id TEXT NOT NULL,
  issuer TEXT,
  subject TEXT,
  provider_session_id TEXT,
  ended_at INTEGER,
  end_reason TEXT,
  ended_by TEXT
) STRICT;
-- Only sessions that have not ended have a hash.
CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX sessions_live_of_user ON sessions (user_id, last_active_at DESC, id) WHERE ended_at IS NULL;
-- The foreign key needs an index over ended sessions too, or removing an account walks the whole table.
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_to_purge ON sessions (coalesce(ended_at, min(expires_at, absolute_expires_at)));

CREATE TABLE access_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  key_id TEXT NOT NULL,
  description TEXT NOT NULL,
  is_active INTEGER NOT NULL,
  scopes TEXT,
  created_by TEXT NOT NULL,
  created_via TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  last_address TEXT
) STRICT;
CREATE INDEX access_tokens_of_user ON access_tokens (user_id, id);

CREATE TABLE identities (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_of_user ON identities (user_id);

-- Without foreign keys: entries outlive the accounts they tell of.
CREATE TABLE audits (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  actor TEXT,
  credential_id TEXT,
  credential_kind TEXT,
  target TEXT,
  operation TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT,
  address TEXT,
  request_id TEXT,
  unknown_login_hash TEXT,
  unknown_login_key TEXT,
  before TEXT,
  after TEXT,
  count INTEGER NOT NULL,
  prev_hash TEXT,
  subject_key TEXT
) STRICT;
CREATE INDEX audits_by_target ON audits (target, seq);
CREATE INDEX audits_by_actor ON audits (actor, seq);

CREATE TABLE service_state (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO service_state (name, value) VALUES ('global_epoch', '0');
