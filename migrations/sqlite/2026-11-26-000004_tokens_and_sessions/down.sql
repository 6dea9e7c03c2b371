CREATE INDEX access_tokens_of_user ON access_tokens (user_id, id);
DROP INDEX access_tokens_of_user_by_age;
DROP INDEX access_tokens_by_age;
DROP INDEX sessions_by_use;
DROP INDEX sessions_to_expire;
DROP INDEX sessions_ended_of_user;
ALTER TABLE sessions DROP COLUMN mobile_version;
ALTER TABLE sessions DROP COLUMN is_silent;
ALTER TABLE sessions DROP COLUMN voip_device_id;
