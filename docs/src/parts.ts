import {
  OPERATOR_RIGHTS,
  personRights,
  type Rights,
  runtimeRights,
  SERVICE_RIGHTS,
  VM_OPERATOR_RIGHTS,
} from '@semibot/protocol';

/** Stands for any user's id where rights are made for one. */
const ANY_USER = 'USER';

const sayUser = (rights: Rights): Rights => ({
  publish: rights.publish.map((subject) => subject.replaceAll(ANY_USER, '<user>')),
  subscribe: rights.subscribe.map((subject) => subject.replaceAll(ANY_USER, '<user>')),
});

/** What each part may do on the bus, by its name. */
export const RIGHTS: Record<string, Rights> = {
  ...SERVICE_RIGHTS,
  runtime: sayUser(runtimeRights(ANY_USER)),
  person: sayUser(personRights(ANY_USER)),
  'vm operator': VM_OPERATOR_RIGHTS,
  operator: OPERATOR_RIGHTS,
};

/** Whether a subject pattern of NATS covers a subject; `<parameters>` and `*` count as tokens of their own. */
export function covers(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [at, want] of wanted.entries()) {
    if (want === '>') return tokens.length > at;
    if (tokens[at] === undefined || (want !== '*' && want !== tokens[at])) return false;
  }
  return tokens.length === wanted.length;
}

/** The services that may ask on this subject. */
export const callersOf = (subject: string): string[] =>
  Object.entries(SERVICE_RIGHTS)
    .filter(([, rights]) => rights.publish.some((pattern) => covers(pattern, subject)))
    .map(([name]) => name);
