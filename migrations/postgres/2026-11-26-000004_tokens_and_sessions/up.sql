-- What push devices tell of themselves.
ALTER TABLE sessions ADD COLUMN voip_device_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN is_silent boolean;
ALTER TABLE sessions ADD COLUMN mobile_version text COLLATE "C" NOT NULL DEFAULT '';

CREATE INDEX sessions_ended_of_user ON sessions (user_id, ended_at DESC, id) WHERE ended_at IS NOT NULL;
-- What ends by itself is ended, and on record, some at a time.
CREATE INDEX sessions_to_expire ON sessions (least(expires_at, absolute_expires_at)) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_use ON sessions (last_active_at) WHERE ended_at IS NULL;

CREATE INDEX access_tokens_by_age ON access_tokens (created_at, id);
CREATE INDEX access_tokens_of_user_by_age ON access_tokens (user_id, created_at, id);
DROP INDEX access_tokens_of_user;
