/** What another root file system may have of the scheduler's environment. The rest names things of this machine. */
const HANDED_ON = ['LANG', 'LC_ALL', 'TZ', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'LOG_LEVEL'];

/** The part of what runtimes may inherit that means something in a container. */
export const handedOn = (environment: Record<string, string>): Record<string, string> =>
  Object.fromEntries(HANDED_ON.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
