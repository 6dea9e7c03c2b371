-- Secrets of second factors, sealed for their rows: an account has one that is active, and one that waits.
CREATE TABLE factors (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  key_id text COLLATE "C" NOT NULL,
  secret bytea NOT NULL,
  is_active boolean NOT NULL,
  -- The last step of which a code was used: none of it or of an earlier one counts any more.
  last_step bigint NOT NULL,
  created_at bigint NOT NULL
);
CREATE UNIQUE INDEX factors_of_user ON factors (user_id, is_active);
CREATE INDEX factors_by_key ON factors (key_id, id);

-- Wrong codes of an account's second factor, in a row.
CREATE TABLE factor_tries (
  user_id text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  failed bigint NOT NULL,
  locked_until bigint NOT NULL
);

CREATE TABLE recovery_codes (
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash text COLLATE "C" NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);

-- Devices that somebody has signed in with in full before.
CREATE TABLE known_devices (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash text COLLATE "C" NOT NULL UNIQUE,
  key_id text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  last_used_at bigint NOT NULL,
  failed bigint NOT NULL,
  locked_until bigint NOT NULL
);
CREATE INDEX known_devices_of_user ON known_devices (user_id, last_used_at DESC, id DESC);
CREATE INDEX known_devices_to_purge ON known_devices (last_used_at);
