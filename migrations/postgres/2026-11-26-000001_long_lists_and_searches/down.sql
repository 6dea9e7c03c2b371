DROP TRIGGER user_is_searched_otherwise ON users;
DROP TRIGGER user_was_switched ON users;
DROP TRIGGER channel_members_were_added ON channel_members;
DROP TRIGGER channel_members_were_removed ON channel_members;
DROP TRIGGER channel_member_was_renamed ON channel_members;
DROP FUNCTION user_is_searched_otherwise();
DROP TRIGGER user_is_leaving_channels ON users;
DROP FUNCTION user_is_leaving_channels();
DROP FUNCTION user_was_switched();
DROP FUNCTION channel_members_were_added();
DROP FUNCTION channel_members_were_removed();
DROP FUNCTION channel_member_was_renamed();
DROP FUNCTION tend_segments(bigint);
DROP FUNCTION mark_segment(bigint);
DROP FUNCTION mark_list();

CREATE OR REPLACE FUNCTION users_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_roles_beside (role, username, user_id)
    SELECT DISTINCT role, username, id FROM added, unnest(string_to_array(roles, ' ')) AS role
    WHERE added.roles <> 'system_user' AND role NOT IN ('system_user', '');
  INSERT INTO list_changes (list, name, change) SELECT '', username, 1 FROM added;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION users_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change) SELECT '', username, -1 FROM removed;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION user_was_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change) VALUES ('', OLD.username, -1), ('', NEW.username, 1);
  IF EXISTS (SELECT 1 FROM list_marks WHERE first_name = OLD.username) THEN
    PERFORM forget_name(OLD.username);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION members_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams + gained.teams
    FROM (SELECT user_id, count(*) AS teams FROM added WHERE deleted_at = 0 GROUP BY user_id) AS gained WHERE users.id = gained.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, 1 FROM added WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION members_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams - lost.teams
    FROM (SELECT user_id, count(*) AS teams FROM removed WHERE deleted_at = 0 GROUP BY user_id) AS lost WHERE users.id = lost.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, -1 FROM removed WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION member_was_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.deleted_at = 0) <> (NEW.deleted_at = 0) THEN
    UPDATE users SET active_teams = active_teams + CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END WHERE id = NEW.user_id;
  END IF;
  INSERT INTO list_changes (list, name, change)
    SELECT list, name, change FROM (VALUES (OLD.team_id, OLD.username, -1, OLD.deleted_at), (NEW.team_id, NEW.username, 1, NEW.deleted_at))
    AS both_states (list, name, change, deleted_at) WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tend_lists() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  long record;
  ends_before text COLLATE "C";
BEGIN
  -- One at a time: "lists" in ASCII. Taken in a statement before those that count, which then see what the one before did.
  IF NOT pg_try_advisory_xact_lock(465675777139) THEN
    RETURN;
  END IF;
  WITH gone AS (DELETE FROM list_changes RETURNING list, name, change),
    sums AS (
      SELECT list, sum(change) AS change,
        (SELECT max(first_name) FROM list_marks WHERE list_marks.list = '' AND first_name <= gone.name) AS first_name
      FROM gone GROUP BY 1, 3)
  INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, change FROM sums
    ON CONFLICT (list, first_name) DO UPDATE SET names = marks.names + excluded.names;
  FOR long IN SELECT first_name FROM list_marks WHERE list = '' AND names > 2000 LOOP
    -- No username has a byte above that of '~'.
    SELECT coalesce(min(first_name), '~') INTO ends_before FROM list_marks WHERE list = '' AND first_name > long.first_name;
    WITH named AS MATERIALIZED (
        SELECT id, username, (row_number() OVER (ORDER BY username, id) - 1) / 1000 AS part FROM users
        WHERE username >= long.first_name AND username < ends_before),
      parts AS MATERIALIZED (
        SELECT part, CASE part WHEN 0 THEN long.first_name ELSE min(username) END AS first_name, count(*) AS names
        FROM named GROUP BY part),
      members AS MATERIALIZED (
        SELECT team_id, part, count(*) AS names FROM named JOIN team_members ON user_id = id AND deleted_at = 0 GROUP BY team_id, part),
      counted AS (
        SELECT '' AS list, first_name, names FROM parts
        UNION ALL
        SELECT team_id, first_name, members.names FROM members JOIN parts USING (part)
        UNION ALL
        -- Teams whose members have all come to lie behind the first cut.
        SELECT list, first_name, 0 FROM list_marks AS emptied WHERE first_name = long.first_name AND list <> ''
          AND NOT EXISTS (SELECT 1 FROM members WHERE team_id = emptied.list AND part = 0)),
      gone AS (DELETE FROM list_changes WHERE name >= long.first_name AND name < ends_before)
    INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, names FROM counted
      ON CONFLICT (list, first_name) DO UPDATE SET names = excluded.names;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION forget_name(gone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  before text COLLATE "C";
BEGIN
  PERFORM pg_advisory_xact_lock(465675777139);
  PERFORM tend_lists();
  SELECT max(first_name) INTO before FROM list_marks WHERE list = '' AND first_name < gone COLLATE "C";
  WITH merged AS (DELETE FROM list_marks WHERE first_name = gone COLLATE "C" RETURNING list, names)
  INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, before, names FROM merged
    ON CONFLICT (list, first_name) DO UPDATE SET names = marks.names + excluded.names;
END $$;

DROP FUNCTION note_in_channels(text, text, bigint);
DROP FUNCTION has_stretches(text);
DROP FUNCTION marks_of_names(text[]);
DELETE FROM list_marks WHERE list = '!' OR list LIKE '#%';
DELETE FROM list_changes WHERE list = '!' OR list LIKE '#%';
DROP INDEX list_marks_to_cut;
DROP TABLE marked_lists;
DROP TABLE search_marks;
DROP TABLE search_segments;
DROP INDEX users_searched;
