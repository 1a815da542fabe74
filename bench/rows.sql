-- The rows that bench/rows.py makes, by number: from %(last)s down to the one after %(first)s, so
-- that the newest is written last, as in a portal that has grown. OFFSET 0 keeps PostgreSQL from
-- computing a column of an inner SELECT again wherever an outer one names it, and from calling the
-- functions below in place of inlining them.

CREATE OR REPLACE FUNCTION pg_temp.chance(n bigint, what int) RETURNS float8 LANGUAGE sql IMMUTABLE
    AS $$ SELECT (hashint8extended(n, what + %(seed)s) & 4294967295) / 4294967296.0 $$;
CREATE OR REPLACE FUNCTION pg_temp.upto(most bigint, n bigint, what int) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$ SELECT 1 + floor(most * pg_temp.chance(n, what))::bigint $$;
CREATE OR REPLACE FUNCTION pg_temp.one_of(choices anyarray, n bigint, what int) RETURNS anyelement
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT choices[pg_temp.upto(cardinality(choices), n, what)] $$;
CREATE OR REPLACE FUNCTION pg_temp.digest(n bigint) RETURNS text LANGUAGE sql IMMUTABLE
    AS $$ SELECT md5(n::text) || md5((-n)::text) $$;
CREATE OR REPLACE FUNCTION pg_temp.name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.one_of('{Mohammed,Ayesha,Raju,Siti,Bilal,Omar,Fatimah,Joseph,Maria}'::text[], n, 1)
        || ' ' || pg_temp.one_of('{Khan,Noor,Kumar,Aminah,Ahmed,Hussain,Ali,Santos,Reyes}'::text[], n, 2)
    $$;
-- One row in fifty belongs to one of twenty people with many.
CREATE OR REPLACE FUNCTION pg_temp.owner(n bigint, people bigint) RETURNS bigint LANGUAGE sql
    IMMUTABLE AS $$
    SELECT CASE WHEN pg_temp.chance(n, 3) < 0.02 THEN pg_temp.upto(20, n, 4)
        ELSE pg_temp.upto(people, n, 4) END
    $$;
