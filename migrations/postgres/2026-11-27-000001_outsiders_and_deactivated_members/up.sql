-- Whether a member's account is deactivated: a copy that triggers keep, so that both parts of a team's list are an index each. '!' and
-- a team's id is the list of its deactivated members: less these, the team's list is that of its active ones.
ALTER TABLE team_members ADD COLUMN is_deactivated boolean NOT NULL DEFAULT FALSE;
UPDATE team_members SET is_deactivated = TRUE FROM users WHERE users.id = team_members.user_id AND users.deleted_at <> 0;
CREATE INDEX team_members_deactivated ON team_members (team_id, username, user_id) WHERE deleted_at = 0 AND is_deactivated;
INSERT INTO list_marks (list, first_name, names)
  SELECT '!' || team_id, (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= username) AS first_name, count(*)
  FROM team_members WHERE deleted_at = 0 AND is_deactivated GROUP BY 1, 2;

-- Who is outside a team that nearly everybody is in: found among everybody, these few would cost a walk over all. `tend_outsiders`
-- chooses the teams. Everybody outside such a team has a row once it is filled; one who joined while it was being filled may have
-- one too, so whoever reads looks at the membership.
CREATE TABLE complemented_teams (
  team_id text COLLATE "C" PRIMARY KEY REFERENCES teams (id) ON DELETE CASCADE,
  -- Transactions from this one on know of the team.
  known_from xid8,
  -- Whoever is outside and has an id before this one has a row.
  filled_upto text COLLATE "C" NOT NULL DEFAULT '',
  is_filled boolean NOT NULL DEFAULT FALSE,
  -- When its rows were read last, if they are not any more.
  left_at timestamptz
);
CREATE TABLE team_outsiders (
  team_id text COLLATE "C" NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  username text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (team_id, username, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX team_outsiders_of_user ON team_outsiders (user_id);

-- One step for one team, of those that at most one in eight accounts is outside of: it becomes known; whoever may not have known of it
-- has ended; its rows are filled in, those of some 20,000 accounts a step. Where more than one in four is outside by now, its
-- rows are not read any more, and go later.
CREATE FUNCTION tend_outsiders() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  everyone bigint;
  chosen text COLLATE "C";
  begins_at text COLLATE "C";
  ends_before text COLLATE "C";
BEGIN
  SELECT sum(names) INTO everyone FROM list_marks WHERE list = '';
  DELETE FROM complemented_teams WHERE left_at < now() - interval '1 minute' RETURNING team_id INTO chosen;
  IF FOUND THEN
    DELETE FROM team_outsiders WHERE team_id = chosen;
    RETURN TRUE;
  END IF;
  UPDATE complemented_teams SET is_filled = FALSE, left_at = now() WHERE left_at IS NULL AND 4 * (everyone - (
    SELECT coalesce(sum(names), 0) FROM list_marks WHERE list = team_id)) > everyone;
  UPDATE complemented_teams SET known_from = pg_snapshot_xmax(pg_current_snapshot()) WHERE known_from IS NULL;
  IF FOUND THEN
    RETURN TRUE;
  END IF;
  SELECT team_id, filled_upto INTO chosen, begins_at FROM complemented_teams
    WHERE NOT is_filled AND left_at IS NULL AND known_from <= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1;
  IF FOUND THEN
    -- No id has a byte above that of '~'.
    SELECT coalesce((SELECT id FROM users WHERE id >= begins_at ORDER BY id OFFSET 20000 LIMIT 1), '~') INTO ends_before;
    -- The locks keep names from changing, and accounts from going, until the rows are there.
    INSERT INTO team_outsiders (team_id, username, user_id)
      SELECT chosen, u.username, u.id FROM users AS u WHERE u.id >= begins_at AND u.id < ends_before AND NOT EXISTS (
        SELECT 1 FROM team_members AS m WHERE m.team_id = chosen AND m.deleted_at = 0 AND m.user_id = u.id)
      FOR KEY SHARE OF u
      ON CONFLICT DO NOTHING;
    UPDATE complemented_teams SET filled_upto = ends_before, is_filled = ends_before = '~' WHERE team_id = chosen;
    RETURN TRUE;
  END IF;
  INSERT INTO complemented_teams (team_id)
    SELECT id FROM teams WHERE everyone > 2000 AND NOT EXISTS (SELECT 1 FROM complemented_teams WHERE team_id = teams.id)
      AND 8 * (everyone - (SELECT coalesce(sum(names), 0) FROM list_marks WHERE list = teams.id)) <= everyone LIMIT 1;
  RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION users_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_roles_beside (role, username, user_id)
    SELECT DISTINCT role, username, id FROM added, unnest(string_to_array(roles, ' ')) AS role
    WHERE added.roles <> 'system_user' AND role NOT IN ('system_user', '');
  INSERT INTO list_changes (list, name, change)
    SELECT '', username, 1 FROM added UNION ALL SELECT '!', username, 1 FROM added WHERE deleted_at <> 0;
  INSERT INTO team_outsiders (team_id, username, user_id) SELECT team_id, username, id FROM added CROSS JOIN complemented_teams;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION members_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- This locks the account: whoever deactivates it meanwhile has been seen, or sees the membership.
  WITH counted AS (
      UPDATE users SET active_teams = active_teams + gained.teams
      FROM (SELECT user_id, count(*) AS teams FROM added WHERE deleted_at = 0 GROUP BY user_id) AS gained WHERE users.id = gained.user_id
      RETURNING users.id, users.deleted_at)
  UPDATE team_members AS m SET is_deactivated = TRUE FROM counted JOIN added ON added.user_id = counted.id
    WHERE counted.deleted_at <> 0 AND m.team_id = added.team_id AND m.user_id = added.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, 1 FROM added WHERE deleted_at = 0;
  PERFORM note_in_channels(team_id, user_id, 1) FROM added WHERE deleted_at = 0;
  DELETE FROM team_outsiders AS o USING added
    WHERE o.team_id = added.team_id AND o.username = added.username AND o.user_id = added.user_id AND added.deleted_at = 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION members_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams - lost.teams
    FROM (SELECT user_id, count(*) AS teams FROM removed WHERE deleted_at = 0 GROUP BY user_id) AS lost WHERE users.id = lost.user_id;
  INSERT INTO list_changes (list, name, change)
    SELECT team_id, username, -1 FROM removed WHERE deleted_at = 0
    UNION ALL SELECT '!' || team_id, username, -1 FROM removed WHERE deleted_at = 0 AND is_deactivated;
  PERFORM note_in_channels(team_id, user_id, -1) FROM removed WHERE deleted_at = 0;
  -- Where the account or the team itself goes, it is gone when this fires.
  INSERT INTO team_outsiders (team_id, username, user_id)
    SELECT removed.team_id, users.username, users.id FROM removed JOIN complemented_teams USING (team_id)
    JOIN teams ON teams.id = removed.team_id JOIN users ON users.id = removed.user_id WHERE removed.deleted_at = 0
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION member_was_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.deleted_at = 0) <> (NEW.deleted_at = 0) THEN
    UPDATE users SET active_teams = active_teams + CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END WHERE id = NEW.user_id;
    PERFORM note_in_channels(NEW.team_id, NEW.user_id, CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END);
  END IF;
  INSERT INTO list_changes (list, name, change)
    SELECT list, name, sum(change) FROM (VALUES
      (OLD.team_id, OLD.username, -1, OLD.deleted_at = 0), (NEW.team_id, NEW.username, 1, NEW.deleted_at = 0),
      ('!' || OLD.team_id, OLD.username, -1, OLD.deleted_at = 0 AND OLD.is_deactivated),
      ('!' || NEW.team_id, NEW.username, 1, NEW.deleted_at = 0 AND NEW.is_deactivated)) AS states (list, name, change, is_in)
    WHERE is_in GROUP BY list, name HAVING sum(change) <> 0;
  IF OLD.deleted_at = 0 AND NEW.deleted_at <> 0 THEN
    INSERT INTO team_outsiders (team_id, username, user_id)
      SELECT NEW.team_id, NEW.username, NEW.user_id FROM complemented_teams WHERE team_id = NEW.team_id ON CONFLICT DO NOTHING;
  ELSIF OLD.deleted_at <> 0 AND NEW.deleted_at = 0 THEN
    DELETE FROM team_outsiders WHERE team_id = NEW.team_id AND username = NEW.username AND user_id = NEW.user_id;
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER member_was_changed ON team_members;
CREATE TRIGGER member_was_changed AFTER UPDATE OF deleted_at, username, is_deactivated ON team_members
  FOR EACH ROW WHEN (OLD.username <> NEW.username OR (OLD.deleted_at = 0) <> (NEW.deleted_at = 0)
    OR OLD.is_deactivated <> NEW.is_deactivated) EXECUTE FUNCTION member_was_changed();

CREATE OR REPLACE FUNCTION user_was_switched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '!', name, change FROM (VALUES (OLD.username, -1, OLD.deleted_at), (NEW.username, 1, NEW.deleted_at))
    AS both_states (name, change, deleted_at) WHERE deleted_at <> 0;
  IF (OLD.deleted_at = 0) <> (NEW.deleted_at = 0) THEN
    UPDATE team_members SET is_deactivated = NEW.deleted_at <> 0 WHERE user_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;

-- As before, with the lists of deactivated members.
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
        SELECT '!' || team_id, part, count(*)
        FROM named JOIN team_members AS t ON t.user_id = named.id AND t.deleted_at = 0 AND t.is_deactivated GROUP BY team_id, part
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

-- As before, with the outsiders of teams.
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
  IF mark_list() OR tend_outsiders() THEN
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
