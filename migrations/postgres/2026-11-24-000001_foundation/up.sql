-- Times are milliseconds since the Unix epoch, 0 meaning never; maps are JSON objects of text to text.
-- What is a key or has an order is COLLATE "C", so that it sorts by its bytes whatever the database's locale.

CREATE TABLE users (
  id text COLLATE "C" PRIMARY KEY,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint NOT NULL,
  username text COLLATE "C" NOT NULL CONSTRAINT users_username_key UNIQUE,
  email text COLLATE "C" NOT NULL CONSTRAINT users_email_key UNIQUE,
  is_email_verified boolean NOT NULL,
  nickname text COLLATE "C" NOT NULL,
  first_name text COLLATE "C" NOT NULL,
  last_name text COLLATE "C" NOT NULL,
  position text COLLATE "C" NOT NULL,
  locale text COLLATE "C" NOT NULL,
  timezone jsonb,
  props jsonb NOT NULL,
  notify_props jsonb NOT NULL,
  roles text COLLATE "C" NOT NULL,
  allows_marketing boolean NOT NULL,
  auth_service text COLLATE "C" NOT NULL DEFAULT '',
  auth_data text COLLATE "C",
  password_updated_at bigint NOT NULL,
  picture_updated_at bigint NOT NULL,
  failed_attempts bigint NOT NULL DEFAULT 0,
  locked_until bigint NOT NULL DEFAULT 0,
  has_second_factor boolean NOT NULL,
  remote_id text COLLATE "C",
  last_login_at bigint NOT NULL,
  is_bot boolean NOT NULL,
  bot_description text COLLATE "C" NOT NULL,
  bot_icon_updated_at bigint NOT NULL,
  terms_id text COLLATE "C",
  terms_at bigint NOT NULL,
  credential_epoch bigint NOT NULL DEFAULT 0
);

CREATE TABLE credentials (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind text COLLATE "C" NOT NULL,
  secret text COLLATE "C" NOT NULL,
  key_id text COLLATE "C",
  parameters jsonb,
  created_at bigint NOT NULL,
  last_used_at bigint
);
CREATE INDEX credentials_of_user ON credentials (user_id);
-- An account has one password, but may have many credentials of other kinds.
CREATE UNIQUE INDEX credentials_one_password ON credentials (user_id, kind) WHERE kind = 'password';

CREATE TABLE sessions (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash text COLLATE "C",
  key_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  authenticated_at bigint NOT NULL,
  methods text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  last_active_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  absolute_expires_at bigint NOT NULL,
  first_address text COLLATE "C" NOT NULL,
  last_address text COLLATE "C" NOT NULL,
  user_agent text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  issuer text COLLATE "C",
  subject text COLLATE "C",
  provider_session_id text COLLATE "C",
  ended_at bigint,
  end_reason text COLLATE "C",
  ended_by text COLLATE "C"
);
-- Only sessions that have not ended have a hash.
CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX sessions_live_of_user ON sessions (user_id, last_active_at DESC, id) WHERE ended_at IS NULL;
-- The foreign key needs an index over ended sessions too, or removing an account walks the whole table.
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_to_purge ON sessions (coalesce(ended_at, least(expires_at, absolute_expires_at)));

CREATE TABLE access_tokens (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash text COLLATE "C" NOT NULL UNIQUE,
  key_id text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  is_active boolean NOT NULL,
  scopes jsonb,
  created_by text COLLATE "C" NOT NULL,
  created_via text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  last_used_at bigint,
  last_address text COLLATE "C"
);
CREATE INDEX access_tokens_of_user ON access_tokens (user_id, id);

CREATE TABLE identities (
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider text COLLATE "C" NOT NULL,
  issuer text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_of_user ON identities (user_id);

-- Without foreign keys: entries outlive the accounts they tell of.
CREATE TABLE audits (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  at bigint NOT NULL,
  actor text COLLATE "C",
  credential_id text COLLATE "C",
  credential_kind text COLLATE "C",
  target text COLLATE "C",
  operation text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  reason text COLLATE "C",
  address text COLLATE "C",
  request_id text COLLATE "C",
  unknown_login_hash text COLLATE "C",
  unknown_login_key text COLLATE "C",
  before jsonb,
  after jsonb,
  count bigint NOT NULL,
  prev_hash text COLLATE "C",
  subject_key text COLLATE "C"
);
CREATE INDEX audits_by_target ON audits (target, seq);
CREATE INDEX audits_by_actor ON audits (actor, seq);

CREATE TABLE service_state (
  name text COLLATE "C" PRIMARY KEY,
  value text COLLATE "C" NOT NULL
);
INSERT INTO service_state (name, value) VALUES ('global_epoch', '0');
