-- When a runtime was last asked for while it was ready, and since when it sleeps.
ALTER TABLE user_vm_instances
  ADD COLUMN needed_at timestamptz,
  ADD COLUMN frozen_at timestamptz;

-- The bus is told of more than one thing: a process is no more, or it sleeps.
ALTER TABLE user_vm_gone_facts RENAME TO user_vm_untold_facts;
ALTER TABLE user_vm_untold_facts
  ADD COLUMN fact text NOT NULL DEFAULT 'gone' CHECK (fact IN ('gone', 'frozen')),
  DROP CONSTRAINT user_vm_gone_facts_pkey,
  ADD PRIMARY KEY (boot_id, fact);

-- Whom the door of the bus turned away, and why. Never what they showed.
CREATE TABLE vm_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time timestamptz NOT NULL DEFAULT now(),
  -- As the token says; null where it proves nothing.
  user_id uuid,
  instance_id uuid,
  reason text NOT NULL,
  client_address text NOT NULL
);
CREATE INDEX vm_audit_by_time ON vm_audit (time);
