/** Runs work while no other tab of this origin does. A browser without locks (plain HTTP from afar) just runs it. */
export function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const locks: LockManager | undefined = navigator.locks;
  return locks ? locks.request('semibot.login', work) : work();
}
