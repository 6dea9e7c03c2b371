DROP TABLE service_state;
DROP TABLE audits;
DROP TABLE identities;
DROP TABLE access_tokens;
DROP TABLE sessions;
DROP TABLE credentials;
DROP TABLE users;
