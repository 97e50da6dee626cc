/** The account of the bus that runtimes are put into; the server's configuration names it so. */
export const RUNTIME_ACCOUNT = 'RT';
