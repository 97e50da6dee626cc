/** Is this address the machine's own, which nobody else can reach? */
export const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$|\[::1\]$)/.test(host);

/** An address as it stands in a URL; one that stands for all addresses is reached at the machine's own. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
