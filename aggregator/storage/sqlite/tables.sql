CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE source (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    feed TEXT NOT NULL,
    configured INTEGER NOT NULL DEFAULT 1 CHECK (configured IN (0, 1)),
    organisation TEXT NOT NULL DEFAULT '',
    domains TEXT NOT NULL DEFAULT '[]',
    topics TEXT NOT NULL DEFAULT '[]',
    priority INTEGER NOT NULL DEFAULT 0,
    republish TEXT NOT NULL DEFAULT 'full',
    licence TEXT NOT NULL DEFAULT '',
    every INTEGER NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    link TEXT NOT NULL DEFAULT '',
    rights TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    due INTEGER NOT NULL,
    token INTEGER NOT NULL DEFAULT 0,
    leased INTEGER,
    validated_url TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    body_digest BLOB NOT NULL DEFAULT x'',
    pipeline_version BLOB NOT NULL DEFAULT x'',
    mode TEXT NOT NULL DEFAULT 'normal',
    seen BLOB NOT NULL DEFAULT x'',
    imported INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    last_success INTEGER,
    last_body INTEGER,
    last_new INTEGER,
    usual_gap INTEGER,
    hints TEXT NOT NULL DEFAULT '{}'
, host TEXT NOT NULL DEFAULT '', relocation TEXT NOT NULL DEFAULT '{}', due_reason TEXT NOT NULL DEFAULT 'new', due_figures TEXT NOT NULL DEFAULT '{}', version INTEGER NOT NULL DEFAULT 0, failing_since INTEGER, findings INTEGER NOT NULL DEFAULT 0, spent TEXT NOT NULL DEFAULT '{}', from_entry INTEGER NOT NULL DEFAULT 0, burst INTEGER NOT NULL DEFAULT 20, feed_public INTEGER NOT NULL DEFAULT 0, last_limited INTEGER, month_first INTEGER, ahead TEXT NOT NULL DEFAULT '{}', history INTEGER NOT NULL DEFAULT 1, doubt TEXT NOT NULL DEFAULT '{}', volatile TEXT NOT NULL DEFAULT '[]', has_new_validators INTEGER NOT NULL DEFAULT 0, indexed INTEGER NOT NULL DEFAULT 0, attribution TEXT NOT NULL DEFAULT '', ai TEXT NOT NULL DEFAULT '{}', terms TEXT NOT NULL DEFAULT '{}', site_terms TEXT NOT NULL DEFAULT '{}', house_style TEXT NOT NULL DEFAULT '{}', full_text INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE item (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    public_id TEXT NOT NULL UNIQUE,
    source INTEGER NOT NULL REFERENCES source (number),
    state TEXT NOT NULL CHECK (state IN ('held', 'live', 'withdrawn')),
    position INTEGER UNIQUE,
    story INTEGER,
    seq INTEGER NOT NULL,
    backlog INTEGER NOT NULL DEFAULT 0,
    indexed INTEGER NOT NULL DEFAULT 0,
    freed INTEGER NOT NULL DEFAULT 0,
    claimed INTEGER,
    shown INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    release INTEGER,
    corrected INTEGER,
    fingerprint BLOB NOT NULL,
    link BLOB,
    keys BLOB NOT NULL,
    language TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    flags TEXT NOT NULL DEFAULT '[]',
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    details TEXT NOT NULL,  -- the long ones last: what stands before them is read without them
    text TEXT NOT NULL,
    content TEXT NOT NULL, reinstated INTEGER NOT NULL DEFAULT 0, over_budget INTEGER NOT NULL DEFAULT 0, dated INTEGER NOT NULL DEFAULT 0, untitled INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1, versions INTEGER NOT NULL DEFAULT 1, pending INTEGER, fingerprint_version INTEGER NOT NULL DEFAULT 1, queries TEXT NOT NULL DEFAULT '[]', unsettled BLOB, expires INTEGER, foretold INTEGER, lapsed TEXT NOT NULL DEFAULT '', tombstone INTEGER, counted INTEGER, says BLOB, amended TEXT NOT NULL DEFAULT '{}', own_topics TEXT, own_language TEXT, erased INTEGER NOT NULL DEFAULT 0, styled TEXT NOT NULL DEFAULT '{}', document INTEGER, unmarked BLOB, alternates BLOB, ruled_topics TEXT NOT NULL DEFAULT '[]',
    CHECK (state <> 'live' OR position IS NOT NULL)
) STRICT;
CREATE TABLE item_key (
    source INTEGER NOT NULL REFERENCES source (number),
    digest BLOB NOT NULL,
    kind INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES item (number),
    PRIMARY KEY (source, digest, kind, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE revision (
    number INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES item (number),
    at INTEGER NOT NULL,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    url TEXT NOT NULL,
    fingerprint BLOB NOT NULL
, size INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0, struck INTEGER NOT NULL DEFAULT 0, document INTEGER) STRICT;
CREATE TABLE channel (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE TABLE membership (
    channel INTEGER NOT NULL REFERENCES channel (number),
    position INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES item (number),
    since INTEGER NOT NULL, source INTEGER NOT NULL DEFAULT 0, listed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, position),
    UNIQUE (item, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE poll (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (number),
    started INTEGER NOT NULL,
    seconds REAL NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    message TEXT NOT NULL,
    status INTEGER,
    received INTEGER NOT NULL,
    new INTEGER NOT NULL,
    edited INTEGER NOT NULL
) STRICT;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES item (number),
    at INTEGER NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    trigger TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL
, version INTEGER) STRICT;
CREATE TABLE task (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE subscription (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('wanted', 'asked', 'active', 'denied', 'broken', 'leaving')),
    since INTEGER NOT NULL,
    asked INTEGER,
    confirmed INTEGER,
    lease_until INTEGER,
    announced INTEGER,
    missed INTEGER,
    asks INTEGER NOT NULL DEFAULT 0,
    breaks INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE alert (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    raised INTEGER NOT NULL,
    cleared INTEGER,
    told INTEGER NOT NULL DEFAULT 0,  -- 1 that it is raised, 2 that it is cleared
    sent INTEGER NOT NULL DEFAULT 0
, mailed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE host (
    host TEXT PRIMARY KEY,
    next_at INTEGER,  -- when the gap allows the next fetch
    refused_until INTEGER,  -- the first minute after a 429
    limited_until INTEGER,  -- 429 with Retry-After
    limited_by INTEGER,  -- number of the source that got it
    prompt INTEGER CHECK (prompt IN (0, 1)),  -- whether the last fetch ended in good time
    leads_to TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE item_words USING fts5 (words, content='', tokenize='ascii');
CREATE TABLE journal (
            number INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            line TEXT NOT NULL
        ) STRICT;
CREATE TABLE unmatched (item INTEGER PRIMARY KEY REFERENCES item (number)) STRICT;
CREATE TABLE waiting (
            channel INTEGER NOT NULL REFERENCES channel (number),
            item INTEGER NOT NULL REFERENCES item (number),
            source INTEGER NOT NULL REFERENCES source (number),
            since INTEGER NOT NULL,
            PRIMARY KEY (channel, item)
        ) STRICT;
CREATE TABLE turn (
            channel INTEGER NOT NULL REFERENCES channel (number),
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
            due INTEGER NOT NULL,
            PRIMARY KEY (channel, source)
        ) STRICT;
CREATE TABLE signature (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            pieces BLOB NOT NULL
        ) STRICT;
CREATE TABLE decision (
            line INTEGER PRIMARY KEY,
            item TEXT NOT NULL,
            trigger TEXT NOT NULL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            at INTEGER NOT NULL,
            release INTEGER,
            version INTEGER,
            approves INTEGER NOT NULL,
            source TEXT NOT NULL,
            feed TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            link TEXT NOT NULL,
            title TEXT NOT NULL,
            day TEXT NOT NULL,
            words TEXT NOT NULL,
            signature BLOB NOT NULL
        , read TEXT NOT NULL DEFAULT '', lapse TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE withdrawn_piece (
            piece INTEGER NOT NULL,
            line INTEGER NOT NULL,
            PRIMARY KEY (piece, line)
        ) STRICT;
CREATE TABLE pending (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            updated INTEGER NOT NULL,
            parts INTEGER NOT NULL,
            story INTEGER,
            claimed INTEGER,
            fingerprint BLOB NOT NULL,
            link BLOB,
            language TEXT NOT NULL,
            title TEXT NOT NULL,
            url TEXT NOT NULL,
            details TEXT NOT NULL,
            text TEXT NOT NULL,
            content TEXT NOT NULL,
            untitled INTEGER NOT NULL
        , fingerprint_version INTEGER NOT NULL DEFAULT 1, queries TEXT NOT NULL DEFAULT '[]', styled TEXT NOT NULL DEFAULT '{}', document INTEGER, unmarked BLOB, alternates BLOB) STRICT;
CREATE TABLE struck (
            item TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            PRIMARY KEY (item, fingerprint)
        ) STRICT;
CREATE TABLE service_alert (
            kind TEXT PRIMARY KEY,
            message TEXT NOT NULL,
            raised INTEGER NOT NULL,
            cleared INTEGER,
            told INTEGER NOT NULL DEFAULT 0,
            sent INTEGER NOT NULL DEFAULT 0
        , mailed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE former_id (
            id TEXT PRIMARY KEY,
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE
        ) STRICT;
CREATE TABLE origin_step (
            item INTEGER NOT NULL REFERENCES item (number),
            trigger TEXT NOT NULL,
            source INTEGER NOT NULL REFERENCES source (number),
            due INTEGER NOT NULL,
            foretold INTEGER NOT NULL,
            suspended INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (item, trigger)
        ) STRICT;
CREATE TABLE probe (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            source INTEGER NOT NULL REFERENCES source (number),
            host TEXT NOT NULL,
            started INTEGER NOT NULL,
            asked INTEGER,
            missing INTEGER
        ) STRICT;
CREATE TABLE public_change (
            number INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL,
            item INTEGER,
            kind TEXT NOT NULL CHECK (kind IN ('published', 'corrected', 'withdrawn', 'restored')),
            at INTEGER NOT NULL,
            public_id TEXT NOT NULL DEFAULT ''
        , source INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE departed (
            channel INTEGER NOT NULL REFERENCES channel (number) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            source INTEGER NOT NULL,
            item INTEGER,
            public_id TEXT NOT NULL,
            updated INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (channel, position)
        ) STRICT;
CREATE TABLE archive (
            channel INTEGER NOT NULL REFERENCES channel (number) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            last INTEGER NOT NULL,
            PRIMARY KEY (channel, number)
        ) STRICT;
CREATE TABLE sketch (
            hash INTEGER NOT NULL,
            source INTEGER NOT NULL,
            item INTEGER NOT NULL,
            PRIMARY KEY (hash, source)
        ) STRICT, WITHOUT ROWID;
CREATE TABLE pairing (
            one TEXT NOT NULL,
            other TEXT NOT NULL,
            apart INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (one, other)
        ) STRICT, WITHOUT ROWID;
CREATE TABLE hub_request (
            number INTEGER PRIMARY KEY,
            mode TEXT NOT NULL CHECK (mode IN ('subscribe', 'unsubscribe')),
            topic TEXT NOT NULL,
            callback TEXT NOT NULL,
            secret TEXT NOT NULL,
            lease INTEGER NOT NULL,
            host TEXT NOT NULL,
            client TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
CREATE TABLE hub_subscriber (
            number INTEGER PRIMARY KEY,
            channel INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('rss', 'atom', 'json')),
            callback TEXT NOT NULL,
            secret TEXT NOT NULL,
            host TEXT NOT NULL,
            client TEXT NOT NULL,
            lease_until INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            digest TEXT NOT NULL DEFAULT '',
            due INTEGER NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER
        ) STRICT;
CREATE TABLE hub_ping (
            url TEXT PRIMARY KEY,
            seq INTEGER NOT NULL
        ) STRICT;
CREATE TABLE webhook (
            number INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            position INTEGER NOT NULL,
            change INTEGER NOT NULL,
            due INTEGER NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER
        ) STRICT;
CREATE TABLE webhook_item (
            webhook INTEGER NOT NULL REFERENCES webhook (number) ON DELETE CASCADE,
            digest BLOB NOT NULL,
            public_id TEXT NOT NULL,
            id TEXT NOT NULL,
            has INTEGER NOT NULL,
            event TEXT NOT NULL,
            ref INTEGER NOT NULL,
            at INTEGER,
            due INTEGER,
            failures INTEGER NOT NULL,
            failing_since INTEGER,
            told TEXT NOT NULL,
            PRIMARY KEY (webhook, digest)
        ) STRICT;
CREATE TABLE amendment (
            item TEXT NOT NULL,
            feed TEXT NOT NULL,
            at INTEGER NOT NULL,
            amended TEXT NOT NULL,
            PRIMARY KEY (item, feed)
        ) STRICT;
CREATE TABLE erased_key (
            key TEXT NOT NULL,
            item TEXT NOT NULL,
            feed TEXT NOT NULL,
            source TEXT NOT NULL,
            everywhere INTEGER NOT NULL,
            PRIMARY KEY (key, item, feed)
        ) STRICT;
CREATE TABLE unstyled (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            source INTEGER NOT NULL REFERENCES source (number)
        ) STRICT;
CREATE TABLE page (
            item INTEGER NOT NULL REFERENCES item (number),
            fingerprint BLOB NOT NULL,
            source INTEGER NOT NULL REFERENCES source (number),
            host TEXT NOT NULL,
            url TEXT NOT NULL,
            state TEXT NOT NULL,
            started INTEGER NOT NULL,
            asked INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            content TEXT NOT NULL DEFAULT '',
            text TEXT NOT NULL DEFAULT '',
            styled TEXT NOT NULL DEFAULT '{}',
            PRIMARY KEY (item, fingerprint)
        ) STRICT;
CREATE TABLE last_change (
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (source, kind)
        ) STRICT;
CREATE TABLE document (
            number INTEGER PRIMARY KEY,
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            url TEXT NOT NULL,
            digest BLOB NOT NULL,
            parser TEXT NOT NULL
        ) STRICT;
CREATE TABLE translation_key (
            item INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            digest BLOB NOT NULL,
            source INTEGER NOT NULL,
            own BLOB,
            PRIMARY KEY (item, kind, digest)
        ) STRICT, WITHOUT ROWID;
CREATE TABLE translation (
            item INTEGER NOT NULL,
            other INTEGER NOT NULL,
            basis INTEGER NOT NULL,
            PRIMARY KEY (item, other)
        ) STRICT, WITHOUT ROWID;
CREATE TABLE session (
            token BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            credential BLOB NOT NULL,
            made INTEGER NOT NULL,
            seen INTEGER NOT NULL
        ) STRICT;
CREATE TABLE veto_link (
            token BLOB PRIMARY KEY,
            item TEXT NOT NULL,
            expires INTEGER NOT NULL
        ) STRICT;
CREATE TABLE report (
            number INTEGER PRIMARY KEY,
            reference TEXT NOT NULL UNIQUE,
            received INTEGER NOT NULL,
            name TEXT NOT NULL,
            address TEXT NOT NULL,
            about TEXT NOT NULL,
            item TEXT NOT NULL DEFAULT '',
            ground TEXT NOT NULL,
            words TEXT NOT NULL,
            answer TEXT NOT NULL DEFAULT '',
            statement TEXT NOT NULL DEFAULT '',
            decided INTEGER,
            actor TEXT NOT NULL DEFAULT ''
        ) STRICT;
CREATE TABLE tally (
            kind TEXT NOT NULL,
            hour INTEGER NOT NULL,
            key TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (kind, hour, key)
        ) STRICT, WITHOUT ROWID;
CREATE TABLE image (
            digest TEXT PRIMARY KEY,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            size INTEGER NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
CREATE TABLE image_use (
            item INTEGER NOT NULL REFERENCES item (number),
            address TEXT NOT NULL,
            source INTEGER NOT NULL REFERENCES source (number),
            host TEXT NOT NULL,
            state TEXT NOT NULL,
            digest TEXT REFERENCES image (digest),
            started INTEGER NOT NULL,
            due INTEGER NOT NULL,
            asked INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            size INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (item, address)
        ) STRICT;
CREATE TABLE node (
            name TEXT PRIMARY KEY,
            role TEXT NOT NULL,
            version TEXT NOT NULL,
            config INTEGER NOT NULL,
            ahead INTEGER NOT NULL,
            running INTEGER NOT NULL,
            leases_lost INTEGER NOT NULL,
            away INTEGER NOT NULL,
            started INTEGER NOT NULL,
            problem TEXT NOT NULL,
            beat INTEGER NOT NULL
        ) STRICT;
CREATE TABLE share (
            name TEXT PRIMARY KEY,
            node TEXT NOT NULL,
            until INTEGER NOT NULL
        ) STRICT;
CREATE TABLE host_run (
            host TEXT PRIMARY KEY,
            job INTEGER NOT NULL,
            node TEXT NOT NULL
        ) STRICT;
CREATE TABLE config_version (
            number INTEGER PRIMARY KEY,
            digest TEXT NOT NULL,
            content TEXT NOT NULL,
            applied INTEGER NOT NULL
        ) STRICT;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE UNIQUE INDEX source_feed ON source (feed) WHERE configured = 1;
CREATE INDEX item_source ON item (source, state);
CREATE INDEX item_link ON item (link) WHERE link IS NOT NULL;
CREATE INDEX item_url ON item (url);
CREATE INDEX item_story ON item (story) WHERE story IS NOT NULL;
CREATE INDEX item_unindexed ON item (number) WHERE indexed = 0;
CREATE INDEX item_kept ON item (first_seen) WHERE freed = 0;
CREATE INDEX revision_item ON revision (item, at);
CREATE INDEX revision_at ON revision (at);
CREATE INDEX poll_source ON poll (source, number);
CREATE INDEX poll_started ON poll (started);
CREATE INDEX audit_item ON audit (item, number);
CREATE INDEX task_due ON task (due);
CREATE UNIQUE INDEX subscription_present ON subscription (source) WHERE state <> 'leaving';
CREATE INDEX subscription_source ON subscription (source);
CREATE INDEX source_host ON source (host) WHERE configured = 1;
CREATE UNIQUE INDEX alert_open ON alert (source, kind) WHERE cleared IS NULL;
CREATE INDEX alert_source ON alert (source);
CREATE INDEX alert_unsent ON alert (number) WHERE sent < told;
CREATE INDEX source_look ON source (due, number, leased, host, configured) WHERE configured = 1;
CREATE INDEX host_limited ON host (limited_until) WHERE limited_until IS NOT NULL;
CREATE INDEX alert_untold ON alert (number)
        WHERE told < (CASE WHEN cleared IS NULL THEN 1 ELSE 2 END);
CREATE INDEX revision_size ON revision (item, number, size);
CREATE INDEX membership_source ON membership (channel, source, since);
CREATE INDEX waiting_item ON waiting (item);
CREATE INDEX turn_due ON turn (due);
CREATE INDEX waiting_source ON waiting (channel, source, since, item);
CREATE INDEX membership_since ON membership (channel, since, source);
CREATE INDEX item_release ON item (release, number, source)
        WHERE state = 'held' AND release IS NOT NULL;
CREATE INDEX item_over_budget ON item (source, number) WHERE over_budget = 1;
CREATE UNIQUE INDEX decision_item ON decision (item, feed);
CREATE INDEX decision_key ON decision (key);
CREATE INDEX decision_link ON decision (link);
CREATE INDEX decision_title ON decision (title);
CREATE INDEX withdrawn_piece_line ON withdrawn_piece (line);
CREATE INDEX item_pending ON item (number) WHERE pending IS NOT NULL;
CREATE INDEX membership_listed ON membership (channel, listed, item, source);
CREATE INDEX item_backlog ON item ((CASE WHEN shown >= first_seen THEN 0 ELSE shown END), number)
        WHERE backlog = 1 AND state = 'live' AND freed = 0;
CREATE INDEX former_id_source ON former_id (source);
CREATE INDEX item_counted ON item (source, counted) WHERE counted IS NOT NULL;
CREATE INDEX origin_step_due ON origin_step (due, trigger) WHERE suspended = 0;
CREATE INDEX origin_step_source ON origin_step (source, suspended, due, foretold, trigger, item);
CREATE INDEX probe_source ON probe (source, started);
CREATE INDEX probe_host ON probe (host, asked);
CREATE INDEX public_change_item ON public_change (item, number);
CREATE INDEX public_change_told ON public_change (number) WHERE kind <> 'published';
CREATE INDEX public_change_source ON public_change (source, kind, at, number)
        WHERE kind <> 'published';
CREATE INDEX departed_source ON departed (channel, source, at);
CREATE INDEX departed_item ON departed (item);
CREATE INDEX pairing_other ON pairing (other);
CREATE UNIQUE INDEX hub_request_topic ON hub_request (callback, topic);
CREATE UNIQUE INDEX hub_subscriber_topic ON hub_subscriber (callback, channel, kind);
CREATE INDEX hub_subscriber_seq ON hub_subscriber (channel, seq);
CREATE INDEX webhook_item_due ON webhook_item (webhook, failures, at) WHERE event <> '';
CREATE INDEX item_backlog_language
        ON item ((rtrim(substr(lower(coalesce(own_language, language)), 1, 3), '-')), source)
        WHERE backlog = 1 AND state = 'live' AND freed = 0;
CREATE INDEX unstyled_source ON unstyled (source, item);
CREATE INDEX page_source ON page (source, started);
CREATE INDEX page_host ON page (host, asked);
CREATE INDEX last_change_at ON last_change (kind, at, source);
CREATE INDEX document_source ON document (source);
CREATE INDEX translation_key_source ON translation_key (source, kind, digest, item);
CREATE INDEX translation_key_own ON translation_key (digest, own) WHERE own IS NOT NULL;
CREATE INDEX source_organisation ON source (organisation) WHERE organisation <> '';
CREATE INDEX session_seen ON session (seen);
CREATE INDEX item_held ON item (reason, number) WHERE state = 'held';
CREATE INDEX item_amended ON item (number) WHERE amended <> '{}';
CREATE INDEX veto_link_item ON veto_link (item);
CREATE INDEX veto_link_expires ON veto_link (expires);
CREATE INDEX report_address ON report (address, received);
CREATE INDEX report_open ON report (number) WHERE decided IS NULL;
CREATE INDEX source_failing ON source (id) WHERE configured = 1 AND failures > 0;
CREATE INDEX source_unpolled ON source (id)
        WHERE configured = 1 AND failures = 0 AND last_success IS NULL;
CREATE INDEX image_use_digest ON image_use (digest) WHERE digest IS NOT NULL;
CREATE INDEX image_use_source ON image_use (source, asked);
CREATE INDEX image_use_host ON image_use (host, asked);
CREATE INDEX item_live ON item (seq, number) WHERE state = 'live' AND freed = 0;
INSERT INTO counter (name, value) VALUES ('change', 0), ('position', 0), ('seq', 0), ('story', 0);
