CREATE OR REPLACE FUNCTION tend_segments(size bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  long record;
  cut_at text COLLATE "C";
  piece bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(465675777139) THEN
    RETURN FALSE;
  END IF;
  PERFORM tend_lists();
  IF mark_list() THEN
    RETURN TRUE;
  END IF;
  SELECT * INTO long FROM (
    SELECT number, first_name, coalesce(lead(first_name) OVER (ORDER BY first_name), '~') AS ends_before FROM search_segments) AS segment
    -- What the stretches say spares counting; who is in the last of them may belong to the next segment.
    WHERE (SELECT sum(mark.names) FROM list_marks AS mark WHERE list = '' AND mark.first_name < segment.ends_before AND mark.first_name >= (
        SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= segment.first_name)) > 2 * size
      AND EXISTS (SELECT 1 FROM users WHERE username >= segment.first_name AND username < segment.ends_before
        ORDER BY username, id OFFSET 2 * size LIMIT 1)
    ORDER BY first_name LIMIT 1;
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  SELECT username INTO cut_at FROM users WHERE username > long.first_name AND username < long.ends_before
    ORDER BY username, id OFFSET size LIMIT 1;
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  UPDATE search_segments SET first_name = cut_at WHERE number = long.number;
  INSERT INTO search_segments (first_name) VALUES (long.first_name) RETURNING number INTO piece;
  PERFORM mark_segment(piece);
  IF NOT EXISTS (SELECT 1 FROM users WHERE username >= cut_at AND username < long.ends_before ORDER BY username, id OFFSET 2 * size LIMIT 1)
  THEN
    PERFORM mark_segment(long.number);
  END IF;
  RETURN TRUE;
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
        CASE WHEN has_stretches(list)
          THEN (SELECT max(first_name) FROM list_marks WHERE list_marks.list = '' AND first_name <= gone.name) ELSE '' END AS first_name
      FROM gone GROUP BY 1, 3),
    marked AS (
      INSERT INTO search_marks (text, trigram, segment)
        SELECT * FROM marks_of_names(ARRAY(SELECT DISTINCT name FROM gone WHERE list = '')) ON CONFLICT DO NOTHING)
  INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, change FROM sums
    ON CONFLICT (list, first_name) DO UPDATE SET names = marks.names + excluded.names;
  FOR long IN SELECT first_name FROM list_marks WHERE list = '' AND names > 2000 LOOP
    -- No username has a byte above that of '~'.
    SELECT coalesce(min(first_name), '~') INTO ends_before FROM list_marks WHERE list = '' AND first_name > long.first_name;
    WITH named AS MATERIALIZED (
        SELECT id, username, deleted_at, (row_number() OVER (ORDER BY username, id) - 1) / 1000 AS part FROM users
        WHERE username >= long.first_name AND username < ends_before),
      parts AS MATERIALIZED (
        SELECT part, CASE part WHEN 0 THEN long.first_name ELSE min(username) END AS first_name, count(*) AS names
        FROM named GROUP BY part),
      members AS MATERIALIZED (
        SELECT team_id AS list, part, count(*) AS names
        FROM named JOIN team_members AS t ON t.user_id = named.id AND t.deleted_at = 0 GROUP BY team_id, part
        UNION ALL
        SELECT '!', part, count(*) FROM named WHERE deleted_at <> 0 GROUP BY part
        UNION ALL
        SELECT marked.list, part, count(*) FROM marked_lists AS marked JOIN channels ON channels.id = substr(marked.list, 2)
        JOIN named ON TRUE JOIN channel_members AS m ON m.channel_id = channels.id AND m.user_id = named.id
        JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = named.id AND t.deleted_at = 0
        GROUP BY marked.list, part),
      counted AS (
        SELECT '' AS list, first_name, names FROM parts
        UNION ALL
        SELECT list, first_name, members.names FROM members JOIN parts USING (part)
        UNION ALL
        -- Lists whose accounts have all come to lie behind the first cut.
        SELECT list, first_name, 0 FROM list_marks AS emptied WHERE first_name = long.first_name AND list <> '' AND has_stretches(list)
          AND NOT EXISTS (SELECT 1 FROM members WHERE members.list = emptied.list AND part = 0)),
      gone AS (
        DELETE FROM list_changes WHERE name >= long.first_name AND name < ends_before AND has_stretches(list) RETURNING list, name),
      marked AS (
        INSERT INTO search_marks (text, trigram, segment)
          SELECT * FROM marks_of_names(ARRAY(SELECT DISTINCT name FROM gone WHERE list = '')) ON CONFLICT DO NOTHING)
    INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, names FROM counted
      ON CONFLICT (list, first_name) DO UPDATE SET names = excluded.names;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION user_was_switched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '!', name, change FROM (VALUES (OLD.username, -1, OLD.deleted_at), (NEW.username, 1, NEW.deleted_at))
    AS both_states (name, change, deleted_at) WHERE deleted_at <> 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION member_was_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.deleted_at = 0) <> (NEW.deleted_at = 0) THEN
    UPDATE users SET active_teams = active_teams + CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END WHERE id = NEW.user_id;
    PERFORM note_in_channels(NEW.team_id, NEW.user_id, CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END);
  END IF;
  INSERT INTO list_changes (list, name, change)
    SELECT list, name, change FROM (VALUES (OLD.team_id, OLD.username, -1, OLD.deleted_at), (NEW.team_id, NEW.username, 1, NEW.deleted_at))
    AS both_states (list, name, change, deleted_at) WHERE deleted_at = 0;
  RETURN NULL;
END $$;
DROP TRIGGER member_was_changed ON team_members;
CREATE TRIGGER member_was_changed AFTER UPDATE OF deleted_at, username ON team_members
  FOR EACH ROW WHEN (OLD.username <> NEW.username OR (OLD.deleted_at = 0) <> (NEW.deleted_at = 0)) EXECUTE FUNCTION member_was_changed();

CREATE OR REPLACE FUNCTION members_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams - lost.teams
    FROM (SELECT user_id, count(*) AS teams FROM removed WHERE deleted_at = 0 GROUP BY user_id) AS lost WHERE users.id = lost.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, -1 FROM removed WHERE deleted_at = 0;
  PERFORM note_in_channels(team_id, user_id, -1) FROM removed WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION members_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams + gained.teams
    FROM (SELECT user_id, count(*) AS teams FROM added WHERE deleted_at = 0 GROUP BY user_id) AS gained WHERE users.id = gained.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, 1 FROM added WHERE deleted_at = 0;
  PERFORM note_in_channels(team_id, user_id, 1) FROM added WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION users_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_roles_beside (role, username, user_id)
    SELECT DISTINCT role, username, id FROM added, unnest(string_to_array(roles, ' ')) AS role
    WHERE added.roles <> 'system_user' AND role NOT IN ('system_user', '');
  INSERT INTO list_changes (list, name, change)
    SELECT '', username, 1 FROM added UNION ALL SELECT '!', username, 1 FROM added WHERE deleted_at <> 0;
  RETURN NULL;
END $$;

DROP FUNCTION tend_outsiders();
DROP TABLE team_outsiders;
DROP TABLE complemented_teams;
DELETE FROM list_marks WHERE list > '!' AND list < '"';
DELETE FROM list_changes WHERE list > '!' AND list < '"';
DROP INDEX team_members_deactivated;
ALTER TABLE team_members DROP COLUMN is_deactivated;
