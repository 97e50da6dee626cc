/** The accounts of the bus, as the server's configuration names them: the services' and people's, and the runtimes'. */
export const SERVICE_ACCOUNT = 'APP';
export const RUNTIME_ACCOUNT = 'RT';
