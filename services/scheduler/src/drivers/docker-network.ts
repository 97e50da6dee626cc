import type Docker from 'dockerode';
import { hasStatus } from './docker-errors.ts';
import type { DockerSettings } from './docker-settings.ts';

/**
 * Sees to the network of runtimes and gives this machine's address there, where it has one.
 *
 * What keeps a runtime from PostgreSQL is this network: the bus is attached to it and the database is not, and the
 * engine's packet filter lets nothing pass from one of its networks to another. As an internal network (`egress`
 * none) it has no way to other machines either. What this machine itself listens to on all addresses is reachable on
 * any network: a database there must listen on the loopback address alone, as ours does.
 */
export async function ensureNetwork(
  engine: Docker,
  { network: name, egress }: Pick<DockerSettings, 'network' | 'egress'>,
): Promise<string | null> {
  const network = engine.getNetwork(name);
  try {
    return gatewayOf(await network.inspect());
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
  await engine
    .createNetwork({
      Name: name,
      Driver: 'bridge',
      Internal: egress === 'none',
      CheckDuplicate: true,
      Labels: { 'semibot.part': 'runtimes' },
    })
    .catch((error: unknown) => {
      // Another start has made it in the meantime.
      if (!hasStatus(error, 409)) throw error;
    });
  return gatewayOf(await network.inspect());
}

const gatewayOf = ({ IPAM }: Docker.NetworkInspectInfo): string | null =>
  IPAM?.Config?.find(({ Gateway }) => Gateway)?.Gateway ?? null;
