-- A user's runtime in the scheduler's books. Only the scheduler reads and writes these tables.
CREATE TABLE user_vm_instances (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  mode text NOT NULL CHECK (mode IN ('process', 'docker', 'kubernetes', 'command', 'external')),
  status text NOT NULL CHECK (
    status IN ('starting', 'provisioning', 'running', 'ready', 'disconnected', 'frozen', 'failed', 'terminated')
  ),
  -- What the driver calls it, as a process id; null while nothing of it is known to run.
  vm_id text,

  -- Bootstraps since the runtime was last ready, and all of them: the latter names the current one.
  bootstrap_attempts integer NOT NULL DEFAULT 0,
  bootstraps integer NOT NULL DEFAULT 0,
  last_bootstrap_at timestamptz,
  bootstrap_last_error text,
  -- Deaths in a row, each soon after the runtime was ready.
  quick_crashes integer NOT NULL DEFAULT 0,

  -- SHA-256 of the tickets that may still be used; the first to connect takes one and voids the rest.
  ticket_hashes text[] NOT NULL DEFAULT '{}',
  -- The ticket that was used in this bootstrap, and the nkey that it was bound to.
  used_ticket_hash text,
  nkey text,

  -- The connection that counts; all of it null while there is none.
  server_id text,
  connection_id text,
  connected_at timestamptz,

  -- The process that is or was ready in this bootstrap, and the one before it.
  boot_id text,
  previous_boot_id text,
  ready_at timestamptz,
  last_heartbeat_at timestamptz,
  disconnected_at timestamptz,
  -- Until then a runtime that lost its connection may come back by itself.
  reconnect_until timestamptz,

  ended_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((server_id IS NULL) = (connection_id IS NULL))
);

-- At most one instance a user that is not over.
CREATE UNIQUE INDEX user_vm_instances_one_a_user ON user_vm_instances (user_id)
  WHERE status NOT IN ('failed', 'terminated');
CREATE INDEX user_vm_instances_by_user ON user_vm_instances (user_id, created_at DESC);
-- What the sweep looks at every second.
CREATE INDEX user_vm_instances_unsettled ON user_vm_instances (status)
  WHERE status IN ('starting', 'provisioning', 'running', 'disconnected');

-- Facts that the bus has yet to be told: a runtime process is no more. Deleted once it has been told.
CREATE TABLE user_vm_gone_facts (
  boot_id text PRIMARY KEY,
  -- Random: under one that could be guessed, a runtime could have its own end taken for a duplicate.
  message_id uuid NOT NULL,
  user_id uuid NOT NULL,
  instance_id uuid NOT NULL,
  reason text NOT NULL,
  time timestamptz NOT NULL
);
