-- Chat's tables: accounts, agents, sessions, messages, runs, and what must still reach the bus.

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

CREATE TABLE users (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  email text NOT NULL,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  -- argon2id; null for the local owner, who has no password.
  password_hash text,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE UNIQUE INDEX users_email ON users (lower(email)) WHERE deleted_at IS NULL;

-- A sign-in: what its tokens stand and fall with.
CREATE TABLE logins (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id),
  -- SHA-256 of the refresh token in force, and of the one before it, which still counts for a moment after the change.
  refresh_hash bytea NOT NULL,
  previous_hash bytea,
  rotated_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Where a user's runtime hears from chat.
CREATE TABLE runtime_channels (
  user_id uuid PRIMARY KEY REFERENCES users (id),
  -- The process that takes orders now; null while none does.
  boot_id text,
  -- The last command number given out, and the place in the commands' stream of the last one published.
  command_number bigint NOT NULL DEFAULT 0,
  command_sequence bigint NOT NULL DEFAULT 0,
  -- The place after which this process's commands stand.
  boot_sequence bigint NOT NULL DEFAULT 0
);

CREATE TABLE agents (
  id uuid PRIMARY KEY,
  -- Null for the agents that come with every install.
  org_id uuid REFERENCES organizations (id),
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  system_prompt text NOT NULL DEFAULT '',
  model jsonb NOT NULL,
  created_by uuid REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE INDEX agents_org ON agents (org_id, created_at DESC) WHERE deleted_at IS NULL;

INSERT INTO agents (id, name, description, system_prompt, model, created_at) VALUES (
  '00000000-0000-4000-8000-000000000001',
  'Semibot',
  'Answers without any key. Make an agent with a model of your own for the real thing.',
  'You are Semibot, a helpful assistant.',
  '{"provider": "demo", "model": "demo"}',
  '2026-01-01T00:00:00Z'
);

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  user_id uuid NOT NULL REFERENCES users (id),
  agent_id uuid NOT NULL REFERENCES agents (id),
  title text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'completed', 'failed')),
  runtime_type text,
  -- The place in the log up to which these tables hold everything of the session, while no run is active.
  log_sequence bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  deleted_at timestamptz,
  deleted_by uuid REFERENCES users (id)
);
CREATE INDEX sessions_user ON sessions (user_id, created_at DESC) WHERE deleted_at IS NULL;

CREATE TABLE messages (
  id uuid PRIMARY KEY,
  -- The order in which they came.
  ordinal bigint GENERATED ALWAYS AS IDENTITY,
  session_id uuid NOT NULL REFERENCES sessions (id),
  parent_id uuid REFERENCES messages (id),
  run_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('user', 'assistant')),
  text text NOT NULL,
  status text NOT NULL DEFAULT 'complete' CHECK (status IN ('complete', 'cancelled', 'failed')),
  -- Of a message that steers a run: the run has been given it.
  steered_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_session ON messages (session_id, ordinal);
-- A run's answer is saved once.
CREATE UNIQUE INDEX messages_answer ON messages (run_id) WHERE role = 'assistant';

CREATE TABLE runs (
  id uuid PRIMARY KEY,
  ordinal bigint GENERATED ALWAYS AS IDENTITY,
  session_id uuid NOT NULL REFERENCES sessions (id),
  user_id uuid NOT NULL REFERENCES users (id),
  org_id uuid NOT NULL REFERENCES organizations (id),
  -- The message that set it off.
  message_id uuid NOT NULL REFERENCES messages (id),
  answer_id uuid REFERENCES messages (id),
  status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'cancelled', 'failed')),
  -- How often it has been handed out or taken back; whoever has a lower number is shut out of the log.
  generation integer NOT NULL DEFAULT 0,
  -- The runtime process that has it; null while it waits for one.
  boot_id text,
  -- Nothing of the run stands in the log at or before this place.
  after_sequence bigint NOT NULL,
  cancel_requested_at timestamptz,
  -- The runtime's state that the log last told while the run waited.
  pending_state text,
  error_code text,
  error_message text,
  -- Of the person who asked, for texts that the log tells.
  language text NOT NULL CHECK (language IN ('en', 'zh')),
  request_id text NOT NULL,
  traceparent text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX runs_session ON runs (session_id, ordinal);
CREATE INDEX runs_active ON runs (user_id, ordinal) WHERE status IN ('queued', 'running');
-- A session does one run at a time.
CREATE UNIQUE INDEX runs_one_at_a_time ON runs (session_id) WHERE status = 'running';

-- The answer that an idempotency key got.
CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL REFERENCES users (id),
  key text NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key)
);

-- What a transaction has decided and the bus must still be told, by user in this order.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Under which JetStream recognises a repeat.
  message_id uuid NOT NULL,
  user_id uuid NOT NULL,
  session_id uuid NOT NULL,
  -- A log event with its run and generation, or a command with its number.
  content jsonb NOT NULL,
  request_id text NOT NULL,
  traceparent text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_user ON outbox (user_id, id);