CREATE OR REPLACE FUNCTION pg_temp.moment(n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    AS $$ SELECT %(now)s::timestamptz - n * interval '2 minutes' $$;

-- People: every fourth row one with an account, every eighth a dependant of every second of them.

INSERT INTO accounts_identity
    (id, name_ar, name_en, birth_date, nationality, mobile, status, search_text)
SELECT n, 'محمد خان', pg_temp.name(n), date '1960-01-01' + mod(n, 16000)::int, 'PK', '', 'active',
    'محمد خان ' || lower(pg_temp.name(n))
FROM (
    SELECT %(base)s + g AS n FROM generate_series(%(first)s / 4 + 1, %(last)s / 4) g
    UNION ALL
    SELECT %(top)s + g FROM generate_series(%(first)s / 8 + 1, %(last)s / 8) g
    OFFSET 0
) AS made;

INSERT INTO accounts_identitynumber (id, number, is_current, identity_id)
SELECT n, '2' || n, true, n
FROM (
    SELECT %(base)s + g AS n FROM generate_series(%(first)s / 4 + 1, %(last)s / 4) g
    UNION ALL
    SELECT %(top)s + g FROM generate_series(%(first)s / 8 + 1, %(last)s / 8) g
    OFFSET 0
) AS made;

INSERT INTO accounts_user
    (id, password, is_superuser, username, mobile, email, language, is_staff, is_active,
     date_joined, identity_id, wrong_codes, sessions_ended)
SELECT %(base)s + n, '!', false, 'somebody-' || n, '+9665' || 40000000 + n,
    CASE WHEN mod(n, 3) = 0 THEN 'somebody-' || n || '@example.org' ELSE '' END,
    CASE WHEN mod(n, 2) = 0 THEN 'ar' ELSE 'en' END, false, true, pg_temp.moment(4 * n),
    %(base)s + n, 0, 0
FROM generate_series(%(first)s / 4 + 1, %(last)s / 4) n;

INSERT INTO accounts_link (id, kind, since, until, holder_id, person_id)
SELECT %(base)s + n, 'employer', date '2020-01-01',
    CASE WHEN mod(n, 5) = 0 THEN date '2024-01-01' END, %(base)s + 2 * n, %(top)s + n
FROM generate_series(%(first)s / 8 + 1, %(last)s / 8) n;

INSERT INTO accounts_session
    (session_key, session_data, expire_date, browser, signed_in_at, active_at, user_id)
SELECT md5('session' || n), repeat('x', 150), %(now)s::timestamptz + (mod(n, 28) - 13) * interval '1 day',
    'Firefox', pg_temp.moment(n), pg_temp.moment(n), %(base)s + pg_temp.upto(%(people)s, n, 11)
FROM generate_series(%(first)s / 10 + 1, %(last)s / 10) n;

INSERT INTO accounts_onetimecode
    (id, purpose, recipient, session, confirms, code_hash, tries, created_at, expires_at, used_at,
     user_id, asked_for, asked_from, by_app)
SELECT gen_random_uuid(), CASE WHEN mod(n, 3) = 0 THEN 'file' ELSE 'sign_in' END, '+9665' || 40000000 + n,
    pg_temp.digest(n), '', pg_temp.digest(n + 1), 0, at, at + interval '10 minutes', at,
    CASE WHEN mod(n, 10) > 0 THEN %(base)s + pg_temp.upto(%(people)s, n, 12) END, pg_temp.digest(n + 2),
    '', false
FROM (
    SELECT n, %(now)s::timestamptz - n * interval '90 seconds' AS at
    FROM generate_series(%(first)s / 20 + 1, %(last)s / 20) n
    OFFSET 0
) AS made;

INSERT INTO captcha_captchastore (challenge, response, hashkey, expiration)
SELECT '12345', '12345', md5('picture' || n), %(now)s::timestamptz + (mod(n, 20) - 10) * interval '1 minute'
FROM generate_series(%(first)s / 100 + 1, %(last)s / 100) n;

-- Inquiries: one in four for a dependant, of the others most by people with few.

INSERT INTO requests_app_inquiry
    (id, idempotency_key, reference, name, id_number, mobile, confirmed_mobile, description,
     earlier_reference, status, outcome, assignee_id, due_on, version, last_digest, created_at,
     submitted_at, processed_at, remind_at, passed_on_to, search_text, applicant_id, holder_id,
     beneficiary_id, service_id, pending_outcome, days_waited)
SELECT %(top)s - n, md5('inquiry' || n)::uuid, '1' || lpad(n::text, 11, '0'), pg_temp.name(person),
    '2' || person, '+9665' || 40000000 + applicant, '',
    'I paid for the renewal three weeks ago, and the fee is still shown as missing. ' || n, '', status,
    CASE WHEN status = 'closed' THEN pg_temp.one_of('{approved,approved,rejected,withdrawn}'::text[], n, 8)
        WHEN status = 'processed' THEN pg_temp.one_of('{approved,rejected}'::text[], n, 8) ELSE '' END,
    CASE WHEN status <> 'draft' AND pg_temp.chance(n, 9) > 0.1 THEN pg_temp.one_of(%(officers)s, n, 10) END,
    CASE WHEN status <> 'draft' THEN (at + interval '7 days')::date END,
    CASE WHEN status <> 'draft' THEN 4 ELSE 0 END,
    CASE WHEN status <> 'draft' THEN pg_temp.digest(4 * n) ELSE '' END,
    at, CASE WHEN status <> 'draft' THEN at END,
    CASE WHEN status IN ('processed', 'closed') THEN at + interval '3 days' END,
    CASE WHEN status = 'returned_to_applicant' THEN %(now)s::timestamptz + mod(n, 7) * interval '1 day' END,
    '[]', CASE WHEN status <> 'draft' THEN lower(pg_temp.name(person)) || ' 2' || person || ' 1'
        || lpad(n::text, 11, '0') || ' renewal fee missing' ELSE '' END,
    %(base)s + applicant, %(base)s + applicant, person, pg_temp.one_of(%(services)s, n, 13), '', 0
FROM (
    SELECT n, pg_temp.moment(n) AS at,
        CASE WHEN own THEN owner ELSE 2 * dependant END AS applicant,
        CASE WHEN own THEN %(base)s + owner ELSE %(top)s + dependant END AS person,
        CASE WHEN c < 0.02 THEN 'draft' WHEN c < 0.05 THEN 'under_processing'
            WHEN c < 0.06 THEN 'returned_to_applicant' WHEN c < 0.065 THEN 'returned_by_applicant'
            WHEN c < 0.25 THEN 'processed' ELSE 'closed' END AS status
    FROM (
        SELECT n, pg_temp.chance(n, 5) > 0.25 AS own, pg_temp.owner(n, %(people)s) AS owner,
            pg_temp.upto(%(dependants)s, n, 6) AS dependant, pg_temp.chance(n, 7) AS c
        FROM generate_series(%(last)s, %(first)s + 1, -1) n
        OFFSET 0
    ) AS chosen
    OFFSET 0
) AS made;

INSERT INTO requests_app_inquiryevent
    (id, seq, at, role, event_type, from_status, to_status, content_digest, previous_digest, digest,
     actor_id, inquiry_id)
SELECT 5 * i.id + seq, seq, created_at + seq * interval '1 day',
    CASE seq WHEN 1 THEN 'applicant' ELSE 'officer' END,
    (ARRAY['submitted', 'claimed', 'replied', 'approved'])[seq], 'under_processing',
    'under_processing', '', pg_temp.digest(5 * i.id + seq - 1), pg_temp.digest(5 * i.id + seq),
    CASE seq WHEN 1 THEN applicant_id ELSE (%(officers)s::bigint[])[1] END, i.id
FROM requests_app_inquiry i, generate_series(1, 4) seq
WHERE i.id BETWEEN %(top)s - %(last)s AND %(top)s - %(first)s - 1 AND status <> 'draft';

INSERT INTO requests_app_reply
    (id, idempotency_key, text, written_at, kind, read_at, author_id, inquiry_id)
SELECT id, md5('reply' || id)::uuid, 'The fee has reached us. Your new iqama is ready in three days.',
    created_at + interval '3 days', CASE WHEN mod(id, 5) = 0 THEN 'note' ELSE 'answer' END,
    created_at + interval '4 days', (%(officers)s::bigint[])[1], id
FROM requests_app_inquiry
WHERE id BETWEEN %(top)s - %(last)s AND %(top)s - %(first)s - 1
    AND status <> 'draft' AND mod(id, 10) < 7;

-- One inquiry in four has two documents.
INSERT INTO requests_app_attachment
    (id, original_name, stored_name, content_type, size, sha256, status, added_at, document_type_id,
     inquiry_id, position, sent_at, removed, original_sha256, original_size, signatures)
SELECT 5 * i.id + place, 'page ' || place || '.jpg', pg_temp.digest(5 * i.id + place), 'image/jpeg',
    200000, pg_temp.digest(5 * i.id + place), 'clean', created_at, pg_temp.one_of(%(kinds)s, i.id, 14), i.id,
    place, submitted_at, '', '', 0, '[]'
FROM requests_app_inquiry i, generate_series(1, 2) place
WHERE i.id BETWEEN %(top)s - %(last)s AND %(top)s - %(first)s - 1 AND mod(i.id, 4) = 0;

-- Slots: the first ones are those ahead, from tomorrow; all others are past, yesterday's first.

INSERT INTO appointments_slot
    (id, day, start, "end", capacity, taken, reserved, kept, is_closed, office_id, window_id)
SELECT %(top)s - n, day, start, start + interval '1 hour', %(capacity)s, 0, 0, 0, false,
    (%(offices)s::bigint[])[office], (%(windows)s::bigint[])[office]
FROM (
    SELECT n, day, 1 + mod(n - 1, cardinality(%(offices)s::bigint[])) AS office,
        (day + time '08:00' + mod((n - 1) / cardinality(%(offices)s::bigint[]), %(times)s)
            * interval '1 hour') AT TIME ZONE 'Asia/Riyadh' AS start
    FROM (
        SELECT n, CASE WHEN n <= %(ahead)s THEN %(today)s::date + 1 + ((n - 1) / %(a_day)s)::int
            ELSE %(today)s::date - 1 - ((n - 1 - %(ahead)s) / %(a_day)s)::int END AS day
        FROM generate_series(%(last)s, %(first)s + 1, -1) n
        OFFSET 0
    ) AS of_days
    OFFSET 0
) AS made;

-- Appointments: one in twenty ahead, each of somebody else; of these, one in fifty is a hold, of
-- which one in twenty has lapsed.

INSERT INTO appointments_appointment
    (id, idempotency_key, reference, operations, status, expires_at, version, last_digest,
     created_at, confirmed_at, is_walk_in, made_by_office, called_at, remind_at, passed_on_to,
     attendee_id, holder_id, service_id, user_id, slot_id)
SELECT %(top)s - n, md5('appointment' || n)::uuid, '2' || lpad(n::text, 11, '0'), 1, status,
    CASE WHEN status = 'held' THEN %(now)s::timestamptz + (mod(n / 1000, 100) - 5) * interval '1 hour'
        ELSE at END,
    3, pg_temp.digest(5 * n + 3), at, CASE WHEN status NOT IN ('held', 'expired') THEN at END,
    false, false, NULL,
    CASE WHEN status = 'confirmed' THEN %(now)s::timestamptz + mod(n, 20) * interval '1 day' END,
    '[]', %(base)s + person, %(base)s + person, pg_temp.one_of(%(services)s, n, 15), %(base)s + person,
    %(top)s - slot
FROM (
    SELECT n, pg_temp.moment(n) AS at,
        CASE WHEN is_ahead THEN n / 20 ELSE pg_temp.owner(n, %(people)s) END AS person,
        CASE WHEN is_ahead THEN pg_temp.upto(least(%(ahead)s, %(last)s), n, 16)
            ELSE least(%(ahead)s, %(last)s - 1)
                + pg_temp.upto(greatest(%(last)s - %(ahead)s, 1), n, 16) END AS slot,
        CASE WHEN is_ahead THEN CASE WHEN mod(n, 1000) = 0 THEN 'held' ELSE 'confirmed' END
            WHEN c < 0.7 THEN 'served' WHEN c < 0.8 THEN 'no_show' WHEN c < 0.95 THEN 'cancelled'
            ELSE 'expired' END AS status
    FROM (
        SELECT n, mod(n, 20) = 0 AS is_ahead, pg_temp.chance(n, 17) AS c
        FROM generate_series(%(last)s, %(first)s + 1, -1) n
        OFFSET 0
    ) AS chosen
    OFFSET 0
) AS made;

UPDATE appointments_slot SET taken = taken + live.number
FROM (
    SELECT slot_id, count(*) AS number FROM appointments_appointment
    WHERE id BETWEEN %(top)s - %(last)s AND %(top)s - %(first)s - 1
        AND status IN ('held', 'confirmed')
    GROUP BY slot_id
) AS live
WHERE appointments_slot.id = live.slot_id;

INSERT INTO appointments_appointmentevent
    (id, seq, at, role, event_type, operations, previous_digest, digest, actor_id, appointment_id,
     slot_id)
SELECT 5 * a.id + seq, seq, created_at + seq * interval '1 minute', 'citizen',
    (ARRAY['held', 'confirmed', 'served'])[seq], 1, pg_temp.digest(5 * a.id + seq - 1),
    pg_temp.digest(5 * a.id + seq), user_id, a.id, slot_id
FROM appointments_appointment a, generate_series(1, 3) seq
WHERE a.id BETWEEN %(top)s - %(last)s AND %(top)s - %(first)s - 1;

INSERT INTO appointments_slip (id, check_code, issued_at, appointment_id, slot_id)
SELECT id, substr(md5('slip' || id), 1, 16), created_at, id, slot_id
FROM appointments_appointment
WHERE id BETWEEN %(top)s - %(last)s AND %(top)s - %(first)s - 1 AND confirmed_at IS NOT NULL;

INSERT INTO appointments_appointment_beneficiaries (appointment_id, identity_id)
SELECT id, %(top)s + pg_temp.upto(%(dependants)s, id, 18)
FROM appointments_appointment
WHERE id BETWEEN %(top)s - %(last)s AND %(top)s - %(first)s - 1 AND mod(id, 10) = 0;

-- Wishes: one for fifty rows, of which one in ten is open.

INSERT INTO appointments_waiting
    (id, since, ended_at, operations, before, passed_on_to, user_id, holder_id, attendee_id,
     service_id, region_id)
SELECT %(top)s - n, pg_temp.moment(50 * n),
    CASE WHEN mod(n, 10) > 0 THEN pg_temp.moment(50 * n) + interval '2 days' END, 1,
    %(now)s::timestamptz + interval '20 days', '[]', %(base)s + n, %(base)s + n, %(base)s + n,
    pg_temp.one_of(%(services)s, n, 19), pg_temp.one_of(%(regions)s, n, 20)
FROM generate_series(%(last)s / 50, %(first)s / 50 + 1, -1) n;

INSERT INTO appointments_offer
    (id, operations, status, created_at, expires_at, slot_id, waiting_id)
SELECT id, 1, CASE WHEN mod(id, 3) = 0 THEN 'accepted' ELSE 'lapsed' END, ended_at, ended_at,
    %(top)s - pg_temp.upto(%(last)s, id, 21), id
FROM appointments_waiting
WHERE id BETWEEN %(top)s - %(last)s / 50 AND %(top)s - %(first)s / 50 - 1 AND ended_at IS NOT NULL;

-- Messages: three in five about an inquiry, the others about an appointment; one in two hundred
-- waits, half of these for later.

INSERT INTO messaging_message
    (id, idempotency_key, channel, recipient, language, subject, text, other_subject, other_text, is_encrypted, about, owner,
     status, attempts, created_at, next_attempt_at, not_after, sent_at, failed_at)
SELECT %(top)s - n, md5('message' || n)::uuid, CASE WHEN mod(n, 10) = 0 THEN 'email' ELSE 'sms' END,
    '+9665' || 40000000 + owner, CASE WHEN mod(owner, 2) = 0 THEN 'ar' ELSE 'en' END, '',
    'Tawasul: there is an answer to your inquiry ' || about || '. Sign in to read it.', '', '',
    false, about, %(base)s + owner, status, 1, at,
    CASE WHEN status = 'waiting' AND mod(n, 2) = 0 THEN %(now)s::timestamptz + interval '1 day' ELSE at END,
    CASE WHEN status = 'waiting' THEN NULL ELSE at + interval '1 day' END,
    CASE WHEN status = 'sent' THEN at + interval '3 seconds' END, NULL
FROM (
    SELECT n, pg_temp.moment(n) AS at, pg_temp.owner(n, %(people)s) AS owner,
        CASE WHEN mod(n, 5) < 3 THEN '1' ELSE '2' END || lpad(n::text, 11, '0') AS about,
        CASE WHEN c < 0.005 THEN 'waiting' WHEN c < 0.015 THEN 'expired' WHEN c < 0.025 THEN 'given_up'
            ELSE 'sent' END AS status
    FROM (
        SELECT n, pg_temp.chance(n, 22) AS c
        FROM generate_series(%(last)s, %(first)s + 1, -1) n
        OFFSET 0
    ) AS chosen
    OFFSET 0
) AS made;
