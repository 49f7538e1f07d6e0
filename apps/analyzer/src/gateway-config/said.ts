import type { AttributeSource, CircuitRole } from '@app/domain';
import type { GatewayConfigRecord } from '@app/mist';

/** Who of the configuration speaks; each source is said or withdrawn on its own. */
export const CONFIG_SOURCES = [
  'traffic_shaping',
  'lte',
  'path_preference',
  'port_config',
] as const satisfies readonly AttributeSource[];

/** One thing that a gateway's configuration says of one of its ports. */
export interface Said {
  readonly mac: string;
  readonly portId: string;
  readonly source: (typeof CONFIG_SOURCES)[number];
  readonly role: CircuitRole | null;
  readonly type: string | null;
  readonly upMbps: number | null;
}

type Port = GatewayConfigRecord['ports'][number];

const NOTHING = { role: null, type: null, upMbps: null };
const SAYINGS: Readonly<Record<Said['source'], (port: Port) => Pick<Said, 'role' | 'type' | 'upMbps'> | null>> = {
  traffic_shaping: ({ shapedUpMbps }) => (shapedUpMbps === null ? null : { ...NOTHING, upMbps: shapedUpMbps }),
  lte: ({ isLte }) => (isLte ? { ...NOTHING, role: 'secondary' } : null),
  path_preference: ({ preferredRole }) => (preferredRole === null ? null : { ...NOTHING, role: preferredRole }),
  port_config: ({ type }) => (type === null ? null : { ...NOTHING, type }),
};

/** What a configuration says, source by source. */
export const saidOf = (records: readonly GatewayConfigRecord[]): Said[] =>
  records.flatMap(({ mac, ports }) =>
    ports.flatMap((port) =>
      CONFIG_SOURCES.flatMap((source) => {
        const said = SAYINGS[source](port);
        return said === null ? [] : [{ mac, portId: port.portId, source, ...said }];
      }),
    ),
  );
