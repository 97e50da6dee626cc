-- An organization's own settings of a model provider: its key and address, encrypted together with AES-256-GCM.
CREATE TABLE provider_keys (
  org_id uuid NOT NULL REFERENCES organizations (id),
  provider text NOT NULL,
  -- Names the secret that opens it. It is part of what is authenticated, as are the two columns above: a row that is
  -- copied to another organization or provider does not open.
  key_id text NOT NULL,
  nonce bytea NOT NULL CHECK (octet_length(nonce) = 12),
  -- The ciphertext and, at its end, 16 bytes of tag.
  sealed bytea NOT NULL CHECK (octet_length(sealed) > 16),
  updated_by uuid NOT NULL REFERENCES users (id),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, provider)
);

-- The process that has been told the keys in force; null once they have changed since.
ALTER TABLE runtime_channels ADD COLUMN keys_boot_id text;

-- A command about the user has no session.
ALTER TABLE outbox ALTER COLUMN session_id DROP NOT NULL;
