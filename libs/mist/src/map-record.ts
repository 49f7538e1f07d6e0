import type { CollectKind } from './collect-kind.js';
import { mapAlarm, mapEvent } from './map-happenings.js';
import { mapGatewayConfig } from './map-gateway-config.js';
import { mapDevice, mapGateway, mapSite, mapSiteGroup } from './map-inventory.js';
import { mapSleDetail, mapSleRow } from './map-sle.js';
import { mapPath, mapPort } from './map-wan.js';
import type { Asked, Outcome } from './outcome.js';
import type {
  AlarmRecord,
  DeviceEventRecord,
  DeviceRecord,
  GatewayConfigRecord,
  GatewayRecord,
  PathRecord,
  PortRecord,
  SiteGroupRecord,
  SiteRecord,
  SleDetailRecord,
  SleScoresRecord,
} from './records.js';

export interface RecordOf {
  sites: SiteRecord;
  'site-groups': SiteGroupRecord;
  inventory: DeviceRecord;
  gateways: GatewayRecord;
  'wan-ports': PortRecord;
  'peer-paths': PathRecord;
  'device-events': DeviceEventRecord;
  alarms: AlarmRecord;
  'sle-wifi': SleScoresRecord;
  'sle-wan': SleScoresRecord;
  'sle-detail': SleDetailRecord;
  'gateway-config': GatewayConfigRecord;
}

const MAPPERS: { readonly [K in CollectKind]: (row: object, asked: Asked) => Outcome<RecordOf[K]> } = {
  sites: mapSite,
  'site-groups': mapSiteGroup,
  inventory: mapDevice,
  gateways: mapGateway,
  'wan-ports': mapPort,
  'peer-paths': mapPath,
  'device-events': mapEvent,
  alarms: mapAlarm,
  'sle-wifi': mapSleRow,
  'sle-wan': mapSleRow,
  'sle-detail': mapSleDetail,
  'gateway-config': mapGatewayConfig,
};

/** Maps one row; never throws for what the row holds. */
export function mapRecord<K extends CollectKind>(kind: K, row: unknown, asked: Asked): Outcome<RecordOf[K]> {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return { is: 'faulty', reason: 'the record is not an object' };
  return MAPPERS[kind](row, asked);
}
