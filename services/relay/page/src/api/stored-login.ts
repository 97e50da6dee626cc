import { z } from 'zod';

const KEY = 'semibot.login';
const storedSchema = z.object({ refreshToken: z.string(), userId: z.string() });

/** What all tabs share of a sign-in. The access token is not part of it: each tab holds its own, in memory. */
export type StoredLogin = z.infer<typeof storedSchema>;

export interface LoginStore {
  read(): StoredLogin | null;
  write(login: StoredLogin | null): void;
  /** Calls back when another tab has written. Returns how to stop. */
  onChange(listener: () => void): () => void;
}

/** The login in localStorage; in memory alone where a browser forbids that. */
export function createLoginStore(): LoginStore {
  let inMemory: string | null = null;
  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return inMemory;
    }
  };
  return {
    read: () => {
      const parsed = storedSchema.safeParse(parseJson(read()));
      return parsed.success ? parsed.data : null;
    },
    write: (login) => {
      inMemory = login && JSON.stringify(login);
      try {
        if (inMemory === null) localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, inMemory);
      } catch {
        // Kept in memory.
      }
    },
    onChange: (listener) => {
      const onStorage = (event: StorageEvent) => {
        if (event.key === KEY || event.key === null) listener();
      };
      addEventListener('storage', onStorage);
      return () => removeEventListener('storage', onStorage);
    },
  };
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
